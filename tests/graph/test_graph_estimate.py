from __future__ import annotations

from types import ModuleType

import pytest

from soundstage.graph import Cache, Graph, Host, run
from soundstage.graph.estimate import estimate, predict
from soundstage.graph.history import Measured, features, recall, remember


def chain(toys: ModuleType, text: str) -> Graph:
    graph = Graph()
    line = graph.add("line", toys.say, text=text)
    graph.output("shot", graph.add("shot", toys.cut, seconds=line.seconds))
    return graph


def test_what_never_ran_here_is_said_to_be_unknown(toys: ModuleType, cache: Cache) -> None:
    expected = estimate(chain(toys, "one"), cache)
    assert expected.unknown == ("toy.say", "toy.cut") and expected.seconds == 0 and expected.memory_mb is None
    assert str(expected) == "2 of 2 nodes to run, not measured here yet: toy.say, toy.cut"


def test_what_is_cached_takes_nothing_and_the_rest_what_it_took_before(toys: ModuleType, cache: Cache) -> None:
    run(chain(toys, "one"), cache)
    assert str(estimate(chain(toys, "one"), cache)) == "0 of 2 nodes to run, about 0 s"
    other = estimate(chain(toys, "other"), cache)
    assert [node.cached for node in other.nodes] == [False, False] and not other.unknown
    assert 0 < other.seconds < 1


def test_a_size_that_explains_the_time_is_followed() -> None:
    past = [
        Measured(features={"seconds": float(n), "seed": 7.0}, seconds=2.0 * n + 1, memory_mb=None) for n in range(1, 6)
    ]
    assert predict(past, {"seconds": 10.0, "seed": 3.0}) == pytest.approx(21.0)
    assert predict(past, {"seed": 3.0}) == pytest.approx(7.0)
    assert predict([], {"seconds": 1.0}) is None


def test_a_few_runs_give_their_median() -> None:
    past = [
        Measured(features={"x": float(n)}, seconds=seconds, memory_mb=None) for n, seconds in enumerate((1.0, 9.0, 2.0))
    ]
    assert predict(past, {"x": 5.0}) == 2.0


def test_history_is_kept_by_model_and_without_the_seed(toys: ModuleType, cache: Cache) -> None:
    for model in ("a", "b"):
        remember(cache, toys.say.task, {"text": "four", "model": model, "seed": 9}, 1.5, 20.0)
    measured = recall(cache, toys.say.task, "b")
    assert [(run.seconds, run.memory_mb) for run in measured] == [(1.5, 20.0)]
    assert measured[0].features == {"text": 4.0, "model": 1.0}


def test_memory_comes_from_what_was_seen_and_what_models_need(toys: ModuleType, cache: Cache) -> None:
    from soundstage.graph import Demand

    remember(cache, toys.say.task, {"text": "a", "model": "toy/voice"}, 1.0, 50.0)
    host = Host(demand=lambda task, inputs: Demand(memory_mb=200.0 if task.models else 0.0))
    assert estimate(chain(toys, "b"), cache, host).memory_mb == 200.0
    assert estimate(chain(toys, "b"), cache).memory_mb == 50.0


def test_sizes_are_numbers_lengths_and_seconds(toys: ModuleType) -> None:
    assert features({"n": 2, "text": "abc", "blob": toys.Blob(b"12345"), "none": None, "flag": True}) == {
        "n": 2.0,
        "text": 3.0,
        "blob": 0.05,
        "flag": 1.0,
    }
