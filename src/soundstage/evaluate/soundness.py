"""Faults of sound that a listener notices at once: clicks, drift of level, cut ends.

Notable: a click is a jump that neither side of it explains. Each sample is predicted from its neighbours (a cubic
through
two on each side); drums are sharp too, but they go on ringing after the jump, a click does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from soundstage.media.audio import Audio

CLICK_RATIO = 60.0
CLICK_LEAST = 0.02


def clicks(audio: Audio) -> int:
    """How many lone jumps there are in any channel; those nearer than 10 ms count once.

    Jumps that come in trains are a tone (a square wave is made of them): a jump with three others within 60 ms is none.
    """
    found: set[int] = set()
    for wave in audio.samples.astype(np.float64):
        error = np.zeros_like(wave)
        error[2:-2] = wave[2:-2] - (4 * (wave[1:-3] + wave[3:-1]) - (wave[:-4] + wave[4:])) / 6
        size = np.abs(error)
        usual = _local_median(size, audio.rate // 200)
        jumps = np.nonzero((size > CLICK_RATIO * (usual + 1e-5)) & (size > CLICK_LEAST))[0]
        apart = jumps[np.diff(jumps, prepend=-audio.rate) > audio.rate // 2000]
        reach = 0.06 * audio.rate
        company = np.searchsorted(apart, apart + reach, "right") - np.searchsorted(apart, apart - reach) - 1
        found |= {int(at) // (audio.rate // 100) for at in apart[company < 3]}
    return len(found)


def _local_median(size: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Median of the surroundings, computed on blocks of eight for speed."""
    blocks = size[: len(size) // 8 * 8].reshape(-1, 8)
    middle = median_filter(np.median(blocks, axis=1), max(3, 2 * reach // 8 + 1), mode="nearest")
    return np.pad(middle.repeat(8), (0, len(size) - 8 * len(middle)), mode="edge")


def levels(audio: Audio, *, block: float = 1.0) -> NDArray[np.float64]:
    """Level in dB of each second."""
    wave = audio.samples.astype(np.float64)
    size = round(block * audio.rate)
    count = max(1, wave.shape[1] // size)
    power = [np.mean(wave[:, i * size : (i + 1) * size] ** 2) for i in range(count)]
    return 10 * np.log10(np.array(power) + 1e-12)


def drift(audio: Audio, *, start: float = 0.0, end: float | None = None) -> float:
    """How many dB the level rises (or falls, negative) over a stretch: a robust line (Theil and Sen) times its
    length."""
    part = levels(audio.cut(start, end))
    if len(part) < 3:
        return 0.0
    slopes = [(part[j] - part[i]) / (j - i) for i in range(len(part)) for j in range(i + 1, len(part))]
    return float(np.median(slopes) * (len(part) - 1))


def ends_cleanly(audio: Audio) -> bool:
    """Whether the first and last two milliseconds are near silence, so that nothing is cut in the middle of a swing."""
    edge = max(1, audio.rate // 500)
    wave = np.abs(audio.samples)
    return bool(wave[:, -edge:].max() < 0.01 and wave[:, 0].max() < 0.01)
