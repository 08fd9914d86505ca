"""HiFi-GAN's generator: frames to samples by transposed convolutions and fused receptive fields (Kong et al., 2020).

Notable: VITS decodes its latents with it and XTTS its language model's states; both may add a condition, one vector a
voice, before the first stride (VITS) or behind each of them too (XTTS). Everything in it is local, so `chunks` plays a
long sound piece by piece, each with the frames around it that its samples depend on, and changes no sample.

B batch · D input width · N frames · C condition width · T samples = N · hop
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.conv import Conv1d, ConvTranspose1d

LAST_SLOPE = 0.01  # of the activation before the last convolution, in every published generator


@dataclass(frozen=True, kw_only=True)
class HifiganConfig:
    """The shape of a generator. `kernels` and `dilations` list the fields that are averaged behind each stride."""

    latent: int
    width: int  # channels before the first stride, halved by each
    ratios: tuple[int, ...]
    ratio_kernels: tuple[int, ...]
    kernels: tuple[int, ...] = (3, 7, 11)
    dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    paired: bool = True  # a second, undilated convolution behind each dilated one (the papers' block 1, not 2)
    slope: float = 0.1
    bias: bool = False  # of the last convolution
    condition: int = 0  # width of a voice's vector; 0: none is added
    everywhere: bool = False  # the condition is added behind every stride, too

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return math.prod(self.ratios)


class Field(nn.Module):
    """One receptive field: residual dilated convolutions of one kernel."""

    def __init__(self, width: int, kernel: int, dilations: tuple[int, ...], *, paired: bool, slope: float) -> None:
        super().__init__()
        self.slope = slope
        self.reach = sum(dilation + paired for dilation in dilations) * (kernel // 2)  # samples to either side
        self.dilated = nn.ModuleList(Conv1d(width, width, kernel, dilation=d, causal=False) for d in dilations)
        self.plain = nn.ModuleList(Conv1d(width, width, kernel, causal=False) for _ in dilations if paired)

    def forward(self, x_BCT: Tensor, active_BCT: Tensor) -> Tensor:
        """[B, C, T] to the same; `active` is the activated input, which the fields of one stride share."""
        for index, dilated in enumerate(self.dilated):
            h = dilated(F.leaky_relu(x_BCT, self.slope) if index else active_BCT)
            if self.plain:
                h = self.plain[index](F.leaky_relu_(h, self.slope))
            x_BCT = h.add_(x_BCT)  # a convolution's own output is nobody else's
        return x_BCT


class Generator(nn.Module):
    """Frames [B, D, N], and a condition [B, C] where it is built for one, to samples [B, N · hop]."""

    def __init__(self, config: HifiganConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.read = Conv1d(config.latent, width, 7, causal=False)
        self.condition = nn.Linear(config.condition, width) if config.condition else None
        self.ups, self.fields, self.conditions = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for ratio, kernel in zip(config.ratios, config.ratio_kernels, strict=True):
            self.ups.append(ConvTranspose1d(width, width // 2, kernel, stride=ratio, causal=False))
            width //= 2
            self.fields.extend(
                Field(width, size, dilations, paired=config.paired, slope=config.slope)
                for size, dilations in zip(config.kernels, config.dilations, strict=True)
            )
            if config.everywhere:
                self.conditions.append(nn.Linear(config.condition, width))
        self.out = Conv1d(width, 1, 7, causal=False, bias=config.bias)

    @property
    def reach(self) -> int:
        """Frames to either side that a frame's samples depend on."""
        fields, samples = cast(Sequence[Field], self.fields), 3
        furthest = max(field.reach for field in fields)  # the fields of every stride are alike
        for ratio, kernel in reversed(list(zip(self.config.ratios, self.config.ratio_kernels, strict=True))):
            samples = math.ceil((samples + furthest + (kernel - ratio) // 2) / ratio)
        return samples + 3

    def forward(self, x_BDN: Tensor, condition_BC: Tensor | None = None) -> Tensor:
        """The waveform, within ±1. Without a condition, nothing is added in its place."""
        x = self.read(x_BDN.to(self.read.conv.weight.dtype))  # it may be narrower than what it is given
        if self.condition is not None and condition_BC is not None:
            x = x + self.condition(condition_BC.to(x)).unsqueeze(-1)
        side_by_side = len(self.config.kernels)
        for stage, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, self.config.slope))
            if self.config.everywhere and condition_BC is not None:
                x = x + self.conditions[stage](condition_BC.to(x)).unsqueeze(-1)
            active = F.leaky_relu(x, self.config.slope)
            first, *others = self.fields[stage * side_by_side : (stage + 1) * side_by_side]
            total = first(x, active)
            for field in others:
                total.add_(field(x, active))
            x = total.div_(side_by_side)
        return torch.tanh(self.out(F.leaky_relu(x, LAST_SLOPE))).squeeze(1)

    def chunks(self, x_BDN: Tensor, frames: int, condition_BC: Tensor | None = None) -> Iterator[Tensor]:
        """The waveform in pieces of `frames` frames, in order: joined, they are `forward`'s."""
        total, reach, hop = x_BDN.shape[-1], self.reach, self.config.hop
        for start in range(0, total, frames):
            stop, left = min(start + frames, total), max(0, start - reach)
            with torch.inference_mode():
                piece = self(x_BDN[..., left : min(total, stop + reach)], condition_BC)
            yield piece[:, (start - left) * hop : (stop - left) * hop]
