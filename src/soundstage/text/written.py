"""Words as they are written, capitals, dots and all, as the words they are spoken as.

Notable: whether capitals are an initialism, a shout or a word with emphasis, and whether a full stop ends a sentence
or belongs to an abbreviation, is decided here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from soundstage.text.abbreviations import (
    AS_WORDS,
    BEFORE_NUMERAL,
    DAYS,
    DEGREES,
    ENDS_SENTENCE,
    INITIALISMS,
    IT_IS_COMPUTING,
    REGAL,
    SHORT,
    SHOUTED,
    TITLES,
    ZONES,
)
from soundstage.text.dates import MONTHS, spell
from soundstage.text.passage import Token
from soundstage.text.readings import numeral, roman
from soundstage.text.scripts import latin, letter_name
from soundstage.text.words import FUNCTION_WORDS

DEGREE = re.compile("|".join(re.escape(key) for key in sorted(DEGREES, key=len, reverse=True)), re.I)
DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}")
PAIRED = re.compile(r"[A-Z]{1,4}(?:\s?&\s?[A-Z]{1,3})+(?![\w&])|[A-Z]{1,3}(?:/[A-Z]{1,3})+(?!\w)")
WHOLE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
NAME = re.compile(r"(?:Mc|Mac|De|Le|La|Van|Von|Fitz|Du|Di|St)[A-Z][a-z']+$")
CAMEL = re.compile(r"[A-Z]?[a-z']+|[A-Z]+(?![a-z])|[A-Z]")
ALSO_WORDS = frozenset(["fig", "ed", "max", "min", "al", "ca", "esp", "co", "ch", "fri", "est"])
"""Abbreviations that are words too: a full stop before a capital is theirs."""
NAMED_BY_LETTER = frozenset(
    "vitamin plan grade class section part type hepatitis appendix group level option exhibit figure point".split()  # noqa: SIM905
)
AFTER_TIME = frozenset([*ZONES, *DAYS, *MONTHS])
STARTERS = FUNCTION_WORDS | {"how", "why", "yes", "no", "well", "now", "please", "let", "maybe", "perhaps"}


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a word's reading depends on: the spoken words before it, and whether its line shouts."""

    before: tuple[str, ...] = ()
    """Of the last written word."""
    capital: bool = False
    """Whether that began with a capital."""
    opening: bool = True
    """Whether the sentence begins here."""
    shouting: bool = False

    @property
    def previous(self) -> str:
        """The last spoken word; empty at the beginning."""
        return self.before[-1] if self.before else ""


def end_mark(written: str, text: str, end: int, *, sure: bool = True) -> str:
    """ "." where the full stop of an abbreviation ends the sentence too: "3 p.m. She left".

    Unless `sure`, the next word must be one that sentences begin with: "J.R.R. Tolkien" goes on.
    """
    if not written.endswith("."):
        return ""
    if not text[end:].strip():
        return "."
    following = re.match(r"[\"')\]]*\s+[\"'(]*([A-Z][\w']*)", text[end : end + 80])
    if following is None or following[1] in AFTER_TIME:
        return ""
    return "." if sure or following[1].lower() in STARTERS else ""


def word(text: str, at: int, around: Around, known: Collection[str]) -> tuple[Token | None, int]:
    """The word that begins at `at`, and where it ends; None for letters that nobody here can read."""
    for found in (DEGREE.match(text, at), PAIRED.match(text, at), DOTTED.match(text, at)):
        if found is not None and (token := _abbreviation(found, text)) is not None:
            return token, found.end()
    whole = WHOLE.match(text, at)
    assert whole is not None  # a letter stands here
    written, end = whole[0], whole.end()
    plain = latin(written)
    if not plain.strip("'"):
        plain = letter_name(written) if len(written) == 1 else ""
        return (Token(written=written, spoken=(plain,)) if plain else None), end
    if len(written) == 1 and not written.isascii() and (name := letter_name(written)):
        return Token(written=written, spoken=(name,)), end
    if text[end : end + 1] == "." and (dotted := _dotted(text, at, end, plain, around)) is not None:
        return dotted
    spoken, strong = _spoken(plain, text[end:], around, known)
    return Token(written=written, spoken=spoken, strong=strong), end


def _abbreviation(found: re.Match[str], text: str) -> Token | None:
    """U.S., R&B, Ph.D. in letters."""
    core = found[0].rstrip(".").lower()
    if core in DEGREES:
        return Token(written=found[0], spoken=tuple(DEGREES[core].split()))
    if found.re is PAIRED:
        parts = re.split(r"\s?&\s?|/", found[0])
        if any(part.lower() in SHOUTED and len(part) > 1 for part in parts) and re.search(r"[\s/]", found[0]):
            return None  # AND/OR
        words = [[*(["and"] if index and "&" in found[0] else []), *spell(part)] for index, part in enumerate(parts)]
        return Token(written=found[0], spoken=tuple(word for part in words for word in part))
    words_ = SHORT[core].split() if core in SHORT else spell(core)
    mark = ""
    if core in ENDS_SENTENCE or core not in SHORT:
        mark = end_mark(found[0], text, found.end(), sure=core in ENDS_SENTENCE)
    return Token(written=found[0], spoken=tuple(words_), mark=mark)


def _dotted(text: str, at: int, end: int, plain: str, around: Around) -> tuple[Token, int] | None:
    """A word whose full stop is part of it: Mr., St., approx., the J. of J. Smith."""
    written, lower, rest = text[at:end] + ".", plain.lower(), text[end : end + 60]
    if plain[0].isupper() and lower in TITLES and re.match(r"\.\s*[\w&\"']", rest):
        if lower == "st" and text[:at].rstrip()[-1:].isalnum() and not re.match(r"\.\s*[A-Z]", rest):
            return Token(written=written, spoken=("street",)), end + 1
        if lower != "no" or re.match(r"\.\s*\d", rest):
            return Token(written=written, spoken=(TITLES[lower],)), end + 1
    if plain in ("St", "Dr") and around.capital and not around.opening:  # at the end: Elm St.
        return Token(written=written, spoken=({"St": "street", "Dr": "drive"}[plain],), mark="."), end + 1
    if lower in SHORT:
        mark = end_mark(written, text, end + 1) if lower in ENDS_SENTENCE else ""
        if mark or lower not in ALSO_WORDS or re.match(r"\.\s*[a-z0-9,;]", rest):
            mark = mark or ("." if not text[end + 1 :].strip() else "")
            return Token(written=written, spoken=tuple(SHORT[lower].split()), mark=mark), end + 1
    initial = len(plain) == 1 and plain.isupper() and re.match(r"\.\s+[A-Z]", rest)
    if initial and around.previous not in NAMED_BY_LETTER and not end_mark(written, text, end + 1, sure=False):
        return Token(written=written, spoken=tuple(spell(plain))), end + 1
    return None


def _spoken(plain: str, rest: str, around: Around, known: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """The spoken words of a written one, and whether its capitals stress it."""
    lower = plain.lower()
    owned = re.fullmatch(r"([A-Z]{2,6})('s|s'?|')", plain)
    if owned and not around.shouting:
        stem = owned[1]
        if numeral(stem) and around.previous in REGAL:
            *front, last = roman(stem, around.previous)
            return (*front, last + "'s"), False
        if _initialism(stem.lower(), known, around.shouting):
            *front, last = spell(stem)
            return (*front, last + "s"), False
        return (lower,), False
    if plain.isupper() and len(plain) > 1 and "'" not in plain:
        if reads := _numeral(plain, rest, around):
            return tuple(reads), False
        if lower == "it" and not around.opening and re.match(rf"\s(?:{'|'.join(IT_IS_COMPUTING)})\b", rest):
            return tuple(spell(plain)), False
        if _initialism(lower, known, around.shouting) or (rest[:1].isdigit() and len(plain) < 4):
            return tuple(spell(plain)), False
        return (lower,), not around.shouting and lower not in AS_WORDS
    if (
        around.previous in BEFORE_NUMERAL
        and len(plain) > 1
        and re.fullmatch("[ivxl]+", plain)
        and numeral(lower.upper())
    ):
        return tuple(roman(plain.upper(), "")), False
    if re.search(r"[a-z][A-Z]", plain) and not NAME.match(plain):
        parts = CAMEL.findall(plain)
        said = [spell(part) if part.isupper() and part.lower() not in AS_WORDS else [part.lower()] for part in parts]
        return tuple(word for part in said for word in part), False
    if len(plain) == 1 and plain.isupper() and (plain not in "AI" or _letter_a(plain, rest, around)):
        return tuple(spell(plain)), False
    if len(plain) == 1 and plain.isalpha() and lower not in "ai" and "'" not in rest[:1]:
        return tuple(spell(plain)), False
    if 1 < len(lower) < 6 and lower not in known and not re.search("[aeiouy']", lower) and len(set(lower)) > 2:
        return tuple(spell(lower)), False
    return ((lower,) if lower.strip("'") else ()), False


def _letter_a(plain: str, rest: str, around: Around) -> bool:
    """Whether an A is the letter and no article: vitamin A, plan A."""
    return plain == "A" and not around.opening and re.match(r"\s*[A-Za-z\"'(\d$£€]", rest) is None


def _numeral(plain: str, rest: str, around: Around) -> list[str]:
    """Capitals as a Roman numeral, where they are one: after a chapter or a ruler, after a name, or a year."""
    if not numeral(plain):
        return []
    if around.previous in BEFORE_NUMERAL or around.previous in REGAL:
        return roman(plain, around.previous)
    if around.capital and re.fullmatch("[IVX]{2,}|[IVXL]{3,}", plain) and plain not in ("XL", "XX", "XXX"):
        return roman(plain, "")
    return roman(plain, "") if len(plain) > 4 and 1100 <= numeral(plain) < 2100 else []


def _initialism(lower: str, known: Collection[str], shouting: bool) -> bool:
    if lower in AS_WORDS or lower in SHOUTED:
        return False
    if lower in INITIALISMS or not any(vowel in lower for vowel in "aeiouy"):
        return True
    return (lower not in known if shouting else lower not in known or len(lower) < 4) and len(lower) < 6
