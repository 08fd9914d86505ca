"""From exact times to what can be written on staves: a grid of note values, voices, bars and ties.

Notable: what lies on the grid (48 to a quarter: down to 64ths, and triplets of them) is kept exactly; what a player did
a little early or late goes to the nearest sixteenth or triplet eighth. Times here are whole numbers of that grid.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

from soundstage.media.score import Note, Score, Track
from soundstage.score.formats.ruler import Ruler

GRID = 48
"""Parts of a quarter."""
SIXTEENTH, TRIPLET, NEAR = GRID // 4, GRID // 3, 0.01

# Length in the grid → note type, dots, and whether it is of a triplet.
VALUES: dict[int, tuple[str, int, bool]] = {}
for _index, _name in enumerate(("whole", "half", "quarter", "eighth", "16th", "32nd", "64th")):
    _size = 4 * GRID >> _index
    VALUES[_size] = (_name, 0, False)
    if _size % 2 == 0:
        VALUES[_size * 3 // 2] = (_name, 1, False)
    if _size * 2 % 3 == 0:
        VALUES.setdefault(_size * 2 // 3, (_name, 0, True))


@dataclass(frozen=True)
class Stroke:
    """Notes struck together in one bar, or a rest (no notes), of one written value: `start` from the bar's beginning.

    `tied_in` and `tied_out` say that the notes go on from the stroke before, or into the next.
    """

    start: int
    length: int
    notes: tuple[Note, ...] = ()
    tied_in: bool = False
    tied_out: bool = False


@dataclass(frozen=True)
class Bar:
    """A bar of a part: its length in the grid and, voice by voice, the strokes that fill it."""

    length: int
    voices: tuple[tuple[Stroke, ...], ...]


def snapped(quarter: float, *, triplets: bool = True) -> int:
    """A time in the grid."""
    exact = quarter * GRID
    if abs(exact - round(exact)) < NEAR:
        return round(exact)
    straight = round(exact / SIXTEENTH) * SIXTEENTH
    swung = round(exact / TRIPLET) * TRIPLET
    return swung if triplets and abs(swung - exact) < abs(straight - exact) else straight


def span(note: Note, ruler: Ruler) -> tuple[int, int]:
    """Where a note begins and ends in the grid, counted from the start of the piece."""
    start = snapped(ruler.quarter_of(note.start))
    end = snapped(ruler.quarter_of(note.end), triplets=start % SIXTEENTH != 0)
    return start, end if end > start else start + (SIXTEENTH if start % SIXTEENTH == 0 else TRIPLET)


def notated(score: Score) -> Score:
    """The score with every note on the grid: what a sheet of music can say of it."""
    ruler = Ruler.of(score)

    def placed(note: Note) -> Note:
        start, end = (ruler.beat_of(time / GRID) for time in span(note, ruler))
        return replace(note, start=start, length=end - start)

    tracks = (replace(track, notes=tuple(placed(note) for note in track.notes)) for track in score.tracks)
    return replace(score, tracks=tuple(tracks))


def bar_lines(score: Score, ruler: Ruler) -> tuple[int, ...]:
    """Where the bars begin in the grid, and where the last one ends; bars enough for the longest note."""
    last = max((note.end for track in score.tracks for note in track.notes), default=0.0)
    count = max(score.bars, score.bar_at(max(0.0, last - 0.02)) + 1)
    return tuple(round(ruler.quarter_of(score.beat_of_bar(bar)) * GRID) for bar in range(count + 1))


def bars_of(track: Track, lines: tuple[int, ...], ruler: Ruler) -> tuple[Bar, ...]:
    """A part laid out in bars: notes that begin and end together are one stroke, others that overlap are other voices.

    Strokes are cut at bar lines and into values that can be written; rests fill what is left of the voices in use.
    """
    struck: dict[tuple[int, int], list[Note]] = defaultdict(list)
    for note in track.notes:
        start, end = span(note, ruler)
        struck[start, min(end, lines[-1])].append(note)
    free: list[int] = []
    voices: list[list[list[Stroke]]] = []
    for (start, end), notes in sorted(struck.items(), key=lambda each: (each[0][0], -each[0][1])):
        voice = next((index for index, until in enumerate(free) if until <= start), len(free))
        if voice == len(free):
            free.append(0)
            voices.append([[] for _ in lines[1:]])
        free[voice] = end
        _cut(voices[voice], lines, start, end, tuple(sorted(notes, key=lambda note: note.pitch)))
    out = []
    for bar, (begin, end) in enumerate(pairwise(lines)):
        used = [voice[bar] for index, voice in enumerate(voices) if voice[bar] or index == 0] or [[]]
        out.append(Bar(end - begin, tuple(_filled(strokes, end - begin) for strokes in used)))
    return tuple(out)


def _cut(bars: list[list[Stroke]], lines: tuple[int, ...], start: int, end: int, notes: tuple[Note, ...]) -> None:
    """Lays notes into the bars they sound in, tied where they are cut."""
    for bar, (begin, until) in enumerate(pairwise(lines)):
        if until <= start or begin >= end:
            continue
        for at, length in written(max(start, begin) - begin, min(end, until) - begin):
            from_start = at + begin
            bars[bar].append(Stroke(at, length, notes, from_start > start, from_start + length < end))


def written(start: int, end: int) -> list[tuple[int, int]]:
    """A length from `start` to `end` of a bar as values that can be written, (start, length) each; what none names
    stays."""
    if end - start in VALUES:
        return [(start, end - start)]
    beat = (start // GRID + 1) * GRID
    if start % GRID and beat < end:
        return written(start, beat) + written(beat, end)
    fitting = max((value for value in VALUES if value < end - start), default=0)
    if start % GRID == 0 and end - start > GRID:
        whole = (end - start) // GRID * GRID
        fitting = max(value for value in VALUES if value % GRID == 0 and value <= whole)
    rest = end - start - fitting
    if not fitting or (rest not in VALUES and rest < 4):
        return [(start, end - start)]
    return [(start, fitting), *written(start + fitting, end)]


def _filled(strokes: list[Stroke], length: int) -> tuple[Stroke, ...]:
    """Strokes with rests between them; a bar without any is one rest, whatever its length."""
    if not strokes:
        return (Stroke(0, length),)
    out, at = [], 0
    for stroke in [*strokes, Stroke(length, 1)]:
        out += [Stroke(start, size) for start, size in (written(at, stroke.start) if stroke.start > at else [])]
        at = stroke.start + stroke.length
        out.append(stroke)
    return tuple(out[:-1])
