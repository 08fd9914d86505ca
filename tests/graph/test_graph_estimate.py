from __future__ import annotations

from types import ModuleType

import pytest

from soundstage.graph import Cache, Graph, Host, run
from soundstage.graph.estimate import estimate, predict
from soundstage.graph.history import features, recall, remember


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
    past = [({"seconds": float(n), "seed": 7.0}, 2.0 * n + 1) for n in range(1, 6)]
    assert predict(past, {"seconds": 10.0, "seed": 3.0}) == pytest.approx(21.0)
    assert predict(past, {"seed": 3.0}) == pytest.approx(7.0)
    assert predict([], {"seconds": 1.0}) is None


def test_a_few_runs_give_their_median() -> None:
    past = [({"x": float(n)}, seconds) for n, seconds in enumerate((1.0, 9.0, 2.0))]
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


def test_memory_grows_with_the_size_that_explains_it_and_never_falls_below_what_was_seen(
    toys: ModuleType, cache: Cache
) -> None:
    for seconds in (1.0, 2.0, 3.0, 4.0):
        remember(cache, toys.cut.task, {"seconds": seconds}, 1.0, 100.0 * seconds)
    for seconds, memory in ((10.0, 1000.0), (1.0, 400.0)):
        graph = Graph()
        graph.output("shot", graph.add("shot", toys.cut, seconds=seconds))
        assert estimate(graph, cache).memory_mb == pytest.approx(memory)


def test_memory_that_was_never_seen_is_said_to_be_unknown(toys: ModuleType, cache: Cache) -> None:
    remember(cache, toys.say.task, {"text": "a", "model": "toy/voice"}, 1.0, None)
    remember(cache, toys.cut.task, {"seconds": 1.0}, 1.0, None)
    assert str(estimate(chain(toys, "b"), cache)) == "2 of 2 nodes to run, about 2 s, memory not known"
    remember(cache, toys.cut.task, {"seconds": 1.0}, 1.0, 30.0)
    assert str(estimate(chain(toys, "b"), cache)) == "2 of 2 nodes to run, about 2 s, at least 30 MB"
    remember(cache, toys.say.task, {"text": "a", "model": "toy/voice"}, 1.0, 50.0)
    assert str(estimate(chain(toys, "b"), cache)) == "2 of 2 nodes to run, about 2 s, 50 MB"


def test_a_part_that_many_links_pick_is_hashed_once(
    toys: ModuleType, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = Graph()
    line = graph.add("line", toys.say, text="one")
    run_first = Graph(nodes=dict(graph.nodes))
    run_first.output("line", line)
    run(run_first, cache)
    graph.output("mix", graph.add("mix", toys.mix, blobs=[line.blob] * 50))
    hashed: list[object] = []
    plain = Cache.digest_of
    monkeypatch.setattr(Cache, "digest_of", lambda *given: hashed.append(given[1]) or plain(*given))
    estimate(graph, cache)
    assert sum(isinstance(value, toys.Blob) for value in hashed) == 1


def test_sizes_are_numbers_lengths_and_seconds(toys: ModuleType) -> None:
    assert features({"n": 2, "text": "abc", "blob": toys.Blob(b"12345"), "none": None, "flag": True}) == {
        "n": 2.0,
        "text": 3.0,
        "blob": 0.05,
        "flag": 1.0,
    }
