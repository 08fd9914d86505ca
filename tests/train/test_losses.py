"""Losses are zero at the truth, blind to padding, and rank sounds as an ear would."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.train.losses import (
    drawn_kl,
    feature_distance,
    feature_loss,
    fool_loss,
    gaussian_kl,
    judge_loss,
    masked_l1,
    masked_l2,
    mel_loss,
    spectral_loss,
    square_fool_loss,
    square_judge_loss,
)


def tone(hz: float, phase: float = 0.0) -> Tensor:
    return 0.5 * torch.sin(2 * torch.pi * hz * torch.arange(8192) / 16000 + phase)[None]


def test_spectra_ignore_phase_and_hear_pitch() -> None:
    assert float(spectral_loss(tone(440), tone(440))) == pytest.approx(0, abs=1e-6)
    turned, detuned = spectral_loss(tone(440, 1.0), tone(440)), spectral_loss(tone(470), tone(440))
    assert float(turned) < 0.5 * float(detuned)
    assert float(mel_loss(tone(440, 1.0), tone(440), 16000)) < float(mel_loss(tone(900), tone(440), 16000))


def test_silence_has_a_finite_gradient() -> None:
    guess = torch.zeros(1, 4096, requires_grad=True)
    spectral_loss(guess, tone(440)[:, :4096]).backward()  # type: ignore[no-untyped-call]
    assert guess.grad is not None and bool(torch.isfinite(guess.grad).all())


@pytest.mark.parametrize("loss", [masked_l1, masked_l2])
def test_what_is_masked_does_not_count(loss: object) -> None:
    guess, truth = torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 100.0]])
    kept = loss(guess, truth, torch.tensor([[1.0, 0.0]]))  # type: ignore[operator]
    assert float(kept) == float(loss(guess[:, :1], truth[:, :1]))  # type: ignore[operator]


def test_the_divergence_of_the_unit_normal_from_itself_is_nought() -> None:
    assert float(gaussian_kl(torch.zeros(3), torch.zeros(3))) == 0
    normal = torch.distributions.Normal
    mean, log_variance = torch.tensor([0.7]), torch.tensor([-0.4])
    reference = torch.distributions.kl_divergence(normal(mean, (log_variance / 2).exp()), normal(0.0, 1.0))
    assert torch.allclose(gaussian_kl(mean, log_variance), reference)


def test_a_sure_and_right_judge_has_no_loss_and_a_fooled_one_has() -> None:
    real, made = [torch.full((4,), 2.0)], [torch.full((4,), -2.0)]
    assert float(judge_loss(real, made)) == 0 and float(judge_loss(made, real)) == 6
    assert float(fool_loss(made)) == 2
    assert float(feature_loss([real], [real])) == 0 and float(feature_loss([real], [made])) == 2


def test_least_squares_pull_the_real_to_one_and_the_made_to_nought_or_to_one() -> None:
    one, nought = [torch.ones(4), torch.ones(2, 3)], [torch.zeros(4), torch.zeros(2, 3)]
    assert float(square_judge_loss(one, nought)) == 0 and float(square_judge_loss(nought, one)) == 4
    assert float(square_fool_loss(one)) == 0 and float(square_fool_loss(nought)) == 2


def test_matching_features_sums_over_layers_and_teaches_only_the_made() -> None:
    real, made = torch.ones(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    loss = feature_distance([[real, real]], [[made, made]])
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 4 and real.grad is None and made.grad is not None


def test_the_divergence_at_a_draw_is_on_average_the_divergence() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, log_deviation = torch.tensor([0.3, -1.0]).view(1, 2, 1), torch.tensor([-0.5, 0.2]).view(1, 2, 1)
    prior, prior_log = torch.tensor([-0.4, 0.1]).view(1, 2, 1), torch.tensor([0.1, 0.3]).view(1, 2, 1)
    shape = (1, 2, 200_000)
    drawn = mean + torch.randn(shape, generator=generator) * log_deviation.exp()
    spread = [x.expand(shape) for x in (log_deviation, prior, prior_log)]
    mask = torch.ones(1, 1, 200_000)
    mask[..., 100_000:] = 0
    drawn[..., 100_000:] = 50.0  # what is masked does not count
    normal = torch.distributions.Normal
    exact = torch.distributions.kl_divergence(normal(mean, log_deviation.exp()), normal(prior, prior_log.exp())).sum()
    assert float(drawn_kl(drawn, *spread, mask)) == pytest.approx(float(exact), rel=0.02)
