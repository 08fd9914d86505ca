"""When a solver looks: increasing times [steps + 1] from 0 (noise) to 1 (data).

Notable: video models are told a *timestep*, 1000 at the noise and 0 at the data, which their schedulers round in ways
of their own; a `Schedule` keeps it beside the times, so that the same step says the same number everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.errors import InputError

PRUNED = {  # the steps' ends in thirty-seconds
    5: (0, 2, 4, 8, 16, 32),
    6: (0, 2, 4, 6, 8, 16, 32),
    7: (0, 2, 4, 6, 8, 16, 24, 32),
    10: (0, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32),
    12: (0, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32),
    16: (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32),
}
SHIFTS = "1 leaves the steps equal, video models use 3 to 8"


def linear(steps: int) -> Tensor:
    """Equal steps."""
    return torch.linspace(0, 1, _positive(steps) + 1)


def pruned(steps: int) -> Tensor:
    """F5-TTS's empirically pruned steps: 32 equal ones, thinned where the path is straightest (Zheng et al., 2025).

    Tables exist for 5, 6, 7, 10, 12 and 16 steps; other numbers get equal steps.
    """
    if steps not in PRUNED:
        return linear(steps)
    return torch.tensor(PRUNED[steps]) / 32


def sway(steps: int, coefficient: float = -1.0) -> Tensor:
    """Sway sampling of F5-TTS (Chen et al., 2024): negative coefficients look more closely near the noise."""
    return swayed(linear(steps), coefficient)


def swayed(times: Tensor, coefficient: float) -> Tensor:
    """Any times, swayed: 0 leaves them as they are."""
    if not -1 <= coefficient <= 2 / (math.pi - 2):
        raise InputError("sway", f"{coefficient} would let time run backwards", "choose from -1 to 1.75")
    return times + coefficient * (torch.cos(math.pi / 2 * times) - 1 + times)


def shifted(steps: int, shift: float = 3.0) -> Tensor:
    """The resolution shift of Esser et al. (2024), as in Wan: above 1, more steps near the noise.

    In noise level s = 1 - t the shift is s' = shift · s / (1 + (shift - 1) · s).
    """
    if shift <= 0:
        raise InputError("shift", f"{shift} is not positive", SHIFTS)
    level = 1 - linear(steps)
    return 1 - shift * level / (1 + (shift - 1) * level)


def steps_left(steps: int, strength: float) -> int:
    """How many of the steps are taken by what begins with data that is noised by `strength`, 1 for all of them.

    Raises InputError for a strength out of range, and for one that leaves no step.
    """
    if not 0 < strength <= 1:
        raise InputError("strength", f"{strength} is out of range", "use above 0, up to 1")
    left = min(int(steps * strength), steps)
    if not left:
        raise InputError("strength", f"{strength} of {steps} steps is none", f"use at least {1 / steps:.3g}")
    return left


class Schedule(NamedTuple):
    """Times [steps + 1] in float64, and the timestep [steps] that the network is told at each look."""

    times: Tensor
    timesteps: Tensor

    def part(self, strength: float) -> Schedule:
        """The later steps alone, for data that is noised by `strength`; its time is that of the first."""
        first = len(self.timesteps) - steps_left(len(self.timesteps), strength)
        return Schedule(self.times[first:], self.timesteps[first:])

    def clock(self, t_B: Tensor) -> Tensor:
        """The timestep at a time of the schedule."""
        gaps = (t_B.double().unsqueeze(-1) - self.times[:-1].to(t_B.device)).abs()
        return self.timesteps.to(t_B.device)[gaps.argmin(-1)]


def wan(steps: int, shift: float = 5.0) -> Schedule:
    """Wan's steps as diffusers has them (UniPC, flow sigmas): from noise less 1e-6; whole timesteps, rounded down."""
    level = shifted_level(np.linspace(1, 1 / 1000, _positive(steps) + 1)[:-1], shift)
    if abs(level[0] - 1) < 1e-6:
        level[0] -= 1e-6
    return _schedule(level, np.trunc(level * 1000))


def wan_native(steps: int, shift: float = 5.0) -> Schedule:
    """Wan's steps as its own code has them: from 0.999 of noise towards none; half the timesteps are others."""
    most = float(np.float32(0.999))
    level = shifted_level(np.linspace(most, 0, _positive(steps) + 1)[:-1], shift)
    return _schedule(level, np.trunc(level * 1000))


def flow_match(steps: int, shift: float = 5.0) -> Schedule:
    """Steps of diffusers' Euler scheduler: its last level is shifted twice; timesteps keep their fractions."""
    least = float(shifted_level(np.array([1 / 1000], np.float32), shift)[0])
    level = shifted_level(np.linspace(1000, least * 1000, _positive(steps)) / 1000, shift)
    return _schedule(level, (level.astype(np.float32) * np.float32(1000)).astype(np.float64))


SCHEDULES: Mapping[str, Callable[[int, float], Schedule]] = MappingProxyType(
    {"diffusers": wan, "native": wan_native, "euler": flow_match}
)
"""Wan's schedules by name. The first two are UniPC's."""


def shifted_level(level: NDArray[np.floating], shift: float) -> NDArray[np.floating]:
    """The shift of `shifted`, of noise levels."""
    if shift <= 0:
        raise InputError("shift", f"{shift} is not positive", SHIFTS)
    made: NDArray[np.floating] = shift * level / (1 + (shift - 1) * level)
    return made


def _schedule(level: NDArray[np.floating], timesteps: NDArray[np.floating]) -> Schedule:
    kept = np.append(level, 0).astype(np.float32).astype(np.float64)  # the levels are those of float32
    return Schedule(torch.from_numpy(1 - kept), torch.from_numpy(timesteps))


def _positive(steps: int) -> int:
    if steps < 1:
        raise InputError("steps", f"{steps} steps solve nothing", "give at least 1")
    return steps
