from __future__ import annotations

import math

import pytest
import torch

from soundstage.ops.envelope import spectral_envelope

RATE, HOP = 24_000, 240


def test_white_noise_of_unit_power_has_a_flat_envelope_of_one() -> None:
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    power = spectral_envelope(noise, torch.zeros(100), RATE, HOP)
    assert power.shape == (100, 1025)
    assert float(power[5:95, 20:1000].log().mean()) == pytest.approx(-0.2, abs=0.3)  # a mean of logs lies below


def test_the_pitch_of_a_buzz_does_not_show_in_its_envelope() -> None:
    time = torch.arange(RATE) / RATE
    flat = []
    for pitch in (110.0, 220.0):
        count = int(9000 / pitch)
        buzz = sum(torch.cos(2 * math.pi * pitch * k * time) for k in range(1, count)) * math.sqrt(pitch / 12_000)
        power = spectral_envelope(buzz, torch.full((100,), pitch), RATE, HOP)  # type: ignore[arg-type]
        inside = 10 * power[20:80, 40:600].log10()
        assert float(inside.std()) < 1.0
        flat.append(float(inside.mean()))
    assert abs(flat[0] - flat[1]) < 1.0


def test_parts_of_a_long_sound_are_as_the_whole() -> None:
    noise = torch.randn(RATE // 2, generator=torch.Generator().manual_seed(1))
    f0 = torch.full((50,), 150.0)
    whole = spectral_envelope(noise, f0, RATE, HOP)
    torch.testing.assert_close(spectral_envelope(noise, f0, RATE, HOP, most=7), whole)
