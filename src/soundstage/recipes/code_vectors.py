"""Where networks that read and write codes begin: codes that sound alike begin alike.

K codebooks · N codes · C width of the codec's vectors · D width of the network
"""

from __future__ import annotations

import torch
from torch import Tensor


def turned(codebooks_KNC: Tensor, width: int, spread: float, seed: int = 0) -> Tensor:
    """The codec's own vectors [K, N, D], turned at random into a network's width; those of the first book are spread by
    `spread`, the others keep their size beside them.
    """
    generator = torch.Generator().manual_seed(seed)
    turn_CD = torch.linalg.qr(torch.randn(width, codebooks_KNC.shape[-1], generator=generator)).Q.T
    vectors_KND: Tensor = (codebooks_KNC - codebooks_KNC.mean(1, keepdim=True)) @ turn_CD
    vectors_KND *= spread / vectors_KND[0].std()
    return vectors_KND
