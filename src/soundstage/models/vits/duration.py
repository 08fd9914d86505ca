"""How long each symbol lasts: VITS' two duration predictors.

Notable: the stochastic one is a flow from noise [B, 2, S] to log durations, read from its first channel; its second
channel, and a posterior flow over the fractions of a frame, exist for training only. The published reverse pass leaves
the first spline flow out, so `draw` does too.

B batch · S symbols · D width · C width of a voice's vector
"""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.models.vits.text import masked
from soundstage.nn.conv import Conv1d
from soundstage.ops.spline import rational_quadratic

NOISE = 2  # channels of the stochastic predictor's noise


class SeparableStack(nn.Module):
    """Residual layers of a dilated depthwise and a pointwise convolution; layer i is dilated by kernel ** i."""

    def __init__(self, width: int, kernel: int, depth: int) -> None:
        super().__init__()
        self.depthwise = nn.ModuleList(
            Conv1d(width, width, kernel, dilation=kernel**index, groups=width, causal=False) for index in range(depth)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.pointwise = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.pointwise_norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))

    def forward(self, x_BSD: Tensor, mask_BS1: Tensor | None) -> Tensor:
        """[B, S, D] to the same."""
        layers = zip(self.depthwise, self.norms, self.pointwise, self.pointwise_norms, strict=True)
        for depthwise, norm, pointwise, pointwise_norm in layers:
            h = depthwise(masked(x_BSD, mask_BS1).transpose(1, 2)).transpose(1, 2)
            h = F.gelu(norm(h))
            x_BSD = x_BSD + F.gelu(pointwise_norm(pointwise(h)))
        return masked(x_BSD, mask_BS1)


class _Reader(nn.Module):
    """States [B, S, C] to a condition [B, S, D] of the flows."""

    def __init__(self, inputs: int, width: int, kernel: int, depth: int) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, width)
        self.trunk = SeparableStack(width, kernel, depth)
        self.out = nn.Linear(width, width)

    def forward(self, x_BSC: Tensor, mask_BS1: Tensor | None) -> Tensor:
        """Zero where the mask is."""
        return masked(self.out(self.trunk(self.read(x_BSC), mask_BS1)), mask_BS1)


class SplineFlow(nn.Module):
    """Bends the second channel along a spline that it reads in the first and in the condition."""

    def __init__(self, width: int, kernel: int, depth: int, bins: int, bound: float) -> None:
        super().__init__()
        self.bins, self.bound, self.root = bins, bound, math.sqrt(width)
        self.read = nn.Linear(NOISE // 2, width)
        self.trunk = SeparableStack(width, kernel, depth)
        self.out = nn.Linear(width, 3 * bins - 1)
        nn.init.zeros_(self.out.weight)  # an untrained spline bends little
        nn.init.zeros_(self.out.bias)

    def forward(
        self, x_BS2: Tensor, condition_BSD: Tensor, mask_BS1: Tensor | None, *, inverse: bool = False
    ) -> tuple[Tensor, Tensor]:
        """[B, S, 2] to the same, and the sum [B] of the log slopes."""
        first, second = x_BS2.unbind(-1)
        h = self.trunk(self.read(first.unsqueeze(-1)) + condition_BSD, mask_BS1)
        widths, heights, slopes = masked(self.out(h), mask_BS1).tensor_split((self.bins, 2 * self.bins), -1)
        second, log_slope = rational_quadratic(
            second, widths / self.root, heights / self.root, slopes, bound=self.bound, inverse=inverse
        )
        x_BS2 = masked(torch.stack((first, second), -1), mask_BS1)
        return x_BS2, masked(log_slope.unsqueeze(-1), mask_BS1).sum((1, 2))


class Affine(nn.Module):
    """A scale and a shift for each of the two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(NOISE))
        self.log_scale = nn.Parameter(torch.zeros(NOISE))

    def forward(self, x_BS2: Tensor, mask_BS1: Tensor) -> tuple[Tensor, Tensor]:
        """[B, S, 2] to the same, and the log determinant [B]."""
        mapped = masked(x_BS2 * self.log_scale.exp() + self.shift, mask_BS1)
        return mapped, (self.log_scale * mask_BS1).sum((1, 2))

    def inverse(self, x_BS2: Tensor, mask_BS1: Tensor | None) -> Tensor:
        """[B, S, 2] to the same."""
        return masked((x_BS2 - self.shift) * (-self.log_scale).exp(), mask_BS1)


class DurationFlow(nn.Module):
    """An affine map of the two channels, then splines; the channels change places behind each spline."""

    def __init__(self, flows: int, width: int, kernel: int, depth: int, bins: int, bound: float) -> None:
        super().__init__()
        self.steps = nn.ModuleList([Affine(), *(SplineFlow(width, kernel, depth, bins, bound) for _ in range(flows))])

    def forward(self, x_BS2: Tensor, condition_BSD: Tensor, mask_BS1: Tensor) -> tuple[Tensor, Tensor]:
        """[B, S, 2] to the same, and the log determinant [B]."""
        affine, *splines = self.steps
        x_BS2, total = affine(x_BS2, mask_BS1)
        for spline in splines:
            x_BS2, log_slope = spline(x_BS2, condition_BSD, mask_BS1)
            x_BS2, total = x_BS2.flip(-1), total + log_slope
        return x_BS2, total

    def inverse(self, x_BS2: Tensor, condition_BSD: Tensor, mask_BS1: Tensor | None) -> Tensor:
        """As published: all splines but the first, and the places changed once more before the affine map."""
        affine, _, *splines = self.steps
        for spline in reversed(splines):
            x_BS2, _ = spline(x_BS2.flip(-1), condition_BSD, mask_BS1, inverse=True)
        return cast(Affine, affine).inverse(x_BS2.flip(-1), mask_BS1)


class StochasticDuration(nn.Module):
    """States of the text to durations that differ from draw to draw, as a speaker's do."""

    def __init__(
        self,
        inputs: int,
        width: int,
        *,
        kernel: int = 3,
        flows: int = 4,
        depth: int = 3,
        bins: int = 10,
        bound: float = 5.0,
        speaker: int = 0,
        language: int = 0,
    ) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, width)
        self.trunk = SeparableStack(width, kernel, depth)
        self.out = nn.Linear(width, width)
        self.voice = nn.Linear(speaker, width) if speaker else None
        self.language = nn.Linear(language, width) if language else None
        self.flow = DurationFlow(flows, width, kernel, depth, bins, bound)
        self.durations = _Reader(1, width, kernel, depth)
        self.posterior = DurationFlow(flows, width, kernel, depth, bins, bound)

    def draw(
        self,
        x_BSC: Tensor,
        noise_BS2: Tensor,
        mask_BS1: Tensor | None = None,
        voice_BC: Tensor | None = None,
        language_BC: Tensor | None = None,
    ) -> Tensor:
        """Log durations [B, S] in frames, from unit noise times how much it should vary."""
        condition = self._condition(x_BSC, mask_BS1, voice_BC, language_BC)
        return self.flow.inverse(noise_BS2, condition, mask_BS1)[..., 0]

    def loss(
        self,
        x_BSC: Tensor,
        durations_BS: Tensor,
        noise_BS2: Tensor,
        mask_BS1: Tensor,
        voice_BC: Tensor | None = None,
        language_BC: Tensor | None = None,
    ) -> Tensor:
        """An upper bound [B] of the negative log likelihood of whole `durations`, in nats, summed over symbols.

        `noise` is unit normal: the posterior makes of it the fraction of a frame that is taken off each duration, and
        the second channel.
        """
        durations = durations_BS.to(x_BSC).unsqueeze(-1)
        condition = self._condition(x_BSC, mask_BS1, voice_BC, language_BC)
        noise = noise_BS2 * mask_BS1
        read = self.durations(durations, mask_BS1)
        drawn, log_posterior = self.posterior(noise, condition + read, mask_BS1)
        fraction, second = drawn.split(1, -1)
        log_posterior = log_posterior + ((F.logsigmoid(fraction) + F.logsigmoid(-fraction)) * mask_BS1).sum((1, 2))
        entropy = -_unit_normal(noise, mask_BS1) - log_posterior
        first = (durations - fraction.sigmoid()).clamp_min(1e-5).log() * mask_BS1
        latent, log_flow = self.flow(torch.cat((first, second), -1), condition, mask_BS1)
        log_flow = log_flow - first.sum((1, 2))  # the logarithm of the durations is a map, too
        bound: Tensor = _unit_normal(latent, mask_BS1) - log_flow + entropy
        return bound

    def _condition(
        self, x_BSC: Tensor, mask_BS1: Tensor | None, voice_BC: Tensor | None, language_BC: Tensor | None
    ) -> Tensor:
        h = self.read(x_BSC) + _extra(self.voice, voice_BC) + _extra(self.language, language_BC)
        return masked(self.out(self.trunk(h, mask_BS1)), mask_BS1)


class Duration(nn.Module):
    """States of the text to one log duration a symbol: two convolutions and a projection."""

    def __init__(
        self, inputs: int, width: int, *, kernel: int = 3, speaker: int = 0, language: int = 0, eps: float = 1e-5
    ) -> None:
        super().__init__()
        self.voice = nn.Linear(speaker, inputs) if speaker else None
        self.language = nn.Linear(language, inputs) if language else None
        self.first, self.second = (Conv1d(channels, width, kernel, causal=False) for channels in (inputs, width))
        self.first_norm, self.second_norm = (nn.LayerNorm(width, eps) for _ in range(2))
        self.out = nn.Linear(width, 1)

    def forward(
        self,
        x_BSC: Tensor,
        mask_BS1: Tensor | None = None,
        voice_BC: Tensor | None = None,
        language_BC: Tensor | None = None,
    ) -> Tensor:
        """Log durations [B, S] in frames, zero where the mask is."""
        x = x_BSC + _extra(self.voice, voice_BC) + _extra(self.language, language_BC)
        for conv, norm in ((self.first, self.first_norm), (self.second, self.second_norm)):
            x = norm(F.relu(conv(masked(x, mask_BS1).transpose(1, 2))).transpose(1, 2))
        return masked(self.out(masked(x, mask_BS1)), mask_BS1)[..., 0]

    def loss(
        self,
        x_BSC: Tensor,
        durations_BS: Tensor,
        mask_BS1: Tensor,
        voice_BC: Tensor | None = None,
        language_BC: Tensor | None = None,
    ) -> Tensor:
        """Squared error [B] of the log durations, summed over symbols."""
        truth = (durations_BS.to(x_BSC) + 1e-6).log() * mask_BS1[..., 0]
        guess: Tensor = self(x_BSC, mask_BS1, voice_BC, language_BC)
        return (guess - truth).square().sum(1)


def _extra(layer: nn.Module | None, vector_BC: Tensor | None) -> Tensor | float:
    return 0.0 if layer is None or vector_BC is None else layer(vector_BC).unsqueeze(1)


def _unit_normal(x_BS2: Tensor, mask_BS1: Tensor) -> Tensor:
    """The negative log likelihood [B] under the unit normal."""
    return (0.5 * (math.log(2 * math.pi) + x_BS2.square()) * mask_BS1).sum((1, 2))
