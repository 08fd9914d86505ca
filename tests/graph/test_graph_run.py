from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field

from soundstage.errors import CancelledRun, InputError, RunError
from soundstage.graph import Cache, Demand, Event, Graph, Host, Link, Node, run, task
from soundstage.graph.run import Run


def film(toys: ModuleType, texts: list[str], **more: Any) -> Graph:
    """Lines, shots as long as their lines, a mix of both."""
    graph = Graph()
    lines = [graph.add(f"line{n}", toys.say, text=text, **more) for n, text in enumerate(texts)]
    shots = [graph.add(f"shot{n}", toys.cut, seconds=line.seconds) for n, line in enumerate(lines)]
    mix = graph.add("mix", toys.mix, blobs=[line.blob for line in lines])
    graph.output("sound", mix)
    graph.output("film", graph.add("join", toys.mix, blobs=[*shots, mix]))
    return graph


def test_outputs_are_what_the_plain_functions_give(toys: ModuleType, cache: Cache) -> None:
    results = run(film(toys, ["one", "three"]), cache)
    assert results["sound"] == toys.Blob(b"onethree")
    assert results["film"] == toys.Blob(bytes(8) + b"onethree")


def test_a_second_run_computes_nothing_and_gives_the_same(toys: ModuleType, cache: Cache) -> None:
    first = run(film(toys, ["one", "three"]), cache)
    toys.CALLS.clear()
    events: list[Event] = []
    assert run(film(toys, ["one", "three"]), cache, listener=events.append) == first
    assert not toys.CALLS
    assert {event.happening for event in events} == {"queued", "cached"}


def test_a_changed_input_runs_exactly_its_dependents(toys: ModuleType, cache: Cache) -> None:
    run(film(toys, ["one", "three", "fifty"]), cache)
    toys.CALLS.clear()
    run(film(toys, ["one", "thirty", "fifty"]), cache)
    assert toys.CALLS == {"say thirty": 1, "cut 0.06": 1, "mix 3": 1, "mix 4": 1}


def test_a_change_that_leaves_a_part_alone_stops_there(toys: ModuleType, cache: Cache) -> None:
    run(film(toys, ["one", "three"]), cache)
    toys.CALLS.clear()
    run(film(toys, ["one", "seven"]), cache)  # as long as "three": its shot stays
    assert toys.CALLS == {"say seven": 1, "mix 2": 1, "mix 3": 1}


def test_equal_results_of_a_changed_node_stop_the_change(toys: ModuleType, cache: Cache) -> None:
    def chain(value: int) -> Graph:
        graph = Graph()
        graph.output("out", graph.add("sum", toys.add, a=graph.add("parity", toys.parity, a=value)))
        return graph

    run(chain(1), cache)
    toys.CALLS.clear()
    assert run(chain(3), cache) == {"out": 2}
    assert toys.CALLS == {"parity 3": 1}


def test_writing_a_default_out_changes_nothing(toys: ModuleType, cache: Cache) -> None:
    run(film(toys, ["one"]), cache)
    toys.CALLS.clear()
    run(film(toys, ["one"], speed=1, mood=None, seed=0), cache)
    assert not toys.CALLS


@pytest.mark.parametrize("change", [{"fingerprint": lambda model: "other"}, {"environment": lambda: {"torch": "9"}}])
def test_weights_and_environment_are_part_of_the_key(toys: ModuleType, cache: Cache, change: dict[str, Any]) -> None:
    graph = film(toys, ["one"])
    run(graph, cache)
    toys.CALLS.clear()
    run(graph, cache, host=Host(**change))
    assert toys.CALLS["say one"] == 1


def test_equal_nodes_are_computed_once(toys: ModuleType, cache: Cache) -> None:
    run(film(toys, ["one", "one", "one"]), cache)
    assert toys.CALLS["say one"] == toys.CALLS["cut 0.03"] == 1


def test_a_first_and_a_second_run_give_the_same_types(toys: ModuleType, cache: Cache) -> None:
    graph = Graph()
    graph.output("facts", graph.add("facts", toys.facts, text="a"))
    graph.output("blobs", graph.add("several", toys.several, count=3))
    first = run(graph, cache)
    assert first == run(graph, cache)
    assert first["facts"] == {"pair": [1, 2], "text": "a"}
    assert [blob.data[0] for blob in first["blobs"]] == [0, 1, 2]


def test_what_is_not_needed_does_not_run(toys: ModuleType, cache: Cache) -> None:
    graph = film(toys, ["one"])
    graph.add("unused", toys.bad, value=0)
    run(graph, cache)
    assert not toys.CALLS["bad"]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, RunError, r"node 'bad' \(toy.bad\) failed with ZeroDivisionError"),
        (1, RunError, "cannot be kept"),
        (2, RunError, "a result of type float cannot be kept"),
        (3, InputError, "nodes.bad: value: is odd"),
    ],
)
def test_a_failure_keeps_what_has_finished(
    toys: ModuleType, cache: Cache, value: int, error: type[Exception], message: str
) -> None:
    graph = film(toys, ["one"])
    graph.nodes["bad"] = Node("bad", toys.bad.task, {"value": value})
    graph.outputs["bad"] = Link("bad")
    events: list[Event] = []
    with pytest.raises(error, match=message):
        run(graph, cache, host=Host(workers=1), listener=events.append)
    assert [event.node for event in events if event.happening == "failed"] == ["bad"]
    finished = {event.node for event in events if event.happening == "output"}
    toys.CALLS.clear()
    again: list[Event] = []
    run(film(toys, ["one"]), cache, listener=again.append)
    assert finished <= {event.node for event in again if event.happening == "cached"}


def test_a_bad_graph_is_refused_before_anything_runs(toys: ModuleType, cache: Cache) -> None:
    graph = film(toys, ["one"])
    graph.nodes["late"] = Node("late", toys.add.task, {"a": {"from": "line0"}})
    with pytest.raises(InputError, match=r"late.a: whole number ← line0: Said does not fit"):
        run(graph, cache)
    assert not toys.CALLS


def test_units_are_checked_while_it_runs_too(toys: ModuleType, cache: Cache) -> None:
    graph = Graph()
    line = graph.add("line", toys.say, text="a")
    graph.output("fast", graph.add("fast", toys.fast, blob=line.blob))
    with pytest.raises(InputError, match=r"nodes.fast.inputs.blob: has rate 100; give rate 200"):
        run(graph, cache)


def test_events_tell_each_node_in_order(toys: ModuleType, cache: Cache) -> None:
    events: list[Event] = []
    run(film(toys, ["one"]), cache, listener=events.append)
    for node in ("line0", "shot0", "mix", "join"):
        assert [event.happening for event in events if event.node == node] == ["queued", "started", "output"]
    outputs = [event for event in events if event.happening == "output"]
    assert outputs[-1].node == "join" and outputs[-1].value.data.endswith(b"one")
    assert all(event.seconds is not None and event.task.startswith("toy.") for event in outputs)


@task(version=1, name="toy.meet")
def meet(name: str, after: str = "") -> str:
    """Waits until all of `WITH` are here."""
    MEETING["together"].append(name)
    MEETING["most"] = max(MEETING["most"], len(MEETING["together"]))
    time.sleep(0.02)
    MEETING["together"].remove(name)
    MEETING["order"].append(name)
    return name


MEETING: dict[str, Any] = {}


def meeting(count: int, **host: Any) -> tuple[Graph, Host]:
    MEETING.update(together=[], most=0, order=[])
    graph = Graph()
    for n in range(count):
        graph.output(f"out{n}", graph.add(f"n{n}", meet, name=str(n)))
    return graph, Host(workers=4, **host)


def test_independent_nodes_run_side_by_side(cache: Cache) -> None:
    graph, host = meeting(8)
    run(graph, cache, host=host)
    assert MEETING["most"] > 1


def test_nodes_that_share_a_device_take_turns(cache: Cache) -> None:
    graph, host = meeting(6, demand=lambda task, inputs: Demand(alone="cpu"))
    run(graph, cache, host=host)
    assert MEETING["most"] == 1


def test_nodes_stay_within_the_memory_and_a_large_one_runs_alone(cache: Cache) -> None:
    graph, host = meeting(6, memory_mb=100, demand=lambda task, inputs: Demand(memory_mb=60))
    run(graph, cache, host=host)
    assert MEETING["most"] == 1
    graph, host = meeting(2, memory_mb=1, demand=lambda task, inputs: Demand(memory_mb=60))
    assert len(run(graph, Cache(cache.folder / "other"), host=host)) == 2


def test_nodes_of_one_model_run_after_each_other(toys: ModuleType, cache: Cache) -> None:
    graph = Graph()
    for n in range(6):
        graph.output(f"o{n}", graph.add(f"n{n}", toys.say, text=str(n), model=f"toy/{'ab'[n % 2]}"))
    started: list[str] = []
    run(
        graph,
        cache,
        host=Host(demand=lambda task, inputs: Demand(alone="cpu")),
        listener=lambda event: started.append(event.node) if event.happening == "started" else None,
    )
    assert [int(name[1:]) % 2 for name in started] == [0, 0, 0, 1, 1, 1]


def test_cancelling_keeps_what_has_finished_and_tells_the_rest(toys: ModuleType, cache: Cache) -> None:
    stop = threading.Event()
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if event.happening == "output" and event.node == "line0":
            stop.set()

    with pytest.raises(CancelledRun):
        run(film(toys, ["one", "two"]), cache, host=Host(workers=1), listener=listen, cancelled=stop)
    cancelled = {event.node for event in events if event.happening == "cancelled"}
    finished = {event.node for event in events if event.happening == "output"}
    assert "line0" in finished and "join" in cancelled
    assert cancelled | finished == {"line0", "line1", "shot0", "shot1", "mix", "join"}
    toys.CALLS.clear()
    run(film(toys, ["one", "two"]), cache)
    assert not toys.CALLS["say one"]


def test_a_context_wraps_each_call_and_tells_progress(toys: ModuleType, cache: Cache) -> None:
    seen: list[str] = []

    @contextmanager
    def around(node: Node, emit: Any, stop: threading.Event):
        seen.append(node.name)
        emit(happening="progress", label="working", done=1.0, total=2.0)
        yield

    events: list[Event] = []
    run(film(toys, ["one"]), cache, host=Host(around=around), listener=events.append)
    assert sorted(seen) == ["join", "line0", "mix", "shot0"]
    assert sum(event.happening == "progress" and event.total == 2 for event in events) == 4


def test_a_pool_of_the_callers_is_left_open(toys: ModuleType, cache: Cache) -> None:
    with ThreadPoolExecutor(2) as pool:
        run(film(toys, ["one"]), cache, executor=pool)
        assert pool.submit(int, "3").result() == 3


def test_values_that_nobody_will_read_are_let_go(toys: ModuleType, cache: Cache) -> None:
    with ThreadPoolExecutor(2) as pool:
        once = Run(film(toys, ["one", "two"]), cache, Host(), pool, lambda event: None, threading.Event())
        once.outputs()
    assert set(once._values) == {"mix", "join"}


def test_a_damaged_entry_is_made_again(toys: ModuleType, cache: Cache) -> None:
    first = run(film(toys, ["one", "three"]), cache)
    for damage in (b"", b"damaged!"):
        for path in cache.folder.glob("objects/*/*/*/data.bin"):
            path.write_bytes(damage if not damage else damage[: path.stat().st_size].ljust(path.stat().st_size, b"!"))
        assert run(film(toys, ["one", "three"]), cache) == first


@task(version=1, name="toy.lie")
def lie(value: int) -> list[Annotated[int, Field(ge=10)]]:
    """Gives what its own type refuses."""
    return [value]


def test_a_result_that_never_comes_back_is_an_error_and_no_endless_loop(cache: Cache) -> None:
    graph = Graph()
    graph.output("out", graph.add("lie", lie, value=10))
    assert run(graph, cache) == {"out": [10]}
    graph = Graph()
    graph.output("out", graph.add("lie", lie, value=1))
    with pytest.raises(RunError, match=r"a result of 'toy.lie' cannot be read back"):
        run(graph, cache)


def test_a_thousand_nodes_cost_a_few_operations_each(toys: ModuleType, cache: Cache) -> None:
    graph = Graph()
    link = graph.add("n0", toys.number, value=0)
    for n in range(1, 1000):
        link = graph.add(f"n{n}", toys.add, a=link, b=n)
    graph.output("sum", link)
    statements = 0

    def count(statement: str) -> None:
        nonlocal statements
        statements += 1

    cache._index.set_trace_callback(count)
    events: list[Event] = []
    assert run(graph, cache, listener=events.append) == {"sum": sum(range(1000))}
    assert sum(toys.CALLS.values()) == 1000
    assert len(events) == 3000  # queued, started, output
    assert statements < 3.1 * 1000  # find, keep, remember
    statements = 0
    assert run(graph, cache) == {"sum": sum(range(1000))}
    assert sum(toys.CALLS.values()) == 1000
    assert statements < 2.1 * 1000  # find, mark as used


EDITS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "bb", "cc", "", "a b"]), st.booleans()), max_size=6)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_any_history_of_edits_gives_what_a_cold_run_gives(
    toys: ModuleType, tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, str, bool]]
) -> None:
    warm = Cache(tmp_path_factory.mktemp("warm"), durable=False)
    texts = ["a", "b", "c", "d"]
    for place, text, forget in edits:
        texts[place] = text
        if forget:
            warm.clear()
        results: list[Any] = []
        for cache in (warm, Cache(tmp_path_factory.mktemp("cold"), durable=False)):
            try:
                results.append(run(film(toys, texts), cache))
            except InputError as error:  # the toy refuses an empty text
                results.append(str(error))
        assert results[0] == results[1]
