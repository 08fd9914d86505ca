"""Patterns are laid and lifted without loss, and stand where their paper puts them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from soundstage.decode import CoarseFirst, Delays, Flattened, Pattern, fill, greedy
from soundstage.decode.patterns import UNKNOWN, flatten, unflatten
from soundstage.errors import InputError

LATE = st.lists(st.integers(0, 5), min_size=1, max_size=8).map(tuple)
PATTERNS = st.one_of(LATE.map(Delays), LATE.map(lambda late: CoarseFirst(late[:4])), LATE.map(Flattened))
FOUR: tuple[Pattern, ...] = (
    Delays.staircase(3), Delays.parallel(3), Flattened.one_by_one(3), Flattened((0, 1, 1)), CoarseFirst((0, 1)),
)  # fmt: skip


@given(PATTERNS, st.integers(1, 12))
def test_every_pattern_round_trips(pattern: Pattern, frames: int) -> None:
    books = len(pattern.places(1))
    codes = torch.arange(2 * books * frames).reshape(2, books, frames)
    laid = pattern.template(codes, frames, 9999)
    assert (laid[..., 0] == 9999).all()
    assert int((laid == 9999).sum()) == laid.numel() - codes.numel()
    assert torch.equal(pattern.lift(laid), codes)


@given(LATE, st.integers(1, 12))
def test_what_is_lifted_early_is_the_beginning(late: tuple[int, ...], frames: int) -> None:
    codes = torch.arange(len(late) * frames).reshape(1, -1, frames)
    for pattern in (Delays(late), Flattened(late)):
        laid = pattern.template(codes, frames, 9999)
        for columns in range(1, laid.shape[-1]):
            part = pattern.lift(laid[..., :columns])
            assert torch.equal(part, codes[..., : part.shape[-1]])
            assert part.shape[-1] == pattern.frames(columns - 1)


@pytest.mark.parametrize("pattern", FOUR, ids=str)
def test_the_loop_fills_every_pattern_and_keeps_the_prompt(pattern: Pattern) -> None:
    prompt = torch.tensor([[[1, 2], [3, 4], [5, 6]]])
    ids = pattern.template(prompt, 5, 7)

    def step(fresh: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.one_hot((fresh[..., -1].sum(-1, keepdim=True) + torch.arange(3)) % 7, 8).float()

    columns = list(fill(step, ids, greedy))
    codes = pattern.lift(ids)
    assert columns == list(range(columns[0], ids.shape[-1]))
    assert codes.shape == (1, 3, 5)
    assert torch.equal(codes[..., :2], prompt)
    assert int(codes.min()) >= 0 and int(codes.max()) < 7


@given(st.integers(1, 6), st.integers(1, 9), st.booleans())
def test_flattening_round_trips(books: int, frames: int, apart: bool) -> None:
    codes = torch.randint(0, 10, (2, books, frames), generator=torch.Generator().manual_seed(frames))
    sizes = [10] * books if apart else None
    flat = flatten(codes, sizes)
    assert flat.shape == (2, 1, books * frames)
    assert torch.equal(unflatten(flat, books, sizes), codes)


CODES = torch.tensor([[[1, 2, 3], [4, 5, 6]]])


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        (Delays.staircase(2), [[0, 1, 2, 3, 0], [0, 0, 4, 5, 6]]),
        (Delays.parallel(2), [[0, 1, 2, 3], [0, 4, 5, 6]]),
        (Flattened.one_by_one(2), [[0, 1, 0, 2, 0, 3, 0], [0, 0, 4, 0, 5, 0, 6]]),
        (CoarseFirst((1,)), [[0, 1, 2, 3, 0, 0, 0, 0], [0, 0, 0, 0, 0, 4, 5, 6]]),
    ],
)
def test_the_patterns_are_those_of_musicgens_paper(pattern: Pattern, rows: list[list[int]]) -> None:
    assert pattern.template(CODES, 3, 0).tolist() == [rows]


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
