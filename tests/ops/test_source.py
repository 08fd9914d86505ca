"""Pulses, filters and bands: what sound is shaped from."""

from __future__ import annotations

import pytest
import torch

from soundstage.ops.source import (
    band_interpolation,
    finer,
    frames_of,
    harmonics,
    minimum_phase,
    pulse_train,
    white_noise,
)
from soundstage.ops.stft import overlap_add


def test_pulses_have_unit_power_and_the_pitch_asked_for() -> None:
    pulses = pulse_train(torch.full((1, 80), 200.0), 200, 16000)[0]
    assert float(pulses.var()) == pytest.approx(1.0, rel=0.03)
    spectrum = torch.fft.rfft(pulses).abs()
    assert int(spectrum[20:250].argmax()) + 20 == 200  # one second, so a bin is 1 Hz


def test_harmonics_are_the_sum_of_their_cosines() -> None:
    phase = torch.linspace(-0.5, 0.5, 101)
    plain = torch.stack([torch.cos(2 * torch.pi * k * phase) for k in range(1, 8)]).sum(0) * (2 / 7) ** 0.5
    assert torch.allclose(harmonics(phase, torch.full((101,), 7.0)), plain, atol=1e-4)


def test_shaping_by_nothing_gives_the_sound_back() -> None:
    sound = torch.randn(1, 20 * 200, generator=torch.Generator().manual_seed(0))
    spectra = frames_of(sound, 200, 1024)
    back = overlap_add(torch.fft.irfft(spectra, 1024).transpose(1, 2), 200)[:, 200 : 200 + sound.shape[1]]
    assert torch.allclose(back[:, :-200], sound[:, :-200], atol=1e-4)


def test_a_minimum_phase_filter_has_its_gains_and_starts_at_once() -> None:
    gains = 0.5 * torch.sin(torch.linspace(0, 9, 513))
    made = minimum_phase(gains)
    assert torch.allclose(made.abs().log(), gains, atol=1e-3)
    impulse = torch.fft.irfft(made)
    assert float(impulse[:64].square().sum() / impulse.square().sum()) > 0.99


def test_bands_keep_the_level_of_a_flat_spectrum() -> None:
    assert torch.allclose(band_interpolation(80, 16000, 513).sum(0), torch.ones(513), atol=1e-5)


def test_finer_frames_lie_on_lines_between_the_frames() -> None:
    line = torch.arange(5.0)[None, :, None]
    assert torch.allclose(finer(line, 2)[0, 1:-1, 0].diff(), torch.tensor(0.5))
    assert finer(line, 1) is line


def test_noise_is_the_same_each_time_and_white() -> None:
    noise = white_noise(4096)
    assert torch.equal(noise, white_noise(4096)) and not torch.equal(noise, white_noise(4096, seed=1))
    assert abs(float(noise.std()) - 1) < 0.05 and abs(float((noise[1:] * noise[:-1]).mean())) < 0.05
