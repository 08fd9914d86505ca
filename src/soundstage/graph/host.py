"""What the engine asks of the place where it runs: weights' hashes, a numeric environment, room for a node.

Notable: the engine does not know models or devices; a host does, and the default host knows nothing and has room for
all.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from soundstage.graph.graph import Node
from soundstage.graph.node import Task

Emit = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a node takes while it runs:

    memory, and a name that no two running nodes may share (a device, for instance).
    """

    memory_mb: float = 0.0
    alone: str | None = None


def undemanding(task: Task, inputs: Mapping[str, Any]) -> Demand:
    """Takes nothing worth scheduling."""
    return Demand()


def as_it_is(node: Node, emit: Emit, stop: threading.Event) -> AbstractContextManager[None]:
    """Runs a node without anything around it."""
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Host:
    """What the engine asks of the place where it runs.

    `fingerprint` pins a model's weights, `environment` names what else a result's bits depend on, `demand` says what a
    node takes of `memory_mb`, and `around` wraps each node's call: its `emit` tells events by `Event`'s fields, its
    flag is set when the run stops.
    """

    fingerprint: Callable[[str], str] = str
    environment: Callable[[], Mapping[str, str]] = dict
    demand: Callable[[Task, Mapping[str, Any]], Demand] = undemanding
    memory_mb: float = math.inf
    around: Callable[[Node, Emit, threading.Event], AbstractContextManager[None]] = as_it_is
    workers: int = field(default_factory=lambda: min(32, (os.cpu_count() or 1) + 2))
