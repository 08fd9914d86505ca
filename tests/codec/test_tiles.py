"""Tiles: what looks at one pixel is exact in them, seams are blended, and sizes are kept."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.codec.tiles import Tiles, joined
from soundstage.errors import InputError


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(8, 8), (20, 13), (33, 7)])
def test_what_looks_at_one_place_is_exact(size: tuple[int, int]) -> None:
    x = draw(1, 2, 3, *size)
    assert torch.allclose(joined(lambda tile: 2 * tile + 1, x, Tiles(side=8, step=6)), 2 * x + 1, atol=1e-6)


def test_tiles_of_latents_make_tiles_of_pixels() -> None:
    x = draw(1, 1, 1, 5, 7)
    made = joined(lambda tile: tile.repeat_interleave(4, 3).repeat_interleave(4, 4), x, Tiles(side=16, step=12), 1 / 4)
    assert torch.allclose(made, x.repeat_interleave(4, 3).repeat_interleave(4, 4), atol=1e-6)


def test_a_seam_is_a_ramp_from_one_tile_to_the_next() -> None:
    count = iter(range(10))
    made = joined(
        lambda tile: torch.full_like(tile, float(next(count))), torch.zeros(1, 1, 4, 10), Tiles(side=8, step=4)
    )
    row = made[0, 0, 0]
    assert row[:8].tolist() == [0, 0, 0, 0, 0, 0.25, 0.5, 0.75]
    assert bool((row.diff() >= 0).all()) and float(row[-1]) > 1


def test_tiles_that_leave_gaps_are_refused() -> None:
    with pytest.raises(InputError, match="tile"):
        Tiles(side=8, step=9)
    assert Tiles(side=8, step=6).cut(9, 4) and not Tiles(side=8, step=6).cut(8, 8)
