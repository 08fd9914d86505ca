"""The transform agrees with torch and scipy, and comes back exactly."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import torch

from soundstage.ops.stft import istft, overlap_add, stft


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize(("size", "hop"), [(512, 128), (400, 160), (64, 16)])
@pytest.mark.parametrize("centre", [True, False])
def test_it_is_torchs_stft(size: int, hop: int, centre: bool) -> None:
    x = noise(2, 3000)
    theirs = torch.stft(x, size, hop, window=torch.hann_window(size), center=centre, return_complex=True)
    assert torch.allclose(stft(x, size, hop, centre=centre), theirs, atol=1e-4)


def test_it_is_scipys_stft_up_to_its_scale() -> None:
    x = noise(2000)
    _, _, theirs = scipy.signal.stft(x.numpy(), nperseg=256, noverlap=192, boundary=None, padded=False)
    ours = stft(x, 256, 64, centre=False).numpy() / torch.hann_window(256).sum().item()
    assert np.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("length", [1000, 1023, 1024, 1025, 4000])
def test_the_inverse_gives_the_samples_back(length: int) -> None:
    x = noise(2, 1, length)
    back = istft(stft(x, 256, 64), 256, 64, length=length)
    assert back.shape == x.shape
    assert torch.allclose(back, x, atol=1e-5)


def test_the_inverse_is_torchs_on_a_spectrum_that_no_signal_has() -> None:
    spectrum = torch.complex(noise(2, 129, 30), noise(2, 129, 30) * 0.5)
    theirs = torch.istft(spectrum, 256, 64, window=torch.hann_window(256))
    assert torch.allclose(istft(spectrum, 256, 64), theirs, atol=1e-4)


def test_overlap_add_sums_shifted_frames() -> None:
    frames = noise(1, 8, 5)
    slow = torch.zeros(1, 8 + 3 * 4)
    for n in range(5):
        slow[:, 3 * n : 3 * n + 8] += frames[:, :, n]
    assert torch.allclose(overlap_add(frames, 3), slow, atol=1e-6)


def test_a_length_past_the_end_is_silence() -> None:
    back = istft(stft(noise(500), 256, 64), 256, 64, length=2000)
    assert back.shape == (2000,)
    assert back[1000:].abs().max() == 0
