"""How long a graph will take and how much memory, from what its tasks took before on this machine.

Notable: honest about what it does not know: a task that never ran here is named as unknown, and is not counted as
nothing. What is cached counts as done; below a node that must run, nothing is assumed cached.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from soundstage.errors import SoundstageError
from soundstage.graph.cache import Cache, Damaged, Entry
from soundstage.graph.graph import Graph, Link, Node
from soundstage.graph.history import features, model_of, recall
from soundstage.graph.host import Host
from soundstage.graph.key import Keys

FEWEST = 4


@dataclass(frozen=True, kw_only=True)
class NodeEstimate:
    """What is expected of one node: nothing when it is cached; None for what was never measured here."""

    name: str
    task: str
    cached: bool
    seconds: float | None
    memory_mb: float | None
    runs: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What is expected of a run.

    `seconds` counts the known nodes one after another, so it is an upper bound for those.
    """

    nodes: tuple[NodeEstimate, ...]

    @property
    def seconds(self) -> float:
        """Seconds of all nodes that are known."""
        return sum(node.seconds or 0.0 for node in self.nodes)

    @property
    def memory_mb(self) -> float | None:
        """The most that one node is known to need; None when none is."""
        return max((node.memory_mb for node in self.nodes if node.memory_mb is not None), default=None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The tasks that must run and never ran here."""
        return tuple(dict.fromkeys(node.task for node in self.nodes if not node.cached and node.seconds is None))

    @property
    def memory_is_known(self) -> bool:
        """Whether every node that must run is known to need some memory."""
        return all(node.cached or node.memory_mb is not None for node in self.nodes)

    @property
    def cached(self) -> int:
        """How many nodes need not run."""
        return sum(node.cached for node in self.nodes)

    def __str__(self) -> str:
        parts = [f"{len(self.nodes) - self.cached} of {len(self.nodes)} nodes to run"]
        if self.seconds or not self.unknown:
            parts.append(f"about {self.seconds:.3g} s")
        if self.memory_mb is not None:
            parts.append(f"{'' if self.memory_is_known else 'at least '}{self.memory_mb:,.0f} MB")
        elif any(not node.cached and node.seconds is not None for node in self.nodes):
            parts.append("memory not known")
        if self.unknown:
            parts.append(f"not measured here yet: {', '.join(self.unknown)}")
        return ", ".join(parts)


def estimate(graph: Graph, cache: Cache, host: Host | None = None) -> Estimate:
    """What running the graph now would take. Raises InputError for a bad graph."""
    graph.check()
    host = host or Host()
    entries: dict[str, Entry] = {}
    digests: dict[Link, str] = {}

    def value(link: Link) -> Any:
        found = cache.value(entries[link.node], graph.nodes[link.node].task.output)
        for part in link.parts:
            found = found[part] if isinstance(found, Mapping) else getattr(found, part)
        return found

    def digest(link: Link) -> str:
        if not link.parts:
            return entries[link.node].digest
        if link not in digests:
            digests[link] = cache.digest_of(value(link), graph.type_of(link, str(link)))
        return digests[link]

    keys = Keys(cache, host.environment(), host.fingerprint, digest, value)
    nodes = []
    for name in graph.needed():
        node = graph.nodes[name]
        entry = _cached(node, keys, entries, cache)
        if entry is not None:
            entries[name] = entry
        nodes.append(_expected(node, cache, host, cached=entry is not None))
    return Estimate(nodes=tuple(nodes))


def _cached(node: Node, keys: Keys, entries: Mapping[str, Entry], cache: Cache) -> Entry | None:
    if any(source not in entries for source in node.sources):
        return None
    try:
        return cache.find(keys.of(node))
    except (SoundstageError, Damaged, KeyError, AttributeError):
        return None


def _expected(node: Node, cache: Cache, host: Host, *, cached: bool) -> NodeEstimate:
    known = {name: port.default for name, port in node.task.ports.items() if not port.required} | dict(node.inputs)
    linked = {port for port, _, _ in node.links}
    sizes = features({name: value for name, value in known.items() if name not in linked})
    past = recall(cache, node.task, model_of(node.task, node.inputs))
    demand = host.demand(node.task, node.inputs).memory_mb
    measured = [(run.features, run.memory_mb) for run in past if run.memory_mb is not None]
    memory = [*(held for _, held in measured), predict(measured, sizes), demand or None]
    return NodeEstimate(
        name=node.name,
        task=node.task.name,
        cached=cached,
        seconds=0.0 if cached else predict([(run.features, run.seconds) for run in past], sizes),
        memory_mb=None if cached else max((held for held in memory if held is not None), default=None),
        runs=len(past),
    )


def predict(past: Sequence[tuple[Mapping[str, float], float]], sizes: Mapping[str, float]) -> float | None:
    """Seconds (or megabytes) for inputs of these sizes, from sizes and seconds of the past:

    along the one size that explains the past best, else the median; None without a past.
    """
    if not past:
        return None
    values = [value for _, value in past]
    middle = statistics.median(values)
    best, error = middle, 0.5 * sum(abs(value - middle) for value in values)
    for name, size in sizes.items():
        pairs = [(features[name], value) for features, value in past if name in features]
        if len(pairs) < FEWEST or len({x for x, _ in pairs}) < 3:
            continue
        xs, ys = zip(*pairs, strict=True)
        slope, intercept = statistics.linear_regression(xs, ys)
        missed = sum(abs(intercept + slope * x - y) for x, y in pairs) * len(past) / len(pairs)
        if slope > 0 and missed < error:
            best, error = max(intercept + slope * size, min(values)), missed
    return best if math.isfinite(best) else middle
