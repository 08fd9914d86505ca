"""The meters of MusicLM rank, and their sentences are true."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from soundstage.data.composer import sheets
from soundstage.errors import InputError
from soundstage.evaluate.musiclm import asked, evaluate, own_first, ranked


def test_ranks_are_a_hundred_fifty_and_nought() -> None:
    true = np.array([[True, False, False, True]])
    assert ranked(np.array([[3.0, 1, 0, 2]]), true) == 100
    assert ranked(np.zeros((1, 4)), true) == 50
    assert ranked(np.array([[0.0, 1, 3, 0]]), true) == 0
    assert np.isnan(ranked(np.ones((1, 2)), np.ones((1, 2), bool)))


def test_a_text_finds_its_own_in_its_row() -> None:
    assert own_first(np.array([[2.0, 1], [3, 0]])) == 50


def test_a_sentence_says_what_is_true_of_its_piece() -> None:
    for seed, sheet in enumerate(islice(sheets(3, "test"), 12)):
        wish = asked(sheet, np.random.default_rng(seed))
        assert sheet.style in wish.text
        assert f"{sheet.bpm:.0f} bpm" in wish.text
        assert wish.instruments and set(wish.instruments) <= {name for _, name in sheet.roster}
        assert all(name in wish.text for name in wish.instruments)


def test_a_single_piece_measures_nothing() -> None:
    with pytest.raises(InputError, match="pieces"):
        evaluate("./nowhere", real=[])
