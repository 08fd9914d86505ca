"""Where the time of a film goes: seconds of film per second of computing, by stage, cold and cached, draft and film.

Run it: `python -m bench.film_stages`. Each run has a cache of its own. Stages run beside each other, so their
seconds add up to more than the whole.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from bench.pairs import markdown
from soundstage.film.film import recipe, write
from soundstage.film.script import Script
from soundstage.film.storyboard import Crew, house_crew, storyboard
from soundstage.graph import Cache, Event
from soundstage.runtime import release
from soundstage.runtime.execute import execute

BRIEF = "A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle."
HEAD = ("what", "seconds", "film seconds per second")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the graph: the film's length, the wall-clock seconds, and each task's own seconds."""

    film_seconds: float
    seconds: float
    stages: Mapping[str, float]


def run(script: Script, crew: Crew, cache: Cache, *, draft: bool) -> Run:
    """Make the film once through `cache`."""
    stages: dict[str, float] = defaultdict(float)

    def listen(event: Event) -> None:
        if event.happening == "output" and event.seconds is not None:
            stages[event.task] += event.seconds

    facts = recipe(script, crew, draft=draft, size=512, burn=False)
    graph = storyboard(script, crew, draft=draft, size=512, burn=False, facts=facts)
    start = time.perf_counter()
    made = execute(graph, cache=cache, listener=listen)
    seconds = time.perf_counter() - start
    master = made["film"]
    return Run(film_seconds=float(master.length / master.fps), seconds=seconds, stages=stages)


def table() -> str:
    """Draft and film, cold (models not yet loaded) and cached, as Markdown."""
    script, crew = write(BRIEF), house_crew()
    rows: list[tuple[str, str, str]] = []
    for draft in (True, False):
        name = "draft" if draft else "film"
        release()
        with tempfile.TemporaryDirectory() as folder:
            cache = Cache(folder)
            cold, cached = (run(script, crew, cache, draft=draft) for _ in range(2))
            cache.close()
        rows.append(_row(f"**{name}**, {cold.film_seconds:.1f} s, nothing cached", cold.film_seconds, cold.seconds))
        ordered = sorted(cold.stages.items(), key=lambda item: -item[1])
        rows += [_row(f"{name}: `{stage}`", cold.film_seconds, seconds) for stage, seconds in ordered if seconds >= 0.1]
        rows.append(_row(f"**{name}**, everything cached", cached.film_seconds, cached.seconds))
    return markdown(HEAD, rows)


def _row(name: str, film_seconds: float, seconds: float) -> tuple[str, str, str]:
    return name, f"{seconds:.1f}", f"{film_seconds / seconds:.2g}"


if __name__ == "__main__":
    print(table())
