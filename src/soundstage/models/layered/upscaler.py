"""Doubles a layer's size with crisp edges: a small residual network over plain interpolation.

Notable: it works on layers (a background, a sprite with alpha), not on frames; so it runs once a clip, costs nothing
a frame, and cannot flicker. Its training inputs are softened and roughened a little, so it also cleans what the
generators leave. It may be applied twice.

B batch · D = 4 premultiplied RGBA, −1…1 · H, W height, width
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

TILE = 256  # pixels of a tile's side, before it is enlarged


class Upscaler(nn.Module):
    """[B, 4, H, W] to [B, 4, 2H, 2W]."""

    def __init__(self, width: int, depth: int, channels: int = 4) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, width, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.head = nn.Conv2d(width, channels * 4, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, x_BDHW: Tensor) -> Tensor:
        """Twice the height and width."""
        h = F.relu(self.stem(x_BDHW))
        for first, second in zip(self.body[::2], self.body[1::2], strict=True):
            h = h + second(F.relu(first(h)))
        plain = F.interpolate(x_BDHW, scale_factor=2.0, mode="bilinear", align_corners=False)
        return plain + F.pixel_shuffle(self.head(F.relu(h)), 2)

    @property
    def reach(self) -> int:
        """Pixels around one that have a say in what becomes of it."""
        return 2 + len(self.body)

    def tiled(self, x_BDHW: Tensor, tile: int = TILE) -> Tensor:
        """The same as `forward`, one tile after another: a large frame needs no more memory than a small one."""
        height, width = x_BDHW.shape[-2:]
        out = x_BDHW.new_empty(*x_BDHW.shape[:2], 2 * height, 2 * width)
        for top in range(0, height, tile):
            for left in range(0, width, tile):
                bottom, right = min(height, top + tile), min(width, left + tile)
                y, x = max(0, top - self.reach), max(0, left - self.reach)
                made = self(x_BDHW[..., y : bottom + self.reach, x : right + self.reach])
                inner = made[..., 2 * (top - y) : 2 * (bottom - y), 2 * (left - x) : 2 * (right - x)]
                out[..., 2 * top : 2 * bottom, 2 * left : 2 * right] = inner
        return out
