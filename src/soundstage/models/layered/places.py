"""Places: layouts that are remembered as codes, and shown at any hour and in any weather.

Notable: nothing here is trained by steps. A layout is kept as it looks at four hours, block by block in principal
components (`codec.vae3d.Blocks`), a byte a number; blocks that are the same anywhere are kept once. Any other hour is a
mixture of those four pictures' colours and what its air adds to every row, both by least squares. The distance and what
is near are remembered apart, and either may be mirrored, so that n layouts give 4 n² places. What is near stands still
from hour to hour and is coded in one; suns, moons and clouds do not, so the distance is coded hour by hour.

B batch · D picture channels: RGB far away, premultiplied RGBA near · C numbers of a block · H, W height and width
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from soundstage.codec.vae3d import Blocks, Vae3dConfig

ROWS = 128  # pixels of a frame's height at which places are drawn
MARGIN = 32  # rows above and below a frame, for tilts
COLUMNS = 448  # of a panorama
HOURS = 4  # at which a layout is kept
BLOCK = 8  # pixels a side


class Hour(NamedTuple):
    """Class numbers, [B] each."""

    place: Tensor
    time: Tensor
    weather: Tensor


class Choice(NamedTuple):
    """Which layouts are shown, [B] each, and whether they are mirrored."""

    far: Tensor
    far_mirrored: Tensor
    near: Tensor
    near_mirrored: Tensor


class Backdrop(nn.Module):
    """The far or the near layer of every layout of every place: [B, D, H, W] in −1…1.

    `counts` are the numbers of places, times and weathers; `kept`, of blocks. `together` of the hours share a code.
    """

    codes: Tensor
    steps: Tensor
    index: Tensor

    def __init__(self, counts: Sequence[int], layouts: int, channels: int, code: int, kept: int, together: int) -> None:
        super().__init__()
        self.counts, self.channels, self.groups = tuple(counts), channels, HOURS // together
        high, across = (ROWS + 2 * MARGIN) // BLOCK, COLUMNS // BLOCK
        self.register_buffer("codes", torch.zeros(kept, code, dtype=torch.int8))
        self.register_buffer("steps", torch.ones(code))  # of the bytes
        self.register_buffer("index", torch.zeros(counts[0], layouts, self.groups, high, across, dtype=torch.int32))
        self.blocks = Blocks(
            Vae3dConfig(channels=together * channels, latent=code, widths=(), doubles_time=(False, False))
        )
        rows = counts[0] * counts[1] * counts[2]
        self.mixture = nn.Embedding(rows, channels * HOURS * channels)
        self.air = nn.Embedding(rows, channels * high * BLOCK)

    def row(self, hour: Hour) -> Tensor:
        """The number [B] of a place's hour and weather, in the tables."""
        return (hour.place * self.counts[1] + hour.time) * self.counts[2] + hour.weather

    def kept(self, place_B: Tensor, layout_B: Tensor) -> Tensor:
        """A layout at the hours at which it is kept, side by side in channels, [B, HOURS · D, H, W]."""
        code = self.codes[self.index[place_B, layout_B].long()].to(self.steps) * self.steps
        code = code.flatten(0, 1).permute(0, 3, 1, 2)
        kept: Tensor = self.blocks.decode(code[:, :, None], None)[:, :, 0]
        return kept.reshape(len(place_B), HOURS * self.channels, *kept.shape[2:])

    def mixed(self, kept_BDHW: Tensor, hour: Hour) -> Tensor:
        """Their colours mixed as is best at an hour, under its air, [B, D, H, W]."""
        row, shape = self.row(hour), (len(kept_BDHW), self.channels, kept_BDHW.shape[2], -1)
        mixed = self.mixture(row).view(*shape[:2], -1) @ kept_BDHW.flatten(2)
        made: Tensor = mixed.view(shape) + self.air(row).view(shape)
        return made

    def forward(self, hour: Hour, layout_B: Tensor) -> Tensor:
        """[B, D, H, W]."""
        return self.mixed(self.kept(hour.place, layout_B), hour)


class Places(nn.Module):
    """Both layers; of `codes` and `kept` the far one's come first."""

    def __init__(self, counts: Sequence[int], layouts: int, codes: tuple[int, int], kept: tuple[int, int]) -> None:
        super().__init__()
        self.layouts = layouts
        self.far = Backdrop(counts, layouts, 3, codes[0], kept[0], 1)
        self.near = Backdrop(counts, layouts, 4, codes[1], kept[1], HOURS)

    def choose(self, generator: torch.Generator) -> Choice:
        """The generator's choice, [1] each."""
        chosen = []
        for _ in range(2):
            chosen.append(torch.randint(self.layouts, (1,), generator=generator, device=generator.device))
            chosen.append(torch.rand(1, generator=generator, device=generator.device) < 0.5)
        return Choice(*chosen)

    def every(self) -> Choice:
        """All layouts as they are, then all of them mirrored."""
        device = self.far.index.device
        layouts = torch.arange(self.layouts, device=device).repeat(2)
        mirrored = torch.arange(2 * self.layouts, device=device) >= self.layouts
        return Choice(layouts, mirrored, layouts, mirrored)

    def draw(self, hour: Hour, choice: Choice) -> tuple[Tensor, Tensor]:
        """A place at an hour: [B, 3, H, W] and [B, 4, H, W] in −1…1, the latter premultiplied."""
        drawn = []
        for backdrop, layout, mirrored in ((self.far, *choice[:2]), (self.near, *choice[2:])):
            made = backdrop(hour, layout).clamp(-1, 1)
            drawn.append(torch.where(mirrored.view(-1, 1, 1, 1), made.flip(3), made))
        return drawn[0], drawn[1]
