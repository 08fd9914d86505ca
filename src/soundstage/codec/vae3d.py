"""A causal video autoencoder: the first frame stands alone, so a picture is a video of one frame (cf. Wan, 2025).

Notable: its code is linear, one product for each block of pixels and frames, begun as the blocks' principal components
(`begin`) and trained on from there; the decoder is the product back, mended by causal convolutions from three scales.
A small network so starts where others arrive after hours. Norms look at one position only, so a clip that is encoded or
decoded in pieces (a `Stream`), or decoded in tiles with a margin, gives what the whole gives.

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

SHRINK = 0.5  # a latent is its component over the component's spread to this power


@dataclass(frozen=True, kw_only=True)
class Vae3dConfig:
    """`widths` of the mending scales, finest first; each step up from the latents doubles the picture, and time where
    `doubles_time` says, finest first too; `patch` pixels a side are left for the last shuffle.
    """

    channels: int
    latent: int
    widths: tuple[int, ...]
    doubles_time: tuple[bool, ...]  # one for each step
    patch: int = 2
    blocks: int = 1

    @property
    def space(self) -> int:
        """Pixels a latent, along each side."""
        return int(self.patch * 2 ** len(self.doubles_time))

    @property
    def time(self) -> int:
        """Frames a latent, after the first."""
        return int(2 ** sum(self.doubles_time))


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


class Blocks(nn.Module):
    """Blocks of pixels and frames to vectors and back, each by one product; the first frame is a block that stands
    still.
    """

    def __init__(self, config: Vae3dConfig) -> None:
        super().__init__()
        sides = (config.time, config.space, config.space)
        self.code = nn.Conv3d(config.channels, config.latent, sides, sides)
        self.back = nn.ConvTranspose3d(config.latent, config.channels, sides, sides)
        self.sides = sides

    def encode(self, x: Tensor, stream: Stream | None) -> Tensor:
        """[B, C, T, H, W] to [B, D, 1 + n, H / f, W / f]."""
        return self.code(x if _begun(self.code, stream) else self._whole(x))  # type: ignore[no-any-return]

    def _whole(self, x: Tensor) -> Tensor:
        """The clip with its first frame repeated until it fills a block."""
        return torch.cat((x[:, :, :1].expand(-1, -1, self.sides[0], -1, -1), x[:, :, 1:]), 2)

    def cut(self, x: Tensor) -> Tensor:
        """The blocks of clips [B, C, T, H, W], each flat as `begin` takes them, [N, C·s·f·f]."""
        time, high, wide = self.sides
        blocks = self._whole(x).unfold(2, time, time).unfold(3, high, high).unfold(4, wide, wide)
        return blocks.permute(0, 2, 3, 4, 1, 5, 6, 7).flatten(4).flatten(0, 3)

    def decode(self, z: Tensor, stream: Stream | None) -> Tensor:
        """And back; of the first block its last frame is kept."""
        x = self.back(z)
        return x if _begun(self.back, stream) else x[:, :, self.sides[0] - 1 :]  # type: ignore[no-any-return]

    @torch.no_grad()
    def begin(self, blocks_NX: Tensor) -> None:
        """Take the principal components of blocks [N, C·s·f·f] for the code and the way back."""
        middle = blocks_NX.mean(0)
        spreads, parts = torch.linalg.eigh(torch.cov((blocks_NX - middle).T))
        count = self.code.out_channels
        parts, spreads = parts.T.flip(0)[:count], spreads.flip(0)[:count].clamp_min(1e-8).sqrt()
        scale = spreads**SHRINK * (spreads ** (1 - SHRINK)).square().mean().sqrt()  # latents of unit power
        self.code.weight.copy_((parts / scale[:, None]).view_as(self.code.weight))
        assert self.code.bias is not None and self.back.bias is not None
        self.code.bias.copy_(-(parts @ middle) / scale)
        self.back.weight.copy_((parts * scale[:, None]).view_as(self.back.weight))
        self.back.bias.copy_(middle.view(self.code.in_channels, -1).mean(1))


def _begun(layer: nn.Module, stream: Stream | None) -> bool:
    """Whether the layer has seen a first frame of this stream; from now on it has."""
    if stream is None:
        return False
    seen = layer in stream.begun
    stream.begun.add(layer)
    return seen


class Vae3d(nn.Module):
    """Video to latents, and back."""

    def __init__(self, config: Vae3dConfig) -> None:
        super().__init__()
        if len(config.doubles_time) != len(config.widths) - 1:
            raise ValueError(f"{len(config.widths)} widths have {len(config.widths) - 1} steps between them")
        self.config = config
        self.blocks = Blocks(config)
        self.mend = nn.ModuleList(_mending(config))

    def encode(self, x_BCTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """Latents [B, D, 1 + n, H / f, W / f]. Raises InputError for lengths that do not fit."""
        frames, begun = x_BCTHW.shape[2], stream is not None and self.blocks.code in stream.begun
        if (frames if begun else frames - 1) % self.config.time or any(
            s % self.config.space for s in x_BCTHW.shape[3:]
        ):
            raise InputError(
                "video",
                f"{tuple(x_BCTHW.shape[2:])} (frames, height, width) does not divide",
                f"use 1 + a multiple of {self.config.time} frames and sides that are multiples of {self.config.space}",
            )
        return self.blocks.encode(x_BCTHW, stream)

    def decode(self, z_BDTHW: Tensor, stream: Stream | None = None) -> Tensor:
        """Video [B, C, 1 + s·n, H, W]."""
        h = z_BDTHW
        for layer in self.mend:
            h = layer(h) if isinstance(layer, PixelNorm | nn.SiLU) else layer(h, stream)
        return self.blocks.decode(z_BDTHW, stream) + shuffled(h, self.config.patch)

    def decode_stream(self, z_BDTHW: Tensor) -> Iterator[Tensor]:
        """The video in pieces, one latent frame at a time; joined, they are `decode`. Memory is that of one."""
        stream = Stream()
        for piece in torch.split(z_BDTHW, 1, 2):
            yield self.decode(piece, stream)

    def decode_tiles(self, z_BDTHW: Tensor, tile: int) -> Tensor:
        """`decode` in tiles of `tile` latents a side, each with the margin that makes it exact; for large pictures."""
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
        reach = 2.0  # the stem, and what a last shuffle's head adds, rounded up
        for step in range(len(self.config.widths)):
            reach += (2 * self.config.blocks + 1) / 2**step
        return math.ceil(reach)


def shuffled(x_BCTHW: Tensor, patch: int) -> Tensor:
    """[B, C·p², T, H, W] to [B, C, T, p·H, p·W]."""
    batch, _, frames, height, width = x_BCTHW.shape
    x = F.pixel_shuffle(x_BCTHW.transpose(1, 2).flatten(0, 1), patch)
    return x.view(batch, frames, -1, patch * height, patch * width).transpose(1, 2)


def _mending(config: Vae3dConfig) -> Iterator[nn.Module]:
    width = config.widths[-1]
    yield CausalConv3d(config.latent, width, (3, 3, 3))
    for level, wide in reversed(list(enumerate(config.widths))):
        for _ in range(config.blocks):
            yield Residual(width, wide)
            width = wide
        if level:
            yield DoubleSpace(width, config.doubles_time[level - 1])
    head = CausalConv3d(width, config.channels * config.patch**2, (3, 3, 3))
    nn.init.zeros_(head.conv.weight)
    assert head.conv.bias is not None
    nn.init.zeros_(head.conv.bias)
    yield from (PixelNorm(width), nn.SiLU(), head)
