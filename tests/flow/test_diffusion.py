"""Discrete diffusion: the laws of its schedules, what follows from a prediction, guidance that rises, the loss."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.diffusion import (
    Predicts,
    denoiser,
    diffusion_loss,
    linear_betas,
    noised,
    rising,
    rising_as_diffusers,
    scaled_linear,
    snr_shifted,
    target,
    to_data,
    to_noise,
    to_velocity,
    zero_terminal,
)

KINDS: tuple[Predicts, ...] = ("velocity", "noise", "data")


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_less_and_less_is_left_and_at_zero_terminal_nothing() -> None:
    for alphas in (scaled_linear(), linear_betas(1e-4, 0.02)):
        assert len(alphas) == 1000 and bool((alphas.diff() < 0).all()) and 0 < float(alphas[-1]) < 0.01
        rescaled = zero_terminal(alphas)
        assert float(rescaled[-1]) == 0 and float(rescaled[0]) == pytest.approx(float(alphas[0]), rel=1e-12)
        assert bool((rescaled.diff() < 0).all())


def test_a_shift_divides_the_ratio_of_signal_to_noise() -> None:
    alphas = scaled_linear()
    shifted = snr_shifted(alphas, 3.0)
    ratio = (alphas / (1 - alphas)) / (shifted / (1 - shifted))
    assert torch.allclose(ratio, torch.full_like(ratio, 3.0))
    assert torch.allclose(snr_shifted(alphas, 1.0), alphas)
    with pytest.raises(InputError, match="shift"):
        snr_shifted(alphas, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_prediction_tells_data_noise_and_velocity(kind: Predicts) -> None:
    data, noise = draw(3, 2, 4), draw(3, 2, 4, seed=1)
    alpha = torch.tensor([0.9, 0.5, 0.01], dtype=torch.float64)
    x, said = noised(data, noise, alpha), target(kind, data, noise, alpha)
    assert torch.allclose(to_data(kind, said, x, alpha), data, atol=1e-4)
    assert torch.allclose(to_noise(kind, said, x, alpha), noise, atol=1e-4)
    assert torch.allclose(to_velocity(kind, said, x, alpha), target("velocity", data, noise, alpha), atol=1e-4)


def test_velocity_tells_the_data_even_where_none_is_left() -> None:
    data, noise, nothing = draw(2, 3), draw(2, 3, seed=1), torch.tensor(0.0, dtype=torch.float64)
    x = noised(data, noise, nothing)
    assert torch.equal(x, noise)
    assert torch.allclose(to_data("velocity", target("velocity", data, noise, nothing), x, nothing), data)


def test_a_denoiser_asks_at_its_own_level() -> None:
    alphas, data, noise = zero_terminal(scaled_linear()), draw(2, 3), draw(2, 3, seed=1)
    t_B = torch.tensor([10, 900])
    exact = denoiser(lambda x, t: target("velocity", data, noise, alphas[t]), alphas, "velocity")
    assert torch.allclose(exact(noised(data, noise, alphas[t_B]), t_B), data, atol=1e-5)


def test_rising_guidance_begins_at_none_and_ends_at_all() -> None:
    scale = rising(6.0)
    assert scale(999) == pytest.approx(1.0) and 6.8 < scale(0) <= 7.0
    values = [scale(t) for t in range(999, -1, -20)]
    assert values == sorted(values) and scale(500) < 1.1
    assert rising_as_diffusers(6.0, 50)(10) == pytest.approx(
        4.0 - 3.0 * torch.cos(torch.tensor(torch.pi * 0.8**5)).item()
    )


def test_the_loss_is_zero_for_a_perfect_network_and_one_for_a_silent_one() -> None:
    alphas = zero_terminal(scaled_linear())
    data = torch.zeros(64, 8)

    def perfect(x: Tensor, t_B: Tensor) -> Tensor:  # of data that is nothing
        return (alphas[t_B] / (1 - alphas[t_B])).sqrt().unsqueeze(1).to(x) * x

    generator = torch.Generator().manual_seed(0)
    assert float(diffusion_loss(perfect, data, alphas, "velocity", generator)) < 1e-6
    silent = diffusion_loss(lambda x, t: torch.zeros_like(x), data, alphas, "noise", generator)
    assert float(silent) == pytest.approx(1.0, abs=0.2)
