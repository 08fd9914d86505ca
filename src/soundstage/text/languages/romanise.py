"""Korean, Japanese and Chinese in Latin letters, as XTTS reads them.

Notable: Hangul and kana are letters, so a table does; Chinese characters need a dictionary, of which the extra
`languages` has one for each language.

Sources: the Revised Romanization of Korean (2000), each syllable by itself; Hepburn's of Japanese.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from functools import cache
from types import ModuleType
from typing import Any

from soundstage.errors import MissingError

EXTRA = "pip install 'soundstage[languages]'"
INITIALS = "g kk n d tt l m b pp s ss _ j jj ch k t p h".replace("_", "").split(" ")
MEDIALS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()  # noqa: SIM905
FINALS = ["", *"g kk gs n nj nh d l lg lm lb ls lt lp lh m b bs s ss ng j ch k t p h".split()]  # noqa: SIM905
FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
KANJI = re.compile(r"[\u3400-\u9fff\u3005]")
ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}  # fmt: skip
KANA = {kana: row + vowel for row, line in ROWS.items() for kana, vowel in zip(line, "aiueo", strict=True)} | {
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "や": "ya", "ゆ": "yu",
    "よ": "yo", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n", "ゔ": "vu", "ぁ": "a", "ぃ": "i", "ぅ": "u",
    "ぇ": "e", "ぉ": "o", "ゃ": "ya", "ゅ": "yu", "ょ": "yo",
}  # fmt: skip
MARKS = str.maketrans(
    {"、": ", ", "。": ". ", "！": "! ", "？": "? ", "「": "", "」": "", "『": "", "』": "", "・": " "}
)


def hangul(text: str) -> str:
    """물엿 → mul-yeos: a hyphen where the syllables could be parted otherwise."""
    out: list[str] = []
    final: str | None = None  # of the syllable before, where there is one
    for character in text:
        if not FIRST_SYLLABLE <= ord(character) <= LAST_SYLLABLE:
            out.append(character)
            final = None
            continue
        index = ord(character) - FIRST_SYLLABLE
        initial, medial = INITIALS[index // 588], MEDIALS[index // 28 % 21]
        if final is not None and (not initial or _ambiguous(final + initial)):
            out.append("-")
        final = FINALS[index % 28]
        out.append(initial + medial + final)
    return "".join(out)


@cache
def _ambiguous(consonants: str) -> bool:
    """Whether consonants between two vowels can be parted in more than one way."""
    ways = [at for at in range(len(consonants)) if consonants[:at] in FINALS and consonants[at:] in INITIALS]
    return len(ways) > 1


def romaji(text: str) -> str:
    """こんにちは、カメラ → konnichiha, kamera; with cutlet, words stand apart and kanji are read.

    Raises MissingError for kanji without it.
    """
    cutlet = _optional("cutlet")
    if cutlet is not None:
        return str(_cutlet(cutlet).romaji(text)).lower()
    if KANJI.search(text):
        raise MissingError("Japanese with kanji needs the package cutlet", f"{EXTRA}, or write it in kana")
    return kana(text)


@cache
def _cutlet(module: ModuleType) -> Any:
    try:
        return module.Cutlet()
    except RuntimeError:  # it is there, but no dictionary
        raise MissingError("cutlet has no dictionary", EXTRA) from None


def kana(text: str) -> str:
    """Hiragana and katakana by Hepburn's rules, long vowels as they are written."""
    text = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヴ" else c for c in unicodedata.normalize("NFC", text))
    out = ""
    doubled = False
    for character in text.translate(MARKS):
        if character == "っ":
            doubled = True
            continue
        sound = KANA.get(character, out[-1:] if character == "ー" and out[-1:] in tuple("aiueo") else character)
        if character in "ゃゅょ" and out.endswith("i"):
            out = out[:-1] + (sound[1:] if out.endswith(("shi", "chi", "ji")) else sound)
            continue
        if character in "ぁぃぅぇぉ" and out[-1:] in tuple("aiueo"):
            out = out[:-1] + sound
            continue
        if doubled and character in KANA:
            sound = ("t" if sound.startswith("ch") else sound[0]) + sound
        doubled = False
        out += sound
    return re.sub(r" +", " ", out).strip()


def pinyin(text: str) -> str:
    """你好 → ni3hao3: a syllable and its tone for each character. Raises MissingError without pypinyin."""
    if not KANJI.search(text):
        return text
    module = _optional("pypinyin")
    if module is None:
        raise MissingError("Chinese needs the package pypinyin", f"{EXTRA}, or write it in pinyin: ni3hao3")
    style = module.Style.TONE3
    return "".join(each[0] for each in module.pinyin(text, style=style, heteronym=False, neutral_tone_with_five=True))


def _optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
