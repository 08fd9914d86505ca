"""Whether a sound is one person speaking: four measures, weighed.

Notable: a voice glides where instruments hold their notes, changes colour several times a second, and swings in
loudness with its syllables. The weights were set by hand in the wide gap between the narrator's speech and music (steps
that stay on a pitch: 7 to 34% against 95 to 100%; change of colour: 1.9 to 2.5 against 0.4 to 0.8; depth: 10 to 15 dB
against 2 to 4), nearer to the music, for people record in rooms.

N samples · T frames of 10 ms · B bands
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp

import numpy as np
from numpy.typing import NDArray

from soundstage.media.audio import Audio
from soundstage.media.pitch import pitch

RATE, HOP, SIZE = 16_000, 160, 400
LEAST_VOICED = 0.1
EDGES = (200, 400, 600, 900, 1300, 1800, 2500, 3400, 4500, 6000)
"""Hz between the bands in which colour is compared."""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What tells speech from other sound."""

    voiced: float
    """Share of what sounds that has a pitch."""
    steady: float
    """Share of voiced steps in which the pitch stays within a 25th of a semitone."""
    depth: float
    """dB by which loudness swings."""
    change: float
    """Natural log of power by which bands move against each other in 100 ms."""
    apart: float
    """Semitones between two heights around which the pitch of whole phrases gathers; 0 for one."""

    @property
    def speech(self) -> float:
        """How speech-like it is, 0 to 1; below a half it is taken for something else."""
        if self.voiced < LEAST_VOICED:
            return 0.0
        return 1 / (1 + exp(8 * (self.steady - 0.65) - 3 * (self.change - 1.2) - 0.35 * (self.depth - 6)))


def signs_of(samples: NDArray[np.float32], rate: int) -> Signs:
    """Of samples [N], a second at least."""
    found = pitch(samples, rate)
    sound = Audio(samples[None], rate).resampled(RATE).samples[0]
    count = min(len(sound) // HOP, len(found.f0))
    padded = np.pad(sound, SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[: count * HOP : HOP] * np.hanning(SIZE)
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    level = 10 * np.log10(power.sum(1) + 1e-9)
    loud = level > level.max() - 40
    f0 = found.f0[:count]
    voiced = (f0 > 0) & loud
    pair = voiced[1:] & voiced[:-1]
    steps = 12 * np.abs(np.log2(np.maximum(f0[1:], 1) / np.maximum(f0[:-1], 1)))[pair]
    swing = np.maximum(level, level.max() - 45)
    return Signs(
        voiced=float(voiced.sum() / max(1, loud.sum())),
        steady=float((steps < 0.04).mean()) if len(steps) else 0.0,
        depth=float(swing.std()),
        change=_change(power, loud),
        apart=_apart(f0, voiced),
    )


def _change(power: NDArray[np.float64], loud: NDArray[np.bool_]) -> float:
    frequency = np.arange(power.shape[1]) * RATE / 512
    bands = np.stack([power[:, (frequency >= a) & (frequency < b)].sum(1) for a, b in pairwise(EDGES)], 1)
    colour = np.log(bands + 1e-6 * bands.max() + 1e-12)
    colour = colour - colour.mean(1, keepdims=True)
    moved = np.abs(colour[10:] - colour[:-10])[loud[10:]]
    return float(moved.mean()) if len(moved) else 0.0


def _apart(f0: NDArray[np.float32], voiced: NDArray[np.bool_]) -> float:
    """Semitones between two heights, where phrases between pauses of 150 ms gather around two."""
    at = np.flatnonzero(voiced)
    phrases = [part for part in np.split(at, np.flatnonzero(np.diff(at) > 15) + 1) if len(part) >= 20]
    if len(phrases) < 4:
        return 0.0
    heights = np.sort([12 * np.log2(float(np.median(f0[part]))) for part in phrases])
    gap = int(np.diff(heights)[1:-1].argmax()) + 2  # two phrases at least on either side
    low, high = heights[:gap], heights[gap:]
    between = float(high.mean() - low.mean())
    return between if between > 3 * max(float(low.std()), float(high.std()), 1.0) else 0.0
