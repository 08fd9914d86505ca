"""The pronouncing dictionary: a word, or a word with its part of speech, to stressed phones.

Notable: the shipped file is text, `word phone phone1 …` a line, xz-compressed; `word/v` is the verb where it differs.
Its words are those of SCOWL (Debian wamerican), its pronunciations were read out of flite's lexicon (Carnegie Mellon
University, BSD-like licence; see `lexicon.licence`). A user's own entries go in front.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from soundstage.errors import InputError
from soundstage.text.symbols import IDS, VOWELS

FILE = Path(__file__).with_name("lexicon.xz")
Pronunciation = tuple[str, ...]
"""Phones; a vowel carries its stress, `hh ax0 l ow1`."""


@dataclass(frozen=True)
class Lexicon:
    """Pronunciations by lower-case word; `user` entries are asked first."""

    entries: Mapping[str, Pronunciation]
    user: Mapping[str, Pronunciation] = field(default_factory=dict)

    @classmethod
    def shipped(cls) -> Lexicon:
        """The dictionary that comes with the package, read once."""
        return cls(_shipped())

    def with_entries(self, entries: Mapping[str, str]) -> Lexicon:
        """A copy with a user's words, such as {"soundstage": "s aw1 n d s t ey2 jh"}.

        Raises InputError for a phone that does not exist.
        """
        return Lexicon(
            self.entries, {**self.user, **{word.lower(): parse(phones, word) for word, phones in entries.items()}}
        )

    def get(self, word: str, part: str = "") -> Pronunciation | None:
        """The phones of a lower-case word, or None. `part` is "v", "n" or "j" where that is known to matter."""
        for table in (self.user, self.entries):
            if part and (found := table.get(f"{word}/{part}")):
                return found
            if found := table.get(word):
                return found
        return None

    def words(self) -> list[str]:
        """Every word once, sorted."""
        return sorted({entry.partition("/")[0] for entry in (*self.entries, *self.user)})


def parse(phones: str, word: str = "pronunciation") -> Pronunciation:
    """`"hh ah0 l ow1"` to a tuple; a vowel without a digit is unstressed, secondary stress counts as none.

    Raises InputError that names a phone that does not exist.
    """
    found = []
    for phone in phones.lower().split():
        symbol = phone.rstrip("012")
        if symbol not in IDS or not symbol:
            raise InputError(word, f"{phone!r} is no phone", f"use ARPAbet: {' '.join(list(IDS)[2:])}")
        found.append(symbol + ("1" if phone.endswith("1") else "0") if symbol in VOWELS else symbol)
    if not found:
        raise InputError(word, "has no phones", "give ARPAbet such as 'hh ax0 l ow1'")
    return tuple(found)


@cache
def _shipped() -> dict[str, Pronunciation]:
    table = {}
    for line in lzma.decompress(FILE.read_bytes()).decode().splitlines():
        word, _, phones = line.partition(" ")
        table[word] = tuple(phones.split())
    return table
