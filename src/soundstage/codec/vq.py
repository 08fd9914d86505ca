"""A vector quantiser whose codebook learns by moving averages (van den Oord et al., 2017; Razavi et al., 2019).

Notable: the codebook is no parameter. Codes that no input has chosen for a while are restarted at random inputs, and
the first batch lays the first codebook; both draw from the generator that the caller passes.

B batch · D width · T frames · N codes
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Quantised(NamedTuple):
    """`value` [B, D, T] passes gradients straight through; `codes` [B, T] or [B, K, T]; `commitment` is a loss."""

    value: Tensor
    codes: Tensor
    commitment: Tensor


class VectorQuantiser(nn.Module):
    """Nearest of `size` vectors. `decay` is that of the averages; a code used under `alive` times the mean restarts."""

    codebook: Tensor  # [N, D]
    uses: Tensor  # [N], moving average of uses a batch
    sums: Tensor  # [N, D], moving average of the inputs that chose each code
    ready: Tensor  # whether a batch has laid the codebook

    def __init__(self, width: int, size: int, *, decay: float = 0.99, alive: float = 0.03) -> None:
        super().__init__()
        self.decay, self.alive = decay, alive
        self.register_buffer("codebook", torch.zeros(size, width))
        self.register_buffer("uses", torch.ones(size))
        self.register_buffer("sums", torch.zeros(size, width))
        self.register_buffer("ready", torch.tensor(False))

    def encode(self, x_BDT: Tensor) -> Tensor:
        """Codes [B, T] of the nearest vectors; distances are of float32, whatever the codec works in."""
        flat, codebook = x_BDT.transpose(1, 2).reshape(-1, x_BDT.shape[1]).float(), self.codebook.float()
        # |x − c|² without the |x|² that all codes share.
        distance = torch.addmm(codebook.square().sum(1), flat, codebook.T, alpha=-2)
        return distance.argmin(1).view(len(x_BDT), -1)

    def decode(self, codes_BT: Tensor) -> Tensor:
        """Vectors [B, D, T]."""
        return F.embedding(codes_BT, self.codebook).transpose(1, 2)

    def forward(self, x_BDT: Tensor, generator: torch.Generator | None = None) -> Quantised:
        """Quantise; in training mode the codebook learns, and a generator is needed."""
        if self.training:
            if generator is None:
                raise ValueError("a codebook in training draws restarts; pass a generator")
            self._begin(x_BDT.detach(), generator)
        codes_BT = self.encode(x_BDT.detach())
        value = self.decode(codes_BT)
        if self.training:
            self._learn(x_BDT.detach(), codes_BT, cast(torch.Generator, generator))
        commitment = (x_BDT - value).square().mean()
        return Quantised(x_BDT + (value - x_BDT).detach(), codes_BT, commitment)

    @torch.no_grad()
    def _begin(self, x_BDT: Tensor, generator: torch.Generator) -> None:
        if not bool(self.ready):
            self.codebook.copy_(self._draw(x_BDT, len(self.codebook), generator))
            self.uses.fill_(x_BDT.shape[0] * x_BDT.shape[2] / len(self.codebook))
            self.sums.copy_(self.codebook * self.uses[:, None])
            self.ready.fill_(True)

    @torch.no_grad()
    def _learn(self, x_BDT: Tensor, codes_BT: Tensor, generator: torch.Generator) -> None:
        flat, codes = x_BDT.transpose(1, 2).flatten(0, 1), codes_BT.flatten()
        size = len(self.codebook)
        count = torch.bincount(codes, minlength=size).to(self.uses)
        total = torch.zeros_like(self.sums).index_add_(0, codes, flat.to(self.sums))
        self.uses.lerp_(count, 1 - self.decay)
        self.sums.lerp_(total, 1 - self.decay)
        mean = len(flat) / size
        dead = self.uses < self.alive * mean
        fresh = self._draw(x_BDT, size, generator)
        self.uses.masked_fill_(dead, mean)
        self.sums.copy_(torch.where(dead[:, None], fresh * self.uses[:, None], self.sums))
        self.codebook.copy_(self.sums / self.uses[:, None].clamp_min(1e-8))

    @staticmethod
    def _draw(x_BDT: Tensor, count: int, generator: torch.Generator) -> Tensor:
        flat = x_BDT.transpose(1, 2).flatten(0, 1)
        picks = torch.randint(len(flat), (count,), generator=generator, device=generator.device)
        return flat[picks.to(flat.device)]


def perplexity(codes: Tensor, size: int) -> Tensor:
    """exp of the entropy of the codes' use: `size` when all are used alike, 1 when one is."""
    share = torch.bincount(codes.flatten(), minlength=size).float() / codes.numel()
    return torch.exp(-(share * share.clamp_min(1e-12).log()).sum())
