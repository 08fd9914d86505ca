"""Parts of a 2D U-Net, and the U-Net of image flow models (Ho et al., 2020; Dhariwal and Nichol, 2021).

Notable: the last convolution of each residual block and of the network starts at zero, so a new velocity is zero.
Memory format is the caller's: `module.to(memory_format=torch.channels_last)` is faster on a CPU.

B batch · D channels · C condition width · height and width as H, W
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.embed import TimestepEmbedding
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


class Down(nn.Module):
    """Halve height and width by a strided convolution."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, out, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, D, H, W] to [B, out, H/2, W/2]."""
        return self.conv(x)  # type: ignore[no-any-return]


class Up(nn.Module):
    """Double height and width: nearest neighbour, then a convolution (no checkerboard)."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, D, H, W] to [B, out, 2H, 2W]."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))  # type: ignore[no-any-return]


class UNet(nn.Module):
    """A velocity over pictures: x [B, D, H, W], time [B], condition [B, C] or none, to [B, out, H, W].

    `widths` gives the channels of each scale, finest first; height and width must be multiples of 2 ** (scales − 1).
    Attention runs at the `attention` coarsest scales. Further input (a mask, a first frame) joins x by channels.
    """

    def __init__(
        self,
        channels: int,
        out: int,
        *,
        widths: Sequence[int] = (48, 96, 192),
        blocks: int = 2,
        condition: int = 0,
        embed: int = 256,
        attention: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.time = TimestepEmbedding(embed)
        self.condition = nn.Linear(condition, embed) if condition else None
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        width, skips, scales = widths[0], [widths[0]], len(widths)
        for level, wide in enumerate(widths):
            for _ in range(blocks):
                self.down.append(_Stage(width, wide, embed, level >= scales - attention, dropout))
                width = wide
                skips.append(width)
            if level < scales - 1:
                self.down.append(Down(width, width))
                skips.append(width)
        self.middle = nn.ModuleList(_Stage(width, width, embed, attention > 0, dropout) for _ in range(2))
        for level, wide in reversed(list(enumerate(widths))):
            for _ in range(blocks + 1):
                self.up.append(_Stage(width + skips.pop(), wide, embed, level >= scales - attention, dropout))
                width = wide
            if level:
                self.up.append(Up(width, width))
        self.norm = nn.GroupNorm(_groups(8, width), width)
        self.head = nn.Conv2d(width, out, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, x_BDHW: Tensor, t_B: Tensor, condition_BC: Tensor | None = None) -> Tensor:
        """The velocity at x and t."""
        embed = self.time(t_B)
        if self.condition is not None:
            embed = embed + self.condition(condition_BC)
        embed = F.silu(embed)
        h = self.stem(x_BDHW)
        skips = [h]
        for part in self.down:
            h = part(h) if isinstance(part, Down) else part(h, embed)
            skips.append(h)
        for part in self.middle:
            h = part(h, embed)
        for part in self.up:
            h = part(h) if isinstance(part, Up) else part(torch.cat((h, skips.pop()), 1), embed)
        return self.head(F.silu(self.norm(h)))  # type: ignore[no-any-return]


class _Stage(nn.Module):
    """A residual block and, at coarse scales, attention."""

    def __init__(self, width: int, out: int, condition: int, attends: bool, dropout: float) -> None:
        super().__init__()
        self.block = ResBlock(width, out, condition, dropout=dropout)
        self.attention = Attention2d(out) if attends else None

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h: Tensor = self.block(x, condition)
        return h if self.attention is None else self.attention(h)


def _groups(wanted: int, width: int) -> int:
    """The largest number of groups up to `wanted` that divides the width."""
    return next(groups for groups in range(wanted, 0, -1) if width % groups == 0)
