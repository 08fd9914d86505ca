"""How loudness goes in time: clocks, rises, falls, the end of a note.

Notable: everything is a function of time from the note's start alone, so the beginning of a long note is, bit for bit,
a short one. Times of decay are those to −60 dB.

T samples
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
NEPERS = float(np.log(1000))  # 60 dB
CUT = 0.006  # seconds over which whatever is left at the end of a note goes to exactly nothing


@lru_cache(maxsize=64)
def clock(samples: int, rate: int) -> Sound:
    """Seconds from the start [T]; read-only, shared by all notes of that length."""
    t: Sound = (np.arange(samples, dtype=np.float64) / rate).astype(np.float32)
    t.flags.writeable = False
    return t


def rise(t: Sound, seconds: float) -> Sound:
    """A raised cosine from 0 to 1."""
    out: Sound = np.ones_like(t)
    if seconds > 0:
        count = int(np.searchsorted(t, seconds))
        out[:count] = np.float32(0.5) - np.float32(0.5) * np.cos(t[:count] * np.float32(np.pi / seconds))
    return out


def fall(t: Sound, seconds: float) -> Sound:
    """From 1, by 60 dB in `seconds`."""
    out: Sound = np.exp(t * np.float32(-NEPERS / seconds))
    return out


@lru_cache(maxsize=64)
def ending(seconds: float, rate: int) -> Sound:
    """What a note is multiplied with after its release: by 60 dB in `seconds`, then the rest within `CUT` to 0."""
    t = clock(round((seconds + CUT) * rate), rate)
    out: Sound = fall(t, seconds)
    last = min(round(CUT * rate), len(out))
    out[len(out) - last :] *= np.float32(0.5) + np.float32(0.5) * np.cos(np.linspace(0, np.pi, last, dtype=np.float32))
    out.flags.writeable = False
    return out
