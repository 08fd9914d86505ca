"""Resampling keeps tones, removes what would fold, and agrees with scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import torch

from soundstage.errors import InputError
from soundstage.ops.resample import resample


def tone(rate: int, hz: float, seconds: float = 0.5) -> torch.Tensor:
    return torch.sin(2 * torch.pi * hz * torch.arange(round(rate * seconds), dtype=torch.float64) / rate).float()


@pytest.mark.parametrize(
    ("rate", "target"), [(24000, 48000), (48000, 24000), (44100, 24000), (22050, 32000), (16000, 44100)]
)
def test_a_tone_stays_the_same_tone(rate: int, target: int) -> None:
    out = resample(tone(rate, 1000.0), rate, target)
    expected = tone(target, 1000.0)
    assert abs(len(out) - len(expected)) <= 1
    inside = slice(200, min(len(out), len(expected)) - 200)
    assert float((out[inside] - expected[inside]).abs().max()) < 2e-3


def test_what_lies_above_the_new_nyquist_rate_is_gone() -> None:
    out = resample(tone(48000, 15000.0), 48000, 24000)
    assert float(out[200:-200].abs().max()) < 1e-3


@pytest.mark.parametrize(("rate", "target"), [(48000, 16000), (16000, 24000), (44100, 48000)])
def test_it_agrees_with_scipy_on_sound_that_both_pass(rate: int, target: int) -> None:
    x = torch.randn(8000, generator=torch.Generator().manual_seed(1))
    low = scipy.signal.sosfiltfilt(scipy.signal.butter(8, 0.3 * min(rate, target), fs=rate, output="sos"), x.numpy())
    theirs = scipy.signal.resample_poly(low, target // np.gcd(rate, target), rate // np.gcd(rate, target))
    ours = resample(torch.from_numpy(low.copy()), rate, target)
    assert ours.shape == theirs.shape
    assert np.abs(ours.numpy() - theirs)[300:-300].max() < 5e-3


def test_lengths_are_the_ceiling_and_batches_are_kept() -> None:
    assert resample(torch.zeros(2, 3, 101), 3, 2).shape == (2, 3, 68)
    x = torch.ones(4)
    assert resample(x, 5, 5) is x


def test_a_rate_of_nought_is_refused() -> None:
    with pytest.raises(InputError, match="rates are positive"):
        resample(torch.zeros(3), 0, 5)
