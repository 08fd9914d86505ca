"""Pitch classes of tones, and the shape that MusicGen expects."""

from __future__ import annotations

import pytest
import torch

from soundstage.ops.chroma import chroma, filters, melody

RATE = 32_000


def tone(pitch: float, seconds: float = 1.0) -> torch.Tensor:
    """Of a MIDI number."""
    at = torch.arange(int(seconds * RATE)) / RATE
    return 0.3 * torch.sin(2 * torch.pi * 440 * 2 ** ((pitch - 69) / 12) * at)


@pytest.mark.parametrize("pitch", range(45, 93))
def test_a_tone_leads_in_its_class(pitch: int) -> None:
    assert set(melody(tone(pitch), RATE)[1:-1].argmax(-1).tolist()) == {pitch % 12}


def test_half_a_minute_has_the_frames_that_the_model_was_trained_on() -> None:
    assert melody(torch.zeros(2, 30 * RATE), RATE).shape == (2, 235, 12)


def test_silence_is_led_by_c() -> None:
    notes = melody(torch.zeros(RATE), RATE)
    assert (notes[:, 0] == 1).all() and notes.sum() == len(notes)


def test_a_sound_shorter_than_a_frame_is_heard() -> None:
    assert melody(tone(69, 0.1), RATE)[2].argmax() == 9


def test_the_strongest_class_is_one() -> None:
    power = chroma(tone(60) + 0.5 * tone(67), RATE)[1:-1]
    assert torch.allclose(power.max(-1).values, torch.ones(len(power)))
    assert set(power.argsort(-1, descending=True)[:, :2].flatten().tolist()) == {0, 7}


def test_filters_are_kept() -> None:
    assert filters(RATE, 1024) is filters(RATE, 1024)
