"""Wan 2.1's causal video autoencoder: 1 + 4n frames to 1 + n latents of an eighth of the sides, and back.

Notable: every norm looks at one position, so a clip in pieces (a `Stream`) is the whole: 1 frame, then 4 a piece, in;
one latent a piece out. The first frame passes the steps in time untouched, and what doubles time begins its memory with
the second. Attention looks over the whole frame, so tiles are not exact, and are blended. Latents are worked on after
the published mean and spread of each channel are taken out; the network itself works in float32.

B batch · C channels · T = 1 + 4n frames · H, W pixels · D latent channels · latents [B, D, 1 + n, H / 8, W / 8]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.tiles import Tiles, joined
from soundstage.errors import InputError
from soundstage.nn.conv import Stream
from soundstage.nn.conv3d import CausalConv3d
from soundstage.ops.attention import attention
from soundstage.ops.conv3d import conv2d_doubled

MEAN = (-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
        0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921)  # fmt: skip
SPREAD = (2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
          3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160)  # fmt: skip

PIECE = 2**18  # numbers that are normed at once, a megabyte


@dataclass(frozen=True, kw_only=True)
class WanVaeConfig:
    """`multipliers` of `width` a scale, finest first; `halves_time` says which of the steps between them do."""

    width: int = 96
    decoder_width: int = 96
    latent: int = 16
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    halves_time: tuple[bool, ...] = (False, True, True)
    blocks: int = 2
    mean: tuple[float, ...] = MEAN
    spread: tuple[float, ...] = SPREAD

    @property
    def space(self) -> int:
        """Pixels a latent, along each side."""
        return int(2 ** len(self.halves_time))

    @property
    def time(self) -> int:
        """Frames a latent, after the first."""
        return int(2 ** sum(self.halves_time))


class Norm(nn.Module):
    """Each position's channels to length √C, times a gain; in float32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T, H, W] to the same."""
        length = torch.linalg.vector_norm(x, dim=1, keepdim=True, dtype=torch.float32).clamp_min(1e-12)
        y: Tensor = (x / length).mul_(self.gain * len(self.gain) ** 0.5)
        return y.to(x.dtype)

    def lit(self, x: Tensor) -> Tensor:
        """SiLU of `forward`; on a processor in pieces that stay in its cache, where each number is the same."""
        if x.device.type != "cpu" or torch.is_grad_enabled():
            return F.silu(self(x), inplace=True)
        made, rows = torch.empty_like(x), max(1, PIECE // max(1, x[:, :, 0, 0].numel()))
        for frame in range(x.shape[2]):
            for top in range(0, x.shape[3], rows):
                piece = slice(None), slice(None), slice(frame, frame + 1), slice(top, top + rows)
                made[piece] = F.silu(self(x[piece]), inplace=True)
        return made


class Residual(nn.Module):
    """norm, SiLU, convolution, twice; the input added."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.norm, self.rise = Norm(width), CausalConv3d(width, out, (3, 3, 3))
        self.mid, self.fall = Norm(out), CausalConv3d(out, out, (3, 3, 3))
        self.skip = nn.Identity() if width == out else nn.Conv3d(width, out, 1)

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, out, T, H, W]."""
        h = self.rise(self.norm.lit(x), stream)
        h = self.fall(self.mid.lit(h), stream)
        return h.add_(self.skip(x))  # type: ignore[no-any-return]


class FrameAttention(nn.Module):
    """Single-head attention within each frame, its input added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.qkv, self.out = Norm(width), nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T, H, W] to the same."""
        qkv = self.qkv(_frames(self.norm(x)))
        q, k, v = qkv.flatten(2).transpose(1, 2).unsqueeze(1).chunk(3, -1)
        y = attention(q, k, v).squeeze(1).transpose(1, 2).reshape(len(qkv), -1, *x.shape[3:])
        return x + _clip(self.out(y), len(x))


class Halve(nn.Module):
    """Halve height and width, and time where asked: the first frame stands alone, then two become one."""

    def __init__(self, width: int, halves_time: bool) -> None:
        super().__init__()
        self.space = nn.Conv2d(width, width, 3, 2)
        self.time = nn.Conv3d(width, width, (3, 1, 1), (2, 1, 1)) if halves_time else None

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, C, 1 + n or T, H / 2, W / 2]; later pieces are of whole strides."""
        x = _clip(self.space(F.pad(_frames(x), (0, 1, 0, 1))), len(x))
        if self.time is None:
            return x
        past = None if stream is None else stream.memory.get(self)
        if stream is not None:
            stream.memory[self] = x[:, :, -1:]
        if past is not None:
            return self.time(torch.cat((past, x), 2))  # type: ignore[no-any-return]
        return x if x.shape[2] == 1 else torch.cat((x[:, :, :1], self.time(x)), 2)


class Double(nn.Module):
    """Double height and width, and time where asked, but for the first frame; the channels are halved."""

    def __init__(self, width: int, doubles_time: bool) -> None:
        super().__init__()
        self.time = CausalConv3d(width, 2 * width, (3, 1, 1)) if doubles_time else None
        self.space = nn.Conv2d(width, width // 2, 3, padding=1)

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, C / 2, 2T − 1 or T, 2H, 2W]; later pieces of a stream double every frame."""
        if self.time is not None:
            begun = stream is not None and self in stream.begun
            if stream is not None:
                stream.begun.add(self)
            if begun:
                x = self._doubled(x, stream)
            elif x.shape[2] > 1:
                x = torch.cat((x[:, :, :1], self._doubled(x[:, :, 1:], stream)), 2)
        return conv2d_doubled(x, self.space.weight, self.space.bias)

    def _doubled(self, x: Tensor, stream: Stream | None) -> Tensor:
        y = cast(CausalConv3d, self.time)(x, stream).movedim(1, -1).unflatten(-1, (2, -1))
        return y.movedim(-2, 2).flatten(1, 2).movedim(-1, 1)  # type: ignore[no-any-return]


class Middle(nn.Module):
    """Residual, attention within the frame, residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.attention, self.last = Residual(width, width), FrameAttention(width), Residual(width, width)

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to the same."""
        return self.last(self.attention(self.first(x, stream)), stream)  # type: ignore[no-any-return]


class Rise(nn.Module):
    """The decoder's blocks of one scale, and the step to the next finer one where there is one."""

    def __init__(self, width: int, out: int, blocks: int, step: Double | None) -> None:
        super().__init__()
        self.residuals = nn.ModuleList(Residual(width if block == 0 else out, out) for block in range(blocks))
        self.step = step

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, out or out / 2, T', H', W']."""
        for residual in self.residuals:
            x = residual(x, stream)
        return x if self.step is None else self.step(x, stream)


class Coder(nn.Module):
    """Encoder or decoder: a convolution, layers, norm, SiLU, a convolution; the middle stands at the coarsest scale."""

    def __init__(self, channels: int, out: int, layers: list[nn.Module], first: int, last: int, *, up: bool) -> None:
        super().__init__()
        self.stem = CausalConv3d(channels, first, (3, 3, 3))
        self.layers, self.middle = nn.ModuleList(layers), Middle(first if up else last)
        self.norm, self.head = Norm(last), CausalConv3d(last, out, (3, 3, 3))
        self.up = up

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, out, T', H', W']."""
        x = self.stem(x, stream)
        for layer in (self.middle, *self.layers) if self.up else (*self.layers, self.middle):
            x = layer(x, stream)
        return self.head(self.norm.lit(x), stream)  # type: ignore[no-any-return]


class WanVae(nn.Module):
    """Video in [-1, 1] to latents, and back."""

    def __init__(self, config: WanVaeConfig) -> None:
        super().__init__()
        if len(config.halves_time) != len(config.multipliers) - 1:
            raise ValueError(f"{len(config.multipliers)} scales have {len(config.multipliers) - 1} steps between them")
        self.config = config
        self.encoder, self.decoder = _encoder(config), _decoder(config)
        self.into = nn.Conv3d(2 * config.latent, 2 * config.latent, 1)
        self.back = nn.Conv3d(config.latent, config.latent, 1)

    def encode(self, x_BCTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """The likeliest latents [B, D, 1 + n, H / 8, W / 8], mean and spread taken out.

        A later piece of a `stream` is of 4n frames. Raises InputError for lengths and sides that do not fit.
        """
        config, begun = self.config, stream is not None and bool(stream.memory)
        frames, *sides = x_BCTHW.shape[2:]
        if (frames if begun else frames - 1) % config.time or any(side % config.space for side in sides):
            raise InputError(
                "video",
                f"{tuple(x_BCTHW.shape[2:])} (frames, height, width) does not divide",
                f"use 1 + a multiple of {config.time} frames and sides that are multiples of {config.space}",
            )
        mean: Tensor = self.into(self.encoder(x_BCTHW, stream))[:, : config.latent]
        at, spread = self._scale(mean)
        return (mean - at) * (1 / spread)

    def decode(self, z_BDTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """Video [B, C, 1 + 4n, H, W] within [-1, 1]; a later piece of a `stream` gives 4 frames a latent."""
        return self._pixels(z_BDTHW, stream).clamp(-1, 1)

    def encode_stream(self, x_BCTHW: Tensor) -> Tensor:
        """`encode` with the memory of 4 frames."""
        stream, time = Stream(), self.config.time
        first, rest = x_BCTHW[:, :, :1], x_BCTHW[:, :, 1:]
        pieces = [first, *torch.split(rest, time, 2)] if rest.shape[2] else [first]
        return torch.cat([self.encode(piece, stream) for piece in pieces], 2)

    def decode_stream(self, z_BDTHW: Tensor) -> Iterator[Tensor]:
        """The video in pieces, one latent frame at a time; joined, they are `decode`. Memory is that of one."""
        stream = Stream()
        for piece in torch.split(z_BDTHW, 1, 2):
            yield self.decode(piece, stream)

    def decode_tiles(self, z_BDTHW: Tensor, tiles: Tiles | None = None) -> Tensor:
        """`decode` in blended tiles, each streamed: little memory, and not quite the same pixels."""

        def streamed(part: Tensor) -> Tensor:
            stream = Stream()
            return torch.cat([self._pixels(piece, stream) for piece in torch.split(part, 1, 2)], 2)

        return joined(streamed, z_BDTHW, tiles or Tiles(), 1 / self.config.space).clamp(-1, 1)

    def _pixels(self, z_BDTHW: Tensor, stream: Stream | None) -> Tensor:
        at, spread = self._scale(z_BDTHW)
        return self.decoder(self.back(z_BDTHW / (1 / spread) + at), stream)  # type: ignore[no-any-return]

    def _scale(self, like: Tensor) -> tuple[Tensor, Tensor]:
        at, spread = (
            torch.tensor(values, device=like.device, dtype=like.dtype).view(-1, 1, 1, 1)
            for values in (self.config.mean, self.config.spread)
        )
        return at, spread


def _encoder(config: WanVaeConfig) -> Coder:
    width, layers = config.width, list[nn.Module]()
    for level, multiplier in enumerate(config.multipliers):
        for _ in range(config.blocks):
            layers.append(Residual(width, config.width * multiplier))
            width = config.width * multiplier
        if level < len(config.halves_time):
            layers.append(Halve(width, config.halves_time[level]))
    return Coder(3, 2 * config.latent, layers, config.width, width, up=False)


def _decoder(config: WanVaeConfig) -> Coder:
    width = config.decoder_width * config.multipliers[-1]
    layers, first = list[nn.Module](), width
    for level, multiplier in reversed(list(enumerate(config.multipliers))):
        out = config.decoder_width * multiplier
        step = Double(out, config.halves_time[level - 1]) if level else None
        layers.append(Rise(width, out, config.blocks + 1, step))
        width = out // 2 if level else out
    return Coder(config.latent, 3, layers, first, width, up=True)


def _frames(x_BCTHW: Tensor) -> Tensor:
    """Every frame a row: [B · T, C, H, W]."""
    return x_BCTHW.transpose(1, 2).flatten(0, 1)


def _clip(x: Tensor, batch: int) -> Tensor:
    """Rows back to frames: [B, C, T, H, W]."""
    return x.unflatten(0, (batch, -1)).transpose(1, 2)  # type: ignore[no-any-return, no-untyped-call]
