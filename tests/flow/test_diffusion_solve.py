"""Solvers of discrete diffusion, on data whose denoiser is known exactly."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.diffusion import Network, keeping, noised, scaled_linear, zero_terminal
from soundstage.flow.diffusion_solve import ddim, dpm_sde, ladder, part_of, timesteps

ALPHAS = zero_terminal(scaled_linear())
MEAN, SPREAD = 1.5, 0.5


def bell(alphas: Tensor) -> Network:
    """The exact denoiser of data that is normal with that mean and spread."""

    def data(x: Tensor, t_B: Tensor) -> Tensor:
        alpha = alphas[t_B].view(-1, *([1] * (x.ndim - 1))).to(x)
        trust = alpha.sqrt() * SPREAD**2 / (alpha * SPREAD**2 + 1 - alpha)
        return MEAN + trust * (x - alpha.sqrt() * MEAN)

    return data


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_looks_begin_at_the_noise_and_keep_their_stride() -> None:
    assert timesteps(4) == [999, 749, 499, 249]
    assert timesteps(4, spacing="leading") == [750, 500, 250, 0]
    assert timesteps(4, spacing="leading", offset=1) == [751, 501, 251, 1]
    assert timesteps(4, spacing="linspace") == [999, 666, 333, 0]
    with pytest.raises(InputError, match="use 1 to 1000"):
        timesteps(0)


def test_a_ladder_leads_from_nothing_left_to_all() -> None:
    rungs = ladder(ALPHAS, 5)
    assert rungs[0].now == 0 and rungs[-1].after == 1 and [rung.last for rung in rungs] == [False] * 4 + [True]
    assert all(low.after == high.now for low, high in pairwise(rungs))
    assert ladder(ALPHAS, 5, to_one=False)[-1].after == pytest.approx(float(ALPHAS[0]))


def test_a_part_of_it_is_its_end() -> None:
    rungs = ladder(ALPHAS, 10)
    assert part_of(rungs, 0.35) == rungs[7:] and part_of(rungs, 1.0) == rungs
    for strength in (0.0, 1.5, 0.05):
        with pytest.raises(InputError, match="strength"):
            part_of(rungs, strength)


def test_ddim_carries_noise_to_the_data_it_belongs_to() -> None:
    noise = draw(4000, 1)
    out = ddim(bell(ALPHAS), noise, ladder(ALPHAS, 100))
    assert torch.allclose(out, MEAN + SPREAD * noise, atol=0.12)


def test_dpm_draws_from_the_same_data_with_fresh_noise() -> None:
    generator = torch.Generator().manual_seed(1)
    noise = draw(4000, 1)
    out = dpm_sde(bell(ALPHAS), noise, ladder(ALPHAS, 50), lambda: torch.randn(4000, 1, generator=generator))
    assert float(out.mean()) == pytest.approx(MEAN, abs=0.05) and float(out.std()) == pytest.approx(SPREAD, abs=0.05)
    assert abs(float(torch.corrcoef(torch.stack((out[:, 0], noise[:, 0])))[0, 1])) < 0.2  # the first noise is forgotten


def test_a_clip_that_is_noised_half_way_comes_back_from_there() -> None:
    data = MEAN + SPREAD * draw(4000, 1, seed=3)
    rungs = part_of(ladder(ALPHAS, 50), 0.25)
    x = noised(data, draw(4000, 1, seed=4), torch.tensor(rungs[0].now, dtype=torch.float64))
    out = ddim(bell(ALPHAS), x, rungs)
    assert float(out.std()) == pytest.approx(SPREAD, abs=0.05)
    assert float(torch.corrcoef(torch.stack((out[:, 0], data[:, 0])))[0, 1]) > 0.5


def test_what_is_kept_comes_out_as_it_was_and_the_rest_as_without() -> None:
    data, noise, where = draw(3, 2, seed=3), draw(3, 2, seed=4), torch.tensor([[0.0, 1.0]])
    rungs = part_of(ladder(ALPHAS, 20), 0.5)
    x = noised(data, noise, torch.tensor(rungs[0].now, dtype=torch.float64))
    for solve in (ddim, lambda denoise, x, rungs: dpm_sde(denoise, x, rungs, lambda: noise)):
        made = solve(keeping(bell(ALPHAS), data, where), x, rungs)
        assert torch.allclose(made[:, 0], data[:, 0], atol=1e-5)
        assert torch.allclose(made[:, 1], solve(bell(ALPHAS), x, rungs)[:, 1])


def test_every_step_is_told() -> None:
    seen: list[int] = []
    for solve in (
        lambda tell: ddim(bell(ALPHAS), draw(2, 1), ladder(ALPHAS, 3), tell),
        lambda tell: dpm_sde(bell(ALPHAS), draw(2, 1), ladder(ALPHAS, 3), lambda: draw(2, 1), tell),
    ):
        solve(lambda step, x: seen.append(step))
    assert seen == [0, 1, 2, 0, 1, 2]
