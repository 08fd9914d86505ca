"""VITS' text encoder: a post-norm transformer with relative positions and convolutions for its feed-forward.

Notable: at the learning rate that a short training needs, its states come to be all alike. `ConvText` is for such.

B batch · S symbols · D width · L latent width
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.conv import Conv1d, ConvNeXtBlock
from soundstage.nn.transformer import Attention


class TextBlock(nn.Module):
    """Attention, norm, two convolutions, norm: each norm stands behind its sum."""

    def __init__(self, width: int, heads: int, hidden: int, kernel: int, window: int | None, eps: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, window=window)
        self.norm = nn.LayerNorm(width, eps)
        self.rise = Conv1d(width, hidden, kernel, causal=False)
        self.fall = Conv1d(hidden, width, kernel, causal=False)
        self.feed_norm = nn.LayerNorm(width, eps)

    def forward(self, x_BSD: Tensor, mask_B1S: Tensor | None) -> Tensor:
        """[B, S, D] to the same; padding neither is looked at nor leaks through a convolution."""
        seen = None if mask_B1S is None else mask_B1S.unsqueeze(1)
        x_BSD = self.norm(x_BSD + self.attention(x_BSD, mask=seen))
        h_BDS = masked(x_BSD.transpose(1, 2), mask_B1S)
        h_BDS = self.fall(masked(F.relu(self.rise(h_BDS)), mask_B1S))
        return self.feed_norm(x_BSD + h_BDS.transpose(1, 2))  # type: ignore[no-any-return]


class TextEncoder(nn.Module):
    """Ids [B, S] to states [B, S, D + language width], and the mean and log deviation [B, S, L] of the prior."""

    def __init__(
        self,
        symbols: int,
        width: int,
        latent: int,
        *,
        depth: int,
        heads: int,
        hidden: int,
        kernel: int,
        window: int | None,
        language: int = 0,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(symbols, width)
        self.scale = math.sqrt(width)
        whole = width + language
        self.blocks = nn.ModuleList(TextBlock(whole, heads, hidden, kernel, window, eps) for _ in range(depth))
        self.out = nn.Linear(whole, 2 * latent)

    def forward(
        self, ids_BS: Tensor, mask_B1S: Tensor | None = None, language_BE: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`mask` is True where there is a symbol; a language's vector is joined to every symbol's."""
        x_BSD = self.embed(ids_BS) * self.scale
        if language_BE is not None:
            x_BSD = _join(x_BSD, language_BE)
        for block in self.blocks:
            x_BSD = block(x_BSD, mask_B1S)
        mean, log_deviation = self.out(x_BSD).chunk(2, -1)
        return x_BSD, mean, log_deviation


class ConvText(nn.Module):
    """The same from ConvNeXt blocks, of one language."""

    def __init__(self, symbols: int, width: int, latent: int, *, depth: int, hidden: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(symbols, width)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width, hidden=hidden, scale=1 / depth) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 2 * latent)

    def forward(
        self, ids_BS: Tensor, mask_B1S: Tensor | None = None, language_BE: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As `TextEncoder.forward`."""
        mask = None if mask_B1S is None else mask_B1S.to(self.embed.weight.dtype)
        x_BDS = self.embed(ids_BS).transpose(1, 2)
        for block in self.blocks:
            x_BDS = block(x_BDS, mask=mask)
        x_BSD = self.norm(x_BDS.transpose(1, 2))
        mean, log_deviation = self.out(x_BSD).chunk(2, -1)
        return x_BSD, mean, log_deviation


def masked(x_BCT: Tensor, mask_B1T: Tensor | None) -> Tensor:
    """Zeros where the mask is not set; without a mask, x itself."""
    return x_BCT if mask_B1T is None else x_BCT * mask_B1T


def _join(x_BSD: Tensor, language_BE: Tensor) -> Tensor:
    wide = language_BE.unsqueeze(1).expand(-1, x_BSD.shape[1], -1)
    return torch.cat((x_BSD, wide), -1)
