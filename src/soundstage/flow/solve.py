"""Solvers of dx/dt = velocity(x, t). Each is one function; none knows what it integrates.

t  time [B] in [0, 1], 0 = noise, 1 = data; the same for the whole batch here
x  any shape, batch first
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor

Velocity = Callable[[Tensor, Tensor], Tensor]
OnStep = Callable[[int, Tensor], object]


def ignore(step: int, x: Tensor) -> None:
    """The on_step that does nothing."""


def euler(velocity: Velocity, x: Tensor, times: Tensor, on_step: OnStep = ignore) -> Tensor:
    """First order, one look a step. `times` is increasing, length steps + 1."""
    for step, (t, t_next) in enumerate(pairwise(times.to(x))):
        x = x + (t_next - t) * velocity(x, t.expand(len(x)))
        on_step(step, x)
    return x


def heun(velocity: Velocity, x: Tensor, times: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Second order, two looks a step: the mean of the velocities at both ends."""
    for step, (t, t_next) in enumerate(pairwise(times.to(x))):
        first = velocity(x, t.expand(len(x)))
        second = velocity(x + (t_next - t) * first, t_next.expand(len(x)))
        x = x + (t_next - t) * (first + second) / 2
        on_step(step, x)
    return x


def midpoint(velocity: Velocity, x: Tensor, times: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Second order, two looks a step: the velocity half way; never looks at t = 1."""
    for step, (t, t_next) in enumerate(pairwise(times.to(x))):
        half = x + (t_next - t) / 2 * velocity(x, t.expand(len(x)))
        x = x + (t_next - t) * velocity(half, ((t + t_next) / 2).expand(len(x)))
        on_step(step, x)
    return x
