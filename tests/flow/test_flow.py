"""Solvers converge at their order; guidance of one is no guidance; the loss is zero at the truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow import (
    batched,
    euler,
    flow_loss,
    guide,
    guided,
    heun,
    interpolate,
    linear,
    midpoint,
    pruned,
    shifted,
    sway,
    swayed,
    uniform,
    velocity_target,
)
from soundstage.flow.guidance import between


def spiral(x: Tensor, t_B: Tensor) -> Tensor:
    """dx/dt = (1 + t) x + cos 3t: no error term vanishes by luck."""
    t = t_B.reshape(-1, 1)
    return (1 + t) * x + (3 * t).cos()


def truth() -> float:
    """x(1) from x(0) = 1 by scipy, to 1e-12."""
    from scipy.integrate import solve_ivp

    return float(solve_ivp(lambda t, x: (1 + t) * x + math.cos(3 * t), (0, 1), [1.0], rtol=1e-12, atol=1e-12).y[0, -1])


@pytest.mark.parametrize(("solve", "order"), [(euler, 1), (heun, 2), (midpoint, 2)])
def test_a_solver_converges_at_its_order(solve: Callable[..., Tensor], order: int) -> None:
    start = torch.ones(2, 1, dtype=torch.float64)
    errors = [abs(float(solve(spiral, start, linear(steps).double())[0, 0]) - truth()) for steps in (20, 40, 80)]
    measured = [math.log2(a / b) for a, b in pairwise(errors)]
    assert measured == pytest.approx([order, order], abs=0.1)


@pytest.mark.parametrize("solve", [euler, heun, midpoint])
def test_a_straight_path_is_solved_in_one_step(solve: Callable[..., Tensor]) -> None:
    noise, data = torch.zeros(3, 4), torch.arange(12.0).reshape(3, 4)
    seen: list[int] = []
    out = solve(lambda x, t: velocity_target(noise, data), noise, linear(1), lambda step, x: seen.append(step))
    assert torch.allclose(out, data)
    assert seen == [0]


def test_interpolate_is_noise_at_zero_and_data_at_one() -> None:
    noise, data = torch.zeros(2, 3, 4), torch.ones(2, 3, 4)
    x = interpolate(noise, data, torch.tensor([0.0, 1.0]))
    assert torch.equal(x[0], noise[0]) and torch.equal(x[1], data[1])


@pytest.mark.parametrize("times", [linear(7), sway(7), sway(7, 0.5), shifted(7, 3.0), shifted(7, 0.5)])
def test_a_schedule_rises_from_noise_to_data(times: Tensor) -> None:
    assert times[0] == 0 and times[-1] == pytest.approx(1, abs=1e-6)
    assert bool((times.diff() > 0).all())


def test_a_shift_of_one_and_a_sway_of_zero_are_linear() -> None:
    assert torch.allclose(shifted(9, 1.0), linear(9)) and torch.allclose(sway(9, 0.0), linear(9))


def test_negative_sway_and_a_shift_above_one_look_nearer_the_noise() -> None:
    assert sway(10)[5] < 0.5 and shifted(10, 3.0)[5] < 0.5


@pytest.mark.parametrize("bad", [lambda: linear(0), lambda: sway(5, -2.0), lambda: shifted(5, 0.0)])
def test_bad_schedules_are_refused(bad: Callable[[], Tensor]) -> None:
    with pytest.raises(InputError):
        bad()


def test_guidance_of_one_is_no_guidance() -> None:
    calls: list[str] = []

    def null(x: Tensor, t: Tensor) -> Tensor:
        calls.append("null")
        return torch.zeros_like(x)

    velocity = guided(spiral, null, 1.0)
    x, t = torch.ones(2, 1), torch.full((2,), 0.5)
    assert torch.equal(velocity(x, t), spiral(x, t)) and calls == []


def test_guidance_as_a_batch_of_two_is_guidance_with_two_calls() -> None:
    def both(x: Tensor, t: Tensor) -> Tensor:
        scale = torch.tensor([2.0, 2.0, 1.0, 1.0]).reshape(-1, 1)  # conditional rows, then null rows
        return x * scale

    x, t = torch.randn(2, 3, generator=torch.Generator().manual_seed(1)), torch.full((2,), 0.3)
    apart = guided(lambda x, t: 2 * x, lambda x, t: x, 3.0)(x, t)
    assert torch.allclose(batched(both, 3.0)(x, t), apart)
    assert torch.allclose(apart, x + 3 * (2 * x - x))


def test_interval_guidance_acts_only_inside() -> None:
    velocity = guided(lambda x, t: 2 * x, lambda x, t: x, between(3.0, 0.2, 0.8))
    x = torch.ones(1, 1)
    assert [float(velocity(x, torch.tensor([t]))) for t in (0.1, 0.5, 0.9)] == [2.0, 4.0, 2.0]


def test_rescaling_restores_the_spread() -> None:
    generator = torch.Generator().manual_seed(3)
    cond, null = torch.randn(2, 100, generator=generator), torch.randn(2, 100, generator=generator)
    assert torch.allclose(guide(cond, null, 5.0, rescale=1.0).std(1), cond.std(1), atol=1e-4)


def test_the_loss_is_zero_for_the_true_velocity_and_counts_only_the_weighted() -> None:
    data = torch.full((64, 3), 2.0)

    def exact(x: Tensor, t: Tensor) -> Tensor:
        return (data - x) / (1 - t.reshape(-1, 1)).clamp_min(1e-6)

    def half(x: Tensor, t: Tensor) -> Tensor:
        return torch.cat((exact(x, t)[:, :1], x[:, 1:] * 0 + 9), 1)

    def loss(velocity: Callable[[Tensor, Tensor], Tensor], weight: Tensor | None = None) -> float:
        return float(flow_loss(velocity, data, torch.Generator().manual_seed(1), weight))

    assert loss(exact) == pytest.approx(0, abs=1e-6)
    assert loss(half) > 1
    assert loss(half, torch.tensor([[1.0, 0.0, 0.0]])) == pytest.approx(0, abs=1e-6)


def test_times_fill_the_interval() -> None:
    even = uniform(1000, torch.Generator().manual_seed(1)).sort().values
    assert torch.allclose(even, linear(999), atol=2e-3)


def test_a_one_dimensional_gaussian_mixture_is_learned_by_its_exact_velocity() -> None:
    """The marginal velocity of data ±1 carries noise to ±1: path, target and solver agree."""

    def velocity(x: Tensor, t_B: Tensor) -> Tensor:
        t, s = t_B.reshape(-1, 1), (1 - t_B.reshape(-1, 1)).clamp_min(1e-3)
        mean = torch.tanh(t * x / s.square())  # E[data | x_t]
        return (mean - x) / s

    noise = torch.randn(500, 1, generator=torch.Generator().manual_seed(2))
    out = midpoint(velocity, noise, linear(100))
    assert float((out.abs() - 1).abs().max()) < 0.05
    assert abs(float(out.mean())) < 0.15


@pytest.mark.parametrize("steps", [5, 6, 7, 10, 12, 16])
def test_pruned_steps_are_some_of_32_and_finest_near_the_noise(steps: int) -> None:
    times = pruned(steps)
    assert len(times) == steps + 1 and times[0] == 0 and times[-1] == 1
    lengths = [round(float(b - a) * 32) for a, b in pairwise(times)]
    assert lengths == sorted(lengths) and lengths[-1] > lengths[0] and all(float(t * 32).is_integer() for t in times)


def test_steps_without_a_table_are_equal() -> None:
    assert torch.equal(pruned(8), linear(8))


def test_swaying_nothing_and_swaying_equal_steps() -> None:
    assert torch.equal(swayed(pruned(7), 0.0), pruned(7))
    assert torch.equal(swayed(linear(9), -0.5), sway(9, -0.5))
