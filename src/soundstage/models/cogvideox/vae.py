"""CogVideoX's autoencoder: causal in time, the first frame's copies stand before it (Yang et al., 2024).

Notable: a clip passes in chunks of 8 frames, or 2 latents; what is left over joins the first. Group norms see a chunk,
so other chunks are other pixels, and a `Stream` carries the convolutions' past from one to the next. The decoder's
norms read their gain and shift from the latents; it is read at their size and then repeated, which is the same and
sixty-four times less. Tiles are blended as the reference blends them.

B batch · C channels · T frames · H, W pixels · D latent channels · latents [B, D, 1 + n, H / f, W / f]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.models.cogvideox.config import VaeConfig
from soundstage.models.cogvideox.tiles import Tiles, joined
from soundstage.nn.conv import Stream
from soundstage.nn.conv3d import latest
from soundstage.ops.conv3d import conv2d_doubled, conv3d

FRAMES, LATENTS = 8, 2  # a chunk


class RepeatConv3d(nn.Module):
    """A 3 × 3 × 3 convolution, before which the first frame stands twice more."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, out, 3, padding=(0, 1, 1))

    def forward(self, x_BCTHW: Tensor, stream: Stream) -> Tensor:
        """[B, C, T, H, W] to [B, out, T, H, W]."""
        past = stream.memory.get(self)
        if past is None:
            past = x_BCTHW[:, :, :1].expand(-1, -1, 2, -1, -1)
        stream.memory[self] = latest(past, x_BCTHW, 2)
        return conv3d(x_BCTHW, self.conv.weight, self.conv.bias, past)


class LatentNorm(nn.Module):
    """A group norm over the chunk, its gain and shift read from the latents of the same places (Zheng et al., 2022)."""

    def __init__(self, width: int, latent: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, 1e-6)
        self.read = nn.Conv3d(latent, 2 * width, 1)

    def forward(self, x_BCTHW: Tensor, z_BDTHW: Tensor) -> Tensor:
        """[B, C, T, H, W] to the same."""
        x, read = self.norm(x_BCTHW), self.read(z_BDTHW)
        if x.is_contiguous(memory_format=torch.channels_last_3d):
            read = read.contiguous(memory_format=torch.channels_last_3d)
        # An odd chunk is the first, and its first frame is alone.
        alone = int(x.shape[2] > 1 and x.shape[2] % 2)
        if alone:
            _shift(x[:, :, :1], read[:, :, :1])
        _shift(x[:, :, alone:], read[:, :, alone:])
        return cast(Tensor, x)


class Residual(nn.Module):
    """norm, SiLU, convolution, twice; the input added. With `latent` channels its norms read the latents."""

    def __init__(self, width: int, out: int, groups: int, eps: float, latent: int | None = None) -> None:
        super().__init__()
        self.norm, self.mid = (
            nn.GroupNorm(groups, wide, eps) if latent is None else LatentNorm(wide, latent, groups)
            for wide in (width, out)
        )
        self.rise, self.fall = RepeatConv3d(width, out), RepeatConv3d(out, out)
        self.skip = None if width == out else nn.Conv3d(width, out, 1)

    def forward(self, x_BCTHW: Tensor, stream: Stream, *latents: Tensor) -> Tensor:
        """[B, C, T, H, W] to [B, out, T, H, W]."""
        h = self.rise(F.silu(self.norm(x_BCTHW, *latents), inplace=True), stream)
        h = self.fall(F.silu(self.mid(h, *latents), inplace=True), stream)
        return h.add_(x_BCTHW if self.skip is None else self.skip(x_BCTHW))  # type: ignore[no-any-return]


class Halve(nn.Module):
    """Halve height and width by a strided convolution, and before it time, where asked, by the mean of two frames."""

    def __init__(self, width: int, *, time: bool) -> None:
        super().__init__()
        self.conv, self.time = nn.Conv2d(width, width, 3, 2), time

    def forward(self, x_BCTHW: Tensor) -> Tensor:
        """[B, C, T, H, W] to [B, C, ceil(T / 2) or T, H / 2, W / 2]; of an odd chunk the first frame stays alone."""
        if self.time and x_BCTHW.shape[2] > 1:
            odd = x_BCTHW.shape[2] % 2
            pairs = x_BCTHW[:, :, odd:]
            mean = (pairs[:, :, ::2] + pairs[:, :, 1::2]) / 2
            x_BCTHW = torch.cat((x_BCTHW[:, :, :odd], mean), 2) if odd else mean
        return each_frame(lambda x: self.conv(F.pad(x, (0, 1, 0, 1))), x_BCTHW)


class Double(nn.Module):
    """Double height and width, and where asked time (nearest, then a convolution of each frame)."""

    def __init__(self, width: int, *, time: bool) -> None:
        super().__init__()
        self.conv, self.time = nn.Conv2d(width, width, 3, padding=1), time

    def forward(self, x_BCTHW: Tensor) -> Tensor:
        """[B, C, T, H, W] to [B, C, 2T, 2T − 1 or T, 2H, 2W]; of an odd chunk the first frame stays alone."""
        frames = x_BCTHW.shape[2]
        made = conv2d_doubled(x_BCTHW, self.conv.weight, self.conv.bias)
        if not self.time or frames == 1:
            return made
        # The convolution sees one frame: those that double come out alike, so they are made once.
        index = torch.arange(frames % 2, 2 * frames, device=made.device) // 2
        return made.movedim(1, -1).index_select(1, index).movedim(-1, 1)  # channels stay last in memory


class Level(nn.Module):
    """Residual blocks at one size, and the change to the next, if there is one."""

    def __init__(self, blocks: list[Residual], change: Halve | Double | None) -> None:
        super().__init__()
        self.blocks, self.change = nn.ModuleList(blocks), change

    def forward(self, x_BCTHW: Tensor, stream: Stream, *latents: Tensor) -> Tensor:
        """[B, C, T, H, W] to what the change makes of it."""
        for block in self.blocks:
            x_BCTHW = block(x_BCTHW, stream, *latents)
        return x_BCTHW if self.change is None else self.change(x_BCTHW)


class Encoder(nn.Module):
    """A chunk of video to mean and log variance."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        groups, eps, width = config.groups, config.eps, config.widths[0]
        self.enter, self.levels = RepeatConv3d(config.channels, width), nn.ModuleList()
        for level, wide in enumerate(config.widths):
            blocks = [Residual(width if i == 0 else wide, wide, groups, eps) for i in range(config.blocks)]
            halves = level < len(config.widths) - 1
            self.levels.append(Level(blocks, Halve(wide, time=2 << level <= config.pace) if halves else None))
            width = wide
        self.middle = nn.ModuleList(Residual(width, width, groups, eps) for _ in range(2))
        self.norm, self.leave = nn.GroupNorm(groups, width, 1e-6), RepeatConv3d(width, 2 * config.latent)

    def forward(self, x_BCTHW: Tensor, stream: Stream) -> Tensor:
        """[B, C, T, H, W] to [B, 2D, T / pace, H / f, W / f]."""
        x = self.enter(x_BCTHW, stream)
        for part in (*self.levels, *self.middle):
            x = part(x, stream)
        return self.leave(F.silu(self.norm(x), inplace=True), stream)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """A chunk of latents to video."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        groups, eps, latent, width = config.groups, config.eps, config.latent, config.widths[-1]
        self.enter = RepeatConv3d(latent, width)
        self.middle = nn.ModuleList(Residual(width, width, groups, eps, latent) for _ in range(2))
        self.levels = nn.ModuleList()
        for level, wide in enumerate(reversed(config.widths)):
            blocks = [Residual(width if i == 0 else wide, wide, groups, eps, latent) for i in range(config.blocks + 1)]
            doubles = level < len(config.widths) - 1
            self.levels.append(Level(blocks, Double(wide, time=2 << level <= config.pace) if doubles else None))
            width = wide
        self.norm, self.leave = LatentNorm(width, latent, groups), RepeatConv3d(width, config.channels)

    def forward(self, z_BDTHW: Tensor, stream: Stream) -> Tensor:
        """[B, D, T, H, W] to [B, C, pace · T or 1 + pace · (T − 1), f · H, f · W]."""
        x = self.enter(z_BDTHW, stream)
        for part in (*self.middle, *self.levels):
            x = part(x, stream, z_BDTHW)
        return self.leave(F.silu(self.norm(x, z_BDTHW), inplace=True), stream)  # type: ignore[no-any-return]


class Vae(nn.Module):
    """Video in −1 … 1 to a normal distribution over latents, and back."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = Encoder(config), Decoder(config)

    def encode(self, x_BCTHW: Tensor, tiles: Tiles | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log variance, [B, D, n, H / f, W / f] each. Raises InputError for sides that do not divide."""
        if any(side % self.config.space for side in x_BCTHW.shape[3:]):
            size = " × ".join(str(side) for side in x_BCTHW.shape[3:])
            raise InputError(
                "video", f"{size} (height, width) does not divide", f"use multiples of {self.config.space}"
            )

        def whole(x: Tensor) -> Tensor:
            return torch.cat(list(_passed(self.encoder, x, FRAMES)), 2)

        if tiles is not None and tiles.cut(x_BCTHW.shape[3:]):
            made = joined(whole, x_BCTHW, tiles.pixels(), tiles.latents(self.config.space))
        else:
            made = whole(x_BCTHW)
        mean, log_variance = made.chunk(2, 1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, z_BDTHW: Tensor, tiles: Tiles | None = None) -> Tensor:
        """Video [B, C, 1 + pace · (n − 1), H, W] of an odd number of latents n, pace · n frames of an even one."""

        def whole(z: Tensor) -> Tensor:
            return torch.cat(list(self.decode_stream(z)), 2)

        space = self.config.space
        if tiles is not None and tiles.cut([space * side for side in z_BDTHW.shape[3:]]):
            return joined(whole, z_BDTHW, tiles.latents(space), tiles.pixels())
        return whole(z_BDTHW)

    def decode_stream(self, z_BDTHW: Tensor) -> Iterator[Tensor]:
        """The video in pieces, a chunk of two latents at a time; joined, they are `decode`. Memory is that of one."""
        yield from _passed(self.decoder, z_BDTHW, LATENTS)

    def tiles(self) -> Tiles:
        """Tiles of half a side of the trained size, as the reference cuts them."""
        height, width = self.config.size
        return Tiles(height=height // 2, width=width // 2)


def chunks(frames: int, size: int) -> Iterator[tuple[int, int]]:
    """From where to where the chunks of a clip reach; the first takes what is left over."""
    start, left = 0, frames % size
    for index in range(max(1, frames // size)):
        stop = min(frames, left + size * (index + 1))
        yield start, stop
        start = stop


def each_frame(work: Callable[[Tensor], Tensor], x_BCTHW: Tensor) -> Tensor:
    """What a function of pictures [B · T, C, H, W] gives for every frame of a video."""
    y = work(x_BCTHW.transpose(1, 2).flatten(0, 1))
    return y.view(len(x_BCTHW), -1, *y.shape[1:]).transpose(1, 2)


def _passed(network: nn.Module, x: Tensor, size: int) -> Iterator[Tensor]:
    stream = Stream()
    for start, stop in chunks(x.shape[2], size):
        yield network(x[:, :, start:stop], stream)


def _shift(x_BCTHW: Tensor, read_BCTHW: Tensor) -> None:
    """x · gain + shift in place, where each value of what was read holds for a block of frames, rows and columns."""
    batch, width, *sizes = x_BCTHW.shape
    steps = read_BCTHW.shape[2:]
    gain, shift = (half.view(batch, width, steps[0], 1, steps[1], 1, steps[2], 1) for half in read_BCTHW.chunk(2, 1))
    blocks = [n for size, step in zip(sizes, steps, strict=True) for n in (step, size // step)]
    x_BCTHW.view(batch, width, *blocks).mul_(gain).add_(shift)
