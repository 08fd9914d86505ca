"""Rows end, stay ended, and end early where the end is likely; the loop stops with the last."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.decode import Ending, Sampler, generate, greedy, within
from soundstage.decode.patterns import UNKNOWN
from soundstage.errors import InputError

END = 4


def template(rows: int, steps: int) -> Tensor:
    known = torch.zeros(rows, 1, 1, dtype=torch.long)
    return torch.cat((known, known.new_full((rows, 1, steps), UNKNOWN)), -1)


def ending_at(*steps: int) -> tuple[list[int], object]:
    """A network whose row r wants the end at step `steps[r]` and never again, so what ended must hold itself."""
    calls: list[int] = []

    def step(ids_BKT: Tensor) -> Tensor:
        calls.append(len(calls))
        logits = torch.zeros(len(steps), 1, 5)
        logits[..., len(calls) % 3] = 1.0
        for row, last in enumerate(steps):
            logits[row, :, END] = 2.0 if calls[-1] == last else -2.0
        return logits

    return calls, step


def test_a_row_that_has_ended_stays_so_and_the_loop_stops_with_the_last() -> None:
    calls, step = ending_at(1, 3)
    ending = Ending(choose=greedy, end=END)
    ids = generate(step, template(2, 9), ending, stop=ending.over)  # type: ignore[arg-type]
    assert ids[:, 0, 1:].tolist() == [[1, 4, 4, 4], [1, 2, 0, 4]]
    assert len(calls) == 4


def test_a_likely_end_is_taken_before_a_likelier_token() -> None:
    logits = torch.tensor([[[1.0, 0.0, 0.0, 0.0, 0.9]], [[1.0, 0.0, 0.0, 0.0, -3.0]]])
    history = torch.zeros(2, 1, 1, dtype=torch.long)
    assert Ending(choose=greedy, end=END)(logits, history).tolist() == [[0], [0]]
    assert Ending(choose=greedy, end=END, least=0.2)(logits, history).tolist() == [[END], [0]]


@pytest.mark.parametrize("least", [0.0, -0.1, 1.5])
def test_what_is_no_probability_is_refused(least: float) -> None:
    with pytest.raises(InputError, match="least"):
        Ending(choose=greedy, end=END, least=least)


def test_choosing_within_a_span_is_choosing_with_the_rest_masked() -> None:
    logits = torch.randn(3, 2, 12, generator=torch.Generator().manual_seed(0))
    history = torch.randint(-1, 12, (3, 2, 7), generator=torch.Generator().manual_seed(1))
    masked = torch.full_like(logits, -torch.inf)
    masked[..., 5:9] = logits[..., 5:9]
    for settings in ({"temperature": 0.0}, {"temperature": 0.0, "repetition": 3.0}):
        choose = Sampler(generator=torch.Generator().manual_seed(2), **settings)
        whole = choose(masked, history)
        assert torch.equal(within(choose, 5, 4)(logits[..., 5:9], history), whole)
        assert ((whole >= 5) & (whole < 9)).all()
