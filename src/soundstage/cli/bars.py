"""Bars on the terminal: one for each label that is under way, with its rate and the time that remains."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from soundstage.runtime.events import Progress


class Remaining(ProgressColumn):
    """The time that remains as the event told it, counted down since."""

    def render(self, task: Task) -> Text:
        """`1:05 left`, or nothing while it is unknown."""
        left = task.fields["left"]
        if left is None:
            return Text("")
        seconds = max(0, round(left - (time.monotonic() - task.fields["told"])))
        return Text(f"{seconds // 60}:{seconds % 60:02d} left", "cyan")


class Board:
    """Bars by node and label; safe to be told from many threads."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", style="dim"),
            Remaining(),
        )
        self._bars = Bars(*columns, console=Console(stderr=True), transient=True)
        self._rows: dict[tuple[str, str], TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def __call__(self, event: Progress) -> None:
        """Show one event."""
        name = (event.node, event.label)
        with self._lock:
            if event.finished:
                row = self._rows.pop(name, None)
                if row is not None:
                    self._bars.remove_task(row)
                return
            told: dict[str, Any] = {"rate": spell_rate(event.rate), "left": event.remaining, "told": time.monotonic()}
            if name not in self._rows:
                title = f"{event.node}: {event.label}" if event.node else event.label
                self._rows[name] = self._bars.add_task(title[:40], total=event.total, **told)
            self._bars.update(self._rows[name], completed=event.done, total=event.total, **told)


def spell_rate(rate: float | None) -> str:
    """Steps a second, or seconds a step when that is slow."""
    if rate is None:
        return ""
    return f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s each"
