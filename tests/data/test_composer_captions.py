"""Captions of pieces that stand say nothing that is not true of them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

import numpy as np

from soundstage.data.composer import sheets
from soundstage.data.composer_captions import MOODS, PACES, described, suiting
from soundstage.score.instruments import BY_NAME
from soundstage.score.instruments import NAMES as PLAYERS


def test_tempo_key_and_metre_are_the_pieces_own() -> None:
    said = 0
    for seed, sheet in enumerate(islice(sheets(5), 30)):
        rng = np.random.default_rng(seed)
        for text in (described(sheet, rng) for _ in range(20)):
            for found in re.findall(r"(\d+) bpm", text):
                assert float(found) == round(sheet.bpm)
                said += 1
            for tonic, mode in re.findall(r"in ([A-G][b#]?) (major|minor|dorian|mixolydian)", text):
                assert f"{tonic} {mode}" == sheet.key.name
                said += 1
    assert said > 20


def test_those_who_are_named_play() -> None:
    sheet = replace(next(sheets(7)), roster=(("comp", "harp"), ("lead", "cello")))
    texts = [described(sheet, np.random.default_rng(seed)).lower() for seed in range(200)]
    others = [name for name in PLAYERS if name not in ("harp", "cello") and not BY_NAME[name].aliases]
    assert any("harp" in text for text in texts) and any("cello" in text for text in texts)
    assert not [(name, text) for name in others for text in texts if f"with {name}" in text]


def test_a_slow_piece_is_called_slow_and_a_fast_one_fast() -> None:
    sheet = next(sheets(7, style="lo-fi"))
    slow, fast = set(PACES[0]), set(PACES[4]) - set(PACES[3])
    for bpm, never in ((50.0, fast), (140.0, slow)):
        texts = [described(replace(sheet, bpm=bpm), np.random.default_rng(seed)).lower() for seed in range(100)]
        assert not [text for text in texts for word in never if text.startswith(f"{word} lo")]


def test_a_mood_suits_by_energy_and_mode() -> None:
    sheet = replace(next(sheets(7)), energy=2, style="rock")
    assert suiting(MOODS["energetic"], sheet) > 10 * suiting(MOODS["sleepy"], sheet)
