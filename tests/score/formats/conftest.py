from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import gcd

import numpy as np
import pytest

from soundstage.media.score import Chord, Metre, Note, Score, Section, Tempo, Track

WORDS = "hel- lo | fai- ry | night | _ | o- ver- board | été | we'll | rain, | stop."
CHORDS = ("C", "Am7", "F#m7b5", "Bb", "G7", "Dsus4", "Ebmaj7")
KEYS = ("C major", "A minor", "Eb major", "F# minor", "D dorian", "G mixolydian", "Bb minor")
METRES = ((4, 4), (3, 4), (6, 8), (2, 2), (7, 8), (5, 4))


def random_score(
    seed: int,
    *,
    parts: tuple[str, ...] = ("voice", "piano", "violin", "drums"),
    grid: int = 480,
    steps: tuple[int, ...] = (),
    changes: bool = True,
    chordal: bool = True,
    bpm_digits: int = 2,
) -> Score:
    """A score on a grid of `grid` a quarter: every part without two notes of one pitch at a time.

    `steps` are the lengths that notes may have, in the grid's units; with `chordal` pitched parts but the voice play
    chords, else one note at a time.
    """
    rng = np.random.default_rng(seed)
    metre = METRES[rng.integers(len(METRES))]
    bars = int(rng.integers(3, 9))
    metres: list[Metre] = []
    now = metre
    for bar in sorted(set(rng.integers(1, bars, size=2).tolist())) if changes else []:
        new = METRES[rng.integers(len(METRES))]
        if new != now:
            metres.append(Metre(bar, *new))
            now = new
    blank = Score(100, metre, "C major", bars, (), (), (), (), tuple(metres))
    beats = blank.beats
    tempi = [
        Tempo(float(beat), float(np.round(rng.uniform(60, 200), bpm_digits)))
        for beat in sorted(set(rng.integers(1, beats, size=3).tolist()))
        if changes
    ]
    edges = [0, *sorted(set(rng.integers(1, bars, size=2).tolist())), bars]
    sections = [Section(f"part {i}", a, b - a) for i, (a, b) in enumerate(pairwise(edges))]
    chords, at = [], 0
    while at < beats:
        length = min(int(rng.integers(1, 5)), beats - at)
        if rng.random() < 0.85:
            chords.append(Chord(CHORDS[rng.integers(len(CHORDS))], float(at), float(length)))
        at += length
    tracks = tuple(_part(rng, blank, name, grid, steps, chordal) for name in parts)
    bpm = float(np.round(rng.uniform(60, 200), bpm_digits))
    key = KEYS[rng.integers(len(KEYS))]
    return Score(
        bpm, metre, key, bars, tuple(sections), tuple(chords), tracks, tuple(_moved(bpm, tempi)), tuple(metres)
    )


def _moved(bpm: float, tempi: list[Tempo]) -> list[Tempo]:
    """Tempi that each differ from the one before."""
    out: list[Tempo] = []
    for tempo in tempi:
        if tempo.bpm != (out[-1].bpm if out else bpm):
            out.append(tempo)
    return out


def _part(rng: np.random.Generator, score: Score, name: str, grid: int, steps: tuple[int, ...], chordal: bool) -> Track:
    # A unit of the grid in beats, the finest that every metre of the piece can name.
    units = [score.metre[1], *(metre.unit for metre in score.metres)]
    sizes = [grid * 4 // unit for unit in units]
    beat = gcd(*sizes) if len(set(sizes)) > 1 else sizes[0]
    syllables = WORDS.replace("|", " ").split()
    notes: list[Note] = []
    at, end = 0, score.beats * beat
    sung = 0
    while at < end:
        length = int(rng.choice(steps)) if steps else int(rng.integers(1, 3 * beat))
        length = min(length, end - at)
        if steps and length not in steps:
            break
        if rng.random() < 0.8:
            count = 1 if name == "voice" or not chordal else int(rng.integers(1, 4))
            low, high = (36, 50) if name == "drums" else (55, 80)
            pitches = sorted(rng.choice(np.arange(low, high), size=count, replace=False).tolist())
            syllable = syllables[sung % len(syllables)] if name == "voice" else ""
            sung += 1
            velocity = int(rng.integers(1, 128))
            notes += [Note(int(p), at / beat, length / beat, velocity, syllable) for p in pitches]
        at += length
    return Track(name, tuple(notes))


@pytest.fixture
def scores() -> Callable[..., Score]:
    return random_score


def assert_same(read: Score, written: Score, *, velocities: bool = True, within: float = 1 / 400) -> None:
    """The same music: everything equal, times to a tick."""
    assert (read.metre, read.metres, read.bars, read.key) == (
        written.metre,
        written.metres,
        written.bars,
        written.key,
    )
    assert read.bpm == pytest.approx(written.bpm, abs=1e-6)
    assert [t.beat for t in read.tempi] == pytest.approx([t.beat for t in written.tempi], abs=within)
    assert [t.bpm for t in read.tempi] == pytest.approx([t.bpm for t in written.tempi], abs=1e-6)
    assert read.sections == written.sections
    assert [chord.name for chord in read.chords] == [chord.name for chord in written.chords]
    for a, b in zip(read.chords, written.chords, strict=True):
        assert (a.start, a.length) == pytest.approx((b.start, b.length), abs=within)
    assert [track.instrument for track in read.tracks] == [track.instrument for track in written.tracks]
    for track, other in zip(read.tracks, written.tracks, strict=True):
        said = [(n.pitch, n.velocity if velocities else 0, n.syllable) for n in track.notes]
        assert said == [(n.pitch, n.velocity if velocities else 0, n.syllable) for n in other.notes]
        assert [n.start for n in track.notes] == pytest.approx([n.start for n in other.notes], abs=within)
        assert [n.length for n in track.notes] == pytest.approx([n.length for n in other.notes], abs=within)


@pytest.fixture
def same() -> Callable[..., None]:
    return assert_same
