"""Pictures of sound and video: they show what is there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Video, Word
from soundstage.media.picture import contact_sheet, peaks, spectrogram, waveform


def test_peaks_hold_the_lowest_and_highest_of_every_part() -> None:
    samples = np.array([[0, 1, -1, 0.5, 0, 0, 0.25, 0]], np.float32)
    assert peaks(Audio(samples, 8), 4).tolist() == [[0, 1], [-1, 0.5], [0, 0], [0, 0.25]]
    assert peaks(Audio.silence(0, 8), 3).tolist() == [[0, 0]] * 3
    assert peaks(Audio(samples, 8), 100).shape == (100, 2)


def test_a_waveform_is_blue_where_it_is_loud() -> None:
    samples = np.zeros((1, 1000), np.float32)
    samples[0, 500:] = np.sin(np.arange(500))
    pixels = waveform(Audio(samples, 1000), width=200, height=100).pixels
    blue = (pixels[..., 2].astype(int) - pixels[..., 0] > 60).sum(axis=0)
    assert blue[110:190].min() > 40
    assert blue[10:90].max() <= 2


def test_words_are_written_over_the_waveform() -> None:
    audio = Audio.silence(1, 1000)
    plain, worded = waveform(audio), waveform(audio, words=(Word("whale", 0.5, 0.9),))
    assert (worded.pixels[:16, 480:540] != plain.pixels[:16, 480:540]).any()


@pytest.mark.parametrize("tone", [1000, 3000])
def test_a_spectrogram_is_brightest_at_the_tone(tone: int) -> None:
    audio = Audio(np.sin(2 * np.pi * tone * np.arange(16000) / 8000)[None], 8000)
    pixels = spectrogram(audio, width=300, height=218).pixels[:200].sum(axis=2)
    row = pixels[:, 100:250].mean(axis=1).argmax()
    assert 1 - row / 200 == pytest.approx(tone / 4000, abs=0.02)


def test_a_contact_sheet_shows_first_and_last_frame() -> None:
    shades = np.linspace(10, 250, 25).astype(np.uint8)
    video = Video(np.tile(shades[:, None, None, None], (1, 16, 16, 3)), Fraction(24))
    sheet = contact_sheet(video, 3, 2, width=320, gap=4)
    assert sheet.width == 320
    assert abs(int(sheet.pixels[12, 12, 0]) - 10) <= 2
    assert abs(int(sheet.pixels[-50, -50, 0]) - 250) <= 2
    assert video.contact_sheet(2, 2).width == 960
    with pytest.raises(InputError, match="columns"):
        contact_sheet(video, 0, 2)
