"""Mel filterbanks and log-mel spectrograms, matching librosa's (Slaney's and HTK's scale).

M mel bands · F bins · N frames
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from soundstage.ops.stft import stft

Scale = Literal["slaney", "htk"]


def hz_to_mel(hz: np.ndarray | float, scale: Scale = "slaney") -> np.ndarray:
    """Slaney: linear to 1 kHz, logarithmic above; HTK: 2595 log10(1 + f / 700)."""
    hz = np.asarray(hz, dtype=np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1 + hz / 700.0)
    return np.where(hz < 1000, hz * 3 / 200, 15 + np.log(np.maximum(hz, 1e-9) / 1000) * 27 / math.log(6.4))


def mel_to_hz(mel: np.ndarray | float, scale: Scale = "slaney") -> np.ndarray:
    """The inverse of `hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700.0 * (10 ** (mel / 2595.0) - 1)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * math.log(6.4) / 27))


@lru_cache(maxsize=32)
def mel_filterbank(
    rate: int,
    size: int,
    bands: int,
    low: float = 0.0,
    high: float | None = None,
    *,
    scale: Scale = "slaney",
    area: bool = True,
) -> Tensor:
    """Triangles [M, F] over the bins of an STFT of `size`; `area`: equal areas (librosa's norm="slaney")."""
    bins = np.linspace(0, rate / 2, size // 2 + 1)
    edges = mel_to_hz(np.linspace(hz_to_mel(low, scale), hz_to_mel(high or rate / 2, scale), bands + 2), scale)
    rise = (bins[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins[None]) / np.diff(edges)[1:, None]
    weights = np.maximum(0, np.minimum(rise, fall))
    if area:
        weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    with torch.inference_mode(False):  # what is kept may be used in training too
        return torch.from_numpy(weights.astype(np.float32))


def log_mel(
    x: Tensor,
    rate: int,
    size: int,
    hop: int,
    bands: int,
    *,
    low: float = 0.0,
    high: float | None = None,
    power: float = 1.0,
    floor: float = 1e-5,
    scale: Scale = "slaney",
    area: bool = True,
    centre: bool = True,
) -> Tensor:
    """Natural log of the mel spectrogram [..., M, N] of samples [..., T], floored before the log."""
    magnitude = stft(x, size, hop, centre=centre).abs()
    bank_MF = mel_filterbank(rate, size, bands, low, high, scale=scale, area=area).to(magnitude)
    return (bank_MF @ (magnitude if power == 1 else magnitude**power)).clamp_min(floor).log()
