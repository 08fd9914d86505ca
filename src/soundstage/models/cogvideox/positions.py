"""Where CogVideoX's tokens stand: sums of waves for 2b, rotations for 5b, counted otherwise by 1.5.

Notable: 1.0's rotations fit any picture into the grid of the training, where its rows and columns then stand between
whole numbers; 1.5's simply count. Time gets a quarter of the channels, height and width three eighths each.

N video tokens · T text and video tokens · D width
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from soundstage.models.cogvideox.config import TransformerConfig
from soundstage.ops.rope import Rope, axial_rope

Grid = tuple[int, int, int]  # of tokens: frames, height, width


@lru_cache(maxsize=8)
def turns(config: TransformerConfig, grid: Grid, texts: int, device: torch.device) -> Rope:
    """The rotation of every token; `texts` tokens of text, which stand before, do not turn."""
    with torch.inference_mode(False):  # what is kept may be used in training too
        at = [torch.arange(size, dtype=torch.float32, device=device) for size in grid]
        if config.patch_time is None:
            for axis, (start, stop) in enumerate(fitted(grid[1:], config), 1):
                size = grid[axis]
                at[axis] = torch.linspace(start, stop * (size - 1) / size, size, device=device)
        axes = torch.meshgrid(*at, indexing="ij")
        unturned = torch.zeros(texts, device=device)
        side = config.head // 8 * 3
        return axial_rope([torch.cat((unturned, axis.flatten())) for axis in axes], [config.head // 4, side, side])


def fitted(size: tuple[int, int], config: TransformerConfig) -> tuple[tuple[int, int], tuple[int, int]]:
    """From where to where a picture's rows, and its columns, reach in the grid of the training; its shape is kept."""
    height, width = size
    rows, columns = (side // config.patch for side in config.grid)
    if height / width > rows / columns:
        high, wide = rows, round(rows / height * width)
    else:
        high, wide = round(columns / width * height), columns
    top, left = round((rows - high) / 2), round((columns - wide) / 2)
    return (top, top + high), (left, left + wide)


@lru_cache(maxsize=4)
def waves(config: TransformerConfig, grid: Grid, device: torch.device) -> Tensor:
    """Sines, then cosines, of each axis, [1, N, D]: time, width and height."""
    with torch.inference_mode(False):
        space, time = config.stretch
        axes = torch.meshgrid(*(torch.arange(size, dtype=torch.float32, device=device) for size in grid), indexing="ij")
        quarter, side = config.width // 4, config.width // 8 * 3
        parts = zip((axes[0] / time, axes[2] / space, axes[1] / space), (quarter, side, side), strict=True)
        return torch.cat([_waves(at.flatten(), wide) for at, wide in parts], -1).unsqueeze(0)


def _waves(at_N: Tensor, width: int) -> Tensor:
    """[N, width] at width / 2 frequencies, computed in float64."""
    half = width // 2
    steps = torch.arange(half, dtype=torch.float64, device=at_N.device)
    angle = torch.outer(at_N.double(), 10_000.0 ** (-steps / half))
    return torch.cat((angle.sin(), angle.cos()), -1).float()
