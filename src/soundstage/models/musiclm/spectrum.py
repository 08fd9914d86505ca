"""What every part of MusicLM hears: log-mel frames that each cover a hop, so that T samples have T / hop of them.

B batch · T samples · M bands · N frames
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.ops.mel import log_mel

FLOOR = 1e-4  # of magnitudes: what lies under it is silence


class Spectrum(nn.Module):
    """Samples to log-mel frames, as they are and as networks read them. Its statistics are set by `fit`."""

    centre: Tensor
    spread: Tensor

    def __init__(self, rate: int, size: int, hop: int, bands: int) -> None:
        super().__init__()
        self.rate, self.size, self.hop, self.bands = rate, size, hop, bands
        self.register_buffer("centre", torch.zeros(bands))
        self.register_buffer("spread", torch.ones(bands))

    def fit(self, mel_NM: Tensor) -> None:
        """From many frames [N, M]."""
        self.centre.copy_(mel_NM.mean(0))
        self.spread.copy_(mel_NM.std(0).clamp_min(1e-2))

    def mel(self, samples_BT: Tensor) -> Tensor:
        """[B, M, T // hop]."""
        hops = samples_BT.shape[-1] // self.hop
        margin = (self.size - self.hop) // 2
        padded = F.pad(samples_BT[..., : hops * self.hop], (margin, margin))
        return log_mel(padded, self.rate, self.size, self.hop, self.bands, floor=FLOOR, centre=False)

    def standard(self, mel_BMN: Tensor) -> Tensor:
        """Each band of zero mean and unit spread."""
        return (mel_BMN - self.centre[:, None]) / self.spread[:, None]

    def forward(self, samples_BT: Tensor) -> Tensor:
        """The same of samples: what the towers and the tokeniser read."""
        return self.standard(self.mel(samples_BT))
