"""What nodes took on this machine:

seconds and memory, kept beside the cache, for estimates that are measured and not guessed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundstage.graph.cache import Cache
from soundstage.graph.node import Task

KEPT = 200


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run of a task: its inputs' sizes, the seconds it took, and the memory that it added (None when that was not
    seen).
    """

    features: Mapping[str, float]
    seconds: float
    memory_mb: float | None


def features(inputs: Mapping[str, Any]) -> dict[str, float]:
    """The sizes of some inputs: numbers as they are, texts and lists by length, media by their seconds."""
    found: dict[str, float] = {}
    for name, value in inputs.items():
        if isinstance(value, bool | int | float):
            found[name] = float(value)
        elif isinstance(value, str | list | tuple | dict):
            found[name] = float(len(value))
        elif isinstance(getattr(value, "seconds", None), int | float):
            found[name] = float(value.seconds)
    return found


def model_of(task: Task, inputs: Mapping[str, Any]) -> str:
    """The models that a node uses, as one text."""
    given = (inputs.get(port.name, port.default) for port in task.models)
    return " ".join(model for model in given if isinstance(model, str))


def remember(cache: Cache, task: Task, inputs: Mapping[str, Any], seconds: float, memory_mb: float | None) -> None:
    """Keep one measurement."""
    sizes = json.dumps(features({name: value for name, value in inputs.items() if not task.ports[name].is_seed}))
    cache.query(
        "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)",
        *(_name(task), model_of(task, inputs), sizes, seconds, memory_mb, time.time()),
    )


def recall(cache: Cache, task: Task, model: str) -> list[Measured]:
    """The latest measurements of a task with a model, newest first."""
    rows = cache.query(
        "SELECT features, seconds, memory_mb FROM history WHERE task = ? AND model = ? ORDER BY time DESC LIMIT ?",
        *(_name(task), model, KEPT),
    )
    return [Measured(features=json.loads(sizes), seconds=seconds, memory_mb=memory) for sizes, seconds, memory in rows]


class Stopwatch:
    """The seconds since it was made, and the process's peak of memory where it rose meanwhile."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self._resident, self._peak = resident_mb(), peak_mb()

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self.start

    @property
    def memory_mb(self) -> float | None:
        """Memory added at the peak; None when the process's peak did not move, for then it cannot be known."""
        peak = peak_mb()
        if peak is None or self._peak is None or self._resident is None or peak <= self._peak:
            return None
        return peak - self._resident


def resident_mb() -> float | None:
    """Memory that this process holds now; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * 4096 / 2**20


def peak_mb() -> float | None:
    """The most memory that this process has held; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _name(task: Task) -> str:
    return f"{task.name}@{task.version}"
