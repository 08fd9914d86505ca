"""Who speaks in a reference: H/ASP, a residual network over a mel with attentive statistics (Heo et al., 2020).

Notable: its norms come behind the activations, so they do not fold into the convolutions; of each only a scale and a
shift a channel are kept. The vector has length 1.

B batch · T samples · N frames · M mel bands · C channels
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.models.xtts.config import SpeakerConfig
from soundstage.ops.mel import mel_filterbank
from soundstage.ops.stft import stft


class Affine(nn.Module):
    """x · weight + bias for each channel: a batch norm whose statistics are settled."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, ...] to the same."""
        shape = (-1, *[1] * (x.ndim - 2))
        return x * self.weight.view(shape) + self.bias.view(shape)


class Residual(nn.Module):
    """Two convolutions and a gate over channels (Hu et al., 2018), the input added."""

    def __init__(self, width: int, out: int, stride: int, shrink: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, out, 3, stride, padding=1, bias=False)
        self.first_norm = Affine(out)
        self.second = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.second_norm = Affine(out)
        self.squeeze, self.excite = nn.Linear(out, out // shrink), nn.Linear(out // shrink, out)
        changes = stride != 1 or width != out
        self.skip = nn.Conv2d(width, out, 1, stride, bias=False) if changes else None
        self.skip_norm = Affine(out) if changes else None

    def forward(self, x_BCMN: Tensor) -> Tensor:
        """[B, C, M, N] to [B, out, M / stride, N / stride]."""
        h = self.second_norm(self.second(self.first_norm(F.relu(self.first(x_BCMN)))))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(h.mean((2, 3))))))
        h = h * gate[:, :, None, None]
        if self.skip is not None and self.skip_norm is not None:
            x_BCMN = self.skip_norm(self.skip(x_BCMN))
        return F.relu(h + x_BCMN)


class SpeakerEncoder(nn.Module):
    """Samples [B, T] at its own rate to a vector [B, out] of length 1."""

    def __init__(self, config: SpeakerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.widths[0]
        self.read, self.norm = nn.Conv2d(1, width, 3, padding=1), Affine(width)
        self.stages = nn.ModuleList()
        for index, (out, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            blocks = nn.ModuleList()
            for place in range(depth):
                blocks.append(Residual(width, out, 2 if index and not place else 1, config.shrink))
                width = out
            self.stages.append(blocks)
        pooled = width * config.bands // 2 ** (len(config.widths) - 1)
        self.weigh, self.weigh_norm = nn.Linear(pooled, config.hidden), Affine(config.hidden)
        self.weights = nn.Linear(config.hidden, pooled)
        self.out = nn.Linear(2 * pooled, config.out)

    def features(self, samples_BT: Tensor) -> Tensor:
        """Log power mel [B, M, N] of emphasised samples, each band with mean 0 and deviation 1 over time."""
        config = self.config
        before = F.pad(samples_BT.unsqueeze(1), (1, 0), "reflect").squeeze(1)[:, :-1]
        pad = config.size - config.window
        window = F.pad(torch.hamming_window(config.window, device=samples_BT.device), (pad // 2, pad - pad // 2))
        power = stft(samples_BT - config.emphasis * before, config.size, config.hop, window=window).abs().square()
        bank = mel_filterbank(config.rate, config.size, config.bands, scale="htk", area=False).to(power)
        return F.instance_norm((bank @ power + 1e-6).log())

    def forward(self, samples_BT: Tensor) -> Tensor:
        """The voice's vector."""
        x = self.features(samples_BT).to(self.out.weight.dtype).unsqueeze(1)
        x = self.norm(F.relu(self.read(x)))
        for stage in self.stages:
            for block in stage:  # type: ignore[attr-defined]  # a ModuleList
                x = block(x)
        x_BNC = x.flatten(1, 2).transpose(1, 2)
        weight = self.weights(self.weigh_norm(F.relu(self.weigh(x_BNC)).transpose(1, 2)).transpose(1, 2)).softmax(1)
        mean = (x_BNC * weight).sum(1)
        deviation = ((x_BNC.square() * weight).sum(1) - mean.square()).clamp_min(1e-5).sqrt()
        return F.normalize(self.out(torch.cat((mean, deviation), 1)), dim=1)
