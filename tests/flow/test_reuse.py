"""Velocities looked at less often: when, how well, and what is told of it."""

from __future__ import annotations

import pytest
import torch

from soundstage.errors import InputError
from soundstage.flow import euler, linear
from soundstage.flow.reuse import Reuse

START = torch.tensor([[0.3, -1.2, 0.8]])


def bent(x: torch.Tensor, t_B: torch.Tensor) -> torch.Tensor:
    return torch.cos(2 * t_B)[:, None] - 0.5 * x


def test_a_threshold_of_nought_looks_every_time_and_changes_nothing() -> None:
    reuse = Reuse(bent, 0.0)
    assert torch.equal(euler(reuse, START, linear(12)), euler(bent, START, linear(12)))
    assert (reuse.looks, reuse.guesses, reuse.errors) == (12, 0, [])


def test_a_smooth_velocity_is_looked_at_far_less_often_and_ends_nearly_there() -> None:
    reuse = Reuse(bent, 0.3)
    made, true = euler(reuse, START, linear(40)), euler(bent, START, linear(40))
    assert reuse.looks + reuse.guesses == 40
    assert reuse.looks <= 20
    assert float((made - true).abs().max()) < 0.02
    assert reuse.errors
    assert max(reuse.errors) < 0.1


def test_a_straight_way_is_guessed_without_an_error() -> None:
    reuse = Reuse(lambda x, t: torch.ones_like(x) + 0.1 * t[:, None], 0.3)
    euler(reuse, START, linear(30))
    assert reuse.guesses > 15
    assert max(reuse.errors) < 1e-5


def test_a_velocity_that_turns_is_looked_at() -> None:
    quick = Reuse(lambda x, t: torch.cos(40 * t)[:, None].expand_as(x), 0.1)
    euler(quick, START, linear(30))
    assert quick.looks >= 24


def test_it_may_begin_anew() -> None:
    reuse = Reuse(bent, 0.3)
    first = euler(reuse, START, linear(20))
    reuse.reset()
    assert torch.equal(euler(reuse, START, linear(20)), first)


def test_a_threshold_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="threshold"):
        Reuse(bent, -1)
