"""Measured figures as a table that says what they mean:

with the real data's own figure beside, the count, and the machine.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure. `ceiling` is what the real data reaches by the same meter, `floor` what chance or silence does.

    `count` is how many items were measured, `spread` their standard deviation or the half width of an interval, as
    `note` says.
    """

    name: str
    value: float
    unit: str = ""
    ceiling: float | None = None
    floor: float | None = None
    count: int | None = None
    spread: float | None = None
    note: str = ""


def this_machine() -> str:
    """The processor and the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = (
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        )
        name = next(lines, name)
    return f"{name}, {cores} cores"


@dataclass(frozen=True, kw_only=True)
class Table:
    """The measures of one model or stage."""

    title: str
    rows: Sequence[Measure]
    machine: str = field(default_factory=this_machine)
    date: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date().isoformat())

    def __getitem__(self, name: str) -> Measure:
        """The measure of that name. Raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Plain data; empty fields are left out."""
        rows = [{key: value for key, value in asdict(row).items() if value not in (None, "")} for row in self.rows]
        return {"title": self.title, "machine": self.machine, "date": self.date, "rows": rows}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Table:
        """Read `to_json`."""
        rows = tuple(Measure(**row) for row in data["rows"])
        return cls(title=data["title"], rows=rows, machine=data["machine"], date=data["date"])

    def save(self, path: Path | str) -> None:
        """Write it as JSON, atomically."""
        target = Path(path)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(target)

    def __rich__(self) -> Any:
        from rich.table import Table as RichTable

        caption = f"{self.machine} · {self.date}"
        table = RichTable(title=self.title, caption=caption, title_justify="left", caption_justify="left")
        cells: dict[str, list[str]] = {
            "measure": [row.name for row in self.rows],
            "value": [_value(row) for row in self.rows],
            "real data": [_number(row.ceiling) for row in self.rows],
            "chance": [_number(row.floor) for row in self.rows],
            "n": [str(row.count) if row.count is not None else "" for row in self.rows],
            "note": [row.note for row in self.rows],
        }
        shown = [heading for heading, column in cells.items() if any(column)]  # a column that says nothing is left out
        for heading in shown:
            table.add_column(heading, justify="left" if heading in ("measure", "note") else "right")
        for texts in zip(*(cells[heading] for heading in shown), strict=True):
            table.add_row(*texts)
        return table


def _value(row: Measure) -> str:
    unit = "%" if row.unit == "%" else f" {row.unit}" if row.unit else ""
    return _number(row.value) + (f" ±{_number(row.spread, 2)}" if row.spread is not None else "") + unit


def _number(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}g}"
