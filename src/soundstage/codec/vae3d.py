"""A causal video autoencoder: the first frame stands alone, so a picture is a video of one frame (cf. Wan, 2025).

Notable: norms look at one position only, so a clip that is encoded or decoded in pieces (a `Stream`), or decoded in
tiles with a margin, gives what the whole gives. Attention within a frame is optional, for it rules exact tiles out.

B batch · C channels · T = 1 + s·n frames · H, W pixels · D latent channels · latents [B, D, 1 + n, H / f, W / f]
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.nn.conv import Stream
from soundstage.nn.conv3d import CausalConv3d, DoubleTime
from soundstage.ops.attention import attention


@dataclass(frozen=True, kw_only=True)
class Vae3dConfig:
    """`widths` a scale, finest first; a step to the next halves the picture, and time too where `halves_time` says."""

    channels: int
    latent: int
    widths: tuple[int, ...]
    halves_time: tuple[bool, ...]  # one for each step, finest first
    blocks: int = 2
    attention: bool = False

    @property
    def space(self) -> int:
        """Pixels a latent, along each side."""
        return int(2 ** len(self.halves_time))

    @property
    def time(self) -> int:
        """Frames a latent, after the first."""
        return int(2 ** sum(self.halves_time))


class PixelNorm(nn.Module):
    """RMS norm over the channels of each position, with a gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T, H, W] to the same."""
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8) * self.gain


class Residual(nn.Module):
    """norm, SiLU, convolution, twice; the input added."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.norm, self.rise = PixelNorm(width), CausalConv3d(width, out, (3, 3, 3))
        self.mid, self.fall = PixelNorm(out), CausalConv3d(out, out, (3, 3, 3))
        self.skip = nn.Identity() if width == out else nn.Conv3d(width, out, 1)

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, out, T, H, W]."""
        h = self.rise(F.silu(self.norm(x)), stream)
        return self.skip(x) + self.fall(F.silu(self.mid(h)), stream)  # type: ignore[no-any-return]


class FrameAttention(nn.Module):
    """Single-head attention within each frame, its input added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.qkv, self.out = PixelNorm(width), nn.Conv3d(width, 3 * width, 1), nn.Conv3d(width, width, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to the same."""
        batch, width, frames, *sides = x.shape
        qkv = self.qkv(self.norm(x)).permute(0, 2, 3, 4, 1).reshape(batch * frames, 1, -1, 3 * width)
        y = attention(*qkv.chunk(3, -1)).reshape(batch, frames, *sides, width)
        return x + self.out(y.permute(0, 4, 1, 2, 3))  # type: ignore[no-any-return]


class HalveSpace(nn.Module):
    """Halve height and width, and time where asked."""

    def __init__(self, width: int, halves_time: bool) -> None:
        super().__init__()
        self.space = nn.Conv3d(width, width, (1, 3, 3), (1, 2, 2), (0, 1, 1))
        self.time = CausalConv3d(width, width, (3, 1, 1), stride=2) if halves_time else None

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, C, ceil(T / 2) or T, H / 2, W / 2]."""
        x = self.space(x)
        return x if self.time is None else self.time(x, stream)


class DoubleSpace(nn.Module):
    """Double height and width (nearest, then a convolution), and time where asked."""

    def __init__(self, width: int, doubles_time: bool) -> None:
        super().__init__()
        self.time = DoubleTime(width) if doubles_time else None
        self.space = nn.Conv3d(width, width, (1, 3, 3), padding=(0, 1, 1))

    def forward(self, x: Tensor, stream: Stream | None = None) -> Tensor:
        """[B, C, T, H, W] to [B, C, 2T − 1 or T, 2H, 2W]."""
        x = x if self.time is None else self.time(x, stream)
        return self.space(x.repeat_interleave(2, 3).repeat_interleave(2, 4))  # type: ignore[no-any-return]


class Vae3d(nn.Module):
    """Video to a normal distribution over latents, and back."""

    def __init__(self, config: Vae3dConfig) -> None:
        super().__init__()
        if len(config.halves_time) != len(config.widths) - 1:
            raise ValueError(f"{len(config.widths)} widths have {len(config.widths) - 1} steps between them")
        self.config = config
        self.encoder = nn.ModuleList(_encoder(config))
        self.decoder = nn.ModuleList(_decoder(config))

    def encode(self, x_BCTHW: Tensor, stream: Stream | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log variance, [B, D, 1 + n, H / f, W / f] each. Raises InputError for lengths that do not fit."""
        frames, begun = x_BCTHW.shape[2], stream is not None and bool(stream.memory)
        if (frames if begun else frames - 1) % self.config.time or any(
            s % self.config.space for s in x_BCTHW.shape[3:]
        ):
            raise InputError(
                "video",
                f"{tuple(x_BCTHW.shape[2:])} (frames, height, width) does not divide",
                f"use 1 + a multiple of {self.config.time} frames and sides that are multiples of {self.config.space}",
            )
        mean, log_variance = _run(self.encoder, x_BCTHW, stream).chunk(2, 1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, z_BDTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """Video [B, C, 1 + s·n, H, W]."""
        return _run(self.decoder, z_BDTHW, stream)

    def forward(self, x_BCTHW: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """A reconstruction through a drawn latent, and the distribution's mean and log variance, for training."""
        mean, log_variance = self.encode(x_BCTHW)
        noise = torch.randn(mean.shape, generator=generator, device=generator.device).to(mean)
        return self.decode(mean + noise * (log_variance / 2).exp()), mean, log_variance

    def decode_stream(self, z_BDTHW: Tensor) -> Iterator[Tensor]:
        """The video in pieces, one latent frame at a time; joined, they are `decode`. Memory is that of one."""
        stream = Stream()
        for piece in torch.split(z_BDTHW, 1, 2):
            yield self.decode(piece, stream)

    def decode_tiles(self, z_BDTHW: Tensor, tile: int) -> Tensor:
        """`decode` in tiles of `tile` latents a side, each with the margin that makes it exact; for large pictures.

        Raises InputError for a model with attention, whose every pixel sees the whole frame.
        """
        if self.config.attention:
            raise InputError("tile", "this autoencoder attends over whole frames", "decode it whole, or as a stream")
        margin, scale = self.margin, self.config.space
        rows = []
        for top in range(0, z_BDTHW.shape[3], tile):
            row = []
            for left in range(0, z_BDTHW.shape[4], tile):
                up, west = max(0, top - margin), max(0, left - margin)
                part = z_BDTHW[:, :, :, up : top + tile + margin, west : left + tile + margin]
                y = self.decode(part)
                high, wide = (
                    min(tile, end - start) * scale for start, end in zip((top, left), z_BDTHW.shape[3:], strict=True)
                )
                y0, x0 = (top - up) * scale, (left - west) * scale
                row.append(y[..., y0 : y0 + high, x0 : x0 + wide])
            rows.append(torch.cat(row, 4))
        return torch.cat(rows, 3)

    @property
    def margin(self) -> int:
        """Latents beyond a tile's edge that its pixels see: every 3 × 3 convolution reaches one, at its own scale."""
        steps = len(self.config.halves_time)
        reach = 1.0 + 2 * 2  # the stem and the two middle blocks
        for step in range(steps + 1):
            reach += (2 * (self.config.blocks + 1) + 1) / 2**step
        return math.ceil(reach)


def _encoder(config: Vae3dConfig) -> Iterator[nn.Module]:
    width = config.widths[0]
    yield CausalConv3d(config.channels, width, (3, 3, 3))
    for level, wide in enumerate(config.widths):
        for _ in range(config.blocks):
            yield Residual(width, wide)
            width = wide
        if level < len(config.halves_time):
            yield HalveSpace(width, config.halves_time[level])
    yield from _middle(width, config)
    yield from (PixelNorm(width), nn.SiLU(), CausalConv3d(width, 2 * config.latent, (3, 3, 3)))


def _decoder(config: Vae3dConfig) -> Iterator[nn.Module]:
    width = config.widths[-1]
    yield CausalConv3d(config.latent, width, (3, 3, 3))
    yield from _middle(width, config)
    for level, wide in reversed(list(enumerate(config.widths))):
        for _ in range(config.blocks + 1):
            yield Residual(width, wide)
            width = wide
        if level:
            yield DoubleSpace(width, config.halves_time[level - 1])
    yield from (PixelNorm(width), nn.SiLU(), CausalConv3d(width, config.channels, (3, 3, 3)))


def _middle(width: int, config: Vae3dConfig) -> Iterator[nn.Module]:
    yield Residual(width, width)
    if config.attention:
        yield FrameAttention(width)
    yield Residual(width, width)


def _run(layers: nn.ModuleList, x: Tensor, stream: Stream | None) -> Tensor:
    for layer in layers:
        x = layer(x) if isinstance(layer, PixelNorm | nn.SiLU) else layer(x, stream)
    return x
