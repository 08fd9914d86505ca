from __future__ import annotations

import datetime
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from soundstage.evaluate import Measure, Table

TABLE = Table(
    title="starter/voice",
    rows=(
        Measure(
            name="word errors", value=4.4, unit="%", ceiling=5.1, floor=100.0, count=30, spread=2.0, note="±2 points"
        ),
        Measure(name="real-time factor", value=0.036),
    ),
)


def test_a_table_survives_its_json(tmp_path: Path) -> None:
    TABLE.save(tmp_path / "table.json")
    assert Table.from_json(json.loads((tmp_path / "table.json").read_text())) == TABLE
    assert TABLE.to_json()["rows"][1] == {"name": "real-time factor", "value": 0.036}


def test_a_table_prints_value_ceiling_and_where_it_was_measured() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(TABLE)
    text = console.export_text()
    for part in ("starter/voice", "4.4 ±2%", "real data", "5.1", "100", "30", "0.036", "cores"):
        assert part in text


def test_a_table_knows_its_date_and_finds_rows_by_name() -> None:
    assert datetime.date.fromisoformat(TABLE.date)
    assert TABLE["word errors"].value == 4.4
    with pytest.raises(KeyError):
        TABLE["beauty"]


def test_columns_that_say_nothing_are_left_out() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(Table(title="speed", rows=[Measure(name="rate", value=2.0, unit="films/h")]))
    text = console.export_text()
    assert "2 films/h" in text and "chance" not in text and "real data" not in text
