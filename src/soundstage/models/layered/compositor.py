"""Joins an actor to the picture: its shadow, and the light of the place on it; and the weather that falls before
both.

Notable: the compositor sees a coarse window of the background and the sprite, and answers with smooth maps (how much
darker the ground is, how the sprite's colours are graded), which are then applied at the frame's own size: edges stay
as crisp as the layers'. `Fall` turns scattered points into streaks or flakes on a tile that repeats, and the tile is
scrolled.

F frames · N side of a window · M side of the maps
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.unet import ResBlock

MAPS, FADE = 32, 3  # sides of the maps; cells over which a shadow dies at a window's edge
DEEPEST = 0.8  # a shadow takes at most this share of the light


class Compositor(nn.Module):
    """Background, sprite and contact maps at MAPS × MAPS, classes of the hour [F, K], to shadow and grade."""

    inside: Tensor

    def __init__(self, classes: Sequence[int], width: int, depth: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(count, width) for count in classes)
        self.light = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 6))
        self.stem = nn.Conv2d(3 + 4 + 3 + 1, width, 3, padding=1)
        self.blocks = nn.ModuleList(ResBlock(width, width, width) for _ in range(depth))
        self.head = nn.Conv2d(width, 1, 3, padding=1)
        rise = torch.linspace(0, MAPS, MAPS).clamp(0, FADE) / FADE
        edge = torch.minimum(rise, rise.flip(0))
        self.register_buffer(
            "inside", torch.minimum(edge[:, None], edge), persistent=False
        )  # no shadow reaches a window's edge
        nn.init.zeros_(self.head.weight)
        nn.init.constant_(self.head.bias, -3.0)  # type: ignore[arg-type]
        nn.init.zeros_(self.light[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.light[-1].bias)  # type: ignore[arg-type]

    def forward(
        self, back_FDMM: Tensor, sprite_FDMM: Tensor, contact_FDMM: Tensor, grounded_F: Tensor, classes_FK: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(shadow [F, 1, M, M] in 0…DEEPEST, grade [F, 6]: three gains − 1, three washes)."""
        hour = torch.stack([table(classes_FK[:, i]) for i, table in enumerate(self.tables)]).sum(0)
        ground = grounded_F.to(back_FDMM)[:, None, None, None].expand(-1, 1, *back_FDMM.shape[-2:])
        h = self.stem(torch.cat((back_FDMM, sprite_FDMM, contact_FDMM.clamp(-2, 2), ground), 1))
        for block in self.blocks:
            h = block(h, F.silu(hour))
        shadow = DEEPEST * torch.sigmoid(self.head(F.silu(h)))
        return shadow * self.inside, self.light(hour)

    def join(
        self, back_FDNN: Tensor, sprite_FDNN: Tensor, contact_FDMM: Tensor, grounded_F: Tensor, classes_FK: Tensor
    ) -> Tensor:
        """Windows of the background [F, 3, N, N] with the sprites [F, 4, N, N, premultiplied] standing in them, all
        0…1.
        """
        small = (MAPS, MAPS)
        shadow, grade = self(
            F.interpolate(back_FDNN, small, mode="area"),
            F.interpolate(sprite_FDNN, small, mode="area"),
            contact_FDMM,
            grounded_F,
            classes_FK,
        )
        shadow = F.interpolate(shadow.float(), back_FDNN.shape[-2:], mode="bilinear", align_corners=False)
        gain, wash = grade.float()[:, :, None, None].chunk(2, 1)
        colour, alpha = sprite_FDNN[:, :3], sprite_FDNN[:, 3:]
        shaded: Tensor = back_FDNN * (1 - shadow)
        joined: Tensor = shaded * (1 - alpha) + colour * (1 + gain) + wash * alpha
        return joined


class Fall(nn.Module):
    """Scattered points on a tile [B, 1, H, W] and the weather's number [B] to what falls there: a mask 0…1 that
    repeats at its edges.
    """

    def __init__(self, kinds: int, times: int, width: int = 8, kernel: int = 13) -> None:
        super().__init__()
        self.times = times
        self.spread = nn.Conv2d(1, kinds * width, kernel, padding=kernel // 2, padding_mode="circular")
        self.join = nn.Conv2d(kinds * width, kinds, 3, padding=1, padding_mode="circular", groups=kinds)
        self.colours = nn.Embedding(kinds * times, 3)
        nn.init.constant_(self.colours.weight, 2.5)

    def forward(self, points_BDHW: Tensor, kind_B: Tensor) -> Tensor:
        """[B, 1, H, W]."""
        masks = torch.sigmoid(self.join(F.relu(self.spread(points_BDHW))) - 3.0)
        return masks[torch.arange(len(masks), device=masks.device), kind_B].unsqueeze(1)

    def colour(self, kind: int, time: int) -> Tensor:
        """The colour of what falls at this hour, [3] in 0…1."""
        return torch.sigmoid(self.colours.weight[kind * self.times + time])
