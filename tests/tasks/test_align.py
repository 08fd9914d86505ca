"""The aligner against sounds whose times are known."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.media import Audio, Voice
from soundstage.tasks.align import align, features, prototypes
from soundstage.tasks.speak import speak
from soundstage.text.phonemes import Frontend

TEXT = "The old captain carried a silver key across the frozen harbour before breakfast."


@pytest.mark.parametrize(("voice", "speed"), [("finn", 1.0), ("clara", 0.8)])
def test_words_are_found_where_they_were_said(voice: str, speed: float) -> None:
    line = speak(TEXT, Voice.named(voice), speed=speed, seed=3)
    (sentence,) = Frontend().read(TEXT)
    silence = np.zeros(line.audio.rate // 2, np.float32)
    found = align(np.concatenate((silence, line.audio.samples[0], silence)), line.audio.rate, sentence)
    assert sorted(found.words) == list(range(len(line.words)))
    assert [symbol for symbol, _, _ in found.phones] == [phone.symbol for phone in line.phonemes]
    early = [
        abs(start / line.audio.rate - 0.5 - phone.start)
        for (_, start, _), phone in zip(found.phones, line.phonemes, strict=True)
    ]
    assert float(np.mean(early)) < 0.03
    wrong = [
        abs(span[side] / line.audio.rate - 0.5 - (word.start, word.end)[side])
        for word, span in zip(line.words, (found.words[i] for i in sorted(found.words)), strict=True)
        for side in (0, 1)
    ]
    assert float(np.mean(wrong)) < 0.03
    assert max(wrong) < 0.25  # between two like sounds an edge may slip


def test_a_sound_that_cannot_hold_the_words_gives_none() -> None:
    (sentence,) = Frontend().read(TEXT)
    assert align(np.zeros(24000, np.float32), 24000, sentence) == ({}, ())
    assert align(np.random.default_rng(0).standard_normal(2400).astype(np.float32), 24000, sentence) == ({}, ())


def test_level_and_colour_of_a_recording_change_little() -> None:
    line = speak("A quiet room.", seed=1).audio
    loud, quiet = features(line), features(Audio(line.samples * 0.05, line.rate))
    assert loud is not None
    assert quiet is not None
    assert float((loud - quiet).abs().mean()) < 0.02


def test_states_are_thirds_of_phones_with_pauses_around() -> None:
    line = features(speak("One two.", seed=1).audio)
    assert line is not None
    states, owners = prototypes(line, [(10.0, 16.0), (16.0, 18.0), (30.0, 31.0)])
    assert owners == [-1, 0, 0, 0, 1, 1, -1, 2, -1]
    assert states.shape == (len(owners), line.shape[1])
