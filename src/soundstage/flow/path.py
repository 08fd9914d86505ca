"""The straight path from noise to data, and the loss that learns its velocity (Lipman et al., 2023; Liu et al., 2023).

t  time [B] in [0, 1], 0 = noise, 1 = data
x  any shape, batch first
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from soundstage.flow.solve import Velocity

Times = Callable[[int, torch.Generator], Tensor]


def interpolate(noise: Tensor, data: Tensor, t_B: Tensor) -> Tensor:
    """The point of the path at time t: noise at 0, data at 1."""
    return torch.lerp(noise, data, like(t_B, data))


def holding(velocity: Velocity, data: Tensor, where: Tensor) -> Velocity:
    """The velocity where `where` is 1; where it is 0 the straight way to `data`, which is what comes out there.

    `where` broadcasts to x, 0…1. It is not for t = 1, from which no way leads on.
    """

    def held(x: Tensor, t_B: Tensor) -> Tensor:
        return torch.lerp((data - x) / (1 - like(t_B, x)), velocity(x, t_B), where)

    return held


def velocity_target(noise: Tensor, data: Tensor) -> Tensor:
    """What the network learns: the constant velocity of the straight path."""
    return data - noise


def flow_loss(
    velocity: Velocity,
    data: Tensor,
    generator: torch.Generator,
    weight: Tensor | None = None,
    *,
    times: Times | None = None,
) -> Tensor:
    """Mean squared error of `velocity` at random points of the path, a scalar.

    `weight` broadcasts to `data` (a subject mask, a padding mask); the mean is taken over the weight, so zeros do not
    count. `times(count, generator)` draws t; uniform when not given. Noise is drawn on the generator's device.
    """
    noise = torch.randn(data.shape, generator=generator, device=generator.device).to(data)
    t_B = (times or uniform)(len(data), generator).to(data)
    error = (velocity(interpolate(noise, data, t_B), t_B) - velocity_target(noise, data)).float().square()
    if weight is None:
        return error.mean()
    weight = weight.to(error).expand_as(error)
    return (error * weight).sum() / weight.sum().clamp_min(1e-8)


def uniform(count: int, generator: torch.Generator) -> Tensor:
    """Stratified uniform times [count]: one in each of `count` equal strata, shuffled; less noise than plain draws."""
    order = torch.randperm(count, generator=generator, device=generator.device)
    return (order + torch.rand(count, generator=generator, device=generator.device)) / count


def like(t_B: Tensor, x: Tensor) -> Tensor:
    """t shaped to broadcast over x: [B, 1, 1, ...]."""
    return t_B.reshape(-1, *([1] * (x.ndim - 1)))
