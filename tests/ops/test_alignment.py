"""The search finds the best of all paths; durations and paths are two sides of one thing."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.ops.alignment import (
    monotonic_durations,
    monotonic_durations_plain,
    place_in_symbol,
    spread,
    symbol_of_frame,
)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def every_path(symbols: int, frames: int) -> list[list[int]]:
    """All durations of `symbols` that are positive and sum to `frames`."""
    cuts = combinations(range(1, frames), symbols - 1)
    return [[b - a for a, b in zip((0, *cut), (*cut, frames), strict=True)] for cut in cuts]


def total(score_ST: Tensor, durations: list[int]) -> float:
    at = symbol_of_frame(torch.tensor([durations]))[0]
    return float(score_ST[at, torch.arange(len(at))].sum())


def test_no_path_is_better_than_the_one_found() -> None:
    for seed in range(8):
        score = draw(1, 4, 9, seed=seed)
        found = monotonic_durations(score, torch.tensor([4]), torch.tensor([9]))[0].tolist()
        assert found == max(every_path(4, 9), key=lambda path: total(score[0], path))


def test_the_search_is_its_plain_twin_on_rows_of_any_length() -> None:
    score = draw(5, 7, 16).round(decimals=1)  # rounded, so that paths tie
    symbols, frames = torch.tensor([7, 1, 3, 5, 6]), torch.tensor([16, 9, 3, 12, 7])
    found = monotonic_durations(score, symbols, frames)
    assert torch.equal(found, monotonic_durations_plain(score, symbols, frames))
    assert torch.equal(found.sum(1), frames)
    for row, count in zip(found, symbols.tolist(), strict=True):
        assert bool((row[:count] >= 1).all()) and not row[count:].any()


def test_more_symbols_than_frames_are_refused() -> None:
    with pytest.raises(InputError, match="fewer frames than symbols"):
        monotonic_durations(draw(1, 4, 9), torch.tensor([4]), torch.tensor([3]))


def test_spreading_is_the_product_with_the_matrix_of_the_path() -> None:
    durations, values = torch.tensor([[2, 0, 3, 1], [1, 2, 0, 0]]), draw(2, 4, 5)
    at = symbol_of_frame(durations)
    assert at.tolist() == [[0, 0, 2, 2, 2, 3], [0, 1, 1, 3, 3, 3]]
    matrix = torch.nn.functional.one_hot(at, 4).to(values)
    assert torch.allclose(spread(values, at), matrix @ values)
    assert symbol_of_frame(durations, 8).shape == (2, 8)


def test_a_frame_knows_what_is_gone_and_what_is_left_of_its_symbol() -> None:
    durations = torch.tensor([[2, 3], [4, 0]])
    place = place_in_symbol(durations, symbol_of_frame(durations, 5))
    assert place[0, :, 0].tolist() == pytest.approx([1 / 4, 3 / 4, 1 / 6, 3 / 6, 5 / 6])
    gone, left, whole = (2 * place[0, 2:, index] for index in (1, 2, 3))
    assert gone.exp().tolist() == pytest.approx([0.5, 1.5, 2.5]) and left.exp().tolist() == pytest.approx(
        [2.5, 1.5, 0.5]
    )
    assert whole.exp().tolist() == pytest.approx([3, 3, 3]) and bool(place.isfinite().all())
