"""Chords for a melody: the path through the key's chords that holds its notes and moves as harmony does.

Notable: long and strong notes ask for a chord that has them, short ones may pass. A bar has one chord, two where the
melody needs it, and the first and the last are home.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soundstage.media.score import Note
from soundstage.score.sheet import bar_length
from soundstage.score.theory import QUALITIES, Harmony, Key, parse_numeral

Row = NDArray[np.float64]
CHORDS = {
    "major": {"I": 0.5, "ii": 0.1, "iii": -0.3, "IV": 0.3, "V": 0.4, "vi": 0.2},
    "minor": {"i": 0.5, "iv": 0.25, "V": 0.3, "v": -0.1, "bVI": 0.2, "bVII": 0.2, "bIII": 0.2},
    "dorian": {"i": 0.5, "IV": 0.3, "v": 0.1, "ii": 0.0, "bVII": 0.3, "bIII": 0.2},
    "mixolydian": {"I": 0.5, "bVII": 0.4, "IV": 0.3, "v": 0.1, "ii": 0.0, "vi": 0.0},
}
"""What speaks for each chord of a mode by itself. In the natural modes VI, VII and III stand on their own steps."""
MOVES = {(4, 0): 0.4, (3, 4): 0.25, (3, 0): 0.2, (1, 4): 0.35, (5, 3): 0.2, (5, 1): 0.2, (0, 3): 0.15, (0, 5): 0.15,
         (0, 4): 0.15, (6, 0): 0.25, (5, 6): 0.3, (4, 3): -0.4, (4, 1): -0.4, (1, 0): -0.2}  # fmt: skip
"""What speaks for a step of the root, by the degrees that it leads from and to."""
STAYS, SPLITS, HOME = -0.15, -0.9, 0.8
"""For a chord that stays over a bar line, one that changes within a bar, one that begins or ends at home."""
HELD, PASSING, CLASHING = 1.0, -0.5, -1.3
"""For a beat of a note that the chord has, has not, or has a semitone under."""


def harmonised(notes: Sequence[Note], key: Key, metre: str, bars: int) -> tuple[tuple[Harmony, ...], ...]:
    """One or two chords for each of some bars under a melody that begins at beat 0."""
    choices = [_natural(numeral, key.mode) for numeral in CHORDS[key.mode]]
    prior = np.array(list(CHORDS[key.mode].values()))
    beats = bar_length(metre) / 4
    halves = 2 if metre == "4/4" else 1
    slots, span = bars * halves, beats / halves
    worth = np.array([[_fit(notes, slot * span, span, chord, key) for chord in choices] for slot in range(slots)])
    worth += prior / halves
    home = np.array([chord.degree == 0 for chord in choices])
    worth[0] += HOME * home
    worth[-halves:] += HOME * home
    move = np.array([[MOVES.get((a.degree, b.degree), 0.0) for b in choices] for a in choices])
    same = np.eye(len(choices), dtype=bool)
    across, within = np.where(same, STAYS, move), np.where(same, 0.0, move + SPLITS)
    total, back = worth[0], np.zeros(worth.shape, np.int64)
    for slot in range(1, slots):
        step = total[:, None] + (within if slot % halves else across)
        back[slot] = step.argmax(0)
        total = step.max(0) + worth[slot]
    path = [int(total.argmax())]
    for slot in range(slots - 1, 0, -1):
        path.append(int(back[slot, path[-1]]))
    path.reverse()
    found = []
    for bar in range(bars):
        part = [choices[index] for index in path[bar * halves : (bar + 1) * halves]]
        found.append(tuple(part[:1]) if len(set(part)) == 1 else tuple(part))
    return tuple(found)


def _natural(numeral: str, mode: str) -> Harmony:
    """A numeral in its mode: the seventh step of minor is flat by itself."""
    plain = numeral.removeprefix("b") if mode in ("minor", "dorian", "mixolydian") else numeral
    return parse_numeral(plain)


def _fit(notes: Sequence[Note], start: float, span: float, chord: Harmony, key: Key) -> float:
    """How well a chord holds what sounds of a melody in a stretch of beats."""
    root = key.tonic + chord.root(key.mode)
    tones = {(root + semitones) % 12 for _, semitones in QUALITIES[chord.quality]}
    value = 0.0
    for note in notes:
        held = min(note.end, start + span) - max(note.start, start)
        if held <= 0:
            continue
        weight = held * (1.4 if note.start <= start + 1e-6 else 1.0) * (1.2 if note.start % 1 < 1e-6 else 0.8)
        pitch = note.pitch % 12
        if pitch in tones:
            value += HELD * weight
        else:
            value += (CLASHING if (pitch - 1) % 12 in tones and held >= 1 else PASSING) * weight
    return value
