"""Draws a subject with alpha from what it is, its colour, what it does, its gait phase and the hour.

Notable: a storybook sprite is fully decided by its conditions, so this is plain regression and one look draws it,
where a flow would take eight; the same conditions give the same character in every shot. Colours and shapes meet
late: shape is told at every scale, and each (subject, action) has a gait of its own, a small Fourier series of the
phase.

B batch · K condition classes · C condition width · S side of the sprite
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.norms import AdaptiveGroupNorm
from soundstage.nn.unet import ResBlock, Up

HARMONICS = 3


class Painter(nn.Module):
    """Classes [B, K], the first of them the (subject, action) pair, and phases [B] to sprites [B, 4, S, S] in −1…1,
    alpha premultiplied.

    `widths` are the channels of each scale, coarsest (6 × 6) first; S = 6 · 2 ** len(widths), for the last doubling
    unfolds channels.
    """

    COARSEST = 6

    def __init__(self, classes: Sequence[int], widths: Sequence[int], embed: int) -> None:
        super().__init__()
        self.pair = nn.Embedding(classes[0], embed * (1 + 2 * HARMONICS))
        nn.init.normal_(self.pair.weight, std=0.5)
        self.tables = nn.ModuleList(nn.Embedding(count, embed) for count in classes[1:])
        self.mix = nn.Sequential(
            nn.Linear(embed, embed), nn.SiLU(), nn.Linear(embed, embed), nn.SiLU(), nn.Linear(embed, embed), nn.SiLU()
        )
        self.first = nn.Linear(embed, widths[0] * self.COARSEST**2)
        self.blocks = nn.ModuleList(ResBlock(width, width, embed) for width in widths)
        self.ups = nn.ModuleList(Up(width, after) for width, after in itertools.pairwise(widths))
        self.norm = AdaptiveGroupNorm(widths[-1], embed)
        self.head = nn.Conv2d(widths[-1], 4 * 4, 3, padding=1)

    def forward(self, classes_BK: Tensor, phase_B: Tensor) -> Tensor:
        """[B, 4, S, S]."""
        angle = 2 * torch.pi * phase_B[:, None] * torch.arange(1, HARMONICS + 1, device=phase_B.device)
        series = torch.cat((torch.ones_like(angle[:, :1]), angle.sin(), angle.cos()), 1)
        shape = torch.einsum("bh,bhc->bc", series, self.pair(classes_BK[:, 0]).unflatten(1, (1 + 2 * HARMONICS, -1)))
        condition = self.mix(
            shape + torch.stack([table(classes_BK[:, i + 1]) for i, table in enumerate(self.tables)]).sum(0)
        )
        h = self.first(condition).unflatten(1, (-1, self.COARSEST, self.COARSEST))
        for i, block in enumerate(self.blocks):
            h = block(h, condition)
            if i < len(self.ups):
                h = self.ups[i](h)
        return F.pixel_shuffle(self.head(F.silu(self.norm(h, condition))), 2)
