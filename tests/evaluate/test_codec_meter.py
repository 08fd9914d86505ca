"""The codec's meters say what they should of sounds whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.evaluate import codec
from soundstage.evaluate.codec import mel_distance, si_sdr


def tone(seconds: float = 1.0) -> codec.Samples:
    wave: codec.Samples = (0.3 * np.sin(np.arange(round(24_000 * seconds)) * 0.1)).astype(np.float32)
    return wave


def test_noise_ten_decibels_down_is_ten_decibels() -> None:
    true = tone()
    noise = np.random.default_rng(0).standard_normal(len(true)).astype(np.float32)
    noise *= 10**-0.5 * np.linalg.norm(true) / np.linalg.norm(noise)
    assert si_sdr(true, true + noise) == pytest.approx(10, abs=0.3)
    assert si_sdr(true, 0.1 * (true + noise)) == pytest.approx(si_sdr(true, true + noise), abs=1e-3)
    assert si_sdr(true, true) > 100


def test_silence_has_no_distortion_to_speak_of() -> None:
    with pytest.raises(InputError, match="silent"):
        si_sdr(np.zeros(100, np.float32), tone(0.1))


def test_the_mel_distance_of_twice_the_sound_is_the_logarithm_of_two() -> None:
    noise = np.random.default_rng(0).standard_normal(24_000).astype(np.float32)
    assert mel_distance(noise, 2 * noise, 24_000) == pytest.approx(np.log(2), abs=1e-3)
    assert mel_distance(noise, noise, 24_000) == 0


def test_every_rate_that_is_measured_has_the_figures_of_others_beside_it() -> None:
    assert all(set(figures) == set(codec.RATES) for figures in codec.ENCODEC.values())
    assert set(codec.ENCODEC) == set(codec.ELSEWHERE)


def test_nobody_who_is_measured_was_trained_on() -> None:
    trained = {speaker.name for speaker in codec.narrator.speakers(600)}
    assert not trained & {speaker.name for speaker in codec.narrator.speakers(20, held_out=True)}
