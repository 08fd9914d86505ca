"""UniPC: exact where the data is one point, of second order elsewhere, and clear about pure noise."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow import SCHEDULES, euler, linear, unipc
from soundstage.flow.path import holding
from soundstage.flow.schedule import wan, wan_native


def curved(x: Tensor, t_B: Tensor) -> Tensor:
    """The flow from N(0, 1) to N(0, 0.25), whose end is known: half of where it starts."""
    t = t_B.to(x)[:, None]
    return x * (0.25 * t - (1 - t)) / (0.25 * t**2 + (1 - t) ** 2)


def test_one_point_of_data_is_reached_in_one_step() -> None:
    x, goal = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)), 0.7
    times = wan(1).times
    made = unipc(lambda x, t_B: (goal - x) / (1 - t_B.to(x)[:, None]), x, times)
    assert torch.allclose(made, torch.full_like(x, goal), atol=1e-5)


def test_it_is_nearer_than_euler_and_gains_more_than_first_order_by_more_steps() -> None:
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    times = {steps: linear(steps).double() * (1 - 1e-6) + 1e-6 for steps in (16, 32)}
    errors = {steps: float((unipc(curved, x, at) - x / 2).abs().max()) for steps, at in times.items()}
    assert errors[32] < errors[16] / 2.5
    assert errors[16] < float((euler(curved, x, times[16]) - x / 2).abs().max()) / 3


def test_times_that_begin_at_pure_noise_are_refused() -> None:
    with pytest.raises(InputError, match="pure noise"):
        unipc(curved, torch.zeros(1, 1), linear(4))


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_run_from_noise_to_data_and_name_what_is_wrong(name: str) -> None:
    times, timesteps = SCHEDULES[name](7, 5.0)
    assert len(times) == 8 and len(timesteps) == 7
    assert bool((times[1:] > times[:-1]).all()) and float(times[0]) < 0.01 and float(times[-1]) == 1
    for steps, shift, field in ((0, 5.0, "steps"), (3, 0.0, "shift")):
        with pytest.raises(InputError, match=field):
            SCHEDULES[name](steps, shift)


def test_the_clock_tells_the_timestep_of_each_look_in_any_precision() -> None:
    schedule = wan_native(40, 3.0)
    told = [float(schedule.clock(t.float()[None])) for t in schedule.times[:-1]]
    assert told == schedule.timesteps.tolist()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_later_part_of_a_schedule_is_its_end_and_holds_what_is_to_stay(schedule: str) -> None:
    whole = SCHEDULES[schedule](10, 3.0)
    part = whole.part(0.35)
    assert torch.equal(part.times, whole.times[7:]) and torch.equal(part.timesteps, whole.timesteps[7:])
    assert torch.equal(whole.part(1.0).times, whole.times)
    draw = torch.Generator().manual_seed(3)
    x, goal = torch.randn(2, 4, generator=draw), torch.randn(2, 4, generator=draw)
    where, solve = torch.tensor([[0.0, 1.0, 0.0, 1.0]]), euler if schedule == "euler" else unipc
    made = solve(holding(curved, goal, where), x, part.times)
    assert torch.allclose(made[:, ::2], goal[:, ::2], atol=1e-5)
    assert torch.allclose(made[:, 1::2], solve(curved, x, part.times)[:, 1::2])
    with pytest.raises(InputError, match="strength"):
        whole.part(0.05)
