"""Makes the shipped pronouncing dictionary: a list of words, pronounced by flite's lexicon and letter-to-sound trees.

python -m soundstage.data.narrator_lexicon /usr/share/dict/american-english src/soundstage/text/lexicon.xz
"""

from __future__ import annotations

import ctypes
import lzma
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from soundstage.data.narrator_flite import load_library
from soundstage.errors import MissingError
from soundstage.text.lexicon import parse

CONTRACTIONS = """ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he'd he'll he's i'd i'll i'm
    i've     isn't it'd it'll it's let's mustn't needn't she'd she'll she's shouldn't that'd that'll that's there's
    they'd they'll they're they've wasn't we'd we'll we're we've weren't what's where's who's who'd who'll won't
    wouldn't you'd you'll you're you've o'clock ma'am y'all""".split()  # noqa: SIM905
FIXED = {
    "i'm": "ay1 m", "i'd": "ay1 d", "i've": "ay1 v", "i'll": "ay1 l", "he'd": "hh iy1 d", "he'll": "hh iy1 l",
    "he's": "hh iy1 z",
    "she'd": "sh iy1 d", "she'll": "sh iy1 l", "she's": "sh iy1 z", "we'd": "w iy1 d", "we'll": "w iy1 l",
    "we're": "w ih1 r",
    "we've": "w iy1 v", "they'd": "dh ey1 d", "they'll": "dh ey1 l", "they're": "dh eh1 r", "they've": "dh ey1 v",
    "you'd": "y uw1 d",
    "you'll": "y uw1 l", "you're": "y ao1 r", "you've": "y uw1 v", "it's": "ih1 t s", "it'd": "ih1 t ax0 d",
    "it'll": "ih1 t ax0 l",
    "that's": "dh ae1 t s", "that'd": "dh ae1 t ax0 d", "that'll": "dh ae1 t ax0 l", "there's": "dh eh1 r z",
    "what's": "w ah1 t s",
    "where's": "w eh1 r z", "who's": "hh uw1 z", "who'd": "hh uw1 d", "who'll": "hh uw1 l", "let's": "l eh1 t s",
    "o'clock": "ax0 k l aa1 k",
    "ma'am": "m ae1 m", "y'all": "y ao1 l", "aren't": "aa1 r n t", "weren't": "w er1 n t", "mustn't": "m ah1 s ax0 n t",
}  # fmt: skip


def lookup() -> Callable[[str, bytes | None], str]:
    """flite's pronunciation of a lower-case word, given a part of speech (b"v", b"n", b"j") or None.

    Raises MissingError.
    """
    flite, lexicon = load_library("flite"), load_library("flite_cmulex")
    load_library("flite_usenglish")
    flite.flite_init()
    pointer = ctypes.c_void_p
    lexicon.cmu_lex_init.restype, lexicon.cmu_lex_init.argtypes = pointer, []
    flite.lex_lookup.restype = pointer
    flite.lex_lookup.argtypes = [pointer, ctypes.c_char_p, ctypes.c_char_p, pointer]
    for name, result in (("val_car", pointer), ("val_cdr", pointer), ("val_string", ctypes.c_char_p)):
        function = getattr(flite, name)
        function.restype, function.argtypes = result, [pointer]
    flite.delete_val.argtypes = [pointer]
    handle = lexicon.cmu_lex_init()

    def find(word: str, part: bytes | None = None) -> str:
        value = flite.lex_lookup(handle, word.encode(), part, None)
        cell, phones = value, []
        while cell:
            phones.append(flite.val_string(flite.val_car(cell)).decode())
            cell = flite.val_cdr(cell)
        flite.delete_val(value)
        return " ".join(phones)

    return find


def lines(words: Iterable[str]) -> list[str]:
    """The dictionary's lines for a list of words; possessives are left to the rules of the front end."""
    find = lookup()
    table = {word: FIXED.get(word) or find(word.replace("'", ""), None) for word in CONTRACTIONS}
    for word in sorted({word.strip().lower() for word in words}):
        if not (word.isascii() and word.isalpha()):
            continue
        table[word] = find(word, None)
        for part in (b"v", b"n", b"j"):
            if (other := find(word, part)) != table[word] and len(word) > 1:
                table[f"{word}/{part.decode()}"] = other
    return [f"{word} {' '.join(parse(phones, word))}" for word, phones in sorted(table.items()) if phones]


def main(source: str, target: str) -> None:
    """Read a word list, write the compressed dictionary atomically."""
    if not Path(source).exists():
        raise MissingError(f"no word list {source}", "install one (Debian: apt-get install wamerican)")
    made = lines(Path(source).read_text(encoding="utf-8").split())
    partial = Path(target).with_name(f".{Path(target).name}.{os.getpid()}")
    partial.write_bytes(lzma.compress(("\n".join(made) + "\n").encode(), preset=9 | lzma.PRESET_EXTREME))
    partial.replace(target)
    print(f"{len(made)} entries, {Path(target).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:3])
