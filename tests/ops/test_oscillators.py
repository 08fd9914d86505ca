import math

import torch

from soundstage.ops.oscillators import band_matrix, filtered_noise, oscillator_bank, oscillator_bank_plain


def envelopes(frames: int = 20, partials: int = 6) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    real, imag = (torch.randn(3, frames, partials, generator=generator) for _ in range(2))
    return real, imag, 50 + 8000 * torch.rand(3, partials, generator=generator)


def test_matrix_bank_equals_a_sine_a_sample():
    real, imag, frequency = envelopes()
    fast = oscillator_bank(real, imag, frequency, hop=64, rate=32_000)
    assert fast.shape == (3, 19 * 64)
    assert torch.allclose(fast, oscillator_bank_plain(real, imag, frequency, hop=64, rate=32_000), atol=2e-4)


def test_a_stretch_of_a_note_has_the_phases_of_the_whole_note():
    real, imag, frequency = envelopes(frames=30)
    whole = oscillator_bank(real, imag, frequency, hop=64, rate=32_000)
    part = oscillator_bank(real[:, 10:], imag[:, 10:], frequency, hop=64, rate=32_000, first=10)
    assert torch.allclose(part, whole[:, 640:], atol=2e-4)


def test_noise_of_unit_bands_is_white_with_unit_variance():
    generator = torch.Generator().manual_seed(0)
    bands = band_matrix(24, 65, 32_000)
    assert torch.allclose(bands.sum(0), torch.ones(65), atol=1e-5)
    noise = filtered_noise(torch.ones(2, 400, 24), bands, hop=64, generator=generator)
    assert noise.shape == (2, 399 * 64)
    assert abs(float(noise.std()) - 1) < 0.02


def test_noise_is_where_its_bands_are():
    generator = torch.Generator().manual_seed(0)
    bands = band_matrix(24, 65, 32_000)
    amplitude = torch.zeros(1, 200, 24)
    amplitude[..., 20:] = 1
    spectrum = torch.fft.rfft(filtered_noise(amplitude, bands, hop=64, generator=generator)[0]).abs().square()
    edge = math.floor(len(spectrum) * 0.3)
    assert spectrum[:edge].sum() < 0.01 * spectrum.sum()
