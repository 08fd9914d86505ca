"""Progress, previews and cancellation, told to whoever listens.

Notable: listeners live in a context variable, so a task neither takes nor passes a callback, and runs in other threads
do not mix.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from soundstage.errors import CancelledRun

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` of `total` (None when unknown) steps of `label`, at `rate` steps a second, `remaining` seconds to go.

    `preview` is a value to look at meanwhile. `finished` marks the last event of a label. `node` is
    the graph's node that it happens in; empty outside a graph.
    """

    label: str
    done: float
    total: float | None
    rate: float | None
    remaining: float | None
    preview: Any = None
    finished: bool = False
    node: str = ""


Listener = Callable[[Progress], None]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("soundstage_listeners", default=())
_node: ContextVar[str] = ContextVar("soundstage_node", default="")
_cancelled: ContextVar[tuple[threading.Event, ...]] = ContextVar("soundstage_cancelled", default=())


@contextmanager
def on(listener: Listener) -> Iterator[None]:
    """Hear the events of everything inside the `with`."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


@contextmanager
def cancellable(flag: threading.Event) -> Iterator[None]:
    """Let `flag`, set from any thread, cancel what runs inside the `with`."""
    token = _cancelled.set((*_cancelled.get(), flag))
    try:
        yield
    finally:
        _cancelled.reset(token)


@contextmanager
def within(node: str) -> Iterator[None]:
    """Let what happens inside the `with` be told as happening in this node."""
    token = _node.set(node)
    try:
        yield
    finally:
        _node.reset(token)


def check_cancelled(where: str = "the run") -> None:
    """Raises CancelledRun when the user has cancelled. Cheap: call it at every step."""
    if any(flag.is_set() for flag in _cancelled.get()):
        raise CancelledRun(where)


def emit(event: Progress) -> None:
    """Tell every listener."""
    for listener in _listeners.get():
        listener(event)


class Meter:
    """Counts the steps of one label and tells of them; `progress` is the usual way to have one.

    `remaining` knows the seconds to go better than the rate so far does.
    """

    def __init__(
        self, label: str, total: float | None = None, *, remaining: Callable[[], float | None] | None = None
    ) -> None:
        self.label, self.total, self.done = label, total, 0.0
        self._remaining = remaining
        self._start = time.monotonic()
        self.tell()

    def advance(self, steps: float = 1.0, preview: Any = None, *, checked: bool = True) -> None:
        """Some steps are done. Raises CancelledRun when the user has cancelled, unless that is not to be `checked`."""
        if checked:
            check_cancelled(self.label)
        self.done += steps
        self.tell(preview)

    def finish(self) -> None:
        """The label is done."""
        self.tell(finished=True)

    def tell(self, preview: Any = None, *, finished: bool = False) -> None:
        """Tell how far it is."""
        elapsed = time.monotonic() - self._start
        rate = self.done / elapsed if self.done and elapsed > 0 else None
        remaining = (self.total - self.done) / rate if rate and self.total is not None else None
        if self._remaining is not None:
            remaining = self._remaining()
        emit(
            Progress(
                label=self.label,
                done=self.done,
                total=self.total,
                rate=rate,
                remaining=remaining,
                preview=preview,
                finished=finished,
                node=_node.get(),
            )
        )


def progress(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield the items and tell how far it is, how fast, and how long it will take.

    `total` is taken from `len(items)` where there is one. Raises CancelledRun between items when the user has
    cancelled.
    """
    meter = Meter(label, total if total is not None else len(items) if isinstance(items, Sized) else None)
    check_cancelled(label)
    try:
        for item in items:
            yield item
            meter.advance()
    finally:
        meter.finish()
