"""Parts of 2D U-Nets and of other networks over pictures (Ho et al., 2020; Dhariwal and Nichol, 2021).

Notable: the last convolution of each residual block starts at zero, so that a new block changes nothing. Memory format
is the caller's: `module.to(memory_format=torch.channels_last)` is faster on a CPU.

B batch · D channels · C condition width · height and width as H, W
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.norms import AdaptiveGroupNorm
from soundstage.ops.attention import attention


class ResBlock(nn.Module):
    """norm, conv, adaptive norm, conv, and the input added; `out` channels."""

    def __init__(self, width: int, out: int, condition: int, *, groups: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_groups(groups, width), width)
        self.rise = nn.Conv2d(width, out, 3, padding=1)
        self.adapt = AdaptiveGroupNorm(out, condition, groups=_groups(groups, out))
        self.dropout = nn.Dropout(dropout)
        self.fall = nn.Conv2d(out, out, 3, padding=1)
        nn.init.zeros_(self.fall.weight)
        nn.init.zeros_(self.fall.bias)  # type: ignore[arg-type]
        self.skip = nn.Identity() if width == out else nn.Conv2d(width, out, 1)

    def forward(self, x_BDHW: Tensor, condition_BC: Tensor) -> Tensor:
        """[B, D, H, W] to [B, out, H, W]."""
        h = self.rise(F.silu(self.norm(x_BDHW)))
        h = self.fall(self.dropout(F.silu(self.adapt(h, condition_BC))))
        return self.skip(x_BDHW) + h  # type: ignore[no-any-return]


class Attention2d(nn.Module):
    """Self-attention over all pixels, added to the input."""

    def __init__(self, width: int, *, head: int = 32, groups: int = 8) -> None:
        super().__init__()
        self.heads = max(1, width // head)
        self.norm = nn.GroupNorm(_groups(groups, width), width)
        self.qkv = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, x_BDHW: Tensor) -> Tensor:
        """[B, D, H, W] to the same."""
        batch, width, height, across = x_BDHW.shape
        qkv = self.qkv(self.norm(x_BDHW)).reshape(batch, 3, self.heads, width // self.heads, height * across)
        q, k, v = qkv.transpose(-1, -2).unbind(1)
        y = attention(q, k, v).transpose(-1, -2).reshape(batch, width, height, across)
        return x_BDHW + self.out(y)  # type: ignore[no-any-return]


class Up(nn.Module):
    """Double height and width: nearest neighbour, then a convolution (no checkerboard)."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, D, H, W] to [B, out, 2H, 2W]."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))  # type: ignore[no-any-return]


def _groups(wanted: int, width: int) -> int:
    """The largest number of groups up to `wanted` that divides the width."""
    return next(groups for groups in range(wanted, 0, -1) if width % groups == 0)
