"""Sound from magnitudes alone: phases by iteration, bins from mel bands (Griffin & Lim, 1984; Perraudin et al., 2013).

B batch · F bins · M bands · N frames · T samples
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from soundstage.ops.mel import mel_filterbank
from soundstage.ops.stft import istft, stft

MOMENTUM = 0.99


def griffin_lim(
    magnitude_BFN: Tensor, size: int, hop: int, generator: torch.Generator, *, iterations: int = 32
) -> Tensor:
    """Samples [B, size + hop · (N − 1)] whose uncentred transform has about these magnitudes; phases begin random."""
    turn = torch.rand(magnitude_BFN.shape, generator=generator, device=generator.device).to(magnitude_BFN)
    spectrum = torch.polar(magnitude_BFN, 2 * math.pi * turn)
    before = torch.zeros_like(spectrum)
    for _ in range(iterations):
        now = stft(istft(spectrum, size, hop, centre=False), size, hop, centre=False)
        ahead = now + MOMENTUM * (now - before)
        spectrum, before = magnitude_BFN * (ahead / ahead.abs().clamp_min(1e-8)), now
    return istft(spectrum, size, hop, centre=False)


def spread_mel(mel_BMN: Tensor, rate: int, size: int, *, rounds: int = 30) -> Tensor:
    """Magnitudes [B, F, N], none negative, whose mel bands are about these: least squares by multiplied steps."""
    bank_MF = mel_filterbank(rate, size, mel_BMN.shape[-2]).to(mel_BMN)
    bins = bank_MF.T @ mel_BMN / bank_MF.sum(0).clamp_min(1e-8)[:, None]
    wanted = bank_MF.T @ mel_BMN
    for _ in range(rounds):
        bins = bins * wanted / (bank_MF.T @ (bank_MF @ bins)).clamp_min(1e-12)
    return bins
