"""Judges of waveforms: by periods (Kong et al., 2020) and by spectra at several resolutions (Défossez et al., 2022).

Notable: each judge answers with scores and with its inner features, for `judge_loss`, `fool_loss` and `feature_loss`.
Periods are primes, so no two judges see the same folding of time.

B batch · T samples · P period · F bins · N frames
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from soundstage.ops.stft import stft

SLOPE = 0.1  # of the leaky activations


class Verdict(NamedTuple):
    """Scores [B, ...], higher for real, and the features of each layer."""

    score: Tensor
    features: list[Tensor]


class PeriodJudge(nn.Module):
    """Samples a period apart side by side, convolved along time only."""

    def __init__(self, period: int, width: int = 32) -> None:
        super().__init__()
        self.period = period
        widths = [1, width, 2 * width, 4 * width, 4 * width]
        self.layers = nn.ModuleList(weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0))) for a, b in pairwise(widths))
        self.out = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, x_BT: Tensor) -> Verdict:
        """[B, T] to a verdict."""
        rest = -x_BT.shape[-1] % self.period
        folded = F.pad(x_BT, (0, rest)).view(len(x_BT), 1, -1, self.period)
        return _judge(folded, self.layers, self.out)


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
    """Judges of several periods and resolutions; `forward` gives one verdict each."""

    def __init__(
        self, periods: Sequence[int] = (2, 3, 5, 7, 11), sizes: Sequence[int] = (1024, 512, 256), *, width: int = 16
    ) -> None:
        super().__init__()
        self.judges = nn.ModuleList(
            [*(PeriodJudge(period, width) for period in periods), *(SpectrumJudge(size, width) for size in sizes)]
        )

    def forward(self, x_BT: Tensor) -> list[Verdict]:
        """[B, T] to the verdicts."""
        return [judge(x_BT) for judge in self.judges]


def scores(verdicts: Sequence[Verdict]) -> list[Tensor]:
    """Only the scores, for the hinge losses."""
    return [verdict.score for verdict in verdicts]


def _judge(x: Tensor, layers: nn.ModuleList, out: nn.Module) -> Verdict:
    features = list(_features(x, layers))
    return Verdict(out(features[-1]), features)


def _features(x: Tensor, layers: nn.ModuleList) -> Iterator[Tensor]:
    for layer in layers:
        x = F.leaky_relu(layer(x), SLOPE)
        yield x
