"""Against diffusers: Wan's schedules and solvers, the same timesteps and the same sample after every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from soundstage.flow import SCHEDULES, Schedule, Velocity, euler, unipc

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity
CASES = [(1, 5.0), (2, 3.0), (4, 1.0), (10, 8.0), (20, 5.0), (50, 5.0)]


def scheduler(name: str, steps: int, shift: float) -> Any:
    if name == "euler":
        made = diffusers.FlowMatchEulerDiscreteScheduler(shift=shift)
        made.set_timesteps(steps)
        return made
    made = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift, num_train_timesteps=1000
    )
    made.set_timesteps(
        steps, sigmas=np.linspace(float(np.float32(0.999)), 0, steps + 1)[:-1] if name == "native" else None
    )
    return made


def network(x: Tensor, timestep: Tensor) -> Tensor:
    """Some velocity to the noise, in their convention, that minds both."""
    return torch.tanh(1.7 * x + 0.3 * x.roll(1, -1)) + x * (timestep.double() / 1000).to(x) - 0.2


def ours(schedule: Schedule) -> Velocity:
    return lambda x, t_B: -network(x, schedule.clock(t_B[:1]))


@pytest.mark.parametrize(("steps", "shift"), CASES)
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_step_is_the_reference_s(name: str, steps: int, shift: float) -> None:
    theirs, schedule = scheduler(name, steps, shift), SCHEDULES[name](steps, shift)
    assert (1 - schedule.times).float().tolist() == pytest.approx(theirs.sigmas.tolist(), abs=1e-7)
    assert schedule.timesteps.float().tolist() == pytest.approx(theirs.timesteps.float().tolist(), abs=1e-3)
    x = torch.randn(2, 3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    expected, reference = [], x
    for timestep in theirs.timesteps:
        reference = theirs.step(network(reference, timestep), timestep, reference, return_dict=False)[0]
        expected.append(reference)
    seen: list[Tensor] = []
    solve = euler if name == "euler" else unipc
    end = solve(ours(schedule), x, schedule.times, lambda step, now: seen.append(now))
    assert len(seen) == steps and end is seen[-1]
    for mine, other in zip(seen, expected, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)


def test_the_two_schedules_differ_on_half_the_steps() -> None:
    one, other = (SCHEDULES[name](50, 5.0).timesteps for name in ("diffusers", "native"))
    assert 20 <= int((one != other).sum()) <= 50
