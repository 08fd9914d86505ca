"""Frequency modulation (Chowning, 1973): electric pianos, bells, basses, from a few sines.

Notable: a modulator's depth is bounded so that the sidebands stay inside the band (Carson's rule), so high notes lose
their edge instead of aliasing.

T samples
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage.score.synth.envelope import clock, fall, rise

Sound = NDArray[np.float32]
MIDDLE_C = 261.6256
TOP = 0.46


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A carrier and its modulator: ratios to the note, depth (radians) at velocity 80 and how it opens with velocity,

    lives to −60 dB at middle C of the depth and of the carrier, gain in dB and how much of it velocity brings."""

    carrier: float = 1.0
    modulator: float = 1.0
    depth: float = 1.0
    opens: float = 1.5
    depth_life: float = 2.0
    floor: float = 0.0  # share of the depth that stays
    life: float = 6.0
    gain: float = 0.0
    lift: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs that sound together. Lives are `shorter` times as long an octave up. `tremolo`: Hz, depth."""

    pairs: tuple[Pair, ...]
    shorter: float = 0.7
    attack: float = 0.001
    tremolo: tuple[float, float] = (0.0, 0.0)


def modulated(patch: Pairs, hz: float, hardness: float, samples: int, rate: int) -> Sound:
    """One note [T]. `hardness` is −1 to 1, 0 for velocity 80; nothing is left to chance."""
    shorter = patch.shorter ** float(np.log2(hz / MIDDLE_C))
    longest = max(pair.life for pair in patch.pairs) * shorter
    t = clock(min(samples, round(1.4 * longest * rate)), rate)
    turns = np.arange(len(t), dtype=np.float64) * (hz / rate)
    out: Sound = np.zeros(len(t), np.float32)
    for pair in patch.pairs:
        if hz * pair.carrier > TOP * rate:
            continue
        room = max((TOP * rate - hz * pair.carrier) / (hz * pair.modulator) - 1, 0.0)
        depth = min(pair.depth * 2.0 ** (0.5 * pair.opens * hardness), room)
        sideband = _angle(turns * pair.modulator)
        swing = pair.floor + (1 - pair.floor) * fall(t, pair.depth_life * shorter)
        angle = _angle(turns * pair.carrier) + np.float32(depth) * swing * np.sin(sideband)
        loud = np.float32(10 ** ((pair.gain + pair.lift * hardness) / 20))
        out += loud * fall(t, pair.life * shorter) * np.sin(angle)
    if patch.tremolo[1]:
        speed, size = patch.tremolo
        out *= 1 - np.float32(size) * (0.5 - 0.5 * np.cos(t * np.float32(2 * np.pi * speed)))
    out *= rise(t, patch.attack)
    return out


def _angle(turns: NDArray[np.float64]) -> Sound:
    """Radians in one turn, so that single precision is enough."""
    out: Sound = ((turns - np.floor(turns)) * (2 * np.pi)).astype(np.float32)
    return out
