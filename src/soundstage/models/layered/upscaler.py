"""Doubles a layer's size with crisp edges: a small residual network over plain interpolation.

Notable: it works on layers (a background, a sprite with alpha), not on frames; so it runs once a clip, costs nothing
a frame, and cannot flicker. Its training inputs are softened and roughened a little, so it also cleans what the
generators leave. It may be applied twice.

B batch · D = 4 premultiplied RGBA, −1…1 · H, W height, width
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


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
