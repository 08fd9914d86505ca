"""The film's sound: everything at its sample, music under speech, loudness and peak as promised."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError
from soundstage.film.mix import (
    Placed,
    crossfade,
    duck,
    ducking,
    loudness,
    mixdown,
    over,
    place,
    speech_over_music,
    true_peak,
)
from soundstage.media import Audio

RATE = 16_000


def babble(seconds: float, *, rate: int = RATE, level: float = 0.1, pitch: float = 130.0, seed: int = 0) -> Audio:
    """Something like speech: a voiced tone in syllables of uneven loudness."""
    time = np.arange(round(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in range(1, 16))
    knots = np.arange(0, seconds + 0.2, 0.1)
    syllables = np.interp(time, knots, np.random.default_rng(seed).uniform(0.1, 1, len(knots)))
    return Audio((level * voice * syllables).astype(np.float32)[None], rate)


def band(seconds: float, *, rate: int = RATE, level: float = 0.3) -> Audio:
    time = np.arange(round(seconds * rate)) / rate
    chords = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277.2, 329.6, 880))
    swell = 0.7 + 0.3 * np.sin(2 * np.pi * 0.5 * time)
    return Audio((level * swell * chords / 4).astype(np.float32)[None].repeat(2, axis=0), rate)


@given(st.integers(0, 900), st.integers(1, 100), st.integers(1, 3))
def test_clips_land_on_their_very_sample(first: int, length: int, rate_factor: int) -> None:
    rate = 1000 * rate_factor
    clip = Audio(np.full((1, length), 0.5, np.float32), rate)
    track = place([Placed(clip, Fraction(first, rate))], 1000, rate).samples
    assert np.flatnonzero(track[0]).tolist() == list(range(first, first + length))
    assert np.allclose(track[1], track[0])


def test_overlapping_clips_add_up_and_pan_keeps_the_power() -> None:
    clip = Audio(np.full((1, 10), 0.25, np.float32), 1000)
    both = place([Placed(clip, 0.0), Placed(clip, 0.005)], 20, 1000).samples[0]
    assert both.tolist() == [0.25] * 5 + [0.5] * 5 + [0.25] * 5 + [0.0] * 5
    for pan in (-1, -0.3, 0.8):
        sides = place([Placed(clip, 0, pan=pan)], 10, 1000).samples
        assert float((sides**2).sum()) == pytest.approx(2 * 10 * 0.25**2, rel=1e-5)
    assert place([Placed(clip, 0, pan=-1)], 10, 1000).samples[1] == pytest.approx(0, abs=1e-7)


def test_a_clip_past_the_end_is_refused() -> None:
    with pytest.raises(InputError, match=r"ends 0\.005 s after"):
        place([Placed(Audio.silence(0.01, 1000), 0.015)], 20, 1000)
    with pytest.raises(InputError, match="start"):
        Placed(Audio.silence(0.01, 1000), -0.1)


def test_a_crossfade_keeps_the_power_and_takes_its_time() -> None:
    generator = np.random.default_rng(0)
    one, two = (Audio(generator.normal(size=(1, 20_000)).astype(np.float32) * 0.1, 10_000) for _ in range(2))
    joined = crossfade(one, two, 1.0)
    assert joined.length == 30_000
    assert float(joined.samples[:, 12_000:18_000].std()) == pytest.approx(0.1, rel=0.03)
    assert np.array_equal(joined.samples[:, :10_000], one.samples[:, :10_000])
    assert np.array_equal(joined.samples[:, 20_000:], two.samples[:, 10_000:])
    assert crossfade(one, two, 0) == Audio.join([one, two])
    with pytest.raises(InputError, match="seconds"):
        crossfade(one, two, 2.5)


@settings(max_examples=12, deadline=None)
@given(st.floats(0.02, 0.3), st.floats(0.01, 0.9), st.lists(st.floats(0, 1.5), min_size=1, max_size=4))
def test_speech_is_over_the_music_by_the_margin_whatever_the_levels(
    voice: float, loud: float, gaps: list[float]
) -> None:
    start, lines = 0.3, []
    for index, gap in enumerate(gaps):
        lines.append(Placed(babble(1.2, level=voice * (0.3 + index / 4), seed=index), start))
        start += 1.2 + gap
    length = round((start + 1) * RATE)
    speech, music = place(lines, length, RATE), band(length / RATE, level=loud)
    ducked = duck(music, speech, margin=9)
    assert speech_over_music(speech, ducked) >= 8.9
    spans = [(float(line.start), float(line.start) + 1.2) for line in lines]
    assert min(over(speech, duck(music, speech, spans=spans, margin=9), spans)) >= 8.9


def test_music_is_down_before_the_first_word_and_back_after_the_last() -> None:
    speech = place([Placed(babble(2.0), 3.0)], 8 * RATE, RATE)
    gain = ducking(speech, band(8), look=0.35, hold=0.15, release=0.8)
    assert gain[: round(2.6 * RATE)].min() == 1
    inside = gain[round(3.02 * RATE) : round(4.9 * RATE)]
    assert inside.max() == inside.min() < 0.51
    assert gain[round(6.1 * RATE) :].min() == 1
    assert np.abs(np.diff(20 * np.log10(gain))).max() < 0.02  # no steps: no clicks


def test_close_lines_share_one_dip() -> None:
    speech = place([Placed(babble(1.0), 1.0), Placed(babble(1.0, seed=1), 2.7)], 5 * RATE, RATE)
    gain = ducking(speech, band(5))
    assert gain[round(1.1 * RATE) : round(3.6 * RATE)].max() < 0.51


def test_without_speech_music_is_left_alone() -> None:
    silence = Audio.silence(2, RATE, 2)
    assert np.array_equal(duck(band(2), silence).samples, band(2).samples)
    assert speech_over_music(silence, band(2)) == float("inf")
    with pytest.raises(InputError, match="one rate and length"):
        ducking(Audio.silence(1, RATE, 2), band(2))


def test_a_mixdown_keeps_all_its_promises() -> None:
    lines = [
        Placed(babble(2, level=0.02), 1.5),
        Placed(babble(1.5, level=0.4, seed=1, rate=24_000), Fraction(5), pan=0.3),
    ]
    mix = mixdown(lines, [Placed(band(10), 0)], [Placed(babble(0.3, seed=5), 8)], length=10 * RATE, rate=RATE)
    assert (mix.master.length, mix.master.channels, mix.master.rate) == (10 * RATE, 2, RATE)
    assert set(mix.stems) == {"speech", "music", "sounds"}
    assert loudness(mix.master) == pytest.approx(-16, abs=0.2)
    assert true_peak(mix.master) <= -1.45
    assert speech_over_music(mix.stems["speech"], mix.stems["music"]) >= 8.5
    spans = over(mix.stems["speech"], Audio(np.full((2, 10 * RATE), 1e-3, np.float32), RATE))
    assert max(spans) - min(spans) < 3  # the soft and the loud line are levelled
    together = sum(stem.samples for stem in mix.stems.values())
    quiet = np.abs(together).max(axis=0) < 0.5
    assert np.abs(np.asarray(together) - mix.master.samples)[:, : 4 * RATE][:, quiet[: 4 * RATE]].mean() < 0.02


def test_a_film_without_a_sound_is_silent_and_one_with_only_music_is_as_loud() -> None:
    assert not mixdown([], length=RATE, rate=RATE).master.samples.any()
    mix = mixdown([], [Placed(band(3), 0)], length=3 * RATE, rate=RATE)
    assert loudness(mix.master) == pytest.approx(-16, abs=0.2)
    assert set(mix.stems) == {"music"}
