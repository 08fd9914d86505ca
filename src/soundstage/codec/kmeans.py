"""Codebooks that are averages of what they code: k-means, and residual books laid by it one after another.

N points · D width · K centres
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from soundstage.codec.rvq import ResidualQuantiser


@torch.no_grad()
def fit_books(
    quantiser: ResidualQuantiser, latents_ND: Tensor, *, rounds: int, generator: torch.Generator
) -> list[float]:
    """Lay every codebook by k-means on what the books before it left of many latents [N, D].

    The share of the power that each book leaves.
    """
    left, power, shares = latents_ND.clone(), latents_ND.square().sum(), []
    for book in quantiser.books:
        codebook = cast(Tensor, book.codebook)
        centres = averages(left, len(codebook), rounds, generator)
        codebook.copy_(centres)
        left -= centres[nearest(left, centres)]
        shares.append(float(left.square().sum() / power))
    return shares


def averages(x_ND: Tensor, count: int, rounds: int, generator: torch.Generator) -> Tensor:
    """`count` centres [K, D] by Lloyd's iterations; a centre that nobody chose starts again at a random point."""
    draws = torch.randint(len(x_ND), (rounds + 1, count), generator=generator)
    centres = x_ND[draws[0]].clone()
    for draw in draws[1:]:
        own = nearest(x_ND, centres)
        many = torch.bincount(own, minlength=count)
        sums = torch.zeros_like(centres).index_add_(0, own, x_ND)
        centres = torch.where(many[:, None] > 1, sums / many.clamp_min(1)[:, None], x_ND[draw])
    return centres


def nearest(x_ND: Tensor, centres_KD: Tensor, at_once: int = 16_384) -> Tensor:
    """The index [N] of each point's nearest centre."""
    squares = centres_KD.square().sum(1)
    return torch.cat([torch.addmm(squares, x, centres_KD.T, alpha=-2).argmin(1) for x in torch.split(x_ND, at_once)])
