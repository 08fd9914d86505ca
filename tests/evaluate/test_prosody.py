"""The meters of melody, on sounds whose melody is known and on the shipped voice."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.evaluate.prosody import ending, longest_rest, measure_prosody, pitch, spread, word_pitch
from soundstage.media import Audio, Speech, Word

pytest.importorskip("pyworld")


def sung(*semitones: float) -> Speech:
    """Half a second of harmonics for each pitch over 110 Hz, each a word."""
    f0 = np.repeat(110 * 2 ** (np.array(semitones) / 12), 12000)
    phase = 2 * np.pi * np.cumsum(f0) / 24000
    samples = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.2
    words = tuple(Word("la", 0.5 * i, 0.5 * i + 0.4) for i in range(len(semitones)))
    return Speech(Audio(np.asarray(samples, np.float32)[None], 24000), words, (), "la " * len(semitones))


def test_pitch_ending_spread_and_rests_are_what_was_sung() -> None:
    line = sung(0, 0, 0, 5)
    assert np.nanmedian(pitch(line)) == pytest.approx(12 * np.log2(110), abs=0.2)
    assert ending(line) == pytest.approx(5, abs=0.3)
    assert spread(line) == pytest.approx(5, abs=0.3)
    assert word_pitch(line, 3) - word_pitch(line, 0) == pytest.approx(5, abs=0.3)
    assert longest_rest(line) == pytest.approx(0.1)


def test_the_shipped_voice_keeps_the_rules() -> None:
    found = {row.name: row.value for row in measure_prosody("starter/voice", voices=("finn",))}
    assert found["open questions end"] > 2 > 0 > found["statements end"]
    assert found["rest at a comma"] > 50
    assert found["a stressed word is lifted"] > 1
    assert found["a stressed word is drawn out"] > 1.1
    assert found["pitch range, lively"] > 1.15 > 0.9 > found["pitch range, calm"]
