"""Where the partials of a rendered note lie: measured once, so that the player need not learn frequencies by gradient.

Notable: strings are stiff, so their partials are sharp; f_k ≈ α·k·f0·√(1 + B·k²) is refitted after every peak that
is found,
which keeps the search on the right harmonic up to the eightieth. Bars, bells and drums have no series: their
strongest peaks are taken.

K partials
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

BARS = frozenset({"vibraphone", "marimba", "music box", "timpani"})
SILENT_HZ = 20_000.0  # a partial that is not there


def spectrum(sound: NDArray[np.float32], rate: int, size: int = 1 << 17) -> tuple[NDArray[np.float64], float]:
    """Magnitudes of a windowed, zero-padded transform, and Hz a bin."""
    return np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size)), rate / size


def _peak(magnitude: NDArray[np.float64], low: int, high: int) -> tuple[float, float]:
    """Place (in bins, by a parabola through the log of three points) and height of the highest point in a range."""
    at = low + int(np.argmax(magnitude[low:high]))
    if at <= 0 or at >= len(magnitude) - 1:
        return float(at), 0.0
    a, b, c = np.log(magnitude[at - 1 : at + 2] + 1e-12)
    bend = a - 2 * b + c
    shift = 0.5 * (a - c) / bend if bend < -1e-9 else 0.0
    return at + float(np.clip(shift, -0.5, 0.5)), float(magnitude[at])


def harmonic_cents(sound: NDArray[np.float32], f0: float, partials: int, rate: int) -> NDArray[np.float64]:
    """Cents that each partial of a held note stands above k·f0, [K]; where no peak is found, the fitted series."""
    magnitude, bin_hz = spectrum(sound, rate)
    floor = median_filter(magnitude[::16], 65).repeat(16)
    order = np.arange(1, partials + 1, dtype=np.float64)
    found_k, found_y, weight = [], [], []
    alpha, stiff = 1.0, 0.0
    cents = np.full(partials, np.nan)
    for k in order:
        guess = k * f0 * np.sqrt(alpha * (1 + max(stiff, 0.0) * k * k))
        reach = max(2.5, min(0.35 * f0, guess * 0.012))
        low, high = int((guess - reach) / bin_hz), int((guess + reach) / bin_hz) + 1
        if high >= len(magnitude) - 2:
            break
        at, height = _peak(magnitude, low, high)
        if height < 6 * floor[min(int(at), len(floor) - 1)] or height < 1e-5 * magnitude.max():
            continue
        ratio = at * bin_hz / (k * f0)
        cents[int(k) - 1] = 1200 * np.log2(ratio)
        found_k.append(k * k)
        found_y.append(ratio**2)
        weight.append(np.sqrt(height))
        if len(found_k) >= 3:
            slope, base = np.polyfit(found_k, found_y, 1, w=weight)
            alpha, stiff = float(base), float(np.clip(slope / base, 0.0, 3e-3))
        else:
            alpha = float(found_y[0])
    fitted = 600 * np.log2(alpha * (1 + stiff * order**2))
    return np.where(np.isnan(cents), fitted, np.clip(cents, -60, fitted + 60))


def strongest_peaks(
    sound: NDArray[np.float32],
    partials: int,
    rate: int,
    *,
    low: float = 25.0,
    high: float = 14_000.0,
    apart_hz: float = 0.0,
) -> NDArray[np.float64]:
    """Frequencies [K] of the strongest peaks, rising; unused places lie at `SILENT_HZ`."""
    magnitude, bin_hz = spectrum(sound, rate, 1 << 16)
    apart = max(1, int(max(3 * rate / len(sound), apart_hz) / bin_hz))
    work = magnitude.copy()
    out: list[float] = []
    work[: int(low / bin_hz)] = 0
    work[int(high / bin_hz) :] = 0
    top = work.max()
    while len(out) < partials:
        at = int(np.argmax(work))
        if work[at] < 2e-4 * top or work[at] == 0:
            break
        place, _ = _peak(magnitude, at, at + 1)
        out.append(place * bin_hz)
        work[max(0, at - apart) : at + apart + 1] = 0
    return np.array(sorted(out) + [SILENT_HZ] * (partials - len(out)))
