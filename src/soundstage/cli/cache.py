"""Commands for the cache: what is in it, how large it is, how large it may be."""

from __future__ import annotations

import json
import re
import time
from typing import Annotated

import typer

from soundstage.cli.display import report, show
from soundstage.cli.look import JSON
from soundstage.errors import InputError

group = typer.Typer(
    no_args_is_help=True, help="Look at the cache of results, clear it, limit it.", rich_markup_mode="rich"
)

UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@group.command("ls")
def entries(
    count: Annotated[int, typer.Option(min=1, help="How many, the latest used first.")] = 20,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """List results: the task, the size, and the seconds that they save."""
    from soundstage.runtime import open_cache

    found = open_cache().entries()[:count]
    if as_json:
        rows = [{"key": e.key, "task": e.task, "bytes": e.bytes, "seconds": e.seconds, "used": e.used} for e in found]
        print(json.dumps(rows))
        return
    from rich.table import Table

    table = Table("key", "task", "size", "took", "used")
    for entry in found:
        ago = f"{(time.time() - entry.used) / 3600:.1f} h ago"
        table.add_row(entry.key[:12], entry.task, spell_bytes(entry.bytes), f"{entry.seconds:.2f} s", ago)
    show(table)


@group.command()
def size(as_json: Annotated[bool, JSON] = False) -> None:
    """Tell how large the cache is, how large it may be, and where it lies."""
    from soundstage.runtime import open_cache

    cache = open_cache()
    held, limit, count = cache.size(), cache.limit, len(cache.entries())
    if as_json:
        report({"bytes": held, "limit": limit, "results": count, "folder": str(cache.folder)}, as_json=True)
    else:
        report(
            {"size": f"{spell_bytes(held)} of {spell_bytes(limit)}", "results": count, "folder": cache.folder},
            as_json=False,
        )


@group.command()
def clear(as_json: Annotated[bool, JSON] = False) -> None:
    """Forget every result; what tasks took is still remembered for estimates."""
    from soundstage.runtime import open_cache

    freed = open_cache().clear()
    report({"freed": freed if as_json else spell_bytes(freed)}, as_json=as_json)


@group.command()
def limit(
    amount: Annotated[str, typer.Argument(help="Such as 500M or 20G.", show_default=False)],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Set how large the cache may be; over it, what is cheapest to make again goes first."""
    from soundstage.runtime import open_cache

    cache = open_cache()
    cache.limit = read_bytes(amount)
    freed = cache.trim()
    facts = {"limit": cache.limit, "freed": freed}
    report(facts if as_json else {name: spell_bytes(count) for name, count in facts.items()}, as_json=as_json)


def read_bytes(text: str) -> int:
    """`20G` in bytes. Raises InputError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if not match:
        raise InputError("amount", f"{text[:40]!r} is not a size", "write it like 500M or 20G")
    return int(float(match[1]) * UNITS[match[2]])


def spell_bytes(count: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TB"
