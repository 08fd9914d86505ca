"""Convolutions over video, causal in time: the first frame sees only itself.

Notable: strides and doublings in time keep that property. 1 + s·n frames become 1 + n and come back; with a `Stream`
they may arrive in pieces (one frame first, then whole strides), and the result is the same.

B batch · C channels · T frames · H height · W width
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.conv import Stream
from soundstage.ops.conv3d import conv3d


class CausalConv3d(nn.Module):
    """Zeros stand before the first frame, and around the picture; T frames give ceil(T / stride)."""

    def __init__(self, channels: int, out: int, kernel: tuple[int, int, int], *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, out, kernel, (stride, 1, 1))
        self.kernel, self.stride = kernel[0], stride
        self.around = (kernel[2] // 2, kernel[2] // 2, kernel[1] // 2, kernel[1] // 2)

    def forward(self, x_BCTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, out, ceil(T / stride), H, W]."""
        past = stream.memory.get(self) if stream is not None else None
        if self.stride == 1 and x_BCTHW.shape[2]:
            if stream is not None:
                stream.memory[self] = latest(past, x_BCTHW, self.kernel - 1)
            return conv3d(x_BCTHW, self.conv.weight, self.conv.bias, past)
        x = F.pad(x_BCTHW, self.around)
        x = F.pad(x, (0, 0, 0, 0, self.kernel - 1, 0)) if past is None else torch.cat((past, x), 2)
        frames = max(0, (x.shape[2] - self.kernel) // self.stride + 1)
        if stream is not None:
            stream.memory[self] = x[:, :, frames * self.stride :]
            if frames == 0:
                return x_BCTHW.new_zeros(len(x), self.conv.out_channels, 0, *x_BCTHW.shape[3:])
        return self.conv(x)  # type: ignore[no-any-return]


class DoubleTime(nn.Module):
    """1 + n frames to 1 + 2n: each becomes two, and the first of the first is dropped."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = CausalConv3d(width, 2 * width, (3, 1, 1))

    def forward(self, x_BCTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, 1 + n, H, W] to [B, C, 1 + 2n, H, W]; later pieces of a stream double every frame."""
        begun = stream is not None and self.conv in stream.memory
        y = self.conv(x_BCTHW, stream)
        batch, double, frames, height, width = y.shape
        y = y.view(batch, 2, double // 2, frames, height, width).permute(0, 2, 3, 1, 4, 5)
        y = y.reshape(batch, double // 2, 2 * frames, height, width)
        return y if begun else y[:, :, 1:]  # type: ignore[no-any-return]


def latest(past: Tensor | None, x_BCTHW: Tensor, count: int) -> Tensor:
    """The last `count` frames so far, or as many as there are; a copy, for a view would keep the whole piece."""
    if past is not None and x_BCTHW.shape[2] < count:
        x_BCTHW = torch.cat((past, x_BCTHW), 2)
    return x_BCTHW[:, :, max(0, x_BCTHW.shape[2] - count) :].clone()
