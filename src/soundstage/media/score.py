"""Written music as a plain value: tempo, metre, key, form, chords and the notes of every instrument.

Notable: all times are in beats, the beats that `bpm` counts; a bar has `metre[0]` of them, whatever `metre[1]` says.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import ClassVar

from soundstage.errors import InputError
from soundstage.media.value import Value, restore_facts, store_facts


def check_beats(start: float, length: float) -> None:
    """Raises InputError unless start ≥ 0 and length > 0, both finite."""
    if not (isfinite(start) and start >= 0):
        raise InputError("start", f"is {start}", "give beats from 0")
    if not (isfinite(length) and length > 0):
        raise InputError("length", f"is {length}", "give beats above 0")


@dataclass(frozen=True)
class Note:
    """A note: MIDI `pitch` (60 is middle C), `start` and `length` in beats, MIDI `velocity`."""

    pitch: int
    start: float
    length: float
    velocity: int

    def __post_init__(self) -> None:
        check_beats(self.start, self.length)
        if not 0 <= self.pitch <= 127:
            raise InputError("pitch", f"is {self.pitch}", "give a MIDI pitch, 0 to 127")
        if not 1 <= self.velocity <= 127:
            raise InputError("velocity", f"is {self.velocity}", "give a MIDI velocity, 1 to 127")


@dataclass(frozen=True)
class Track:
    """What one instrument plays."""

    instrument: str
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))


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
class Score(Value):
    """A written piece. Raises InputError for an impossible tempo, metre or length."""

    kind: ClassVar[str] = "score"
    bpm: float
    metre: tuple[int, int]
    key: str
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    tracks: tuple[Track, ...]

    def __post_init__(self) -> None:
        if not (isfinite(self.bpm) and self.bpm > 0):
            raise InputError("bpm", f"is {self.bpm}", "give beats a minute above 0")
        if len(self.metre) != 2 or self.metre[0] < 1 or self.metre[1] not in (1, 2, 4, 8, 16, 32):
            raise InputError("metre", f"is {self.metre}", "give (beats a bar, note value), such as (3, 4)")
        if self.bars < 1:
            raise InputError("bars", f"is {self.bars}", "give at least 1")
        object.__setattr__(self, "metre", (int(self.metre[0]), int(self.metre[1])))
        for name in ("sections", "chords", "tracks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def beats(self) -> int:
        """Beats of the whole piece."""
        return self.bars * self.metre[0]

    @property
    def seconds(self) -> float:
        """Duration of the bars; the last notes may ring longer."""
        return self.beats * 60 / self.bpm

    def store(self, folder: Path) -> None:
        """Writes score.json."""
        store_facts(folder, "score", asdict(self))

    @classmethod
    def restore(cls, folder: Path) -> Score:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "score")
        sections = tuple(Section(**section) for section in facts["sections"])
        chords = tuple(Chord(**chord) for chord in facts["chords"])
        tracks = tuple(
            Track(track["instrument"], tuple(Note(**note) for note in track["notes"])) for track in facts["tracks"]
        )
        return cls(facts["bpm"], tuple(facts["metre"]), facts["key"], facts["bars"], sections, chords, tracks)

    def __repr__(self) -> str:
        notes = sum(len(track.notes) for track in self.tracks)
        metre = f"{self.metre[0]}/{self.metre[1]}"
        return (
            f"Score({self.key}, {self.bpm:g} bpm, {metre}, {self.bars} bars, {len(self.tracks)} tracks, {notes} notes)"
        )
