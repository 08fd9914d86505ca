"""Sinusoidal features of positions and times, and the embedding of a timestep.

B batch · T tokens · D width
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def sinusoids(at: Tensor, width: int, *, period: float = 10_000.0, spread: bool = False) -> Tensor:
    """[..., width]: cosines, then sines, of `at` at width / 2 frequencies from 1 down to 1 / period.

    `spread` reaches 1 / period exactly (MusicGen's positions); without it the last is one step short (DiT's times).
    """
    half = width // 2
    steps = torch.arange(half, device=at.device, dtype=torch.float32) / (half - 1 if spread else half)
    angle = at.float().unsqueeze(-1) * torch.exp(-math.log(period) * steps)
    return torch.cat((angle.cos(), angle.sin()), -1)


class TimestepEmbedding(nn.Module):
    """Time in [0, 1] to a vector: sinusoids of t · 1000, then two layers (Peebles and Xie, 2023).

    `spread` is that of `sinusoids`; F5 has it.
    """

    def __init__(self, width: int, *, features: int = 256, scale: float = 1000.0, spread: bool = False) -> None:
        super().__init__()
        self.features, self.scale, self.spread = features, scale, spread
        self.rise = nn.Linear(features, width)
        self.out = nn.Linear(width, width)

    def forward(self, t_B: Tensor) -> Tensor:
        """[B] to [B, D]; a scalar time gives [D]."""
        features = sinusoids(t_B * self.scale, self.features, spread=self.spread).to(self.rise.weight.dtype)
        return self.out(nn.functional.silu(self.rise(features)))  # type: ignore[no-any-return]
