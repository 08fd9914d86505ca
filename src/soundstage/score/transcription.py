"""From notes in seconds to a written melody: its tempo, its metre and where its bars begin, its key.

Notable: a tempo is as good as the onsets fall together on its beats, eighths and sixteenths; notes are then placed one
after another, each measured from where the one before should have been, so a singer may hurry a little. Nothing can
tell a tempo from its double by notes alone: the nearer to a walk is taken, unless one is given.

N notes · positions are sixteenths from the first bar line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.hummed import Tone
from soundstage.media.score import Note, Score, Track
from soundstage.score.sheet import METRES, bar_length
from soundstage.score.theory import MODES, Key

Row = NDArray[np.float64]
WALK, EASE = 104.0, 0.55
"""The tempo that is likeliest, and the octaves by which it varies."""
SLOWEST, FASTEST = 50.0, 190.0
BOND, HASTE = 0.35, 0.15
"""How far the beat, and its pace, follow a note that is off it."""
STRENGTH = {
    "4/4": (4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0),
    "3/4": (4, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0),
}
"""How strong each sixteenth of a bar is felt."""
RARE_WALTZ = 1.05
"""How much better three must fit than four."""
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""How well each step fits a key (Krumhansl and Kessler, 1982)."""
LAST, FIRST, OUTSIDE = 0.2, 0.05, 1.0
"""What it says for a key that the melody ends, or begins, on its tonic; against it, that all notes are not its own."""
VELOCITY = 88


@dataclass(frozen=True)
class Placed:
    """Notes on the grid: `start` [N] in sixteenths from the first bar line, and the tempo and metre that this is."""

    start: tuple[int, ...]
    bpm: float
    metre: str
    begins: float
    """The second of the recording at which the first bar line falls; negative where that is ahead of it."""


def transcribed(
    tones: Sequence[Tone],
    *,
    bpm: float | None = None,
    key: Key | None = None,
    metre: str | None = None,
    field: str = "melody",
) -> tuple[Score, Placed]:
    """A score of one track, the lead, of tones in order, and where they were placed; what is not given is found.

    Raises InputError, naming `field`, for less than a bar.
    """
    placed = on_grid(tones, bpm, metre)
    size = bar_length(placed.metre)
    sixteenth = 15 / placed.bpm
    notes, ends = [], [*placed.start[1:], None]
    for tone, start, following in zip(tones, placed.start, ends, strict=True):
        length = max(1, round(tone.length / sixteenth))
        if following is not None:  # a short breath before the next note belongs to this one
            length = following - start if 0 < following - start - length <= 1 else min(length, following - start)
        notes.append(Note(tone.pitch, start / 4, max(length, 1) / 4, VELOCITY))
    stop = max(round(note.end * 4) for note in notes)
    if stop - placed.start[0] < size:
        raise InputError(field, f"is shorter than a bar of {placed.metre} at {placed.bpm:.0f} bpm", "give more of it")
    found = key or key_of(notes)
    score = Score(
        bpm=placed.bpm,
        metre=(size // 4, 4),
        key=found.name,
        bars=-(-stop // size),
        sections=(),
        chords=(),
        tracks=(Track("flute", tuple(notes), "lead"),),
    )
    return score, placed


def on_grid(tones: Sequence[Tone], bpm: float | None, metre: str | None) -> Placed:
    """The place of every tone on a grid of sixteenths, at a tempo and in a metre that are found where not given."""
    times = np.array([tone.start for tone in tones])
    weights = _weights(tones)
    pace = bpm or tempo_of(times, weights)
    steps, sixteenth = _followed(times, pace, fixed=bpm is not None)
    best: tuple[float, str, int] | None = None
    for name in METRES if metre is None else (metre,):
        strength = np.array(STRENGTH[name], np.float64)
        normal = strength - strength.mean()
        for offset in range(len(strength)):
            places = (steps + offset) % len(strength)
            fit = float((weights * normal[places]).sum() / (weights.sum() * normal.std()))
            fit += 0.15 * (offset == 0) + 0.1 * (normal[places[-1]] > 1)
            fit /= RARE_WALTZ if name == "3/4" and metre is None else 1.0
            if best is None or fit > best[0]:
                best = (fit, name, offset)
    assert best is not None
    _, name, offset = best
    start = steps + offset
    slope = 15 / bpm if bpm is not None else sixteenth
    begins = float(np.median(times - start * slope))
    return Placed(tuple(int(step) for step in start), bpm or round(15 / slope, 2), name, begins)


def _weights(tones: Sequence[Tone]) -> Row:
    """How much each tone says of the beat: long ones more."""
    starts = np.array([tone.start for tone in tones] + [tones[-1].end])
    return np.clip(np.diff(starts), 0.1, 1.2)


def tempo_of(times: Row, weights: Row) -> float:
    """Beats a minute that fit the onsets best."""
    paces = np.exp(np.arange(np.log(SLOWEST), np.log(FASTEST), 0.001))
    turns = paces[:, None] / 60 * (times - times[0])
    together = [np.abs((weights * np.exp(2j * np.pi * k * turns)).sum(1)) / weights.sum() for k in (1, 2, 4)]
    usual = np.exp(-0.5 * (np.log2(paces / WALK) / EASE) ** 2)
    return float(paces[np.argmax((0.3 * together[0] + 0.4 * together[1] + 0.3 * together[2]) * (0.6 + 0.4 * usual))])


def _followed(times: Row, bpm: float, *, fixed: bool) -> tuple[NDArray[np.int64], float]:
    """The sixteenth of every onset, counted from the first, and how long a sixteenth is on the whole."""
    step = 15 / bpm
    turns = np.exp(2j * np.pi * (times - times[0]) / step)
    ahead = float(np.angle(turns[: min(len(turns), 12)].sum()) / (2 * np.pi)) * step  # of the beat over the first onset
    expected, count, slope = float(times[0]) + ahead, 0, step
    places: list[int] = []
    for time in times:
        moved = round((time - expected) / step)
        moved = max(moved, 1) if places else 0
        count += moved
        expected += moved * step
        off = time - expected
        step = float(np.clip(step + HASTE * off / max(moved, 4), 0.8 * slope, 1.25 * slope))
        expected += BOND * off
        places.append(count)
    steps = np.array(places)
    if not fixed and len(steps) > 2 and np.ptp(steps) > 0:
        slope = float(np.polyfit(steps, times, 1)[0])
    return steps, slope


def key_of(notes: Sequence[Note]) -> Key:
    """The major or minor key that fits a melody best."""
    held = np.zeros(12)
    for note in notes:
        held[note.pitch % 12] += min(note.length, 2.0)
    first, last = notes[0].pitch % 12, notes[-1].pitch % 12

    def fit(key: Key) -> float:
        profile = np.roll(MAJOR if key.mode == "major" else MINOR, key.tonic)
        scale = {(key.tonic + step) % 12 for step in MODES[key.mode]}
        outside = sum(held[pitch] for pitch in range(12) if pitch not in scale) / held.sum()
        near = float(np.corrcoef(held, profile)[0, 1]) if held.std() > 0 else 0.0
        return near - OUTSIDE * float(outside) + LAST * (last == key.tonic) + FIRST * (first == key.tonic)

    return max((Key(tonic, mode) for mode in ("major", "minor") for tonic in range(12)), key=fit)
