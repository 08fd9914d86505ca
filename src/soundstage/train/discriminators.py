"""Judges of waveforms: by periods and scales (Kong et al., 2020), by spectra of several sizes (Défossez et al., 2022).

Notable: each judge answers with scores and with its inner features, for `judge_loss`, `fool_loss` and `feature_loss`.
Periods are primes, so no two judges see the same folding of time. `hifigan_jury` and `vits_jury` are published ones.

B batch · T samples · P period · F bins · N frames
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from soundstage.ops.stft import stft

SLOPE = 0.1  # of the leaky activations
PERIODS = (2, 3, 5, 7, 11)


class Verdict(NamedTuple):
    """Scores [B, ...], higher for real, and the features of each layer."""

    score: Tensor
    features: list[Tensor]


class PeriodJudge(nn.Module):
    """Samples a period apart side by side, convolved along time only.

    Layer i has `width` · `growth[i]` channels and a stride of `strides[i]`.
    """

    def __init__(
        self,
        period: int,
        width: int = 32,
        *,
        growth: Sequence[int] = (1, 2, 4, 4),
        strides: Sequence[int] = (3, 3, 3, 3),
        padding: Literal["constant", "reflect"] = "constant",
    ) -> None:
        super().__init__()
        self.period, self.padding = period, padding
        widths = [1, *(width * factor for factor in growth)]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, (5, 1), (stride, 1), (2, 0)))
            for (a, b), stride in zip(pairwise(widths), strides, strict=True)
        )
        self.out = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, x_BT: Tensor) -> Verdict:
        """[B, T] to a verdict."""
        rest = -x_BT.shape[-1] % self.period
        folded = F.pad(x_BT.unsqueeze(1), (0, rest), self.padding).view(len(x_BT), 1, -1, self.period)
        return _judge(folded, self.layers, self.out)


class ScaleLayer(NamedTuple):
    """One convolution of a `ScaleJudge`."""

    width: int
    kernel: int
    stride: int = 1
    groups: int = 1


class ScaleJudge(nn.Module):
    """The wave itself, halved `halvings` times by averaging, through strided grouped convolutions."""

    def __init__(self, layers: Sequence[ScaleLayer], halvings: int = 0) -> None:
        super().__init__()
        self.halvings, width, convs = halvings, 1, []
        for layer in layers:
            convs.append(
                weight_norm(
                    nn.Conv1d(width, layer.width, layer.kernel, layer.stride, layer.kernel // 2, groups=layer.groups)
                )
            )
            width = layer.width
        self.layers = nn.ModuleList(convs)
        self.out = weight_norm(nn.Conv1d(width, 1, 3, padding=1))

    def forward(self, x_BT: Tensor) -> Verdict:
        """[B, T] to a verdict."""
        x_B1T = x_BT.unsqueeze(1)
        for _ in range(self.halvings):
            x_B1T = F.avg_pool1d(x_B1T, 4, 2, 2)
        return _judge(x_B1T, self.layers, self.out)


class SpectrumJudge(nn.Module):
    """The complex spectrogram as a picture of two channels, dilated along time."""

    def __init__(self, size: int, width: int = 16) -> None:
        super().__init__()
        self.size = size
        layers = [nn.Conv2d(2, width, (3, 9), padding=(1, 4))]
        for dilation in (1, 2, 4):
            layers.append(nn.Conv2d(width, width, (3, 9), (2, 1), (1, 4 * dilation), (1, dilation)))
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.out = weight_norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, x_BT: Tensor) -> Verdict:
        """[B, T] to a verdict."""
        spectrum = stft(x_BT, self.size, self.size // 4) / self.size**0.5
        return _judge(torch.stack((spectrum.real, spectrum.imag), 1), self.layers, self.out)


class Jury(nn.Module):
    """Judges of several periods and resolutions, or those given; `forward` gives one verdict each."""

    def __init__(
        self,
        periods: Sequence[int] = PERIODS,
        sizes: Sequence[int] = (1024, 512, 256),
        *,
        width: int = 16,
        judges: Sequence[nn.Module] | None = None,
    ) -> None:
        super().__init__()
        if judges is None:
            judges = [*(PeriodJudge(period, width) for period in periods), *(SpectrumJudge(n, width) for n in sizes)]
        self.judges = nn.ModuleList(judges)

    def forward(self, x_BT: Tensor) -> list[Verdict]:
        """[B, T] to the verdicts."""
        return [judge(x_BT) for judge in self.judges]


def hifigan_jury(width: int = 32) -> Jury:
    """HiFi-GAN's: five periods and three scales. All are weight-normed; the paper norms its first scale spectrally."""
    layers = [(4, 15), (4, 41, 2, 4), (8, 41, 2, 16), (16, 41, 4, 16), (32, 41, 4, 16), (32, 41, 1, 16), (32, 5)]
    return Jury(judges=[*_periods(width), *(ScaleJudge(_scaled(layers, width), halvings) for halvings in range(3))])


def vits_jury(width: int = 32) -> Jury:
    """VITS': one scale, with narrower layers, and five periods."""
    layers = [(0.5, 15), (2, 41, 4, 4), (8, 41, 4, 16), (32, 41, 4, 64), (32, 41, 4, 256), (32, 5)]
    return Jury(judges=[ScaleJudge(_scaled(layers, width)), *_periods(width)])


def scores(verdicts: Sequence[Verdict]) -> list[Tensor]:
    """Only the scores, for the hinge losses."""
    return [verdict.score for verdict in verdicts]


def features(verdicts: Sequence[Verdict]) -> list[list[Tensor]]:
    """The features, the score being the last, as HiFi-GAN matches them."""
    return [[*verdict.features, verdict.score] for verdict in verdicts]


def _periods(width: int) -> list[PeriodJudge]:
    more: Any = {"growth": (1, 4, 16, 32, 32), "strides": (3, 3, 3, 3, 1), "padding": "reflect"}
    return [PeriodJudge(period, width, **more) for period in PERIODS]


def _scaled(layers: Sequence[tuple[float, ...]], width: int) -> list[ScaleLayer]:
    """Widths are in units of `width`; a narrow jury has no more groups than its layers have channels."""
    made, before = [], 1
    for factor, kernel, *rest in layers:
        wide = max(1, int(factor * width))
        stride, groups = (int(rest[0]), int(rest[1])) if rest else (1, 1)
        made.append(ScaleLayer(wide, int(kernel), stride, math.gcd(groups, before, wide)))
        before = wide
    return made


def _judge(x: Tensor, layers: nn.ModuleList, out: nn.Module) -> Verdict:
    features = list(_features(x, layers))
    return Verdict(out(features[-1]), features)


def _features(x: Tensor, layers: nn.ModuleList) -> Iterator[Tensor]:
    for layer in layers:
        x = F.leaky_relu(layer(x), SLOPE)
        yield x
