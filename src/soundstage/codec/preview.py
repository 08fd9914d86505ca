"""Latents to small pictures without their decoder: one matrix, fitted to any autoencoder in a moment.

Notable: what a latent says of its patch's mean colour is nearly linear. Soft random pictures are encoded once and the
colours of their patches regressed on their latents; no weights are kept anywhere.

B batch · D latent channels · H, W latent height and width
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

PICTURES, SIDE = 24, 8  # pictures, and their side in latents
RIDGE = 1e-3


class Preview:
    """A linear decoder. `encode` takes pictures [B, 3, S, S] within −1 … 1 to latents [B, D, S / space, S / space]."""

    def __init__(self, encode: Callable[[Tensor], Tensor], space: int, *, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        coarse = torch.rand(PICTURES, 3, SIDE // 2, SIDE // 2, generator=generator) * 2 - 1
        small = F.interpolate(coarse, (SIDE, SIDE), mode="bicubic", align_corners=False).clamp(-1, 1)
        large = F.interpolate(small, (SIDE * space, SIDE * space), mode="bilinear", align_corners=False)
        colours = F.avg_pool2d(large, space)
        latents = encode(large).float().cpu()
        rows_ND = _with_one(latents.permute(0, 2, 3, 1).flatten(0, 2).double())
        aims_N3 = colours.permute(0, 2, 3, 1).flatten(0, 2).double()
        square = rows_ND.T @ rows_ND + RIDGE * len(rows_ND) * torch.eye(rows_ND.shape[1], dtype=torch.float64)
        self.matrix_D3 = torch.linalg.solve(square, rows_ND.T @ aims_N3).float()

    def __call__(self, latents_DHW: Tensor) -> Tensor:
        """uint8 [H, W, 3]."""
        rows = _with_one(latents_DHW.detach().float().cpu().permute(1, 2, 0))
        made: Tensor = ((rows @ self.matrix_D3).clamp(-1, 1) * 127.5 + 127.5).round().to(torch.uint8)
        return made


def _with_one(x: Tensor) -> Tensor:
    return torch.cat((x, torch.ones_like(x[..., :1])), -1)
