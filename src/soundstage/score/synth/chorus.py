"""Chorus: late copies whose lateness sways, so that one player becomes a section.

Notable: it works on a whole stem, so it costs the same however many notes there are, and the sway goes by the piece's
clock: what an edit leaves alone stays as it was. The copies sway evenly about a fixed delay, so pitch is kept on the
whole.

T samples · stereo [2, T]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
BLOCK = 1 << 13  # short, so that single precision holds a place to a thousandth of a sample
PHASES = ((0.0, 0.5), (0.25, 0.75))  # of the sway, in turns, of each side's two copies


@dataclass(frozen=True, kw_only=True)
class Chorus:
    """Copies that come late by `delay` ± `depth` milliseconds, `speed` Hz, different left and right: a section of

    players, a turning horn. `wet`: their amplitude beside the plain sound's 1."""

    delay: float = 14.0
    depth: float = 2.0
    speed: float = 0.6
    wet: float = 0.7


def chorused(stem: Sound, chorus: Chorus, rate: int) -> None:
    """Adds the copies to a stem [2, T], in place, at the power it had."""
    reach = int((chorus.delay + chorus.depth) * rate / 1000) + 2
    dry = np.pad(stem.mean(axis=0), (reach, 0))
    wet = np.float32(chorus.wet / np.sqrt(2))
    scale = np.float32(1 / np.sqrt(1 + chorus.wet**2))
    step = 2 * np.pi * chorus.speed / rate
    for start in range(0, stem.shape[1], BLOCK):
        count = min(BLOCK, stem.shape[1] - start)
        n = np.arange(count, dtype=np.float32)
        for side, phases in enumerate(PHASES):
            part = stem[side, start : start + count]
            for phase in phases:
                angle = np.float32((start * step + 2 * np.pi * phase) % (2 * np.pi)) + n * np.float32(step)
                late = np.float32(chorus.delay * rate / 1000) + np.float32(chorus.depth * rate / 1000) * np.sin(angle)
                place = n + (np.float32(reach) - late)
                index = place.astype(np.intp)
                along = place - index.astype(np.float32)
                index += start
                before = dry.take(index, mode="clip")
                index += 1
                part += wet * (before + along * (dry.take(index, mode="clip") - before))
            part *= scale
