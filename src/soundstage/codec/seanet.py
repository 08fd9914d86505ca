"""SEANet, the encoder and decoder of SoundStream, EnCodec and Mimi (Tagliasacchi et al., 2020; Défossez et al., 2022).

Notable: causal networks stream through the same `forward` with a `Stream`; whole frames in, the samples of the offline
pass out. Centred ones (MusicGen's 32 kHz EnCodec) do not stream.

B batch · C audio channels · T samples · D latent width · N frames = ceil(T / hop)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.conv import Conv1d, ConvTranspose1d, Padding, ResidualUnit, Stream


@dataclass(frozen=True, kw_only=True)
class SeanetConfig:
    """The shape of both halves; `ratios` are the decoder's, coarsest first, as in the papers."""

    channels: int
    latent: int
    width: int  # channels at the sample rate; doubled at each stride
    ratios: tuple[int, ...]
    kernel: int = 7
    last_kernel: int = 7
    residual_kernel: int = 3
    residuals: int = 1
    dilation: int = 2  # of residual unit j: dilation ** j
    shrink: int = 2
    skip: bool = True  # a convolution on the residual unit's shortcut (EnCodec), or the identity (Mimi)
    lstm: int = 0
    causal: bool = True
    padding: Padding = "constant"
    normed: bool = False

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return math.prod(self.ratios)


def encodec_24khz() -> SeanetConfig:
    """EnCodec at 24 kHz: causal, 75 frames a second."""
    return SeanetConfig(channels=1, latent=128, width=32, ratios=(8, 5, 4, 2), lstm=2, padding="reflect", normed=True)


def encodec_32khz() -> SeanetConfig:
    """MusicGen's EnCodec at 32 kHz: centred, 50 frames a second."""
    return SeanetConfig(
        channels=1, latent=128, width=64, ratios=(8, 5, 4, 4), lstm=2, causal=False, padding="reflect", normed=True,
        skip=False,
    )  # fmt: skip


class Encoder(nn.Module):
    """Samples [B, C, T] to latents [B, D, N]."""

    def __init__(self, config: SeanetConfig) -> None:
        super().__init__()
        width, more = config.width, {"causal": config.causal, "padding": config.padding, "normed": config.normed}
        layers: list[nn.Module] = [Conv1d(config.channels, width, config.kernel, **more)]  # type: ignore[arg-type]
        for ratio in reversed(config.ratios):
            layers += _residuals(width, config)
            layers += [ELU(), Conv1d(width, 2 * width, 2 * ratio, stride=ratio, **more)]  # type: ignore[arg-type]
            width *= 2
        layers += [Recurrent(width, config.lstm)] if config.lstm else []
        layers += [ELU(), Conv1d(width, config.latent, config.last_kernel, **more)]  # type: ignore[arg-type]
        self.layers = nn.ModuleList(layers)

    def forward(self, x_BCT: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T] to [B, D, N]."""
        return _through(self.layers, x_BCT, stream)


class Decoder(nn.Module):
    """Latents [B, D, N] to samples [B, C, N · hop]."""

    def __init__(self, config: SeanetConfig) -> None:
        super().__init__()
        width = config.width * 2 ** len(config.ratios)
        more = {"causal": config.causal, "padding": config.padding, "normed": config.normed}
        layers: list[nn.Module] = [Conv1d(config.latent, width, config.kernel, **more)]  # type: ignore[arg-type]
        layers += [Recurrent(width, config.lstm)] if config.lstm else []
        for ratio in config.ratios:
            up = ConvTranspose1d(width, width // 2, 2 * ratio, stride=ratio, causal=config.causal, normed=config.normed)
            width //= 2
            layers += [ELU(), up, *_residuals(width, config)]
        layers += [ELU(), Conv1d(width, config.channels, config.last_kernel, **more)]  # type: ignore[arg-type]
        self.layers = nn.ModuleList(layers)

    def forward(self, z_BDN: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, D, N] to [B, C, N · hop]."""
        return _through(self.layers, z_BDN, stream)


class ELU(nn.Module):
    """The activation, as a layer that a stream may pass."""

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """Any shape."""
        return F.elu(x)


class Recurrent(nn.Module):
    """An LSTM over time, its input added."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, layers)

    def forward(self, x_BCT: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T] to the same."""
        if x_BCT.shape[-1] == 0:
            return x_BCT
        past = stream.memory.get(self) if stream is not None else None
        y_TBC, state = self.lstm(x_BCT.permute(2, 0, 1), None if past is None else (past[0], past[1]))
        if stream is not None:
            stream.memory[self] = torch.stack(state)
        return x_BCT + y_TBC.permute(1, 2, 0)  # type: ignore[no-any-return]


def _residuals(width: int, config: SeanetConfig) -> Sequence[nn.Module]:
    return [
        ResidualUnit(
            width,
            kernel=config.residual_kernel,
            dilation=config.dilation**index,
            shrink=config.shrink,
            causal=config.causal,
            padding=config.padding,
            normed=config.normed,
            skip=config.skip,
        )
        for index in range(config.residuals)
    ]


def _through(layers: nn.ModuleList, x: Tensor, stream: Stream | None) -> Tensor:
    for layer in layers:
        x = layer(x, stream)
        if x.shape[-1] == 0:  # a stride still waits for samples
            break
    return x
