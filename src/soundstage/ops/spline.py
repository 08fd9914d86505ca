"""Monotonic rational-quadratic splines (Durkan et al., 2019): flexible, invertible maps of the line.

Notable: inside [−bound, bound] the map runs through K bins; outside it is the identity, and so are its slopes at the
border. The inverse solves a quadratic in closed form. There is no branch on where an input lies: all inputs, clamped,
go through the spline, and a `where` chooses.

K bins
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_WIDTH = LEAST_HEIGHT = LEAST_SLOPE = 1e-3


def rational_quadratic(
    x: Tensor, widths_K: Tensor, heights_K: Tensor, slopes_K: Tensor, *, bound: float, inverse: bool = False
) -> tuple[Tensor, Tensor]:
    """The mapped x and the logarithm of the map's slope there, both of x's shape.

    `widths_K` and `heights_K` [..., K] are logits of the bins' shares, `slopes_K` [..., K − 1] those of the slopes at
    the inner knots.
    """
    border = math.log(math.expm1(1 - LEAST_SLOPE))  # softplus of it, with the least slope added, is 1
    slopes = LEAST_SLOPE + F.softplus(F.pad(slopes_K, (1, 1), value=border))
    x_knots, y_knots = _knots(widths_K, LEAST_WIDTH, bound), _knots(heights_K, LEAST_HEIGHT, bound)
    inside = x.clamp(-bound, bound)
    # The inner knots alone decide the bin, so that both borders belong to one.
    edges = (y_knots if inverse else x_knots)[..., 1:-1]
    index = (inside.unsqueeze(-1) >= edges).sum(-1, keepdim=True)
    left, right = (knots.gather(-1, index).squeeze(-1) for knots in (x_knots, x_knots[..., 1:]))
    low, high = (knots.gather(-1, index).squeeze(-1) for knots in (y_knots, y_knots[..., 1:]))
    start, end = (s.gather(-1, index).squeeze(-1) for s in (slopes, slopes[..., 1:]))
    width, height = right - left, high - low
    mean = height / width  # the bin's own slope
    bend = start + end - 2 * mean
    if inverse:
        above = inside - low
        a = height * (mean - start) + above * bend
        b = height * start - above * bend
        c = -mean * above
        # This form of the root does not cancel where a is small.
        part = 2 * c / (-b - (b * b - 4 * a * c).clamp_min(0).sqrt())
        mapped = part * width + left
    else:
        part = (inside - left) / width
        mapped = low + height * (mean * part**2 + start * part * (1 - part)) / (mean + bend * part * (1 - part))
    rest = 1 - part
    log_slope = (mean**2 * (end * part**2 + 2 * mean * part * rest + start * rest**2)).log()
    log_slope = log_slope - 2 * (mean + bend * part * rest).log()
    within = x.abs() <= bound
    log_slope = torch.where(within, -log_slope if inverse else log_slope, 0.0)
    return torch.where(within, mapped, x), log_slope


def _knots(shares_K: Tensor, least: float, bound: float) -> Tensor:
    """The borders of the bins, [..., K + 1], from −bound to bound."""
    shares = least + (1 - least * shares_K.shape[-1]) * shares_K.softmax(-1)
    inner = 2 * bound * shares.cumsum(-1)[..., :-1] - bound
    return F.pad(F.pad(inner, (1, 0), value=-bound), (0, 1), value=bound)
