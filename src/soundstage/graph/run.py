"""A run: nodes in order and side by side, what is cached not again, everything told as events.

Notable: one coordinating thread decides and workers only compute. What a node costs and where it may run is asked of a
`Host`; the engine does not know models or devices. A result is in the cache before its node counts as done, so a run
that is killed goes on where it was.
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from soundstage.errors import CancelledRun, InputError, RunError, SoundstageError
from soundstage.graph.cache import Cache, Damaged, Entry
from soundstage.graph.events import Event, Listener, silent
from soundstage.graph.graph import Graph, Link, Node, replaced
from soundstage.graph.history import Stopwatch, model_of, remember
from soundstage.graph.host import Demand, Host
from soundstage.graph.key import Keys
from soundstage.graph.types import Unit, markers, members


def run(
    graph: Graph,
    cache: Cache,
    *,
    host: Host | None = None,
    executor: Executor | None = None,
    listener: Listener = silent,
    cancelled: threading.Event | None = None,
) -> dict[str, Any]:
    """The graph's outputs by name. What is in the cache is not computed; what is computed is kept there at once.

    Raises InputError for a bad graph, before anything runs; the error of the first node that fails, once those that
    were running have ended; CancelledRun when `cancelled` is set. `executor` is a pool of threads of the caller's;
    without one the run makes its own.
    """
    graph.check()
    began, host, stop = time.time(), host or Host(), cancelled or threading.Event()
    broken: set[str] = set()
    with _pool(executor, host.workers) as pool:
        try:
            while True:
                try:
                    return Run(graph, cache, host, pool, listener, stop).outputs()
                except Damaged as error:  # dropped: what has finished is found in the cache, the rest is made again
                    if error.key in broken:
                        raise RunError(str(error), "the kind's store and restore must agree") from error
                    broken.add(error.key)
        finally:
            cache.trim(since=began)


@contextmanager
def _pool(executor: Executor | None, workers: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="node") as pool:
        yield pool


class Run:
    """One pass over a graph; `outputs` makes it. Only `work` and what it calls runs in workers."""

    def __init__(
        self, graph: Graph, cache: Cache, host: Host, pool: Executor, listener: Listener, stop: threading.Event
    ) -> None:
        self.graph, self.cache, self.host = graph, cache, host
        self.pool, self.listener, self.stop = pool, listener, stop
        self.keys = Keys(cache, host.environment(), host.fingerprint, self.digest, self.value)
        self.needed = graph.needed()
        self.targets = graph.dependents()
        self.entries: dict[str, Entry] = {}
        self.ready: deque[str] = deque()
        self.waiting: dict[str, deque[tuple[str, str, Demand]]] = {}  # by model
        self.running: dict[str, Demand] = {}
        self.twins: dict[str, list[str]] = {}
        self.finished: queue.SimpleQueue[tuple[str, str, Entry | BaseException]] = queue.SimpleQueue()
        self.failure: BaseException | None = None
        self.last_model = ""
        self._values: dict[str, Any] = {}
        self._digests: dict[Link, str] = {}
        self._restoring = {name: threading.Lock() for name in self.needed}

    def outputs(self) -> dict[str, Any]:
        """Run what is needed and return the outputs.

        Raises as `run` does, and Damaged when an entry turned out to be broken.
        """
        inside = set(self.needed)
        self.targets = {name: [target for target in self.targets[name] if target in inside] for name in self.needed}
        self.blocked = {name: len(self.graph.nodes[name].sources) for name in self.needed}
        self.readers = {name: len(self.targets[name]) for name in self.needed}
        for link in self.graph.outputs.values():
            self.readers[link.node] += 1
        for name in self.needed:
            self.tell("queued", name)
        self.ready.extend(name for name in self.needed if not self.blocked[name])
        try:
            self.prepare()
            self.start()
            while self.running:
                self.settle(*self.finished.get())
                self.prepare()
                self.start()
        except KeyboardInterrupt:
            self.stop.set()
        if self.failure is not None:
            raise self.failure
        if len(self.entries) < len(self.needed):
            for name in self.needed:
                if name not in self.entries:
                    self.tell("cancelled", name)
            raise CancelledRun
        return {name: self.value(link) for name, link in self.graph.outputs.items()}

    @property
    def halted(self) -> bool:
        """Whether nothing new may start."""
        return self.failure is not None or self.stop.is_set()

    def prepare(self) -> None:
        """Settle the ready nodes that are cached, which makes others ready; the rest wait to be started."""
        while self.ready and not self.halted:
            name = self.ready.popleft()
            node = self.graph.nodes[name]
            try:
                key = self.keys.of(node)
                entry = self.cache.find(key)
                if entry is not None:
                    self.tell("cached", name, seconds=entry.seconds)
                    self.done(name, entry)
                elif key in self.twins:
                    self.twins[key].append(name)
                else:
                    self.twins[key] = []
                    demand = self.host.demand(node.task, node.inputs)
                    self.waiting.setdefault(model_of(node.task, node.inputs), deque()).append((name, key, demand))
            except (SoundstageError, Damaged) as error:
                self.fail(name, error)

    def start(self) -> None:
        """Start what the host has room for; nodes of the last model first, so that models change seldom."""
        for model in sorted(self.waiting, key=lambda model: model != self.last_model):
            group = self.waiting[model]
            while group and not self.halted and self.fits(group[0][2]):
                name, key, demand = group.popleft()
                self.running[name] = demand
                self.last_model = model or self.last_model
                self.tell("started", name)
                self.pool.submit(contextvars.copy_context().run, self.work, name, key)
            if not group:
                del self.waiting[model]

    def fits(self, demand: Demand) -> bool:
        """Whether a node with this demand may start beside those that run; alone, any may."""
        if not self.running:
            return True
        taken = self.running.values()
        return (
            len(taken) < self.host.workers
            and (demand.alone is None or all(other.alone != demand.alone for other in taken))
            and sum(other.memory_mb for other in taken) + demand.memory_mb <= self.host.memory_mb
        )

    def work(self, name: str, key: str) -> None:
        """Compute one node, keep its result and hand it back."""
        try:
            self.finished.put((name, key, self.compute(self.graph.nodes[name], key)))
        except BaseException as error:  # whatever it is, the coordinator must hear of it
            self.finished.put((name, key, error))

    def compute(self, node: Node, key: str) -> Entry:
        """The result of a node, kept."""
        where = f"nodes.{node.name}.inputs"
        inputs = node.task.validate({port: replaced(value, self.value) for port, value in node.inputs.items()}, where)
        for port, value in inputs.items():
            check_units(value, node.task.ports[port].type, f"{where}.{port}")
        watch = Stopwatch()
        with self.host.around(node, lambda **fields: self.tell(node=node.name, **fields), self.stop):
            value = node.task.function(**inputs)
        check_units(value, node.task.output, f"nodes.{node.name}")
        seconds, memory_mb = watch.seconds, watch.memory_mb if len(self.running) == 1 else None
        entry = self.cache.put(key, node.task.name, value, node.task.output, seconds)
        remember(self.cache, node.task, inputs, seconds, memory_mb)
        # A plain value goes on as it will come back from the cache, so that a first and a second run are alike.
        self._values[node.name] = value if entry.shape is None else self.cache.value(entry, node.task.output)
        return entry

    def settle(self, name: str, key: str, result: Entry | BaseException) -> None:
        """Take in what a worker hands back."""
        del self.running[name]
        twins = self.twins.pop(key)
        if isinstance(result, Entry):
            self.tell("output", name, seconds=result.seconds, value=self._values.get(name))
            self.done(name, result)
            for twin in twins:
                self.tell("cached", twin, seconds=result.seconds)
                self.done(twin, result)
        elif isinstance(result, CancelledRun) and self.stop.is_set():
            return  # told with the others that did not run
        else:
            self.fail(name, result)

    def done(self, name: str, entry: Entry) -> None:
        """Count a node as done; let go of values that nobody will read any more."""
        self.entries[name] = entry
        for target in self.targets[name]:
            self.blocked[target] -= 1
            if not self.blocked[target]:
                self.ready.append(target)
        for source in self.graph.nodes[name].sources:
            self.readers[source] -= 1
            if not self.readers[source]:
                self._values.pop(source, None)

    def fail(self, name: str, error: BaseException) -> None:
        """Keep the first failure; nothing new starts after it."""
        if isinstance(error, InputError) and not error.field.startswith("nodes."):
            error = InputError(f"nodes.{name}: {error.field}", error.problem, error.remedy)
        elif not isinstance(error, SoundstageError | Damaged):
            task = self.graph.nodes[name].task.name
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".rstrip(": ")
            wrapped = RunError(f"node '{name}' ({task}) failed with {reason}", "what had finished is kept in the cache")
            wrapped.__cause__ = error
            error = wrapped
        if not isinstance(error, Damaged):
            self.tell("failed", name, message=str(error))
        self.failure = self.failure or error

    def value(self, link: Link) -> Any:
        """What flows through a link: from memory, or from the cache. Raises RunError when the part is not there."""
        name = link.node
        with self._restoring[name]:
            if name not in self._values:
                self._values[name] = self.cache.value(self.entries[name], self.graph.nodes[name].task.output)
            value = self._values[name]
        for part in link.parts:
            try:
                value = value[part] if isinstance(value, Mapping) else getattr(value, part)
            except (KeyError, AttributeError):
                raise RunError(f"{link} has no '{part}' in this run", "link another part") from None
        return value

    def digest(self, link: Link) -> str:
        """The address of what flows through a link."""
        if not link.parts:
            return self.entries[link.node].digest
        if link not in self._digests:
            kind = self.graph.type_of(link, str(link))
            self._digests[link] = self.cache.digest_of(self.value(link), kind)
        return self._digests[link]

    def tell(self, happening: Any, node: str, **fields: Any) -> None:
        """Tell the listener."""
        self.listener(Event(happening=happening, node=node, task=self.graph.nodes[node].task.name, **fields))


def check_units(value: Any, annotation: Any, where: str) -> None:
    """Raises InputError when a value's fields are not what its port's `Unit` says."""
    for option in members(annotation):
        for unit in markers(option, Unit):
            for name, wanted in unit.fields.items():
                given = getattr(value, name, wanted)
                if given != wanted:
                    raise InputError(where, f"has {name} {given}", f"give {name} {wanted}")
