"""A sheet: music on a grid of sixteenths, as the composer writes it and the score language spells it.

Notable: pitches are scale steps above the root of the chord that sounds (see `theory`), drums are numbers of kit
pieces.
A pattern that is repeated under new chords is the same events again, which is what makes music easy to learn.
"""

from __future__ import annotations

from dataclasses import dataclass

from soundstage.score.instruments import PIECES
from soundstage.score.theory import Harmony, Key

ROLES = ("drums", "bass", "comp", "arp", "pad", "lead", "counter")
SECTIONS = ("intro", "A", "B", "outro", "end")
MOODS = ("soft", "medium", "strong")  # energies
METRES = ("4/4", "3/4")
PIECE_ORDER = tuple(PIECES.values())
TOP_STEP = 48


def bar_length(metre: str) -> int:
    """Sixteenths in a bar."""
    return int(metre.split("/")[0]) * 4


@dataclass(frozen=True, order=True)
class Event:
    """Notes struck together: place and length in sixteenths, steps (or drum numbers), accent −1 to 1, alteration."""

    position: int
    length: int
    pitches: tuple[int, ...]
    accent: int = 0
    alter: int = 0


@dataclass(frozen=True)
class Bar:
    """One bar: its section and place in the phrase, one or two chords (position, harmony), events by role."""

    section: str
    phrase: int
    chords: tuple[tuple[int, Harmony], ...]
    parts: dict[str, tuple[Event, ...]]

    def harmony_at(self, position: int) -> Harmony:
        """The chord that sounds at a sixteenth."""
        return [harmony for at, harmony in self.chords if at <= position][-1]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A piece before it is performed. `roster` gives each role its instrument, in the order of `ROLES`."""

    style: str
    key: Key
    bpm: float
    metre: str
    energy: int
    roster: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Place:
    """Where a bar stands in the form."""

    section: str
    phrase: int
    left: int


def form(bars: int, *, intro: bool) -> tuple[Place, ...]:
    """Sections and phrase places of `bars` bars, the last of which is the ending.

    Phrases have four bars, the last may have up to seven; A comes back after B; long pieces open with an introduction.
    """
    body = bars - 1
    places: list[tuple[str, int]] = []
    opening = 0
    if intro and body >= 8:
        opening = 4 if body >= 20 else 2 if body >= 10 and body % 4 != 0 else 1 if body % 4 == 1 else 0
        places += [("intro", i) for i in range(opening)]
    rest = body - opening
    phrases = max(1, rest // 4)
    labels = {1: "A", 2: "AA", 3: "AAB", 4: "AABA", 5: "AABBA", 6: "AABBAA", 7: "AABBAAO", 8: "AABBAABO"}
    order = labels.get(phrases) or "".join("AABB"[i % 4] for i in range(phrases - 1)) + "O"
    for index, label in enumerate(order):
        length = 4 if index < phrases - 1 else rest - 4 * (phrases - 1)
        section = {"A": "A", "B": "B", "O": "outro"}[label]
        places += [(section, i if length <= 4 else (i if i < length - 4 else 4 + i - length)) for i in range(length)]
    places.append(("end", 0))
    return tuple(Place(section, phrase % 4, bars - 1 - i) for i, (section, phrase) in enumerate(places))
