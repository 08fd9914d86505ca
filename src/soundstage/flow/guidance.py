"""Classifier-free guidance (Ho and Salimans, 2022) as a wrapper round a velocity, or plainly on two tensors.

Notable: `scale` may be a function of t, for guidance that holds in an interval or falls with time. High guidance early
saturates colours; `rescale` (Lin et al., 2024) pulls the spread of the result back to that of the conditional branch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from soundstage.flow.solve import Velocity

Scale = float | Callable[[float], float]


def guide(conditional: Tensor, null: Tensor, scale: float, *, rescale: float = 0.0) -> Tensor:
    """null + scale · (conditional − null), for velocities and for logits alike. Scale 1 is no guidance."""
    result = torch.lerp(null, conditional, scale)
    if rescale == 0:
        return result
    axes = tuple(range(1, result.ndim))
    ratio = conditional.std(axes, keepdim=True) / result.std(axes, keepdim=True).clamp_min(1e-8)
    return result * (1 + rescale * (ratio - 1))


def guided(conditional: Velocity, null: Velocity, scale: Scale, *, rescale: float = 0.0) -> Velocity:
    """Two callables, two looks a step; one look where the scale is 1."""

    def velocity(x: Tensor, t_B: Tensor) -> Tensor:
        now = _at(scale, t_B)
        if now == 1:
            return conditional(x, t_B)
        return guide(conditional(x, t_B), null(x, t_B), now, rescale=rescale)

    return velocity


def batched(both: Velocity, scale: Scale, *, rescale: float = 0.0) -> Velocity:
    """One callable whose conditions are [conditional; null] along the batch: guidance as a batch of two."""

    def velocity(x: Tensor, t_B: Tensor) -> Tensor:
        conditional, null = both(torch.cat((x, x)), torch.cat((t_B, t_B))).chunk(2)
        return guide(conditional, null, _at(scale, t_B), rescale=rescale)

    return velocity


def between(scale: float, low: float, high: float) -> Callable[[float], float]:
    """Guidance only for low <= t <= high (Kynkäänniemi et al., 2024), none outside."""
    return lambda t: scale if low <= t <= high else 1.0


def _at(scale: Scale, t_B: Tensor) -> float:
    return scale(float(t_B[0])) if callable(scale) else scale
