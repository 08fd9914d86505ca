"""Against diffusers: CogVideoX's two schedulers, step by step, in all their settings."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from soundstage.flow.diffusion import Predicts, denoiser, noised, scaled_linear, snr_shifted, velocity_of, zero_terminal
from soundstage.flow.diffusion_solve import Spacing, ddim, dpm_sde, ladder

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity
NAMES: dict[Predicts, str] = {"velocity": "v_prediction", "noise": "epsilon", "data": "sample"}
MIX = torch.randn(5, 5, generator=torch.Generator().manual_seed(0)) * 0.4


def network(x: Tensor, t_B: Tensor) -> Tensor:
    return torch.tanh(x @ MIX) + t_B.view(-1, 1, 1) / 1000


def keep(seen: list[Tensor], step: int, x: Tensor) -> None:
    seen.append(x)


def walked(scheduler: Any, x: Tensor, generator: torch.Generator) -> list[Tensor]:
    """Every step of the reference's, as its pipelines call it."""
    seen: list[Tensor] = []
    old = None
    for index, t in enumerate(scheduler.timesteps):
        said = network(x, t.expand(len(x)))
        if isinstance(scheduler, diffusers.CogVideoXDPMScheduler):
            back = scheduler.timesteps[index - 1] if index else None
            x, old = scheduler.step(said, old, t, back, x, generator=generator, return_dict=False)
        else:
            x = scheduler.step(said, t, x, return_dict=False)[0]
        seen.append(x)
    return seen


@pytest.mark.parametrize("solver", ["DDIM", "DPM"])
@pytest.mark.parametrize("predicts", NAMES)
@pytest.mark.parametrize("steps", [1, 2, 7, 13, 50])
def test_every_step_agrees(solver: str, predicts: Predicts, steps: int) -> None:
    spacings: tuple[Spacing, ...] = ("trailing", "leading", "linspace")
    for spacing, zero, to_one in product(spacings, (True, False), (True, False)):
        if predicts == "noise" and zero:
            continue  # there it tells nothing of the data
        scheduler = getattr(diffusers, f"CogVideoX{solver}Scheduler")(
            prediction_type=NAMES[predicts], rescale_betas_zero_snr=zero, timestep_spacing=spacing,
            set_alpha_to_one=to_one, snr_shift_scale=3.0,
        )  # fmt: skip
        scheduler.set_timesteps(steps)
        alphas = snr_shifted(scaled_linear(), 3.0)
        alphas = zero_terminal(alphas) if zero else alphas
        rungs = ladder(alphas, steps, spacing=spacing, to_one=to_one)
        assert [rung.timestep for rung in rungs] == scheduler.timesteps.tolist()
        x = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1))
        reference = walked(scheduler, x, torch.Generator().manual_seed(2))
        seen: list[Tensor] = []
        denoise = denoiser(network, alphas, predicts)
        if solver == "DDIM":
            ddim(denoise, x, rungs, partial(keep, seen))
        else:
            noise = partial(torch.randn, 2, 3, 5, generator=torch.Generator().manual_seed(2))
            dpm_sde(denoise, x, rungs, noise, partial(keep, seen))
        for ours, theirs in zip(seen, reference, strict=True):
            assert torch.allclose(ours, theirs, atol=1e-4, rtol=1e-4)


def test_noising_and_velocities_agree() -> None:
    scheduler = diffusers.CogVideoXDDIMScheduler(rescale_betas_zero_snr=True, snr_shift_scale=1.0)
    alphas = zero_terminal(scaled_linear())
    data, noise = (torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    t_B = torch.tensor([0, 500, 999])
    assert torch.allclose(noised(data, noise, alphas[t_B]), scheduler.add_noise(data, noise, t_B), atol=1e-5)
    assert torch.allclose(velocity_of(data, noise, alphas[t_B]), scheduler.get_velocity(data, noise, t_B), atol=1e-5)
