"""SEANet, the encoder and decoder of SoundStream, EnCodec and Mimi (Tagliasacchi et al., 2020; Défossez et al., 2022).

Notable: causal networks stream through the same `forward` with a `Stream`; whole frames in, the samples of the offline
pass out. One that reflects (EnCodec) says nothing until the last convolution has `last_kernel` frames, then all of
them. Centred ones (MusicGen's EnCodec at 32 kHz) and grouped ones (48 kHz) do not stream.

B batch · C audio channels · T samples · D latent width · N frames = ceil(T / hop)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.nn.conv import Conv1d, ConvTranspose1d, Padding, ResidualUnit, Stream
from soundstage.ops.linear import linear


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
    normed: bool = False  # weights as direction and size, for training; a checkpoint's are folded into plain ones
    grouped: bool = False  # group norm behind each convolution

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
        width, more = config.width, {**_options(config), "padding": config.padding}
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
        options = _options(config)
        more = {**options, "padding": config.padding}
        layers: list[nn.Module] = [Conv1d(config.latent, width, config.kernel, **more)]  # type: ignore[arg-type]
        layers += [Recurrent(width, config.lstm)] if config.lstm else []
        for ratio in config.ratios:
            up = ConvTranspose1d(width, width // 2, 2 * ratio, stride=ratio, **options)
            width //= 2
            layers += [ELU(), up, *_residuals(width, config)]
        layers += [ELU(), Conv1d(width, config.channels, config.last_kernel, **more)]  # type: ignore[arg-type]
        self.layers = nn.ModuleList(layers)

    def forward(self, z_BDN: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, D, N] to [B, C, N · hop]."""
        return _through(self.layers, z_BDN, stream)


def require_samples(samples_BCT: Tensor, channels: int, *, live: bool) -> None:
    """Raises InputError for what is not batch × channels × time, and for silence of no length that is not live."""
    if samples_BCT.ndim != 3 or samples_BCT.shape[1] != channels:
        shape = "×".join(str(size) for size in samples_BCT.shape)
        raise InputError("samples", f"of shape {shape}", f"pass batch × {channels} channels × time")
    if samples_BCT.shape[-1] == 0 and not live:
        raise InputError("samples", "there are none", "pass at least one")


class ELU(nn.Module):
    """The activation, as a layer that a stream may pass. In place: what stands before it has no other reader."""

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """Any shape."""
        return F.elu(x, inplace=True)


class Recurrent(nn.Module):
    """An LSTM over time, its input added."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, layers)

    def forward(self, x_BCT: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T] to the same."""
        if x_BCT.shape[-1] == 0:
            return x_BCT
        x_TBC = x_BCT.permute(2, 0, 1)
        if stream is None:
            return x_BCT + self.lstm(x_TBC)[0].permute(1, 2, 0)  # type: ignore[no-any-return]
        past = stream.memory.get(self)
        if past is None:
            past = x_BCT.new_zeros(2, self.lstm.num_layers, len(x_BCT), self.lstm.hidden_size)
        # Torch repacks the weights at every call; up to some twenty steps are done sooner by hand.
        few = len(x_TBC) <= 16 and x_BCT.device.type == "cpu" and not torch.is_grad_enabled()
        y_TBC, state = self._steps(x_TBC, past) if few else self.lstm(x_TBC, (past[0], past[1]))
        stream.memory[self] = torch.stack(tuple(state))
        return x_BCT + y_TBC.permute(1, 2, 0)

    def _steps(self, x_TBC: Tensor, past: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """What `self.lstm` does, spelled out: gates of all steps' inputs at once, then step by step."""
        last_h, last_c = [], []
        for layer, (h, c) in enumerate(zip(*past, strict=True)):
            name = f"_l{layer}"
            w_in, w_past, b_in, b_past = (
                getattr(self.lstm, part + name) for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            steps = []
            for gates in linear(x_TBC, w_in, b_in + b_past):
                take, keep, new, show = (gates + linear(h, w_past)).chunk(4, -1)
                c = keep.sigmoid() * c + take.sigmoid() * new.tanh()
                h = show.sigmoid() * c.tanh()
                steps.append(h)
            x_TBC = torch.stack(steps)
            last_h.append(h)
            last_c.append(c)
        return x_TBC, (torch.stack(last_h), torch.stack(last_c))


def _options(config: SeanetConfig) -> dict[str, bool]:
    return {"causal": config.causal, "normed": config.normed, "grouped": config.grouped}


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
            grouped=config.grouped,
            skip=config.skip,
        )
        for index in range(config.residuals)
    ]


def _through(layers: nn.ModuleList, x: Tensor, stream: Stream | None) -> Tensor:
    for layer in layers:
        x = layer(x, stream)
        if x.shape[-1] == 0 and not (stream is not None and stream.ending):  # a stride still waits for samples
            return x.new_zeros(len(x), cast(Conv1d, layers[-1]).conv.out_channels, 0)
    return x
