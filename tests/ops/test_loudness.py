"""True peak sees between samples; the limiter holds it and touches nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from soundstage.ops.loudness import _released, amplitude, decibels, envelope, fade, limit, true_peak


def between_samples(rate: int = 48000) -> np.ndarray:
    """A tone of a quarter of the rate whose samples all lie at ±0.707 of its peak (the case of BS.1770-4 annex 2)."""
    return np.sin(np.pi / 2 * np.arange(rate) + np.pi / 4)[None].astype(np.float32)


def test_the_peak_between_samples_is_found() -> None:
    tone = between_samples()
    assert np.abs(tone).max() == pytest.approx(0.7071, abs=1e-3)
    assert true_peak(tone[:, 200:-200]) == pytest.approx(1.0, abs=0.04)


def test_true_peak_agrees_with_dense_oversampling() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 5000)) * 0.2
    reference = np.abs(scipy.signal.resample(np.pad(noise, ((0, 0), (500, 500))), 6000 * 32, axis=-1)).max()
    assert true_peak(noise) == pytest.approx(reference, rel=0.03)


@pytest.mark.parametrize("seed", range(4))
def test_the_limiter_holds_the_true_peak(seed: int) -> None:
    rng = np.random.default_rng(seed)
    loud = (rng.standard_normal((2, 24000)) * 0.5 * (1 + np.sin(np.arange(24000) / 3000))).astype(np.float32)
    held = limit(loud, 24000, ceiling=-1.0)
    assert held.shape == loud.shape and held.dtype == np.float32
    assert decibels(true_peak(held)) <= -1.0 + 1e-3
    assert decibels(true_peak(held)) > -2.5
    assert decibels(true_peak(limit(between_samples(), 48000))) <= -1.0 + 1e-3


def test_quiet_sound_comes_back_untouched_and_far_from_a_peak_the_gain_is_one() -> None:
    quiet = (np.random.default_rng(1).standard_normal((1, 9600)) * 0.05).astype(np.float32)
    assert np.array_equal(limit(quiet, 48000), quiet)
    quiet[0, 8000] = 2.0
    held = limit(quiet, 48000)
    assert np.array_equal(held[0, :7000], quiet[0, :7000])


def test_channels_share_one_gain() -> None:
    loud = np.random.default_rng(2).standard_normal((1, 4800)).astype(np.float32)
    both = limit(np.concatenate((loud, 0.1 * loud)), 48000)
    assert np.allclose(both[1], 0.1 * both[0], atol=1e-6)


def test_the_release_equals_its_recurrence() -> None:
    held = 1 - np.random.default_rng(3).random(5000) ** 8
    slow, gain = np.empty_like(held), 1.0
    for n, value in enumerate(held):
        gain = min(value, 0.99 * gain + 0.01)
        slow[n] = gain
    assert np.allclose(_released(held, 0.99), slow, atol=1e-9)


def test_fades_and_levels() -> None:
    ones = np.ones((1, 1000), np.float32)
    faded = fade(ones, 1000, rise=0.1, fall=0.2)
    assert faded[0, 0] < 0.01 and faded[0, -1] < 0.01 and np.array_equal(faded[0, 100:800], ones[0, 100:800])
    assert envelope(ones * 0.5, 1000)[-1] == pytest.approx(0.5, abs=1e-3)
    assert decibels(amplitude(-3.0)) == pytest.approx(-3.0) and decibels(0.0) == float("-inf")
    assert true_peak(np.zeros((2, 0))) == 0.0


def test_a_loop_is_limited_as_its_copies_are() -> None:
    rng = np.random.default_rng(3)
    sound = (rng.normal(0, 0.25, (2, 30_000)) * np.linspace(0.3, 2.5, 30_000)).astype(np.float32)
    once = limit(sound, 8000, ceiling=-3.0, around=True)
    assert np.array_equal(limit(np.tile(sound, 2), 8000, ceiling=-3.0, around=True), np.tile(once, 2))
    assert true_peak(np.tile(once, 2)) <= amplitude(-3.0) * 1.001
    assert not np.array_equal(once[:, :400], limit(sound, 8000, ceiling=-3.0)[:, :400])  # the loud end is heard ahead
