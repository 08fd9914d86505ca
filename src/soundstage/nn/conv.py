"""Convolutions over time: causal ones that stream, ConvNeXt blocks, residual units.

Notable: one class serves offline and live. A `Stream` holds what every convolution must remember between chunks;
without one the input is whole. Fed in chunks, the outputs joined are the offline output (whole strides at a time).

B batch · C channels · T time · D condition width
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from soundstage.nn.norms import AdaptiveNorm
from soundstage.ops.conv import conv1d, conv_transpose1d

Padding = Literal["constant", "reflect", "replicate"]


@dataclass
class Stream:
    """What the layers of one network remember of one live signal. `reset` starts another.

    Set `ending` before the last chunk (which may be empty): its end is then padded as the end of a whole signal is.
    """

    memory: dict[nn.Module, Tensor] = field(default_factory=dict)
    begun: set[nn.Module] = field(default_factory=set)  # layers that have padded the start
    ending: bool = False

    def reset(self) -> None:
        """Forget everything."""
        self.memory.clear()
        self.begun.clear()
        self.ending = False


class Conv1d(nn.Module):
    """A convolution whose output has ceil(T / stride) frames, causal (the past pads) or centred.

    With a `Stream` it must be causal; samples that do not fill a stride wait for the next chunk. `padding` decides what
    stands before the first sample (and, centred, after the last); a live one that reflects waits until it has what to
    reflect. `grouped` normalises the output over all channels and all time (EnCodec at 48 kHz).
    """

    def __init__(
        self,
        channels: int,
        out: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        causal: bool = True,
        padding: Padding = "constant",
        normed: bool = False,
        grouped: bool = False,
    ) -> None:
        super().__init__()
        conv = nn.Conv1d(channels, out, kernel, stride, dilation=dilation, groups=groups, bias=bias)
        self.conv = weight_norm(conv) if normed else conv
        self.norm = nn.GroupNorm(1, out) if grouped else None
        self.stride, self.causal, self.padding = stride, causal, padding
        self.reach = (kernel - 1) * dilation + 1  # samples that one output sees
        self.before = self.reach - stride  # of them, those before its own stride

    def forward(self, x_BCT: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T] to [B, out, ceil(T / stride)]."""
        if stream is not None:
            return self._live(x_BCT, stream)
        rest = -x_BCT.shape[-1] % self.stride  # fills the last stride
        left = self.before if self.causal else self.before - self.before // 2
        right = self.before - left + rest
        if left == right and self.padding == "constant":  # alike on both sides: torch pads without a copy
            conv = self.conv
            y = F.conv1d(x_BCT, conv.weight, conv.bias, self.stride, left, conv.dilation, conv.groups)
        else:
            y = self.conv(pad1d(x_BCT, left, right, self.padding))
        return y if self.norm is None else self.norm(y)

    def _live(self, x_BCT: Tensor, stream: Stream) -> Tensor:
        if not self.causal or self.norm is not None:
            raise ValueError("a centred or grouped convolution sees the future; build it causal and plain to stream")
        if (past := stream.memory.get(self)) is not None:
            x_BCT = torch.cat((past, x_BCT), -1)
        begun, length = self in stream.begun, x_BCT.shape[-1]
        rest = (self.before - length if begun else -length) % self.stride if stream.ending else 0
        if begun:
            x_BCT = pad1d(x_BCT, 0, rest, self.padding)
        elif stream.ending or length > (self.before if self.padding == "reflect" else 0):
            stream.begun.add(self)
            x_BCT = x_BCT if length == 0 else pad1d(x_BCT, self.before, rest, self.padding)
        else:
            stream.memory[self] = x_BCT
            return x_BCT.new_zeros(len(x_BCT), self.conv.out_channels, 0)
        frames = max(0, (x_BCT.shape[-1] - self.reach) // self.stride + 1)
        stream.memory[self] = x_BCT[..., frames * self.stride :]
        if frames == 0:
            return x_BCT.new_zeros(len(x_BCT), self.conv.out_channels, 0)
        conv, x_BCT = self.conv, x_BCT[..., : (frames - 1) * self.stride + self.reach]
        return conv1d(x_BCT, conv.weight, conv.bias, stride=self.stride, dilation=conv.dilation[0], groups=conv.groups)


class ConvTranspose1d(nn.Module):
    """Upsample by `stride`: exactly T · stride samples out, causal (all overhang cut at the end) or centred."""

    def __init__(
        self,
        channels: int,
        out: int,
        kernel: int,
        *,
        stride: int,
        groups: int = 1,
        bias: bool = True,
        causal: bool = True,
        normed: bool = False,
        grouped: bool = False,
    ) -> None:
        super().__init__()
        conv = nn.ConvTranspose1d(channels, out, kernel, stride, groups=groups, bias=bias)
        self.conv = weight_norm(conv) if normed else conv
        self.norm = nn.GroupNorm(1, out) if grouped else None
        self.causal, self.over = causal, kernel - stride

    def forward(self, x_BCT: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T] to [B, out, T · stride]."""
        if stream is not None and x_BCT.shape[-1] == 0:
            return x_BCT.new_zeros(len(x_BCT), self.conv.out_channels, 0)
        if stream is None:
            conv = self.conv
            if not self.causal and self.over % 2 == 0 and self.norm is None:  # torch cuts alike on both sides
                cut = self.over // 2
                return F.conv_transpose1d(x_BCT, conv.weight, conv.bias, conv.stride, cut, groups=conv.groups)
            y: Tensor = conv(x_BCT)
            y = y if self.norm is None else self.norm(y)
            left = 0 if self.causal else self.over - self.over // 2
            return y[..., left : y.shape[-1] - (self.over - left)]
        if not self.causal or self.norm is not None:
            raise ValueError("a centred or grouped convolution sees the future; build it causal and plain to stream")
        conv = self.conv
        y = conv_transpose1d(x_BCT, conv.weight, conv.bias, stride=conv.stride[0], groups=conv.groups)
        if self.over == 0:
            return y
        if (past := stream.memory.get(self)) is not None:
            y = torch.cat((y[..., : self.over] + past, y[..., self.over :]), -1)
        out, tail = y[..., : -self.over], y[..., -self.over :]
        # The next chunk brings the bias again where it overlaps this tail.
        stream.memory[self] = tail if self.conv.bias is None else tail - self.conv.bias[:, None]
        return out


def pad1d(x_BCT: Tensor, left: int, right: int, mode: Padding) -> Tensor:
    """Pad time; a signal too short to reflect is first extended by zeros, as EnCodec does."""
    if left == right == 0:
        return x_BCT
    if mode != "reflect" or x_BCT.shape[-1] > max(left, right):
        return F.pad(x_BCT, (left, right), mode=mode)
    extra = max(left, right) - x_BCT.shape[-1] + 1
    padded = F.pad(F.pad(x_BCT, (0, extra)), (left, right), mode=mode)
    return padded[..., : padded.shape[-1] - extra]


class ResidualUnit(nn.Module):
    """SEANet's: activation, dilated convolution to `width / shrink`, activation, pointwise convolution, input added."""

    def __init__(
        self,
        width: int,
        *,
        kernel: int = 3,
        dilation: int = 1,
        shrink: int = 2,
        causal: bool = True,
        padding: Padding = "constant",
        normed: bool = False,
        grouped: bool = False,
        skip: bool = False,
    ) -> None:
        super().__init__()
        hidden = width // shrink

        def conv(channels: int, out: int, kernel: int = 1, dilation: int = 1) -> Conv1d:
            return Conv1d(
                channels, out, kernel, dilation=dilation, causal=causal, padding=padding, normed=normed, grouped=grouped
            )

        self.rise, self.fall = conv(width, hidden, kernel, dilation), conv(hidden, width)
        self.skip = conv(width, width) if skip else None

    def forward(self, x_BCT: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T] to the same."""
        h: Tensor = self.fall(F.elu(self.rise(F.elu(x_BCT), stream), inplace=True), stream)
        x_BCT = x_BCT if self.skip is None else self.skip(x_BCT, stream)
        if stream is not None:  # until its start can be reflected, `rise` keeps samples back
            if (past := stream.memory.pop(self, None)) is not None:
                x_BCT = torch.cat((past, x_BCT), -1)
            if x_BCT.shape[-1] > h.shape[-1]:
                stream.memory[self] = x_BCT[..., h.shape[-1] :]
                x_BCT = x_BCT[..., : h.shape[-1]]
        return h.add_(x_BCT)


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution, norm, pointwise rise and fall, input added (Liu et al., 2022; 1D as in Vocos).

    With `condition` the norm is adaptive: forward then takes a condition [B, D] for all frames or [B, T, D] for each.
    A mask [B, 1, T] of ones and zeros keeps padding from leaking into frames.
    """

    def __init__(
        self,
        width: int,
        *,
        hidden: int | None = None,
        kernel: int = 7,
        dilation: int = 1,
        condition: int | None = None,
        causal: bool = False,
        scale: float = 0.1,
    ) -> None:
        super().__init__()
        self.depthwise = Conv1d(width, width, kernel, dilation=dilation, groups=width, causal=causal)
        self.norm = nn.LayerNorm(width, 1e-6) if condition is None else AdaptiveNorm(width, condition)
        self.rise = nn.Linear(width, hidden or 3 * width)
        self.fall = nn.Linear(hidden or 3 * width, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(
        self,
        x_BCT: Tensor,
        condition: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        stream: Stream | None = None,
    ) -> Tensor:
        """[B, C, T] to the same."""
        h = self.depthwise(x_BCT if mask is None else x_BCT * mask, stream).transpose(1, 2)
        h = self.norm(h) if condition is None else self.norm(h, condition)
        h = self.scale * self.fall(F.gelu(self.rise(h)))
        return x_BCT + h.transpose(1, 2)  # type: ignore[no-any-return]
