"""Loudness: the standard's own numbers, the master's promises, speech told from pauses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError
from soundstage.film.levels import levelled, loudness, mastered, over, speech_over_music, spoken, true_peak
from soundstage.media import Audio

RATE = 16_000


def babble(seconds: float, *, rate: int = RATE, level: float = 0.1, pitch: float = 130.0, seed: int = 0) -> Audio:
    """Something like speech: a voiced tone in syllables of uneven loudness."""
    time = np.arange(round(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in range(1, 16))
    knots = np.arange(0, seconds + 0.2, 0.1)
    syllables = np.interp(time, knots, np.random.default_rng(seed).uniform(0.1, 1, len(knots)))
    return Audio((level * voice * syllables).astype(np.float32)[None], rate)


def test_a_full_scale_tone_has_the_loudness_of_the_standard() -> None:
    tone = Audio(np.sin(2 * np.pi * 997 * np.arange(48_000 * 3) / 48_000)[None], 48_000)
    assert loudness(tone) == pytest.approx(-3.01, abs=0.05)
    assert loudness(tone.stereo()) == pytest.approx(0.0, abs=0.05)
    assert loudness(tone.cut(0, 0.3)) == pytest.approx(-3.01, abs=0.1)
    assert loudness(Audio.silence(1, 48_000)) == float("-inf")


def test_true_peak_sees_between_the_samples() -> None:
    samples = np.tile(np.array([0.7071, 0.7071, -0.7071, -0.7071]), 4000)
    assert true_peak(Audio(samples[None], 48_000)) == pytest.approx(0, abs=0.3)


def test_spans_of_speech_are_found() -> None:
    pauses = [Audio.silence(seconds, RATE) for seconds in (1, 0.3, 2.2, 1)]
    parts = [pauses[0], babble(1.5), pauses[1], babble(1, seed=1), pauses[2], babble(1, seed=2), pauses[3]]
    track = Audio.join(parts)
    found = spoken(track)
    assert len(found) == 2
    assert found[0] == pytest.approx((1.0, 3.8), abs=0.06)
    assert found[1] == pytest.approx((6.0, 7.0), abs=0.06)
    assert spoken(Audio.silence(1, RATE)) == ()


@settings(max_examples=10, deadline=None)
@given(st.floats(0.003, 3.0), st.integers(0, 5))
def test_a_master_meets_loudness_and_peak(level: float, clicks: int) -> None:
    samples = babble(4, level=level).samples.copy()
    samples[0, [1000 * (place + 1) for place in range(clicks)]] = 4 * level
    master = mastered(Audio(samples, RATE))
    assert loudness(master) == pytest.approx(-16, abs=0.3)
    assert true_peak(master) <= -0.99


def test_levelling_changes_nothing_but_the_gain() -> None:
    quiet = babble(3, level=0.01)
    ratio = levelled(quiet, -20).samples / np.where(quiet.samples == 0, 1, quiet.samples)
    assert loudness(levelled(quiet, -20)) == pytest.approx(-20, abs=0.05)
    assert ratio[quiet.samples != 0].std() < 1e-2
    assert levelled(Audio.silence(1, RATE), -20) == Audio.silence(1, RATE)


def test_speech_over_music_is_the_difference_of_their_levels_while_there_is_speech() -> None:
    voice = babble(2)
    speech = Audio.join([voice, Audio.silence(2, RATE), voice])
    music = Audio.join([voice, voice, Audio(voice.samples * np.float32(0.5), RATE)])
    assert over(speech, music) == pytest.approx((0, 6.02), abs=0.3)
    assert speech_over_music(speech, music) == pytest.approx(0, abs=0.3)
    assert over(speech, music, [(2.2, 3.8)]) == (float("inf"),)
    with pytest.raises(InputError, match="one rate and length"):
        over(speech, voice)
