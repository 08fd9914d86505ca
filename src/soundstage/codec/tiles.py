"""A picture or a video in overlapping tiles whose edges are blended, for what does not fit into memory whole.

Notable: tiles change the result a little where a network looks further than a tile's edge; this is the way in which
diffusers blends, so that both change it alike. A tile is blended with the one above, then with the one on its left, as
these were blended. Of the row above only the strip that is blended is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Sides of a square tile and how far the next one begins, in pixels."""

    side: int = 256
    step: int = 192

    def __post_init__(self) -> None:
        if not 0 < self.step <= self.side:
            raise InputError("tile", f"of {self.side} with steps of {self.step}", "let tiles meet or overlap")

    def cut(self, height: int, width: int) -> bool:
        """Whether a picture of that size needs more than one."""
        return height > self.side or width > self.side


def joined(work: Callable[[Tensor], Tensor], x: Tensor, tiles: Tiles, given: float = 1.0, made: float = 1.0) -> Tensor:
    """What `work` gives for tiles of x (its last axes height and width), blended.

    `given` and `made` say how much smaller than pixels x and the result are: 1/8 for latents.
    """
    side, step = int(tiles.side * given), int(tiles.step * given)
    keep, extent = int(tiles.step * made), int(tiles.side * made) - int(tiles.step * made)
    rows: list[Tensor] = []
    above: list[Tensor] = []
    for top in range(0, x.shape[-2], step):
        row: list[Tensor] = []
        strips: list[Tensor] = []
        right: Tensor | None = None
        for column, left in enumerate(range(0, x.shape[-1], step)):
            tile = work(x[..., top : top + side, left : left + side])
            if above:
                blended(above[column], tile, extent, -2)
            if right is not None:
                blended(right, tile, extent, -1)
            right = tile[..., tile.shape[-1] - extent :].clone()
            strips.append(tile[..., tile.shape[-2] - extent :, :].clone())
            row.append(tile[..., :keep, :keep].clone())
        rows.append(torch.cat(row, -1))
        above = strips
    return torch.cat(rows, -2)[..., : int(x.shape[-2] / given * made), : int(x.shape[-1] / given * made)]


def blended(before: Tensor, tile: Tensor, extent: int, axis: int) -> None:
    """The first `extent` rows or columns of a tile, in place, from the last of the one before to its own."""
    extent = min(before.shape[axis], tile.shape[axis], extent)
    if not extent:
        return
    weight = torch.arange(extent, device=tile.device, dtype=tile.dtype) / extent
    start = tile.narrow(axis, 0, extent)
    end = before.narrow(axis, before.shape[axis] - extent, extent)
    start.copy_(torch.lerp(end, start, weight.unsqueeze(-1) if axis == -2 else weight))
