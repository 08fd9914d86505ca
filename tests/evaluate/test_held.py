"""What is held is cut out, and nothing else."""

from __future__ import annotations

import numpy as np

from soundstage.evaluate.held import FADE, KEPT, SEARCH, shortened
from soundstage.media import Audio, Phoneme, Speech, Word

RATE = 16_000


def line(*phones: tuple[str, float, float]) -> Speech:
    clock = np.arange(2 * RATE) / RATE
    samples = 0.3 * np.sin(2 * np.pi * 150 * clock) * (1 + clock)
    audio = Audio(samples[None].astype(np.float32), RATE)
    return Speech(audio, (Word("all", 0.2, 1.6),), tuple(Phoneme(*phone) for phone in phones), "all")


def test_a_held_vowel_is_left_with_its_edges_and_no_click() -> None:
    heard = shortened(line(("ao", 0.2, 1.4), ("l", 1.4, 1.6)))
    whole = 1.6  # with 0.1 s around it
    assert abs(heard.seconds - (whole - 1.2 + KEPT)) < FADE + SEARCH
    steps = np.abs(np.diff(heard.samples[0]))
    assert steps.max() < 1.3 * np.abs(np.diff(line().audio.samples[0])).max()


def test_consonants_and_short_vowels_stay_as_they_are() -> None:
    spoken = line(("ao", 0.2, 0.3), ("l", 0.3, 1.6))
    assert np.array_equal(shortened(spoken).samples, spoken.audio.cut(0.1, 1.7).samples)


def test_vowels_one_after_another_are_cut_each() -> None:
    two = shortened(line(("ao", 0.2, 0.8), ("l", 0.8, 0.9), ("ao", 0.9, 1.6)))
    assert abs(two.seconds - (1.6 - 1.3 + 2 * KEPT)) < 2 * (FADE + SEARCH)
