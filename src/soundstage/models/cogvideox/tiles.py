"""CogVideoX's tiles: half a side of the trained size each, of height and width that differ.

Notable: tiles change the result, for each has norms of its own. What overlaps is told as a part of a side, and rounded
on pixels and on latents apart, as the reference does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.codec.tiles import blended


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Sides of a tile, how far the next begins, what is blended, and what is kept; height and width each."""

    side: tuple[int, int]
    step: tuple[int, int]
    blend: tuple[int, int]
    keep: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """The sides of a tile in pixels, and which part of them overlaps."""

    height: int
    width: int
    overlap_height: float = 1 / 6
    overlap_width: float = 1 / 5

    def cut(self, size: Sequence[int]) -> bool:
        """Whether a picture of that height and width needs more than one."""
        return size[0] > self.height or size[1] > self.width

    def pixels(self) -> Cut:
        """As they lie on pixels."""
        return self._of(self.height, self.width)

    def latents(self, space: int) -> Cut:
        """As they lie on latents of so many pixels a side."""
        return self._of(self.height // space, self.width // space)

    def _of(self, *side: int) -> Cut:
        parts = self.overlap_height, self.overlap_width
        step = [int(s * (1 - part)) for s, part in zip(side, parts, strict=True)]
        blend = [int(s * part) for s, part in zip(side, parts, strict=True)]
        return Cut(
            side=(side[0], side[1]),
            step=(step[0], step[1]),
            blend=(blend[0], blend[1]),
            keep=(side[0] - blend[0], side[1] - blend[1]),
        )


def joined(work: Callable[[Tensor], Tensor], x: Tensor, given: Cut, made: Cut) -> Tensor:
    """What `work` gives for tiles of x (its last axes: height, width), blended; they lie `given` on x, `made` on it."""
    rows: list[Tensor] = []
    above: list[Tensor] = []
    for top in range(0, x.shape[-2], given.step[0]):
        row: list[Tensor] = []
        for left in range(0, x.shape[-1], given.step[1]):
            tile = work(x[..., top : top + given.side[0], left : left + given.side[1]])
            if above:
                blended(above[len(row)], tile, made.blend[0], -2)
            if row:
                blended(row[-1], tile, made.blend[1], -1)
            row.append(tile)
        rows.append(torch.cat([tile[..., : made.keep[0], : made.keep[1]] for tile in row], -1))
        above = row
    return torch.cat(rows, -2)
