"""Losses are zero at the truth, blind to padding, and rank sounds as an ear would."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.train.losses import (
    feature_loss,
    fool_loss,
    gaussian_kl,
    judge_loss,
    masked_l1,
    masked_l2,
    mel_loss,
    spectral_loss,
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
