"""Splines rise, have an inverse and a slope, and leave what is far away alone."""

from __future__ import annotations

import torch
from torch import Tensor

from soundstage.ops.spline import rational_quadratic

BINS, BOUND = 6, 3.0


def logits(*shape: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    sizes = (BINS, BINS, BINS - 1)
    draws = [torch.randn(*shape, size, generator=generator, dtype=torch.float64) for size in sizes]
    return draws[0], draws[1], draws[2]


def test_the_inverse_undoes_the_spline_and_its_slope() -> None:
    x = torch.linspace(-4, 4, 101, dtype=torch.float64)
    mapped, slope = rational_quadratic(x, *logits(101), bound=BOUND)
    back, slope_back = rational_quadratic(mapped, *logits(101), bound=BOUND, inverse=True)
    assert torch.allclose(back, x, atol=1e-9)
    assert torch.allclose(slope_back, -slope, atol=1e-7)


def test_its_slope_is_the_derivative() -> None:
    x = torch.linspace(-2.9, 2.9, 57, dtype=torch.float64, requires_grad=True)
    shape = tuple(part[0].expand(57, -1) for part in logits(1))
    mapped, slope = rational_quadratic(x, *shape, bound=BOUND)
    (derivative,) = torch.autograd.grad(mapped.sum(), x)
    assert torch.allclose(slope.exp(), derivative)
    assert bool((mapped.diff() > 0).all())


def test_beyond_the_bound_nothing_changes_and_at_it_the_slope_is_one() -> None:
    x = torch.tensor([-100.0, -BOUND, BOUND, 3.5], dtype=torch.float64)
    mapped, slope = rational_quadratic(x, *logits(4), bound=BOUND)
    assert torch.allclose(mapped, x) and torch.allclose(slope, torch.zeros(4, dtype=torch.float64), atol=1e-9)
