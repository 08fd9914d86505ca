"""Rotary position embedding (Su et al., 2021) in both layouts, over one axis or several.

Notable: a rotation is a value, `Rope`, made once and passed to `attention`; whether pairs lie side by side
(interleaved: GPT-J, Wan, CogVideoX, Moshi) or half a head apart (NeoX, Llama, Mimi) is a property of that value.

T tokens · D head width · P rotated pairs, P <= D / 2; channels past 2P pass unrotated
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Rope(NamedTuple):
    """cos and sin [T, P], or any shape that broadcasts to [B, H, T, P]."""

    cos: Tensor
    sin: Tensor
    interleaved: bool

    def rows(self, start: int, stop: int) -> Rope:
        """The rotations of the tokens start to stop (for cached decoding)."""
        return Rope(self.cos[..., start:stop, :], self.sin[..., start:stop, :], self.interleaved)


def rope(positions_T: Tensor, width: int, *, base: float = 10_000.0, interleaved: bool = False) -> Rope:
    """The table for `positions_T`, computed in float64, kept in float32. `width`: how many channels turn, even."""
    return axial_rope([positions_T], [width], base=base, interleaved=interleaved)


def axial_rope(
    positions: Sequence[Tensor], widths: Sequence[int], *, base: float = 10_000.0, interleaved: bool = True
) -> Rope:
    """Several axes (time, height, width): axis i turns `widths[i]` channels by `positions[i]` [T]."""
    angles = []
    for at_T, width in zip(positions, widths, strict=True):
        steps = torch.arange(0, width, 2, dtype=torch.float64, device=at_T.device)
        angles.append(at_T.double()[:, None] * base ** (-steps / width))
    angle_TP = torch.cat(angles, -1)
    return Rope(angle_TP.cos().float(), angle_TP.sin().float(), interleaved)


def rotate(x_BHTD: Tensor, table: Rope) -> Tensor:
    """Turn the first 2P channels of every head; same dtype out as in."""
    cos, sin = table.cos, table.sin
    turned = 2 * cos.shape[-1]
    x = x_BHTD if turned == x_BHTD.shape[-1] else x_BHTD[..., :turned]
    if table.interleaved and x.dtype == torch.float32 and x.stride(-1) == 1:
        # Pairs that lie side by side are complex numbers already: one pass, without strided reads.
        pairs = torch.view_as_complex(x.view(*x.shape[:-1], -1, 2))
        out = torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2)
    elif table.interleaved:
        even, odd = x[..., 0::2], x[..., 1::2]
        out = torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)
    else:
        first, second = x.chunk(2, -1)
        out = torch.cat((first * cos - second * sin, first * sin + second * cos), -1)
    out = out.to(x_BHTD.dtype)
    return out if turned == x_BHTD.shape[-1] else torch.cat((out, x_BHTD[..., turned:]), -1)


def rotate_plain(x_BHTD: Tensor, table: Rope) -> Tensor:
    """The twin of `rotate`: every pair by its 2 × 2 matrix, one after the other."""
    out, count = x_BHTD.clone(), table.cos.shape[-1]
    for pair in range(count):
        one, other = (2 * pair, 2 * pair + 1) if table.interleaved else (pair, pair + count)
        cos, sin = table.cos[..., pair], table.sin[..., pair]
        out[..., one] = x_BHTD[..., one] * cos - x_BHTD[..., other] * sin
        out[..., other] = x_BHTD[..., one] * sin + x_BHTD[..., other] * cos
    return out
