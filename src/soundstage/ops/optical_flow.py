"""Where every pixel of one picture is in another: dense motion, coarse to fine, and pictures moved along it.

Notable: at each scale the second picture is moved by what is known, and what is left is solved by least squares in a
window around each pixel (Lucas and Kanade, 1981), outliers are taken out by a median (Sun, Roth and Black, 2010). All
colours count, so a red bird on green leaves is found though both are equally bright. No weights.

B batch · C channels · H, W height, width · flow [B, 2, H, W], pixels right and down
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST = 12  # pixels of the coarsest scale's shorter side
ROUNDS = 4  # of solving, at each scale
WINDOW = 9  # pixels
RIDGE = 2e-4  # what a window without structure is held still by, of values 0…1


def moved(x_BCHW: Tensor, flow_B2HW: Tensor) -> Tensor:
    """The picture read where the flow points; beyond its edges they go on."""
    height, width = x_BCHW.shape[-2:]
    rows = torch.arange(height, device=x_BCHW.device, dtype=flow_B2HW.dtype)[:, None]
    columns = torch.arange(width, device=x_BCHW.device, dtype=flow_B2HW.dtype)
    across = (columns + flow_B2HW[:, 0] + 0.5) * 2 / width - 1
    down = (rows + flow_B2HW[:, 1] + 0.5) * 2 / height - 1
    grid = torch.stack((across, down), -1)
    return F.grid_sample(x_BCHW, grid, padding_mode="border", align_corners=False)


def optical_flow(a_BCHW: Tensor, b_BCHW: Tensor) -> Tensor:
    """The flow from `a` to `b`, pictures of values 0…1: moved(b, flow) looks like a."""
    scales = [(a_BCHW, b_BCHW)]
    while min(scales[-1][0].shape[-2:]) >= 2 * SMALLEST:
        a, b = (F.avg_pool2d(_soft(x), 2, ceil_mode=True, count_include_pad=False) for x in scales[-1])
        scales.append((a, b))
    flow = a_BCHW.new_zeros(len(a_BCHW), 2, *scales[-1][0].shape[-2:])
    for a, b in reversed(scales):
        height, width = a.shape[-2:]
        if flow.shape[-2:] != (height, width):
            factors = flow.new_tensor([width / flow.shape[-1], height / flow.shape[-2]]).view(1, 2, 1, 1)
            flow = F.interpolate(flow, (height, width), mode="bilinear", align_corners=False) * factors
        flow = _refined(a, b, flow)
    return flow


def _refined(a: Tensor, b: Tensor, flow: Tensor) -> Tensor:
    """Rounds of solving at one scale."""
    across, down = _slopes(a)
    xx = _window((across * across).sum(1, keepdim=True)) + RIDGE
    yy = _window((down * down).sum(1, keepdim=True)) + RIDGE
    xy = _window((across * down).sum(1, keepdim=True))
    determinant = xx * yy - xy * xy
    for _ in range(ROUNDS):
        left = a - moved(b, flow)
        x, y = (_window((slope * left).sum(1, keepdim=True)) for slope in (across, down))
        step = torch.cat((yy * x - xy * y, xx * y - xy * x), 1) / determinant
        flow = median(flow + step.clamp(-1, 1))
    return flow


def median(flow_B2HW: Tensor) -> Tensor:
    """The median of 3 × 3 neighbours, each direction by itself."""
    padded = F.pad(flow_B2HW, (1, 1, 1, 1), mode="replicate")
    height, width = flow_B2HW.shape[-2:]
    views = [padded[..., i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return torch.stack(views).median(0).values


def agreement(there: Tensor, back: Tensor) -> Tensor:
    """[B, 1, H, W], 0…1: whether who goes there and back again comes home; near 0 is what the other picture hides."""
    off = (there + moved(back, there)).square().sum(1, keepdim=True)
    far = there.square().sum(1, keepdim=True) + moved(back, there).square().sum(1, keepdim=True)
    return torch.exp(-off / (0.5 + 0.02 * far))


def between(a_BCHW: Tensor, b_BCHW: Tensor, there: Tensor, back: Tensor, share: float) -> Tensor:
    """The picture at a share of the time from `a` to `b`, of the flows both ways.

    Both are moved to that time and joined, each by how near it is and by whether its pixel is seen in the other (the
    way of Jiang et al., Super SloMo, 2018, without its networks).
    """
    known_a, known_b = agreement(there, back), agreement(back, there)
    to_a, to_b = _flows_at(there, back, known_a, known_b, share)
    from_a, from_b = moved(a_BCHW, to_a), moved(b_BCHW, to_b)
    weight_a = (1 - share) * (moved(known_a, to_a) + 0.05)
    weight_b = share * (moved(known_b, to_b) + 0.05)
    return (weight_a * from_a + weight_b * from_b) / (weight_a + weight_b)


def _flows_at(there: Tensor, back: Tensor, known_a: Tensor, known_b: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """The flows from the time between to both ends: what passes there then, laid down where it is then.

    Fast things lie over slow ones; where nothing was laid, the two flows as they stand are joined.
    """
    plain_a = -(1 - share) * share * there + share * share * back
    plain_b = (1 - share) ** 2 * there - share * (1 - share) * back
    laid, weight = _laid(there, known_a, share)
    also, more = _laid(-back, known_b, 1 - share)
    found = laid * (1 - share) + also * share
    mass = weight * (1 - share) + more * share
    sure = (mass / 0.3).clamp(max=1)
    motion = found / mass.clamp_min(1e-6)
    return sure * (-share * motion) + (1 - sure) * plain_a, sure * ((1 - share) * motion) + (1 - sure) * plain_b


def _laid(flow: Tensor, known: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """The flow laid down where its pixels are after a share of it, [B, 2, H, W], and how much lies there."""
    batch, _, height, width = flow.shape
    rows = torch.arange(height, device=flow.device)[:, None] + share * flow[:, 1]
    columns = torch.arange(width, device=flow.device) + share * flow[:, 0]
    speed = flow.square().sum(1).sqrt()
    heavy = (known[:, 0] + 0.01) * torch.exp((speed - speed.amax((1, 2), keepdim=True)).clamp_min(-8) * 0.6)
    out = flow.new_zeros(batch, 3, height * width)
    value = torch.cat((flow, torch.ones_like(flow[:, :1])), 1)
    for row in (rows.floor(), rows.floor() + 1):
        for column in (columns.floor(), columns.floor() + 1):
            near = (1 - (rows - row).abs()) * (1 - (columns - column).abs()) * heavy
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            index = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long().flatten(1)
            part = (value * (near * inside)[:, None]).flatten(2)
            out.scatter_add_(2, index[:, None].expand(-1, 3, -1), part)
    out = out.view(batch, 3, height, width)
    # where only slow things were laid their small weights count as much
    most = F.max_pool2d(out[:, 2:], 5, 1, 2).clamp_min(1e-6)
    return out[:, :2] / most, out[:, 2:] / most


def _slopes(x: Tensor) -> tuple[Tensor, Tensor]:
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    return across, (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2


@lru_cache(maxsize=4)
def _bell(size: int) -> Tensor:
    at = torch.arange(size) - (size - 1) / 2
    bell = torch.exp(-0.5 * (at / (size / 5)) ** 2)
    return bell / bell.sum()


def _window(x: Tensor, size: int = WINDOW) -> Tensor:
    """Averaged in a bell around each pixel."""
    bell = _bell(size).to(x)
    channels = x.shape[1]
    x = F.pad(x, (size // 2, size // 2, size // 2, size // 2), mode="replicate")
    x = F.conv2d(x, bell.view(1, 1, 1, -1).expand(channels, -1, -1, -1), groups=channels)
    return F.conv2d(x, bell.view(1, 1, -1, 1).expand(channels, -1, -1, -1), groups=channels)


def _soft(x: Tensor) -> Tensor:
    return _window(x, 3)
