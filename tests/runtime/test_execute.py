from __future__ import annotations

import threading
from pathlib import Path

import pytest

from soundstage import runtime
from soundstage.errors import CancelledRun
from soundstage.graph import Cache, Event, Graph, task
from soundstage.runtime import Progress
from soundstage.runtime.execute import cache_folder, open_cache


@task(version=1, name="toy.steps")
def steps(count: int, after: int = 0) -> int:
    """Counts, and tells."""
    return sum(runtime.progress(range(count), "counting"))


def graph(count: int = 4) -> Graph:
    made = Graph()
    made.output("sum", made.add("second", steps, count=count, after=made.add("first", steps, count=3)))
    return made


def test_progress_is_told_by_node_and_for_the_whole(tmp_path: Path) -> None:
    heard: list[Progress] = []
    events: list[Event] = []
    with runtime.on(heard.append):
        results = runtime.execute(graph(), label="sums", cache=Cache(tmp_path), listener=events.append)
    assert results == {"sum": 6}
    assert {(event.node, event.label) for event in heard} == {
        ("", "sums"),
        ("first", "counting"),
        ("second", "counting"),
    }
    assert [event.done for event in heard if event.label == "sums"] == [0, 1, 2, 2]
    assert max(e.done or 0 for e in events if e.happening == "progress" and e.node == "second") == 4


def test_a_graph_that_runs_is_cancelled_inside_its_nodes(tmp_path: Path) -> None:
    stop = threading.Event()

    def listen(event: Progress) -> None:
        if event.node == "second" and event.done == 2:
            stop.set()

    with runtime.on(listen), pytest.raises(CancelledRun):
        runtime.execute(graph(10_000), cache=Cache(tmp_path), cancelled=stop)


def test_the_device_is_part_of_the_key(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for dtype in ("float32", "bfloat16"):
        with runtime.using(device="cpu", dtype=dtype):
            runtime.execute(graph(), cache=cache)
    assert len(cache.entries()) == 4


def test_the_cache_lies_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_CACHE", str(tmp_path / "own"))
    assert open_cache().folder == tmp_path / "own" and open_cache() is open_cache()
    monkeypatch.delenv("SOUNDSTAGE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "soundstage"


def test_what_remains_is_what_the_nodes_took_before(tmp_path: Path) -> None:
    from soundstage.graph.estimate import Estimate, NodeEstimate
    from soundstage.runtime.execute import Pace

    def node(name: str, seconds: float | None) -> NodeEstimate:
        return NodeEstimate(name=name, task="t", cached=False, seconds=seconds, memory_mb=None, runs=0)

    pace = Pace(Estimate(nodes=(node("a", 0.5), node("b", 4.0), node("c", 6.0))))
    assert pace.remaining() == 10.5
    pace.done("a")
    assert pace.remaining() == 10.0  # half a second says nothing yet about this run's speed
    pace.done("b")
    assert 0 <= (pace.remaining() or -1) < 0.5  # this run is much faster than the past
    unknown = Pace(Estimate(nodes=(node("a", 1.0), node("new", None))))
    assert unknown.remaining() is None
    unknown.done("new")
    assert unknown.remaining() == 1.0


def test_nothing_remains_unknown_in_a_second_run(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    heard: list[Progress] = []
    runtime.execute(graph(4), cache=cache)
    with runtime.on(heard.append):
        runtime.execute(graph(5), label="sums", cache=cache)
    assert all(event.remaining is not None for event in heard if event.label == "sums")
