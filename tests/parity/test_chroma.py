"""Against transformers: the filters of its chroma, and what its feature extractor of melodies gives."""

from __future__ import annotations

import pytest
import torch

from soundstage.ops.chroma import chroma, filters, melody

audio_utils = pytest.importorskip("transformers.audio_utils")
pytestmark = pytest.mark.parity


@pytest.mark.parametrize(("rate", "size"), [(32_000, 16_384), (16_000, 2048)])
def test_filters_agree(rate: int, size: int) -> None:
    theirs = audio_utils.chroma_filter_bank(sampling_rate=rate, num_frequency_bins=size, tuning=0, num_chroma=12)
    assert torch.allclose(filters(rate, size), torch.from_numpy(theirs).float(), atol=1e-6)


@pytest.mark.parametrize("samples", [100_000, 5001])
def test_melodies_agree(samples: int) -> None:
    """Its extractor needs torchaudio, whose power spectrum, divided by the window's energy, is numpy's here."""
    sound = torch.randn(samples, generator=torch.Generator().manual_seed(0)).cumsum(0) * 0.01
    padded = sound.numpy()
    if samples < 16_384:
        short = 16_384 - samples
        padded = torch.nn.functional.pad(sound, (short // 2, short // 2 + short % 2)).numpy()
    window = audio_utils.window_function(16_384, "hann")
    power = audio_utils.spectrogram(padded, window, 16_384, 4096, fft_length=16_384, power=2.0) / (window**2).sum()
    raw = torch.from_numpy(filters(32_000, 16_384).numpy() @ power).float()
    reference = torch.nn.functional.normalize(raw, p=float("inf"), dim=-2, eps=1e-6).T
    assert torch.allclose(chroma(sound, 32_000), reference, atol=1e-4)
    assert torch.equal(melody(sound, 32_000).argmax(-1), reference.argmax(-1))
