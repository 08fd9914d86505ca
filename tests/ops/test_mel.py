"""Mel filterbanks are librosa's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from soundstage.ops.mel import Scale, hz_to_mel, log_mel, mel_filterbank, mel_to_hz

librosa = pytest.importorskip("librosa")


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize(
    ("rate", "size", "bands", "low", "high"), [(24000, 1024, 80, 0, None), (16000, 400, 40, 50, 7000)]
)
def test_the_filterbank_is_librosas(
    scale: Scale, rate: int, size: int, bands: int, low: float, high: float | None
) -> None:
    ours = mel_filterbank(rate, size, bands, low, high, scale=scale)
    theirs = librosa.filters.mel(
        sr=rate, n_fft=size, n_mels=bands, fmin=low, fmax=high, htk=scale == "htk", norm="slaney"
    )
    assert np.allclose(ours.numpy(), theirs, atol=1e-7)


def test_the_log_mel_of_noise_is_librosas() -> None:
    x = torch.randn(12000, generator=torch.Generator().manual_seed(1)) * 0.1
    theirs = librosa.feature.melspectrogram(
        y=x.numpy(), sr=24000, n_fft=1024, hop_length=256, n_mels=80, power=2.0, pad_mode="reflect"
    )
    ours = log_mel(x, 24000, 1024, 256, 80, power=2.0, floor=1e-10)
    assert np.allclose(ours.numpy(), np.log(np.maximum(theirs, 1e-10)), atol=1e-3)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_the_scales_invert(scale: Scale) -> None:
    hz = np.array([0.0, 20, 440, 999, 1000, 1001, 8000, 20000])
    assert np.allclose(mel_to_hz(hz_to_mel(hz, scale), scale), hz, atol=1e-6)


def test_silence_is_the_floor() -> None:
    assert torch.equal(log_mel(torch.zeros(2, 2048), 16000, 512, 128, 20), torch.full((2, 20, 17), 1e-5).log())


def test_a_bank_made_while_inferring_serves_training() -> None:
    with torch.inference_mode():
        log_mel(torch.zeros(256), 8000, 128, 32, 11)
    x = torch.ones(256, requires_grad=True)
    log_mel(x, 8000, 128, 32, 11).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
