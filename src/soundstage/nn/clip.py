"""CLIP's vision transformer: a picture to tokens, one for the whole and one a patch (Radford et al., 2021).

Notable: what video models look at is the state before the last block, so that block is never run. `prepared` cuts a
picture as the models were trained on: shorter side to size (bicubic, rounded to 8 bits), middle, normed.

B batch · C colours · H, W pixels · N tokens = 1 + patches · D width
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soundstage.nn.transformer import Activation, TransformerBlock

MEAN, SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, kw_only=True)
class ClipConfig:
    """The shape of the encoder; `size` pixels a side, in patches of `patch`."""

    width: int
    depth: int
    heads: int
    hidden: int
    size: int = 224
    patch: int = 14
    activation: Activation = "gelu"
    eps: float = 1e-5

    @property
    def tokens(self) -> int:
        """N."""
        return 1 + (self.size // self.patch) ** 2


def clip_vit_h() -> ClipConfig:
    """ViT-H/14, 632 M parameters: Wan's."""
    return ClipConfig(width=1280, depth=32, heads=16, hidden=5120)


class ClipVision(nn.Module):
    """Prepared pictures [B, 3, H, W] to states [B, N, D], those before the last block."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.config = config
        self.patch = nn.Conv2d(3, config.width, config.patch, config.patch, bias=False)
        self.whole = nn.Parameter(torch.zeros(config.width))
        self.places = nn.Parameter(torch.zeros(config.tokens, config.width))
        self.norm = nn.LayerNorm(config.width, config.eps)
        self.blocks = nn.ModuleList(
            TransformerBlock(
                config.width, config.heads, hidden=config.hidden, activation=config.activation, eps=config.eps
            )
            for _ in range(config.depth)
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Raises nothing of its own: the picture must be `config.size` pixels a side."""
        patches_BND = self.patch(x_BCHW).flatten(2).transpose(1, 2)
        x_BND = torch.cat((self.whole.expand(len(patches_BND), 1, -1), patches_BND), 1)
        x_BND = self.norm(x_BND + self.places)
        for block in list(self.blocks)[:-1]:
            x_BND = block(x_BND)
        return x_BND  # type: ignore[no-any-return]


def prepared(
    pixels: NDArray[np.uint8], size: int, mean: Sequence[float] = MEAN, spread: Sequence[float] = SPREAD
) -> Tensor:
    """A picture [H, W, 3] as the encoder wants it, [3, size, size]."""
    from PIL import Image

    height, width = pixels.shape[:2]
    long = int(size * max(height, width) / min(height, width))
    high, wide = (size, long) if height <= width else (long, size)
    small = np.asarray(Image.fromarray(pixels).resize((wide, high), Image.Resampling.BICUBIC), np.float32)
    top, left = (high - size) // 2, (wide - size) // 2
    cut = torch.from_numpy(small[top : top + size, left : left + size].copy()) / 255
    return ((cut - torch.tensor(mean)) / torch.tensor(spread)).permute(2, 0, 1).contiguous()
