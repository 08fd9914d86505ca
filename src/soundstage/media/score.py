"""Written music as a plain value: tempo, metre, key, form, chords and the notes of every instrument.

Notable: all times are in beats. A beat is a note of the value that the metre names (an eighth in 6/8), a bar has as
many as the metre says, and `bpm` counts them; so seconds follow from beats and tempi alone, bars from beats and metres.
Where a metre of another note value begins the same bpm means another pace, unless a `Tempo` stands there too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

from soundstage.errors import InputError
from soundstage.media.value import Value, restore_facts, store_facts

UNITS = (1, 2, 4, 8, 16, 32)
HELD = "_"
"""The syllable of a note on which the syllable before is held."""


def check_beats(start: float, length: float) -> None:
    """Raises InputError unless start ≥ 0 and length > 0, both finite."""
    if not (isfinite(start) and start >= 0):
        raise InputError("start", f"is {start}", "give beats from 0")
    if not (isfinite(length) and length > 0):
        raise InputError("length", f"is {length}", "give beats above 0")


def check_metre(beats: int, unit: int) -> None:
    """Raises InputError for a metre that cannot be written."""
    if not (isinstance(beats, int) and isinstance(unit, int)) or beats < 1 or unit not in UNITS:
        raise InputError("metre", f"is {beats}/{unit}", "give (beats a bar, note value), such as (3, 4)")


def check_bpm(bpm: float) -> None:
    """Raises InputError unless it is a tempo."""
    if not (isfinite(bpm) and bpm > 0):
        raise InputError("bpm", f"is {bpm}", "give beats a minute above 0")


@dataclass(frozen=True)
class Note:
    """A note: MIDI `pitch` (60 is middle C), `start` and `length` in beats, MIDI `velocity`, and what is sung on it.

    A `syllable` such as "hel-" goes on with the next one, "_" holds the one before, "" is none: nobody sings.
    """

    pitch: int
    start: float
    length: float
    velocity: int
    syllable: str = ""

    def __post_init__(self) -> None:
        check_beats(self.start, self.length)
        if not 0 <= self.pitch <= 127:
            raise InputError("pitch", f"is {self.pitch}", "give a MIDI pitch, 0 to 127")
        if not 1 <= self.velocity <= 127:
            raise InputError("velocity", f"is {self.velocity}", "give a MIDI velocity, 1 to 127")
        if self.syllable != self.syllable.strip() or not (self.syllable.isprintable() and self.syllable != "-"):
            raise InputError("syllable", f"is {self.syllable!r}", "give letters, such as 'hel-', '_' or nothing")

    @property
    def end(self) -> float:
        """The beat on which it ends."""
        return self.start + self.length


@dataclass(frozen=True)
class Track:
    """What one instrument plays, and as what (`score.sheet.ROLES`) where that is known."""

    instrument: str
    notes: tuple[Note, ...]
    role: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def sung(self) -> bool:
        """Whether any note has a syllable."""
        return any(note.syllable for note in self.notes)


@dataclass(frozen=True)
class Chord:
    """A chord symbol with `start` and `length` in beats."""

    name: str
    start: float
    length: float

    def __post_init__(self) -> None:
        check_beats(self.start, self.length)


@dataclass(frozen=True)
class Section:
    """A part of the form: its first bar (from 0) and how many bars it has."""

    name: str
    start_bar: int
    bars: int

    def __post_init__(self) -> None:
        if self.start_bar < 0 or self.bars < 1:
            raise InputError(
                "section",
                f"{self.name!r} has {self.bars} bars from bar {self.start_bar}",
                "give at least one bar, from 0",
            )


@dataclass(frozen=True)
class Tempo:
    """From `beat` on, `bpm` beats a minute."""

    beat: float
    bpm: float

    def __post_init__(self) -> None:
        check_bpm(self.bpm)
        if not (isfinite(self.beat) and self.beat > 0):
            raise InputError("tempi", f"change at beat {self.beat}", "give beats above 0; the first tempo is the bpm")


@dataclass(frozen=True)
class Metre:
    """From `bar` on (counted from 0), bars of `beats` beats, each a note of the value 1/`unit`."""

    bar: int
    beats: int
    unit: int

    def __post_init__(self) -> None:
        check_metre(self.beats, self.unit)
        if self.bar < 1:
            raise InputError("metres", f"change at bar {self.bar}", "give bars from 1; that of bar 0 is the metre")


@dataclass(frozen=True)
class Score(Value):
    """A written piece: `bpm` and `metre` are those of its start, `tempi` and `metres` what changes later, in order.

    Raises InputError for an impossible tempo, metre or length, and for changes out of order.
    """

    kind: ClassVar[str] = "score"
    bpm: float
    metre: tuple[int, int]
    key: str
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    tracks: tuple[Track, ...]
    tempi: tuple[Tempo, ...] = ()
    metres: tuple[Metre, ...] = ()

    def __post_init__(self) -> None:
        check_bpm(self.bpm)
        if len(self.metre) != 2:
            raise InputError("metre", f"is {self.metre}", "give (beats a bar, note value), such as (3, 4)")
        object.__setattr__(self, "metre", (int(self.metre[0]), int(self.metre[1])))
        check_metre(*self.metre)
        if self.bars < 1:
            raise InputError("bars", f"is {self.bars}", "give at least 1")
        for name in ("sections", "chords", "tracks", "tempi", "metres"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if any(a.beat >= b.beat for a, b in pairwise(self.tempi)):
            raise InputError("tempi", "are not in order", "give each change of tempo a later beat than the one before")
        if any(a.bar >= b.bar for a, b in pairwise(self.metres)):
            raise InputError("metres", "are not in order", "give each change of metre a later bar than the one before")

    @cached_property
    def _paces(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """Where each tempo begins, in beats and in seconds, and its bpm."""
        beats, bpms = [0.0, *(t.beat for t in self.tempi)], [self.bpm, *(t.bpm for t in self.tempi)]
        seconds = [0.0]
        for (a, b), bpm in zip(pairwise(beats), bpms, strict=False):
            seconds.append(seconds[-1] + (b - a) * 60 / bpm)
        return tuple(beats), tuple(seconds), tuple(bpms)

    @cached_property
    def _bar_lines(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
        """Where each metre begins, in bars and in beats, and the metre."""
        bars = [0, *(m.bar for m in self.metres)]
        metres = [self.metre, *((m.beats, m.unit) for m in self.metres)]
        beats = [0]
        for (a, b), metre in zip(pairwise(bars), metres, strict=False):
            beats.append(beats[-1] + (b - a) * metre[0])
        return tuple(bars), tuple(beats), tuple(metres)

    def seconds_at(self, beat: float) -> float:
        """Seconds from the start to a beat; beyond the end at the last tempo."""
        beats, seconds, bpms = self._paces
        part = max(0, bisect_right(beats, beat) - 1)
        return seconds[part] + (beat - beats[part]) * 60 / bpms[part]

    def beat_at(self, seconds: float) -> float:
        """The beat that sounds at a time: the inverse of `seconds_at`."""
        beats, starts, bpms = self._paces
        part = max(0, bisect_right(starts, seconds) - 1)
        return beats[part] + (seconds - starts[part]) * bpms[part] / 60

    def lasting(self, start: float, length: float) -> float:
        """Seconds that `length` beats from `start` on last, to the bit the same wherever the tempo does not change."""
        beats, _, bpms = self._paces
        part = max(0, bisect_right(beats, start) - 1)
        if part + 1 == len(beats) or start + length <= beats[part + 1]:
            return length * 60 / bpms[part]
        return self.seconds_at(start + length) - self.seconds_at(start)

    def bpm_at(self, beat: float) -> float:
        """The tempo from a beat on."""
        beats, _, bpms = self._paces
        return bpms[max(0, bisect_right(beats, beat) - 1)]

    def bar_at(self, beat: float) -> int:
        """The bar, from 0, in which a beat lies."""
        bars, beats, metres = self._bar_lines
        part = max(0, bisect_right(beats, beat) - 1)
        return bars[part] + int((beat - beats[part]) // metres[part][0])

    def beat_of_bar(self, bar: float) -> float:
        """The beat on which a bar begins; 2.5 is the middle of bar 2."""
        bars, beats, metres = self._bar_lines
        part = max(0, bisect_right(bars, bar) - 1)
        return beats[part] + (bar - bars[part]) * metres[part][0]

    def metre_at(self, bar: float) -> tuple[int, int]:
        """The metre of a bar."""
        bars, _, metres = self._bar_lines
        return metres[max(0, bisect_right(bars, bar) - 1)]

    @property
    def beats(self) -> int:
        """Beats of the whole piece."""
        return round(self.beat_of_bar(self.bars))

    @property
    def seconds(self) -> float:
        """Duration of the bars; the last notes may ring longer."""
        return self.seconds_at(self.beats)

    def facts(self) -> dict[str, Any]:
        """The score as plain values for JSON; what is empty and optional is left out."""
        facts = {key: value for key, value in asdict(self).items() if value or key not in ("tempi", "metres")}
        for track in facts["tracks"]:
            if not track["role"]:
                del track["role"]
        for note in _notes(facts):
            if not note["syllable"]:
                del note["syllable"]
        return facts

    @classmethod
    def of_facts(cls, facts: dict[str, Any]) -> Score:
        """The score of what `facts` gave. Raises InputError for anything else."""
        try:
            return cls(
                bpm=facts["bpm"],
                metre=(facts["metre"][0], facts["metre"][1]),
                key=str(facts["key"]),
                bars=facts["bars"],
                sections=tuple(Section(**section) for section in facts["sections"]),
                chords=tuple(Chord(**chord) for chord in facts["chords"]),
                tracks=tuple(
                    Track(track["instrument"], tuple(Note(**note) for note in track["notes"]), track.get("role", ""))
                    for track in facts["tracks"]
                ),
                tempi=tuple(Tempo(**tempo) for tempo in facts.get("tempi", ())),
                metres=tuple(Metre(**metre) for metre in facts.get("metres", ())),
            )
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise InputError("score", f"is not a whole one ({error})", "give the JSON of a score") from error

    def store(self, folder: Path) -> None:
        """Writes score.json."""
        store_facts(folder, "score", self.facts())

    @classmethod
    def restore(cls, folder: Path) -> Score:
        """Reads what `store` wrote."""
        return cls.of_facts(restore_facts(folder, "score"))

    def __repr__(self) -> str:
        notes = sum(len(track.notes) for track in self.tracks)
        metre = f"{self.metre[0]}/{self.metre[1]}"
        return (
            f"Score({self.key}, {self.bpm:g} bpm, {metre}, {self.bars} bars, {len(self.tracks)} tracks, {notes} notes)"
        )


def _notes(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for track in facts["tracks"]:
        yield from track["notes"]
