"""The meters of singing know right from wrong."""

from __future__ import annotations

import numpy as np

from soundstage.evaluate.singing import LINES, off_pitch, setting
from soundstage.media import Audio


def tone(midi: float) -> Audio:
    clock = np.arange(24000) / 24000
    f0 = 440 * 2 ** ((midi - 69) / 12)
    return Audio(
        (0.1 * sum(np.cos(2 * np.pi * k * f0 * clock) / k for k in range(1, 9)))[None].astype(np.float32), 24000
    )


def test_a_tone_is_as_far_off_as_it_is() -> None:
    cents, voiced = off_pitch(tone(57.3), [(57, 0.1, 0.9)])
    assert voiced > 70
    assert abs(np.median(cents) - 30) < 5


def test_every_line_has_a_melody_with_all_its_syllables() -> None:
    for index, text in enumerate(LINES):
        made = setting(text, index)
        sung = [note for note in made.notes if note.syllable != "_"]
        assert len(sung) == len(made.line.syllables)
        assert len(made.notes) - len(sung) == (index % 4 == 3)
