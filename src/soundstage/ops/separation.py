"""A mix taken apart by what can be seen in its spectrum: strokes, bass, the middle of the stage, and its sides.

Notable: nothing is learned, so nothing is known of instruments. Strokes are upright lines of a spectrogram and held
tones level ones (median filters of Fitzgerald, 2010, in the two sizes of Driedger et al., 2014); of the tones, the low
ones are the bass, and those that both channels hold alike stand in the middle (Avendano, 2003). The parts sum to the
mix: what no part takes is one of them.

C channels · T samples · F bins · N frames
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import median_filter
from torch import Tensor

from soundstage.ops.stft import istft, stft

Samples = npt.NDArray[np.float32]
LONG, SHORT = 0.093, 0.012
"""Seconds of the windows in which tones and strokes are looked for."""
LASTING, WIDE = 0.25, 400.0
"""Seconds a tone lasts, and Hz a stroke spans, at the least: what the medians are taken over."""
BELOW, ABOVE = 150.0, 260.0
"""Hz between which bass gives way to the rest."""
SHARE = 2.0
"""How many times stronger than a stroke a tone must be, and the other way about, to be taken whole."""


def separated(samples: npt.NDArray[Any], rate: int) -> dict[str, Samples]:
    """Parts [C, T] by name: percussion, bass, then middle and sides of a stereo sound or harmony of a mono one, other.

    They sum to the samples, to rounding. More than two channels are taken apart as mono is.
    """
    x = torch.from_numpy(np.array(samples, dtype=np.float32))
    size = _size(LONG, rate)
    spectrum = _spectrum(x, size)
    tones = spectrum * _mask(spectrum, size, rate, tones=True)
    left = x - _sound(tones, size, x.shape[1])
    small = _size(SHORT, rate)
    rest = _spectrum(left, small)
    parts = {"percussion": _sound(rest * _mask(rest, small, rate, tones=False), small, x.shape[1])}
    hertz = torch.arange(size // 2 + 1) * rate / size
    low = (1 - (hertz.clamp(min=1).log() - np.log(BELOW)) / np.log(ABOVE / BELOW)).clamp(0, 1)[:, None]
    parts["bass"] = _sound(tones * low, size, x.shape[1])
    high = tones * (1 - low)
    if len(x) == 2:
        middle = high.mean(0, keepdim=True) * _alike(high)
        parts["middle"] = _sound(middle.expand_as(high), size, x.shape[1])
        parts["sides"] = _sound(high - middle, size, x.shape[1])
    else:
        parts["harmony"] = _sound(high, size, x.shape[1])
    parts["other"] = x - torch.stack(list(parts.values())).sum(0)
    return {name: part.numpy() for name, part in parts.items()}


def _size(seconds: float, rate: int) -> int:
    """The power of two nearest to so many seconds."""
    return 1 << max(5, round(math.log2(seconds * rate)))


def _spectrum(x_CT: Tensor, size: int) -> Tensor:
    """[C, F, N], with a window's silence at both ends, so that any length will do."""
    return stft(torch.nn.functional.pad(x_CT, (size, size)), size, size // 4)


def _sound(spectrum_CFN: Tensor, size: int, length: int) -> Tensor:
    return istft(spectrum_CFN, size, size // 4, length=length + 2 * size)[:, size : size + length]


def _mask(spectrum_CFN: Tensor, size: int, rate: int, *, tones: bool) -> Tensor:
    """How much of each place is a tone, or a stroke: none where it is not the stronger, all from `SHARE` times on."""
    power = spectrum_CFN.abs().square().sum(0).sqrt().numpy()
    frames = max(3, round(LASTING * rate / (size // 4))) | 1
    bins = max(3, round(WIDE * size / rate)) | 1
    level = torch.from_numpy(median_filter(power, (1, frames), mode="nearest"))
    upright = torch.from_numpy(median_filter(power, (bins, 1), mode="nearest"))
    wanted, against = (level, upright) if tones else (upright, level)
    ratio = wanted / against.clamp(min=1e-12)
    return ((ratio - 1) / (SHARE - 1)).clamp(0, 1)


def _alike(spectrum_CFN: Tensor) -> Tensor:
    """[F, N] 1 where both channels hold the same, 0 where they share nothing."""
    a, b = spectrum_CFN
    apart = (a - b).abs().square() / (a.abs().square() + b.abs().square()).clamp(min=1e-20)
    alike: Tensor = (1 - 4 * apart).clamp(0, 1)
    return alike
