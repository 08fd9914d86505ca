"""Graphs on this machine: the engine joined with the cache, the devices, the models' hashes, and progress.

Notable: the one place where the graph's engine meets models. Nodes with a model take turns on the device; the others
run beside them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from soundstage.errors import SoundstageError
from soundstage.graph import Cache, Demand, Event, Graph, Host, Node, Task, run
from soundstage.graph.estimate import Estimate, estimate
from soundstage.runtime.events import Meter, Progress, cancellable, on, within
from soundstage.runtime.licences import permit, sources_of_graph
from soundstage.runtime.settings import cores, environment, settings


def cache_folder() -> Path:
    """Where results are kept: `$SOUNDSTAGE_CACHE`, or the user's cache folder."""
    given = os.environ.get("SOUNDSTAGE_CACHE")
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "soundstage"


_opened: dict[Path, Cache] = {}
_opening = threading.Lock()


def open_cache(folder: Path | None = None) -> Cache:
    """The cache at `folder`, or the user's; opened once a process."""
    place = (folder or cache_folder()).absolute()
    with _opening:
        if place not in _opened or not place.is_dir():
            _opened[place] = Cache(place)
        return _opened[place]


def execute(
    graph: Graph,
    *,
    label: str = "graph",
    cache: Cache | None = None,
    listener: Callable[[Event], None] | None = None,
    cancelled: threading.Event | None = None,
) -> dict[str, Any]:
    """Run a graph with the ambient settings and return its outputs; its progress is told as `label`, one step a node.

    Raises as `graph.run` does, and InputError for what the licence policy refuses, be it in the cache or not.
    """
    graph.check()
    permit(sources_of_graph(graph))
    cache, here = cache or open_cache(), host()
    pace = Pace(estimate(graph, cache, here))
    meter = Meter(label, len(pace.left), remaining=pace.remaining)
    telling = threading.Lock()

    def tell(event: Event) -> None:
        if listener is not None:
            listener(event)
        with telling:
            if event.happening in ("output", "cached") and event.node in pace.left:
                pace.done(event.node)
                meter.advance(checked=False)

    results = run(graph, cache, host=here, listener=tell, cancelled=cancelled)
    meter.finish()
    return results


class Pace:
    """How long the rest of a graph will take: what its nodes took before, at the speed of this run so far."""

    def __init__(self, expected: Estimate) -> None:
        self.left = {node.name: node.seconds for node in expected.nodes}
        self._start, self._expected = time.monotonic(), 0.0

    def done(self, node: str) -> None:
        """A node is done."""
        self._expected += self.left.pop(node) or 0.0

    def remaining(self) -> float | None:
        """Seconds to go; None while something is left that never ran on this machine."""
        left = list(self.left.values())
        if any(seconds is None for seconds in left):
            return None
        slower = (time.monotonic() - self._start) / self._expected if self._expected > 1.0 else 1.0
        return slower * sum(seconds or 0.0 for seconds in left)


def host() -> Host:
    """This machine, as the engine sees it, under the ambient settings."""
    from soundstage.weights import fingerprint

    now = settings()
    device, budget = now.resolved_device, now.budget_mb

    def demand(task: Task, inputs: Mapping[str, Any]) -> Demand:
        models = [inputs.get(port.name, port.default) for port in task.models]
        named = [model for model in models if isinstance(model, str)]
        return Demand(memory_mb=sum(map(memory_of, named)), alone=device) if named else Demand()

    return Host(
        fingerprint=fingerprint,
        environment=environment,
        demand=demand,
        memory_mb=budget,
        around=around,
        workers=cores() + 2,
    )


def memory_of(model: str) -> float:
    """What a model needs by its card, in MB; nothing where there is no card to ask, for then loading it will say so."""
    from soundstage.weights import card_of

    try:
        return card_of(model).memory_mb
    except SoundstageError:
        return 0.0


@contextmanager
def around(node: Node, emit: Callable[..., None], stop: threading.Event) -> Iterator[None]:
    """Tell a task's progress as its node's, and let the run's stop reach it."""

    def tell(event: Progress) -> None:
        emit(
            happening="preview" if event.preview is not None else "progress",
            label=event.label,
            done=event.done,
            total=event.total,
            rate=event.rate,
            remaining=event.remaining,
            value=event.preview,
        )

    with within(node.name), cancellable(stop), on(tell):
        yield
