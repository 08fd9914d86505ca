"""Patterns are laid and lifted without loss."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from soundstage.decode.patterns import UNKNOWN, Delays, flatten, unflatten
from soundstage.errors import InputError


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(1, 12))
def test_a_delay_pattern_round_trips(delays: list[int], frames: int) -> None:
    codes = torch.arange(2 * len(delays) * frames).reshape(2, len(delays), frames)
    pattern = Delays(tuple(delays))
    laid = pattern.lay(codes, 9999)
    assert laid.shape[-1] == pattern.steps(frames)
    assert int((laid == 9999).sum()) == 2 * len(delays) * (laid.shape[-1] - frames)
    assert torch.equal(pattern.lift(laid), codes)


@given(st.integers(1, 6), st.integers(1, 9), st.booleans())
def test_flattening_round_trips(books: int, frames: int, apart: bool) -> None:
    codes = torch.randint(0, 10, (2, books, frames), generator=torch.Generator().manual_seed(frames))
    sizes = [10] * books if apart else None
    flat = flatten(codes, sizes)
    assert flat.shape == (2, 1, books * frames)
    assert torch.equal(unflatten(flat, books, sizes), codes)


def test_the_staircase_is_musicgens() -> None:
    codes = torch.tensor([[[1, 2, 3], [4, 5, 6]]])
    assert Delays.staircase(2).lay(codes, 0).tolist() == [[[1, 2, 3, 0], [0, 4, 5, 6]]]
    assert torch.equal(Delays.parallel(2).lay(codes, 0), codes)


def test_flattened_books_lie_side_by_side_in_vocabularies_of_their_own() -> None:
    assert flatten(torch.tensor([[[1, 2], [3, 4]]]), [10, 10]).tolist() == [[[1, 13, 2, 14]]]


def test_a_template_holds_the_prompt_and_asks_for_the_rest() -> None:
    template = Delays.staircase(2).template(torch.tensor([[[1], [2]]]), 3, 7)
    assert template.tolist() == [[[7, 1, UNKNOWN, UNKNOWN, 7], [7, 7, 2, UNKNOWN, UNKNOWN]]]


def test_prompts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="codebooks"):
        Delays.staircase(3).template(torch.zeros(1, 2, 1, dtype=torch.long), 3, 0)
    with pytest.raises(InputError, match="more than 3"):
        Delays.staircase(2).template(torch.zeros(1, 2, 4, dtype=torch.long), 3, 0)
    with pytest.raises(InputError, match="whole frames"):
        unflatten(torch.zeros(1, 1, 5), 2)
