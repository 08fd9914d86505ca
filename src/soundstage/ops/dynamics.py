"""A bus compressor and a tilt: the two gentle tools of a master, as a gain curve and as a filter.

Notable: both are linear in the sound once their curve is known, so stems that go through the same curve still sum to
the mix. The compressor is told how much it may take away, and finds its own threshold. The filter is symmetric: it
moves nothing in time.

Arrays are [channels, time].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve, firwin2

Samples = npt.NDArray[np.float32]
STEP = 0.001
"""Seconds between points of the compressor's curve."""
RATIO = 2.0
LOUD = 0.95
"""The share of the moments that are softer than one that is compressed by as much as was asked."""
FLOOR = -60.0
"""dB below the loudest, under which a moment is a rest and does not count."""
LOW, PIVOT, HIGH = 100.0, 1000.0, 10_000.0
"""Hz: where a tilt ends, turns and ends."""
SPAN = 0.03
"""Seconds of the tilt's filter, which is enough for bends of a few decibels."""


def compression(
    samples: npt.NDArray[Any], rate: int, decibels: float, *, attack: float = 0.03, release: float = 0.25
) -> npt.NDArray[np.float64]:
    """The gain [time] of a 2:1 compressor that takes `decibels` away from loud moments (the 95th of a hundred).

    All channels share it. It falls with time constant `attack` and recovers with `release`, after Giannoulis et al.,
    "Digital dynamic range compressor design" (2012).
    """
    length = samples.shape[1]
    if decibels <= 0 or not length:
        return np.ones(length)
    size = max(1, round(STEP * rate))
    power = np.square(samples, dtype=np.float64).mean(0)
    blocks = np.pad(power, (0, -length % size)).reshape(-1, size).mean(1)
    level = 10 * np.log10(np.convolve(blocks, np.full(20, 0.05), "same") + 1e-20)
    heard = level[level > level.max() + FLOOR]
    slope = 1 - 1 / RATIO
    threshold = float(np.quantile(heard, LOUD)) - decibels / slope
    wanted = slope * np.maximum(level - threshold, 0.0)
    keep_up, keep_down = np.exp(-STEP / attack), np.exp(-STEP / release)
    taken, now = np.empty(len(wanted)), float(np.median(wanted[: round(0.1 / STEP)]))
    for index, wish in enumerate(wanted.tolist()):
        keep = keep_up if wish > now else keep_down
        now = keep * now + (1 - keep) * wish
        taken[index] = now
    places = (np.arange(len(taken)) + 0.5) * size
    curve: npt.NDArray[np.float64] = 10 ** (-np.interp(np.arange(length), places, taken) / 20)
    return curve


def tilted(samples: npt.NDArray[Any], rate: int, decibels: float) -> Samples:
    """The sound with its treble (10 kHz) that many dB up against its bass (100 Hz), turned about 1 kHz."""
    if decibels == 0 or not samples.shape[1]:
        return np.array(samples, dtype=np.float32)
    hertz = np.geomspace(20, rate / 2, 200)
    wide = np.log10(HIGH / LOW)
    bent = decibels * np.clip(np.log10(hertz / PIVOT), np.log10(LOW / PIVOT), np.log10(HIGH / PIVOT)) / wide
    points = np.concatenate(([0.0], hertz / (rate / 2)))
    points[-1] = 1.0
    taps = 2 * round(SPAN * rate / 2) + 1
    shape = firwin2(taps, points, 10 ** (np.concatenate((bent[:1], bent)) / 20))
    whole = fftconvolve(np.asarray(samples, np.float64), shape[None], axes=1)
    start = taps // 2
    return whole[:, start : start + samples.shape[1]].astype(np.float32)
