from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media import Audio
from soundstage.media.pitch import pitch
from soundstage.media.reference import LONGEST, mended
from soundstage.media.voice import Voice

RATE = 24_000
Samples = NDArray[np.float32]
WORD = "I am the speaker and agree."


def sound(samples: Samples, rate: int = RATE) -> Audio:
    return Audio(np.atleast_2d(samples).astype(np.float32), rate)


def test_a_clean_recording_is_left_as_it_is(babble: Samples) -> None:
    good, notes = mended(sound(babble))
    assert notes == ()
    assert good.channels == 1 and good.seconds == pytest.approx(3, abs=0.3)


def test_silence_shortness_and_ruin_are_refused_with_a_remedy(babble: Samples) -> None:
    for bad, problem in (
        (np.zeros(RATE * 3, np.float32), "is silent"),
        (babble[: RATE // 2], "lasts 0.50 s"),
        (np.clip(babble * 40, -0.5, 0.5), "is clipped"),
        (np.pad(babble[: RATE // 3], (RATE, RATE)), "of sound"),
    ):
        with pytest.raises(InputError, match=problem) as caught:
            mended(sound(bad))
        assert caught.value.field == "voice" and caught.value.remedy


def test_music_tones_and_noise_are_no_voice() -> None:
    time = np.arange(3 * RATE) / RATE
    beat = 1 - 0.8 * (time * 2 % 1)
    chords = sum(0.1 * np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6)) * beat
    tune = np.concatenate([0.2 * np.sin(2 * np.pi * f * time[: RATE // 2]) for f in (262, 294, 330, 349, 392, 440)])
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    for other in (chords, tune, noise, 0.3 * np.sin(2 * np.pi * 200 * time)):
        with pytest.raises(InputError, match="does not sound like one voice"):
            mended(sound(other.astype(np.float32)))


def test_a_little_clipping_is_mended_and_said(babble: Samples) -> None:
    ceiling = np.quantile(np.abs(babble), 0.996)
    good, notes = mended(sound(np.clip(babble, -ceiling, ceiling)))
    assert any("clipped" in note and "drawn anew" in note for note in notes)
    assert float(np.abs(good.samples).max()) > ceiling * 1.02


def test_a_constant_offset_hum_and_faintness_are_mended_and_said(babble: Samples) -> None:
    time = np.arange(len(babble)) / RATE
    hum = 0.05 * np.sin(2 * np.pi * 50 * time).astype(np.float32)
    good, notes = mended(sound(babble + hum + np.float32(0.1)))
    assert any("offset of +0.1" in note for note in notes) and any("hum" in note for note in notes)
    assert abs(float(good.samples.mean())) < 1e-3
    quiet, notes = mended(sound(babble * 0.004))
    assert any("very quiet" in note and "raised" in note for note in notes)
    assert float(np.abs(quiet.samples).max()) > 0.2


def test_channels_are_mixed_unless_they_cancel(babble: Samples) -> None:
    both, notes = mended(sound(np.stack((babble, 0.5 * babble))))
    assert both.channels == 1 and "mixed to one" in notes[0]
    against, notes = mended(sound(np.stack((babble, -0.99 * babble))))
    assert "cancel each other" in notes[0] and float(np.abs(against.samples).max()) > 0.1


def test_silence_around_speech_is_left_out(babble: Samples) -> None:
    good, notes = mended(sound(np.pad(babble, (2 * RATE, RATE))))
    assert good.seconds == pytest.approx(3.1, abs=0.4)
    assert any("silence around it" in note for note in notes)


def test_of_ten_minutes_the_best_half_minute_is_used_and_said(babble: Samples) -> None:
    rng = np.random.default_rng(0)
    long = (0.004 * rng.standard_normal(600 * 8000)).astype(np.float32)
    speech = np.tile(sound(babble).resampled(8000).samples[0], 14)
    long[200 * 8000 : 200 * 8000 + len(speech)] += speech
    good, notes = mended(sound(long, 8000))
    assert good.seconds == pytest.approx(LONGEST, abs=0.1)
    used = next(note for note in notes if "of it is used" in note)
    assert used.startswith("it lasts ") and "3:2" in used
    assert float(good.samples.std()) > 0.8 * float(speech.std())


def test_a_telephones_band_is_said(babble: Samples) -> None:
    good, notes = mended(sound(babble).resampled(8000))
    assert good.rate == 8000
    assert any("4 kHz" in note for note in notes)


def test_two_heights_are_said(babble: Samples) -> None:
    from scipy.signal import resample

    gap = np.zeros(RATE // 4, np.float32)
    parts = np.array_split(babble, 4)
    low = [np.concatenate((resample(p, 2 * len(p)).astype(np.float32), gap)) for p in parts]
    high = [np.concatenate((p, gap)) for p in parts]
    _, notes = mended(sound(np.concatenate([each for pair in zip(low, high, strict=True) for each in pair])))
    assert any("two speakers" in note for note in notes)


def test_a_damaged_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "me.wav").write_bytes(b"RIFF\x00\x00nonsense" * 40)
    with pytest.raises(InputError, match="cannot be read"):
        Voice.clone(tmp_path / "me.wav", consent=WORD)


def test_pitch_follows_a_glide_and_finds_none_in_noise() -> None:
    time = np.arange(2 * RATE) / RATE
    truth = 120 * 2 ** (0.4 * np.sin(2 * np.pi * time))
    phase = np.cumsum(truth) / RATE
    buzz = sum(np.cos(2 * np.pi * k * phase) / k for k in range(1, 12)).astype(np.float32)
    found = pitch(0.2 * buzz, RATE)
    middle = slice(5, -5)
    assert (found.f0[middle] > 0).all()
    off = 12 * np.abs(np.log2(found.f0[middle] / truth[::240][: len(found.f0)][middle]))
    assert float(np.median(off)) < 0.1 and float(off.max()) < 1
    noise = pitch(np.random.default_rng(0).standard_normal(RATE).astype(np.float32), RATE)
    assert (noise.f0 > 0).mean() < 0.1
    assert len(pitch(np.zeros(0, np.float32), RATE).f0) == 0
