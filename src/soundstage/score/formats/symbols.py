"""Chord symbols in their parts, as files want them: root, quality, bass; and what MusicXML calls each quality.

Notable: a name that is no chord symbol is left as it is by whoever can (charts, MIDI); MusicXML needs a root.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from soundstage.score.progression import SYNONYMS
from soundstage.score.theory import QUALITIES

NO_CHORD = "N.C."
# Our quality → MusicXML's kind; degrees that are added to it: (degree, alteration).
KINDS: dict[str, tuple[str, tuple[tuple[int, int], ...]]] = {
    "": ("major", ()),
    "m": ("minor", ()),
    "dim": ("diminished", ()),
    "aug": ("augmented", ()),
    "7": ("dominant", ()),
    "maj7": ("major-seventh", ()),
    "m7": ("minor-seventh", ()),
    "m7b5": ("half-diminished", ()),
    "dim7": ("diminished-seventh", ()),
    "aug7": ("augmented-seventh", ()),
    "mMaj7": ("major-minor", ()),
    "sus4": ("suspended-fourth", ()),
    "sus2": ("suspended-second", ()),
    "7sus4": ("suspended-fourth", ((7, -1),)),
    "add9": ("major", ((9, 0),)),
    "madd9": ("minor", ((9, 0),)),
    "6": ("major-sixth", ()),
    "m6": ("minor-sixth", ()),
    "9": ("dominant-ninth", ()),
    "m9": ("minor-ninth", ()),
    "maj9": ("major-ninth", ()),
    "11": ("dominant-11th", ()),
    "m11": ("minor-11th", ()),
    "13": ("dominant-13th", ()),
    "5": ("power", ()),
}
ALIASES = {"dominant-seventh": "7", "minor-major-seventh": "mMaj7", "half-diminished-seventh": "m7b5"}
ALIASES |= {"suspended-fourth-seventh": "7sus4"}
_NAME = re.compile(r"([A-G])([#b♯♭]?)([^/\s]*)(?:/([A-G])([#b♯♭]?))?")
_QUALITY = re.compile(r"(?:maj|min|dim|aug|sus|add|dom|omit|no|alt|[mMjoø°Δ+\-−#b♯♭(),]|[0-9])*")


class Symbol(NamedTuple):
    """A chord symbol: letter and alteration of its root, quality, letter and alteration of its bass ("" without)."""

    root: str
    alter: int
    quality: str
    bass: str = ""
    bass_alter: int = 0

    @property
    def name(self) -> str:
        """As in "F#m7/A"."""
        under = f"/{self.bass}{sign(self.bass_alter)}" if self.bass else ""
        return f"{self.root}{sign(self.alter)}{self.quality}{under}"


def sign(alter: int) -> str:
    """Sharps or flats in letters."""
    return "#" * alter if alter > 0 else "b" * -alter


def parse(name: str) -> Symbol | None:
    """A chord symbol's parts, or None for what is none. Our names for qualities stand for their synonyms."""
    match = _NAME.fullmatch(name.strip())
    if match is None or not _QUALITY.fullmatch(match[3]):
        return None
    alters = [{"": 0, "#": 1, "♯": 1}.get(match[at] or "", -1) for at in (2, 5)]
    return Symbol(match[1], alters[0], usual(match[3]), match[4] or "", alters[1])


def usual(quality: str) -> str:
    """The usual name of a quality: "min7" is "m7"."""
    return quality if quality in QUALITIES or quality in KINDS else SYNONYMS.get(quality, quality)


def is_chord(text: str) -> bool:
    """Whether a word is a chord symbol or says that there is no chord."""
    return parse(text) is not None or is_none(text)


def is_none(text: str) -> bool:
    """Whether a word says that there is no chord."""
    return text.upper().replace(".", "") == "NC"


def kind_of(quality: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """MusicXML's kind of a quality and the degrees added to it; "other" where it has no word."""
    return KINDS.get(quality, ("other", ()))


def quality_of(kind: str, text: str, degrees: tuple[tuple[int, int], ...]) -> str:
    """Our name for MusicXML's kind, its written form and its added degrees."""
    if text and _QUALITY.fullmatch(text):
        return usual(text)
    found = next((quality for quality, known in KINDS.items() if known == (kind, degrees)), None)
    if found is None:
        plain = next((quality for quality, known in KINDS.items() if known == (kind, ())), ALIASES.get(kind, ""))
        found = plain + "".join(f"add{sign(alter)}{degree}" for degree, alter in degrees)
    return found
