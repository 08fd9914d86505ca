"""Noise by the band: breath, hammers, wires, cymbals.

Notable: a band is filtered once, round a circle, so any stretch of it may be taken and none has an edge. All of it
comes from the seed.

T samples
"""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
CIRCLE = 1 << 17


def dice(*facts: object) -> np.random.Generator:
    """A generator that depends on these facts alone, on every machine and in every run."""
    return np.random.default_rng(crc32(repr(facts).encode()))


@lru_cache(maxsize=48)
def band(low: float, high: float, rate: int, seed: int) -> Sound:
    """A circle of noise between two frequencies (edges of 12 dB an octave below and 24 above), of RMS 1."""
    spectrum = np.fft.rfft(np.random.default_rng([seed, 40961]).standard_normal(CIRCLE))
    hz = np.fft.rfftfreq(CIRCLE, 1 / rate)
    hz[0] = 1e-3
    spectrum *= 1 / np.sqrt((1 + (low / hz) ** 4) * (1 + (hz / high) ** 8))
    wave = np.fft.irfft(spectrum, CIRCLE)
    out: Sound = (wave / np.sqrt(np.mean(wave**2))).astype(np.float32)
    out.flags.writeable = False
    return out


def hiss(samples: int, low: float, high: float, rate: int, seed: int, place: int) -> Sound:
    """A stretch [T] of a band; `place` is any number and says where on the circle it begins."""
    start = place * 7919 % CIRCLE
    circle = band(low, min(high, 0.49 * rate), rate, seed)
    if start + samples <= CIRCLE:
        return circle[start : start + samples]
    return np.take(circle, np.arange(start, start + samples), mode="wrap")
