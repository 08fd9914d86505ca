"""What a run tells while it runs: one flat event, the same for the command line, a log and a server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Happening = Literal["queued", "started", "progress", "preview", "output", "cached", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One happening at one node; the fields that a happening does not use keep their defaults.

    `done` of `total` steps at `rate` steps a second, with `remaining` seconds to go, belong to progress; `value` to
    previews and outputs; `seconds` is the node's own time, at outputs; `message` the error's one line, at failures.
    """

    happening: Happening
    node: str
    task: str
    label: str = ""
    done: float | None = None
    total: float | None = None
    rate: float | None = None
    remaining: float | None = None
    seconds: float | None = None
    message: str = ""
    value: Any = None
    time: float = field(default_factory=time.time)


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """A listener that hears nothing."""
