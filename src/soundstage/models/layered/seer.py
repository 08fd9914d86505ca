"""Sees a picture: where its first subject is and where all others are, who it is, of what colour, what it does and
which way it faces, and the place, the hour and the weather.

Notable: one look. A small U-Net says the alphas and, from what its scales hold on average, the hour; the first alpha is
brought to the edges of the colours under it, without weights, for the U-Net sees roughly and a drawing's edges are
sharp. The subject is then named from a crop round that alpha, cut at one size, with the alpha beside the colours and
the picture's light told to it: so a small figure reads as a large one does, and a red dog at night is red. The first
subject is the one of which most is seen.

B batch · S = 128 pixels, a picture's side · Q = 64, a crop's side · D channels · H, W height and width of a
picture as it was given
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.nn.unet import Attention2d
from soundstage.ops.attention import attention

SIDE, CROP = 128, 64
FACINGS = ("left", "right")
NOBODY = "nobody"
HOUR = ("place", "time", "weather")  # what is read of the whole picture; all else is the subject's
EDGE = 0.004  # share of an alpha that may lie beyond each edge of its box
FAINTEST = 12.0  # pixels of SIDE² under which nobody is seen
CHUNK = 32  # pictures looked at together
ROUND, WIDE = 2.2, 2.6  # halves of the sides of windows to name and to draw, in standard deviations of what is covered
ALIKE, NEAR = 0.08, 0.2  # difference in colour, and half windows, over which pixels share an alpha
ABSENT = -8.0  # logit of what is surely not there
LIGHT = 4  # a picture's light is its colours at so few pixels a side


class Seer(nn.Module):
    """Pictures [B, 3, S, S] in −1…1 to alpha logits [B, 2, S, S] and logits [B, classes] of each field of `words`.

    The subject has one class more than words: nobody. `widths` are the U-Net's channels, finest scale first;
    `crop_widths` those of the crop's three scales.
    """

    def __init__(
        self,
        words: Mapping[str, tuple[str, ...]],
        widths: Sequence[int],
        crop_widths: Sequence[int],
        embed: int,
    ) -> None:
        super().__init__()
        self.words = {name: (*each, NOBODY) if name == "subject" else tuple(each) for name, each in words.items()}
        finest, *coarser = widths
        self.stem = _block(3 * 4, finest)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for wide, wider in zip(widths, coarser, strict=False):
            self.down.append(nn.Sequential(_block(wide, wider, 2), _block(wider, wider)))
            self.up.insert(0, nn.Sequential(_block(wide + wider, wide), _block(wide, wide)))
        self.attention = Attention2d(widths[-1])
        self.alpha = nn.Conv2d(finest, 2 * 4, 3, padding=1)
        nn.init.constant_(self.alpha.bias, -2.0)  # type: ignore[arg-type]  # most of a picture is nobody
        self.hour = nn.Sequential(nn.Linear(sum(widths), embed), nn.SiLU())
        first, middle, last = crop_widths
        self.crop = nn.Sequential(
            _block(4 * 4, first),
            _block(first, middle, 2),
            _block(middle, middle),
            _block(middle, last, 2),
            _block(last, last),
        )
        self.fold = nn.Conv2d(last, 16, 1)
        self.join = nn.Sequential(nn.Linear(16 * (CROP // 8) ** 2 + last + 3 * LIGHT**2, 160), nn.SiLU())
        self.heads = nn.ModuleDict(
            {name: nn.Linear(embed if name in HOUR else 160, len(each)) for name, each in self.words.items()}
        )

    def forward(self, x_BDSS: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(alpha logits, field logits)."""
        logits, hour = self.masks(x_BDSS)
        logits = torch.cat((edged(x_BDSS, logits[:, :1]), logits[:, 1:]), 1)
        return logits, hour | self.names(x_BDSS, logits[:, :1].sigmoid())

    def masks(self, x_BDSS: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The U-Net alone: alpha logits, and logits of the fields of HOUR."""
        scales = [self.stem(F.pixel_unshuffle(x_BDSS, 2))]
        for down in self.down:
            scales.append(down(scales[-1]))
        scales[-1] = h = self.attention(scales[-1])
        hour = self.hour(torch.cat([scale.mean((2, 3)) for scale in scales], 1))
        for up, scale in zip(self.up, scales[-2::-1], strict=True):
            h = up(torch.cat((F.interpolate(h, scale_factor=2.0), scale), 1))
        return told_apart(F.pixel_shuffle(self.alpha(h), 2).float()), {
            name: self.heads[name](hour).float() for name in HOUR
        }

    def names(self, x_BDSS: Tensor, alpha_BDSS: Tensor) -> dict[str, Tensor]:
        """Logits of the subject's fields, read where its alpha [B, 1, S, S] is."""
        alpha = alpha_BDSS.detach().to(x_BDSS)
        cut = cropped(torch.cat((x_BDSS, 2 * alpha - 1), 1), window_of(alpha[:, 0], ROUND))
        h = self.crop(F.pixel_unshuffle(cut, 2))
        light = F.adaptive_avg_pool2d(x_BDSS, LIGHT).flatten(1)
        h = self.join(torch.cat((F.silu(self.fold(h)).flatten(1), h.mean((2, 3)), light), 1))
        return {name: head(h).float() for name, head in self.heads.items() if name not in HOUR}


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.GroupNorm(8, outputs), nn.SiLU())


def told_apart(logits_B2SS: Tensor) -> Tensor:
    """Logits that anybody is there, and that it is then the first, to those of the first and of the others: it is
    easier to see that somebody is there than to see that nobody else is larger.
    """
    anybody, first = logits_B2SS.unbind(1)
    both = [torch.stack((-anybody, -way, -anybody - way)).logsumexp(0) for way in (first, -first)]
    return -torch.stack(both, 1)  # logit of a product: sigmoid(a) * sigmoid(b)


def window_of(alpha_BSS: Tensor, room: float) -> Tensor:
    """The window [B, 3] round what an alpha covers: its middle and half of its side, where the picture is −1 to 1."""
    weight = alpha_BSS.float().square() + 1e-6
    weight = weight / weight.sum((1, 2), keepdim=True)
    at = (torch.arange(weight.shape[-1], device=weight.device) + 0.5) / weight.shape[-1] * 2 - 1
    across, down = weight.sum(1), weight.sum(2)
    x, y = (across * at).sum(1), (down * at).sum(1)
    spread = torch.stack(
        [(share * (at - middle[:, None]).square()).sum(1) for share, middle in ((across, x), (down, y))]
    )
    return torch.stack((x, y, (room * spread.amax(0).sqrt() + 0.02).clamp(0.1, 1)), 1)


def cropped(x_BDSS: Tensor, window_B3: Tensor) -> Tensor:
    """What is in the windows, [B, D, Q, Q]; a picture's edge goes on beyond it."""
    grid = _grid(window_B3[:, :2], window_B3[:, 2], CROP)
    return F.grid_sample(x_BDSS, grid.to(x_BDSS), padding_mode="border", align_corners=False)


def _grid(middle_B2: Tensor, half_B: Tensor, side: int) -> Tensor:
    turn = torch.zeros(len(half_B), 2, 3, device=half_B.device)
    turn[:, 0, 0] = turn[:, 1, 1] = half_B
    turn[:, :, 2] = middle_B2
    return F.affine_grid(turn, [len(half_B), 1, side, side], align_corners=False)


def edged(x_BDSS: Tensor, logits_B1SS: Tensor) -> Tensor:
    """The logits brought to the edges of the picture's colours in a window round what they cover; beyond is nobody."""
    alpha = logits_B1SS.sigmoid()
    window = window_of(alpha[:, 0], WIDE)
    fine = shared(cropped(x_BDSS, window), cropped(alpha, window))
    half = window[:, 2]
    back = _grid(-window[:, :2] / half[:, None], 1 / half, x_BDSS.shape[-1])
    pasted = F.grid_sample(fine.clamp(1e-4, 1 - 1e-4).logit(), back, padding_mode="border", align_corners=False)
    return torch.where((back.abs().amax(3) <= 1)[:, None], pasted, ABSENT)


def shared(x_BDQQ: Tensor, alpha_B1QQ: Tensor) -> Tensor:
    """The alpha of which every pixel has the mean of those that are near it and of its colour (a bilateral filter;
    Tomasi and Manduchi, 1998), taken twice.
    """
    side = x_BDQQ.shape[-1]
    at = (torch.arange(side, device=x_BDQQ.device) + 0.5) / side * 2 - 1
    place = torch.stack((at.expand(side, side), at[:, None].expand(side, side))).expand(len(x_BDQQ), -1, -1, -1)
    like = torch.cat((x_BDQQ.float() / ALIKE, place / NEAR), 1).flatten(2).transpose(1, 2)
    # |q − k|² without |q|², which a softmax over k does not feel; widths are a multiple of eight, which is faster
    q = F.pad(torch.cat((like, torch.ones_like(like[..., :1])), 2), (0, 2))[:, None]
    k = F.pad(torch.cat((like, -0.5 * like.square().sum(2, keepdim=True)), 2), (0, 2))[:, None]
    mean = alpha_B1QQ.float().flatten(2).transpose(1, 2)[:, None]
    for _ in range(2):
        mean = attention(q, k, F.pad(mean, (0, 7)), scale=1.0)[..., :1]
    return mean.transpose(2, 3).reshape(-1, 1, side, side)


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What was seen in a picture [H, W].

    `alpha` and `others` are [H, W] in 0…1. `box` holds the first subject: left, top, right, bottom in frame widths and
    heights; None when nobody is seen. `chances` say of each field how likely each of its words is, from 0 to 1.
    """

    alpha: Tensor
    others: Tensor
    box: tuple[float, float, float, float] | None
    chances: Mapping[str, Mapping[str, float]]

    def word(self, field: str, among: Sequence[str] = ()) -> str:
        """The likeliest word of a field, of those that are allowed, if any are named."""
        chances = self.chances[field]
        return max(among or chances, key=lambda word: chances[word])

    @property
    def foot(self) -> tuple[float, float] | None:
        """Where the first subject ends below: the middle of its box's lower edge."""
        return None if self.box is None else ((self.box[0] + self.box[2]) / 2, self.box[3])


def seen(seer: Seer, picture: Tensor) -> Sight:
    """What one picture shows, uint8 [H, W, 3]; see `seen_each`."""
    return seen_each(seer, picture[None])[0]


@torch.inference_mode()
def seen_each(seer: Seer, pictures: Tensor) -> tuple[Sight, ...]:
    """What each of some pictures shows, uint8 [F, H, W, 3] of any size and shape: they are squeezed to S by S, and the
    alphas brought back to their size.

    Raises InputError for another shape or type.
    """
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype != torch.uint8:
        raise InputError(
            "picture", f"is {pictures.dtype} of shape {tuple(pictures.shape[1:])}", "give uint8 [height, width, 3]"
        )
    head = seer.alpha.weight
    chunks = (pictures[start : start + CHUNK] for start in range(0, len(pictures), CHUNK))
    return tuple(sight for chunk in chunks for sight in _looked(seer, chunk.to(head.device), head.dtype))


def _looked(seer: Seer, pictures: Tensor, dtype: torch.dtype) -> list[Sight]:
    x = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
    logits, fields = seer(_resized(x, (SIDE, SIDE)).to(dtype))
    alphas = _resized(logits, tuple(pictures.shape[1:3])).sigmoid().cpu()
    chances = {name: each.softmax(1).tolist() for name, each in fields.items()}
    seen_areas = logits[:, 0].sigmoid().sum((1, 2))
    return [
        Sight(
            alpha=alpha[0],
            others=alpha[1],
            box=box(alpha[0]) if float(area) >= FAINTEST else None,
            chances={name: dict(zip(seer.words[name], rows[i], strict=True)) for name, rows in chances.items()},
        )
        for i, (alpha, area) in enumerate(zip(alphas, seen_areas, strict=True))
    ]


def _resized(x_BDHW: Tensor, size: tuple[int, ...]) -> Tensor:
    if tuple(x_BDHW.shape[-2:]) == size:
        return x_BDHW
    return F.interpolate(x_BDHW, size, mode="bilinear", antialias=True, align_corners=False)


def box(alpha_HW: Tensor) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what an alpha covers, in widths and heights; single specks do not widen it."""
    sure = torch.where(alpha_HW > 0.5, alpha_HW, 0) + 1e-9
    edges = []
    for axis in (0, 1):
        share = sure.sum(axis).cumsum(0) / sure.sum()
        inside = (share > EDGE) & (share - sure.sum(axis) / sure.sum() < 1 - EDGE)
        where = inside.nonzero().flatten()
        edges.append((float(where[0]) / len(share), float(where[-1] + 1) / len(share)))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom
