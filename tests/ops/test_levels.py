"""Every strategy meets its level, and none goes over the ceiling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.ops.levels import Strategy, levelled, loudness
from soundstage.ops.loudness import amplitude, decibels, true_peak

RATE = 32_000


def music(seconds: float = 2.0, level: float = 0.1, channels: int = 2) -> NDArray[np.float32]:
    """Noise, and a click five times as high."""
    samples = np.random.default_rng(0).normal(0, level, (channels, int(seconds * RATE))).astype(np.float32)
    samples[:, len(samples[0]) // 2] = 5 * np.abs(samples).max()
    return samples


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_loudness_is_met_and_the_true_peak_kept(level: float) -> None:
    sound = levelled(music(level=level), RATE, "loudness")
    assert loudness(sound, RATE) == pytest.approx(-14, abs=0.5)
    assert decibels(true_peak(sound)) <= -1.0 + 1e-3


@pytest.mark.parametrize("seconds", [0.05, 0.39, 0.4, 0.41])
def test_short_sounds_have_a_loudness_too(seconds: float) -> None:
    at = np.arange(int(seconds * RATE)) / RATE
    tone = 0.01 * np.sin(2 * np.pi * 500 * at, dtype=np.float64)[None]
    assert loudness(levelled(tone, RATE), RATE) == pytest.approx(-14, abs=0.1)


def test_peak_and_rms_meet_theirs() -> None:
    assert decibels(float(np.abs(levelled(music(), RATE, "peak")).max())) == pytest.approx(-1, abs=1e-3)
    mono = levelled(music()[:, :1000], RATE, "rms", headroom=24).mean(0)
    assert decibels(float(np.sqrt(np.square(mono).mean()))) == pytest.approx(-24, abs=0.1)


def test_nothing_is_made_louder_where_that_is_not_allowed() -> None:
    soft, loud = music(level=0.01), music(level=0.9)
    for strategy in ("peak", "rms"):
        assert np.array_equal(levelled(soft, RATE, strategy, louder=False), soft)
        assert not np.array_equal(levelled(loud, RATE, strategy, louder=False), loud)


def test_clipping_changes_only_what_is_over() -> None:
    sound = music(level=0.4)
    clipped, edge = levelled(sound, RATE, "clip"), amplitude(-1)
    inside = np.abs(sound) <= edge
    assert np.array_equal(clipped[inside], sound[inside])
    assert np.abs(clipped).max() == pytest.approx(edge)
    assert not inside.all()


def test_faint_noise_is_not_made_loud() -> None:
    faint = np.random.default_rng(0).normal(0, 1e-3, (1, RATE)).astype(np.float32)
    assert np.array_equal(levelled(faint, RATE, "loudness"), faint)


def test_a_compressor_bends_what_is_loud() -> None:
    plain, bent = (levelled(music(level=0.5), RATE, headroom=3, ceiling=0.0, compressed=on) for on in (False, True))
    assert np.abs(bent).max() < np.abs(plain).max()


@pytest.mark.parametrize("strategy", ["peak", "rms", "loudness", "clip"])
def test_silence_stays_silence(strategy: Strategy) -> None:
    for samples in (0, 1, RATE):
        silent = np.zeros((2, samples), np.float32)
        assert np.array_equal(levelled(silent, RATE, strategy), silent)


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(InputError, match="strategy"):
        levelled(music(), RATE, "louder")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="samples"):
        levelled(np.zeros(5), RATE)
    with pytest.raises(InputError, match="samples"):
        levelled(np.full((1, 5), np.nan), RATE)
