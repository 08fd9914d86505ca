from __future__ import annotations

import threading
import time

import pytest

from soundstage import runtime
from soundstage.errors import CancelledRun
from soundstage.runtime import Progress
from soundstage.runtime.events import within


def test_progress_yields_all_and_tells_rate_and_what_remains() -> None:
    heard: list[Progress] = []
    with runtime.on(heard.append):
        items = []
        for item in runtime.progress([1, 2, 3], "counting"):
            time.sleep(0.01)
            items.append(item)
    assert items == [1, 2, 3]
    assert [event.done for event in heard] == [0, 1, 2, 3, 3]
    assert heard[0].rate is None and heard[0].remaining is None
    assert heard[2].rate is not None and 0 < heard[2].rate <= 100
    assert heard[2].remaining == pytest.approx(1 / heard[2].rate)
    assert heard[-1].finished and not heard[-2].finished
    assert all(event.total == 3 and event.label == "counting" for event in heard)


def test_an_unknown_length_has_no_remaining_time() -> None:
    heard: list[Progress] = []
    with runtime.on(heard.append):
        list(runtime.progress((n for n in range(3)), "counting"))
    assert {event.total for event in heard} == {None} and {event.remaining for event in heard} == {None}
    with runtime.on(heard.append):
        list(runtime.progress((n for n in range(3)), "counting", total=3))
    assert heard[-1].total == 3


def test_nobody_hears_outside_and_all_hear_inside() -> None:
    first: list[Progress] = []
    second: list[Progress] = []
    with runtime.on(first.append):
        with runtime.on(second.append):
            list(runtime.progress([1], "inner"))
        list(runtime.progress([1], "outer"))
    list(runtime.progress([1], "nobody"))
    assert {event.label for event in first} == {"inner", "outer"}
    assert {event.label for event in second} == {"inner"}


def test_setting_the_flag_cancels_at_the_next_step() -> None:
    flag = threading.Event()
    seen = []
    with runtime.cancellable(flag), pytest.raises(CancelledRun, match="counting was cancelled"):
        for item in runtime.progress(range(10), "counting"):
            seen.append(item)
            if item == 2:
                flag.set()
    assert seen == [0, 1, 2]
    runtime.check_cancelled()  # the flag does not reach outside


def test_previews_and_nodes_are_told() -> None:
    heard: list[Progress] = []
    with runtime.on(heard.append), within("shot1"):
        runtime.Meter("painting", 4).advance(preview="half done")
    assert heard[-1].preview == "half done" and heard[-1].node == "shot1"
