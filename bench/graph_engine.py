"""What the graph's engine costs: milliseconds a node, without what the nodes themselves do.

Run it: `python bench/graph_engine.py`. A chain (each node waits for the one before) and a fan (all wait for one) of
1,000 nodes that add two numbers, cold and then cached, each several times in a fresh cache; wall-clock and this
process's CPU time, medians and spread.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

from soundstage.evaluate.table import Measure, Table
from soundstage.graph import Cache, Graph, run, task


@task(version=1, name="bench.number")
def number(value: int) -> int:
    """A number."""
    return value


@task(version=1, name="bench.add")
def add(a: int, b: int) -> int:
    """A sum."""
    return a + b


def chain(nodes: int) -> Graph:
    """Each node adds to the one before."""
    graph = Graph()
    link = graph.add("n0", number, value=0)
    for n in range(1, nodes):
        link = graph.add(f"n{n}", add, a=link, b=n)
    graph.output("sum", link)
    return graph


def fan(nodes: int) -> Graph:
    """Each node adds to the first."""
    graph = Graph()
    first = graph.add("n0", number, value=0)
    for n in range(1, nodes):
        graph.output(f"sum{n}", graph.add(f"n{n}", add, a=first, b=n))
    return graph


def measured(graph: Graph, cache: Cache) -> tuple[float, float]:
    """Milliseconds a node of one run: wall-clock, CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    run(graph, cache)
    return tuple(1000 * t / len(graph.nodes) for t in (time.perf_counter() - wall, time.process_time() - cpu))  # type: ignore[return-value]


def table(nodes: int = 1000, repeats: int = 7) -> Table:
    """All figures."""
    shapes: dict[str, Callable[[int], Graph]] = {"chain": chain, "fan": fan}
    figures: dict[str, list[float]] = {}
    for name, make in shapes.items():
        graph = make(nodes)
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder:
                cache = Cache(folder)
                for state in ("cold", "cached"):
                    wall, cpu = measured(graph, cache)
                    figures.setdefault(f"{name}, {state}, wall-clock", []).append(wall)
                    figures.setdefault(f"{name}, {state}, CPU", []).append(cpu)
                cache.close()
    rows = [
        Measure(
            name=name,
            value=statistics.median(values),
            unit="ms/node",
            spread=statistics.stdev(values),
            count=repeats,
            note="median ± standard deviation of runs",
        )
        for name, values in figures.items()
    ]
    return Table(title=f"Graph engine, {nodes} nodes", rows=rows)


if __name__ == "__main__":
    from rich.console import Console

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, default=1000)
    options.add_argument("--repeats", type=int, default=7)
    given = options.parse_args()
    Console().print(table(given.nodes, given.repeats))
