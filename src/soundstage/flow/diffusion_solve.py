"""Solvers of discrete diffusion, each a function of a denoiser; and the ladder of noise levels that they go down.

Notable: a step goes from a timestep to one a fixed stride earlier, which need not be where the next step begins when
the steps do not divide those of the training: so do the published samplers, and to match them so do we.

t  timestep [B], whole, the same for the whole batch here
x  any shape, batch first
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.diffusion import Network
from soundstage.flow.schedule import steps_left
from soundstage.flow.solve import OnStep, ignore

Spacing = Literal["trailing", "leading", "linspace"]


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step: its timestep, and ᾱ before and after it. `last` where it ends in data."""

    timestep: int
    now: float
    after: float
    last: bool


def timesteps(looks: int, *, steps: int = 1000, spacing: Spacing = "trailing", offset: int = 0) -> list[int]:
    """Where a solver looks, falling; trailing, it begins at the very noise (Lin et al., 2024)."""
    if not 1 <= looks <= steps:
        raise InputError("steps", f"{looks} is out of range", f"use 1 to {steps}")
    if spacing == "trailing":
        return [round(steps - index * (steps / looks)) - 1 for index in range(looks)]
    if spacing == "leading":
        return [index * (steps // looks) + offset for index in reversed(range(looks))]
    return [round(index * (steps - 1) / max(1, looks - 1)) for index in reversed(range(looks))]


def ladder(
    alphas: Tensor, looks: int, *, spacing: Spacing = "trailing", offset: int = 0, to_one: bool = True
) -> list[Rung]:
    """The steps from noise to data; with `to_one` the last ends at ᾱ = 1, else at that of the first timestep."""
    rungs, level = [], alphas.tolist()
    for at in timesteps(looks, steps=len(alphas), spacing=spacing, offset=offset):
        stride = len(alphas) // looks
        last = at < stride
        end = (1.0 if to_one else level[0]) if last else level[at - stride]
        rungs.append(Rung(timestep=at, now=level[at], after=end, last=last))
    return rungs


def part_of(rungs: list[Rung], strength: float) -> list[Rung]:
    """The later steps alone, for data that is noised by `strength`, 1 for all; its level is that of the first."""
    return rungs[len(rungs) - steps_left(len(rungs), strength) :]


def ddim(denoise: Network, x: Tensor, rungs: list[Rung], on_step: OnStep = ignore) -> Tensor:
    """Deterministic (Song et al., 2021): the noise that is left keeps its direction."""
    for step, rung in enumerate(rungs):
        data = denoise(x, _at(rung, x))
        kept = math.sqrt((1 - rung.after) / (1 - rung.now))
        x = kept * x + (math.sqrt(rung.after) - math.sqrt(rung.now) * kept) * data
        on_step(step, x)
    return x


def dpm_sde(
    denoise: Network, x: Tensor, rungs: list[Rung], noise: Callable[[], Tensor], on_step: OnStep = ignore
) -> Tensor:
    """DPM-Solver++ (2M) of the stochastic equation (Lu et al., 2022): fresh noise, and the last step's data, each step.

    `noise` draws, of x's shape. A second-order step draws twice and drops the first, as CogVideoX's sampler does, so
    that one seed gives one clip in both.
    """
    before: Tensor | None = None
    level = math.nan
    for step, rung in enumerate(rungs):
        data = denoise(x, _at(rung, x))
        width = _half_log_snr(rung.after) - _half_log_snr(rung.now)
        fresh = noise()
        aim = data
        if before is not None and not rung.last:
            part = width / (2 * (_half_log_snr(rung.now) - level))  # none after an infinitely long step
            aim, fresh = (1 + part) * data - part * before, noise()
        kept = math.sqrt((1 - rung.after) / (1 - rung.now)) * math.exp(-width)
        gain = -math.expm1(-2 * width)
        x = kept * x + gain * math.sqrt(rung.after) * aim + math.sqrt((1 - rung.after) * gain) * fresh
        before, level = data, _half_log_snr(rung.now)
        on_step(step, x)
    return x


def _half_log_snr(alpha: float) -> float:
    """λ = log √(ᾱ / (1 − ᾱ)); infinite where there is no noise, or nothing else."""
    if alpha <= 0:
        return -math.inf
    return math.inf if alpha >= 1 else 0.5 * math.log(alpha / (1 - alpha))


def _at(rung: Rung, x: Tensor) -> Tensor:
    return torch.full((len(x),), rung.timestep, device=x.device)
