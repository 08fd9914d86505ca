"""Phases by iteration come nearer with every one, and bins from bands have those bands."""

from __future__ import annotations

import torch
from torch import Tensor

from soundstage.ops.griffin_lim import griffin_lim, spread_mel
from soundstage.ops.mel import mel_filterbank
from soundstage.ops.stft import stft

SIZE, HOP = 256, 64


def draws() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def wave() -> Tensor:
    time = torch.arange(6400) / 8000
    return (torch.sin(2764 * time) + torch.sin(6283 * time))[None]


def test_magnitudes_come_nearer_with_every_iteration() -> None:
    wanted = stft(wave(), SIZE, HOP, centre=False).abs()

    def off(iterations: int) -> float:
        made = griffin_lim(wanted, SIZE, HOP, draws(), iterations=iterations)
        assert made.shape[-1] == SIZE + HOP * (wanted.shape[-1] - 1)
        return float((stft(made, SIZE, HOP, centre=False).abs() - wanted).norm() / wanted.norm())

    few, many = off(1), off(40)
    assert many < 0.5 * few
    assert many < 0.2


def test_the_same_generator_gives_the_same_sound() -> None:
    wanted = stft(wave(), SIZE, HOP, centre=False).abs()
    assert torch.equal(griffin_lim(wanted, SIZE, HOP, draws()), griffin_lim(wanted, SIZE, HOP, draws()))


def test_bins_have_the_bands_that_they_were_spread_from() -> None:
    bank = mel_filterbank(8000, SIZE, 20)
    bands = bank @ stft(wave(), SIZE, HOP, centre=False).abs()
    bins = spread_mel(bands, 8000, SIZE)
    assert bins.min() >= 0
    assert float((bank @ bins - bands).norm() / bands.norm()) < 0.05
