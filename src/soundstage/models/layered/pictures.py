"""Backgrounds by flow matching: one U-Net draws a place, wider than the frame and in two layers, from place, hour and
weather.

Notable: the network says what the finished picture is and the velocity follows from that, (picture − x) / (1 − t), so
the last Euler step lands on the network's own clean picture and no grain is left (Li and He, 2025, "Back to basics").
What is certain about a place is told to the U-Net beside the noise: its strata, decoded from the conditions alone,
and where its columns lie, so that it may be made wider than any it was trained on and still has one sun. There is no
attention; pixels are folded into channels two by two.

B batch · D picture channels, far RGB and near RGBA premultiplied · K condition classes · C condition width · H, W
height, width
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage import flow
from soundstage.flow.solve import OnStep, ignore
from soundstage.nn.unet import UNet

ROWS = 64  # pixels of a frame height at which places are drawn; the unit of `left`
NEAREST = 0.04  # the velocity is taken at least this far from t = 1


class Conditions(nn.Module):
    """Class numbers [B, K] to a vector [B, C]; the last class of each table means "not said"."""

    def __init__(self, classes: Sequence[int], width: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(count + 1, width) for count in classes)
        self.mix = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.unsaid = tuple(classes)

    def forward(self, classes_BK: Tensor) -> Tensor:
        """[B, C]."""
        return self.mix(torch.stack([table(classes_BK[:, i]) for i, table in enumerate(self.tables)]).sum(0))  # type: ignore[no-any-return]


class Strata(nn.Module):
    """A condition [B, C] to a map that is the same along each row [B, out, H, W]: sky over horizon over ground."""

    KNOTS = 44

    def __init__(self, condition: int, out: int) -> None:
        super().__init__()
        self.rows = nn.Linear(condition, out * self.KNOTS)

    def forward(self, condition_BC: Tensor, height: int, width: int) -> Tensor:
        """[B, out, height, width]."""
        rows = self.rows(F.silu(condition_BC)).unflatten(1, (-1, self.KNOTS, 1))
        return F.interpolate(rows, size=(height, 1), mode="bilinear", align_corners=False).expand(-1, -1, -1, width)


class Guide(NamedTuple):
    """What is known of the pictures before any noise is looked at: a vector, maps beside the folded picture, and a
    first picture, folded.
    """

    condition_BC: Tensor
    maps: Tensor
    first: Tensor


class PictureFlow(nn.Module):
    """The velocity of a picture [B, D, H, W], values −1 to 1, given class numbers [B, K] and where its left edges lie
    [B].

    `span` is how many frame heights from the middle of the panorama columns are told apart; beyond, all are alike.

    """

    def __init__(
        self,
        channels: int,
        *,
        classes: Sequence[int],
        widths: Sequence[int],
        span: float,
        strata: int = 16,
        embed: int = 192,
        patch: int = 2,
    ) -> None:
        super().__init__()
        self.channels, self.patch, self.span = channels, patch, span
        self.multiple = patch * 2 ** (len(widths) - 1)
        self.conditions = Conditions(classes, embed)
        inside = channels * patch * patch
        self.strata, self.first = Strata(embed, strata), nn.Conv2d(strata, inside, 1)
        self.unet = UNet(
            inside + strata + 2, inside, widths=widths, blocks=1, condition=embed, embed=embed, attention=0
        )

    def guide(self, classes_BK: Tensor, left_B: Tensor, height: int, width: int) -> Guide:
        """What the conditions decide for pictures of this size; `left` in frame heights from the middle."""
        condition = self.conditions(classes_BK)
        height, width = height // self.patch, width // self.patch
        strata = self.strata(condition, height, width)
        x = left_B[:, None] + (torch.arange(width, device=left_B.device) + 0.5) * (self.patch / ROWS)
        columns = (x / self.span).clamp(-1, 1)[:, None, None].expand(-1, -1, height, -1)
        rows = torch.linspace(-1, 1, height, device=left_B.device)[None, None, :, None].expand_as(columns)
        return Guide(condition, torch.cat((columns.to(strata), rows.to(strata), strata), 1), self.first(strata))

    def picture(self, x_BDHW: Tensor, t_B: Tensor, guide: Guide) -> Tensor:
        """The finished picture that x at time t seems to become."""
        folded = torch.cat((F.pixel_unshuffle(x_BDHW, self.patch), guide.maps.to(x_BDHW)), 1)
        return F.pixel_shuffle(self.unet(folded, t_B, guide.condition_BC) + guide.first, self.patch)

    def forward(self, x_BDHW: Tensor, t_B: Tensor, guide: Guide) -> Tensor:
        """The velocity at x and t."""
        left = (1 - t_B).clamp_min(NEAREST).reshape(-1, 1, 1, 1)
        return (self.picture(x_BDHW, t_B, guide).to(x_BDHW) - x_BDHW) / left

    def draw(
        self,
        noise_BDHW: Tensor,
        classes_BK: Tensor,
        left_B: Tensor,
        *,
        steps: int,
        guidance: float = 1.0,
        on_step: OnStep = ignore,
    ) -> Tensor:
        """Pictures from noise by Euler steps.

        Height and width are multiples of `multiple`. Equal noise gives equal pictures.
        """
        size = (noise_BDHW.shape[-2], noise_BDHW.shape[-1])
        nothing = torch.tensor(self.conditions.unsaid, device=classes_BK.device).expand_as(classes_BK)
        said = self.guide(classes_BK, left_B, *size)
        unsaid = said if guidance == 1 else self.guide(nothing, left_B, *size)
        velocity = flow.guided(lambda x, t: self(x, t, said), lambda x, t: self(x, t, unsaid), guidance)
        return flow.euler(velocity, noise_BDHW, flow.linear(steps), on_step).clamp(-1, 1)


def picture_loss(
    model: PictureFlow, x_BDHW: Tensor, guide: Guide, generator: torch.Generator, *, towards_noise: float
) -> Tensor:
    """Squared error of the finished picture over 1 − t + `towards_noise`.

    The plain velocity loss divides by (1 − t)², which spends nearly all of a short training on polishing; a larger
    `towards_noise` spends more on deciding what is drawn.
    """
    noise = torch.randn(x_BDHW.shape, generator=generator, device=generator.device).to(x_BDHW)
    t_B = flow.logit_normal(-0.5, 1.0)(len(x_BDHW), generator).to(x_BDHW)
    error = (model.picture(flow.interpolate(noise, x_BDHW, t_B), t_B, guide).float() - x_BDHW).square()
    return (error / (1 - t_B + towards_noise).reshape(-1, 1, 1, 1)).mean()


def masked(classes_BK: Tensor, unsaid: Sequence[int], share: float, generator: torch.Generator) -> Tensor:
    """The conditions with all classes of a random `share` of the batch replaced by "not said", for guidance."""
    drop = torch.rand(len(classes_BK), 1, generator=generator, device=classes_BK.device) < share
    return torch.where(drop, torch.tensor(unsaid, device=classes_BK.device), classes_BK)
