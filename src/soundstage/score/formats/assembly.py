"""From measures as they stand on a sheet to a score as it sounds: repeats written out, ties joined, upbeats filled up.

Notable: this is what reading MusicXML and reading ABC have in common. Times here are quarters from the measure's start.
A first measure that is short is an upbeat and stands at the end of a whole bar; other short ones get their own metre.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from soundstage.media.score import HELD, Chord, Note, Score, Section, Track
from soundstage.score.formats.orchestra import player
from soundstage.score.formats.repeats import Mark, order
from soundstage.score.formats.ruler import Ruler, bars_for, metres_of, tempi_of

NEAR = 1e-4


@dataclass
class Written:
    """A note on a sheet: syllables by verse; whether it goes on from a note before, or into one after."""

    start: float
    length: float
    pitch: int
    velocity: int
    verses: Mapping[int, str] = field(default_factory=dict)
    tied_in: bool = False
    tied_out: bool = False


@dataclass
class Measure:
    """A measure: its metre, how long it is (0: as its metre says), its repeat signs, and what stands above it:
    (time, "tempo" in quarters a minute | "key" | "chord", "" for none | "section", value)."""

    metre: tuple[int, int]
    length: float
    mark: Mark
    signs: list[tuple[float, str, float | str]]

    @property
    def whole(self) -> float:
        """Quarters that its metre gives it."""
        return self.metre[0] * 4 / self.metre[1]


@dataclass
class Part:
    """A part: the notes of each measure."""

    name: str
    program: int | None
    drums: bool
    measures: Sequence[Sequence[Written]]


def assemble(measures: Sequence[Measure], parts: Sequence[Part], *, holds: bool) -> Score:
    """The score of a sheet. With `holds`, a note without a syllable right after a sung one holds it.

    Needs at least one measure.
    """
    starts: list[tuple[int, int, float]] = []  # measure, time round, quarter at which it begins
    at = 0.0
    for index, time in order([measure.mark for measure in measures]):
        measure = measures[index]
        length = measure.length or measure.whole
        upbeat = measure.whole - length if not starts and length < measure.whole - NEAR else 0.0
        starts.append((index, time, at + upbeat))
        at += upbeat + length
    metre, metres = metres_of(_metres(measures, starts))
    ruler = Ruler(metre, metres)
    signs = [(begin + t, kind, value) for index, _, begin in starts for t, kind, value in measures[index].signs]
    signs.sort(key=lambda sign: sign[0])
    bpm, tempi = tempi_of([(t, float(value)) for t, kind, value in signs if kind == "tempo"], ruler)
    tracks = []
    for part in parts:
        sounding = _tied(list(_sounding(part, starts)))
        notes = tuple(_notes(sounding, ruler, holds=holds))
        if notes:
            sung = any(note.syllable for note in notes)
            tracks.append(Track(player(part.name, part.program, drums=part.drums, sung=sung), notes))
    bars = bars_for(ruler.beat_of(at), metre, metres)
    key = next((str(value) for _, kind, value in signs if kind == "key"), "C major")
    score = Score(bpm, metre, key, bars, (), (), tuple(tracks), tuple(tempi), metres)
    named = {
        kind: [(ruler.beat_of(t), str(value)) for t, k, value in signs if k == kind] for kind in ("chord", "section")
    }
    return replace(score, sections=_sections(named["section"], score), chords=lasting(named["chord"], score.beats))


def _metres(measures: Sequence[Measure], starts: Sequence[tuple[int, int, float]]) -> Iterator[tuple[float, int, int]]:
    """The metre where each measure begins; the upbeat's whole bar begins the piece."""
    for place, (index, _, begin) in enumerate(starts):
        yield begin if place else 0.0, *measures[index].metre


def _sounding(part: Part, starts: Sequence[tuple[int, int, float]]) -> Iterator[tuple[float, Written, str]]:
    """(quarter, note, syllable) in the order of playing; a verse that is not there is the first."""
    for index, time, begin in starts:
        for note in part.measures[index] if index < len(part.measures) else ():
            verses = note.verses
            yield begin + note.start, note, verses.get(time) or (verses[min(verses)] if verses else "")


def _tied(sounding: list[tuple[float, Written, str]]) -> list[tuple[float, float, Written, str]]:
    """(start, end, note, syllable) in order of time, notes one with what is tied to them."""
    out: list[tuple[float, float, Written, str]] = []
    open_ties: dict[int, int] = {}
    for start, note, syllable in sorted(sounding, key=lambda each: (each[0], each[1].pitch)):
        place = open_ties.pop(note.pitch, None)
        if place is not None and note.tied_in and abs(out[place][1] - start) < NEAR:
            out[place] = (out[place][0], start + note.length, *out[place][2:])
        else:
            place = len(out)
            out.append((start, start + note.length, note, syllable))
        if note.tied_out:
            open_ties[note.pitch] = place
    return out


def _notes(sounding: list[tuple[float, float, Written, str]], ruler: Ruler, *, holds: bool) -> Iterator[Note]:
    sung_until = -1.0
    for start, end, note, syllable in sounding:
        if holds and not syllable and abs(start - sung_until) < NEAR:
            syllable = HELD
        if syllable:
            sung_until = end
        beat = ruler.beat_of(start)
        yield Note(note.pitch, beat, ruler.beat_of(end) - beat, note.velocity, syllable)


def lasting(found: Sequence[tuple[float, str]], end: float) -> tuple[Chord, ...]:
    """Chords of (beat, name), each until the next; "" ends one."""
    edges = [*(beat for beat, _ in found[1:]), end]
    spans = zip(found, edges, strict=False)
    return tuple(Chord(name, beat, edge - beat) for (beat, name), edge in spans if name and edge - beat > NEAR)


def _sections(found: Sequence[tuple[float, str]], score: Score) -> tuple[Section, ...]:
    """Sections of (beat, name), each until the next."""
    starts = {score.bar_at(beat + NEAR): name for beat, name in found}
    edges = [*sorted(starts)[1:], score.bars]
    return tuple(Section(starts[a], a, b - a) for a, b in zip(sorted(starts), edges, strict=False) if b > a)
