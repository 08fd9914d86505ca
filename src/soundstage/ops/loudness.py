"""Gain, true peak and a look-ahead limiter, on arrays [channels, time].

Notable: the limiter works on the peak *between* samples (four-fold oversampled, ITU-R BS.1770-4 annex 2), so that a
file held to −1 dBTP stays there through any converter. Integrated loudness is measured by pyloudnorm at the callers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import convolve1d, maximum_filter1d, uniform_filter1d
from scipy.signal import lfilter, resample_poly

Samples = npt.NDArray[np.float32]


def amplitude(decibels: float) -> float:
    """Decibels to a factor: −6 dB is about one half."""
    return float(10 ** (decibels / 20))


def decibels(factor: float) -> float:
    """A factor to decibels; −inf for nought."""
    return float(20 * np.log10(factor)) if factor > 0 else float("-inf")


def true_peak(samples: npt.NDArray[Any], oversample: int = 4) -> float:
    """The largest magnitude of the signal between its samples, as a factor. Silence and no samples give 0."""
    return float(_peaks(samples, oversample).max(initial=0.0))


def limit(
    samples: npt.NDArray[Any],
    rate: int,
    *,
    ceiling: float = -1.0,
    look: float = 0.005,
    release: float = 0.1,
    around: bool = False,
) -> Samples:
    """Hold the true peak under `ceiling` dBTP; the same gain for all channels, the length unchanged.

    Gain falls over `look` seconds ahead of a peak and recovers with time constant `release`. Where nothing is over the
    ceiling the samples come back untouched. `around`: the end goes on with the beginning, as in a loop; two copies end
    to end are then limited to two copies of what one is, bit for bit.
    """
    limit_at = amplitude(ceiling)
    out: Samples = np.ascontiguousarray(samples, dtype=np.float32)
    # The gain's own movement adds a little between the samples; a second or third pass takes that away.
    for margin in (1.0, 0.998, 0.99, 0.97):
        peaks = (_peaks_around(out, 4) if around else _peaks(out, 4)).max(0, initial=0.0)
        if (top := peaks.max(initial=0.0)) <= limit_at:
            return out
        wanted = np.minimum(1.0, limit_at * margin / np.maximum(peaks, 1e-9))
        gain = (_gain_around if around else _gain)(wanted, rate, look, release)
        out = (out * gain).astype(np.float32)
    top = _peaks_around(out, 4).max() if around else true_peak(out)
    return (out * min(1.0, limit_at / max(top, 1e-9))).astype(np.float32)


def _gain_around(wanted: npt.NDArray[np.float64], rate: int, look: float, release: float) -> npt.NDArray[np.float64]:
    """`_gain` of a loop. Every value comes of the same sums wherever it stands, so nothing hangs on the beginning."""
    reach = max(1, round(look * rate))
    lack = 1 + maximum_filter1d(-wanted, 2 * reach + 1, mode="wrap")
    keep, shift = float(np.exp(-1 / max(1.0, release * rate))), 1
    while (decay := keep**shift) > 1e-12:  # the slow return: the maximum over all that went before, by doubling
        lack = np.maximum(lack, np.roll(lack, shift) * decay)
        shift *= 2
    smooth: npt.NDArray[np.float64] = convolve1d(1 - lack, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="wrap")
    return smooth


def _gain(wanted: npt.NDArray[np.float64], rate: int, look: float, release: float) -> npt.NDArray[np.float64]:
    """A smooth curve nowhere above `wanted`: the minimum over a window, its slow return, the mean over the window."""
    reach = max(1, round(look * rate))
    held = -maximum_filter1d(-wanted, 2 * reach + 1, mode="nearest")
    returning = _released(held, float(np.exp(-1 / max(1.0, release * rate))))
    smooth: npt.NDArray[np.float64] = uniform_filter1d(returning, 2 * reach + 1, mode="nearest")
    return smooth


def _released(held: npt.NDArray[np.float64], keep: float) -> npt.NDArray[np.float64]:
    """Follow falls at once and rises slowly: g[n] = min(held[n], keep · g[n−1] + (1 − keep))."""
    lack = 1 - held
    # lack[n] = max(lack[n], keep · lack[n−1]) is a running maximum of lack[n] · keep^−n, taken in stretches that do
    # not overflow.
    out = np.empty_like(lack)
    stretch = max(1, int(300 / -np.log(keep))) if keep > 0 else 1
    before = 0.0
    for start in range(0, len(lack), stretch):
        part = lack[start : start + stretch]
        decay = keep ** np.arange(1, len(part) + 1)
        run = np.maximum.accumulate(np.maximum(part / decay, before)) * decay
        out[start : start + stretch], before = run, float(run[-1])
    return 1 - out


def _peaks(samples: npt.NDArray[Any], oversample: int) -> npt.NDArray[np.float64]:
    """The magnitude around every sample, [channels, time]: the largest of the oversampled points that fall to it."""
    x = np.atleast_2d(np.asarray(samples, dtype=np.float64))
    if x.shape[-1] == 0:
        return np.zeros(x.shape)
    dense = np.abs(resample_poly(x, oversample, 1, axis=-1)).reshape(*x.shape, oversample)
    peaks: npt.NDArray[np.float64] = np.maximum(dense.max(-1), np.abs(x))
    return peaks


def _peaks_around(samples: npt.NDArray[Any], oversample: int) -> npt.NDArray[np.float64]:
    """`_peaks` of a loop."""
    x = np.atleast_2d(np.asarray(samples, dtype=np.float64))
    reach = 32  # samples; the interpolating filter's is ten
    return _peaks(np.pad(x, ((0, 0), (reach, reach)), mode="wrap"), oversample)[:, reach : reach + x.shape[1]]


def fade(samples: npt.NDArray[Any], rate: int, *, rise: float = 0.0, fall: float = 0.0) -> Samples:
    """Raised-cosine fades of `rise` seconds at the start and `fall` at the end."""
    out = np.array(samples, dtype=np.float32)
    length = out.shape[-1]
    for seconds, backwards in ((rise, False), (fall, True)):
        count = min(length, round(seconds * rate))
        if count > 0:
            ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)).astype(np.float32)
            if backwards:
                out[..., length - count :] *= ramp[::-1]
            else:
                out[..., :count] *= ramp
    return out


def envelope(samples: npt.NDArray[Any], rate: int, seconds: float = 0.05) -> npt.NDArray[np.float64]:
    """RMS level [time] over all channels, smoothed by a one-pole filter of this time constant; drives duckers."""
    power = np.atleast_2d(np.asarray(samples, dtype=np.float64) ** 2).mean(0)
    keep = float(np.exp(-1 / max(1.0, seconds * rate)))
    smooth = lfilter([1 - keep], [1, -keep], power)
    level: npt.NDArray[np.float64] = np.sqrt(np.maximum(smooth, 0.0))
    return level
