"""Sampling keeps to its limits and to its distribution."""

from __future__ import annotations

import pytest
import torch

from soundstage.decode.sample import Central, Sampler, greedy, nucleus, of_book, penalised, rowwise, sample
from soundstage.errors import InputError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_draws_follow_the_softmax() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0])
    ids = sample(logits.expand(40_000, 4), generator())
    assert torch.allclose(ids.bincount(minlength=4) / 40_000, logits.softmax(-1), atol=0.01)


def test_temperature_sharpens_and_nought_is_the_argmax() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0])
    cold = sample(logits.expand(20_000, 3), generator(), temperature=0.5)
    assert torch.allclose(cold.bincount(minlength=3) / 20_000, (logits * 2).softmax(-1), atol=0.015)
    assert torch.equal(sample(logits.expand(5, 3), generator(), temperature=0.0), torch.full((5,), 2))
    assert torch.equal(greedy(logits.expand(5, 3), torch.zeros(5, 0)), torch.full((5,), 2))


def test_top_k_draws_only_the_k_best_in_their_proportions() -> None:
    logits = torch.tensor([3.0, 0.0, 2.0, -1.0, 1.0])
    ids = sample(logits.expand(20_000, 5), generator(), top_k=2)
    share = ids.bincount(minlength=5) / 20_000
    assert share[[1, 3, 4]].sum() == 0
    assert torch.allclose(share[[0, 2]], torch.tensor([3.0, 2.0]).softmax(-1), atol=0.015)


def test_the_nucleus_is_the_smallest_that_holds_enough() -> None:
    p = torch.tensor([[0.1, 0.5, 0.15, 0.25], [0.97, 0.01, 0.01, 0.01]])
    assert nucleus(p, 0.7).tolist() == [pytest.approx([0, 0.5, 0, 0.25]), pytest.approx([0.97, 0, 0, 0])]
    assert torch.equal(nucleus(p, 1.0), p)


def test_the_penalty_touches_only_what_was_said() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0, 3.0]])
    assert penalised(logits, torch.tensor([[0, 1, 1, -1]]), 2.0).tolist() == [[1.0, -4.0, 1.0, 3.0]]


def test_one_seed_gives_one_sequence() -> None:
    logits = torch.randn(3, 4, 50, generator=generator(1))
    none = torch.zeros(3, 4, 0, dtype=torch.long)
    one, same, other = (
        Sampler(generator=generator(s), top_k=20, top_p=0.9, repetition=1.1)(logits, none) for s in (2, 2, 3)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)


@pytest.mark.parametrize("bad", [{"temperature": -1.0}, {"top_k": -1}, {"top_p": 0.0}, {"repetition": 0.0}])
def test_meaningless_settings_are_refused_by_name(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(bad))):
        Sampler(generator=generator(), **bad)  # type: ignore[arg-type]


def test_rows_of_a_batch_draw_what_they_would_draw_alone() -> None:
    logits, history = torch.randn(3, 2, 50, generator=generator(1)), torch.zeros(3, 2, 4, dtype=torch.long)
    together = rowwise([Sampler(generator=generator(seed)) for seed in (5, 6, 5)])(logits, history)
    for row, seed in enumerate((5, 6, 5)):
        alone = Sampler(generator=generator(seed))(logits[row : row + 1], history[row : row + 1])
        assert torch.equal(together[row], alone[0])
    with pytest.raises(ValueError, match="argument"):
        rowwise([greedy])(logits, history)


def test_who_is_unsure_says_what_is_least_wrong_and_who_is_sure_what_it_thinks() -> None:
    choose = Central(torch.tensor([[-3.0], [0.2], [4.0], [9.0]]))
    logits = torch.tensor([[[0.0, -9.0, 0.0, -9.0], [-9.0, -9.0, -9.0, 9.0]]])
    assert choose(logits, torch.zeros(1, 2, 0)).tolist() == [[1, 3]]  # the likeliest are 0 and 2 alike


def test_books_have_choosers_of_their_own_or_one_for_all() -> None:
    own = [greedy, Central(torch.eye(2))]
    assert of_book(own, 1) is own[1]
    assert of_book(greedy, 1) is greedy
