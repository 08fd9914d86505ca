"""What the user sees: progress on the terminal, results, and errors of one line; silence where nobody watches.

Notable: results go to standard output, everything else to standard error, and progress only to a terminal, so that
pipes stay clean.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from soundstage.runtime.events import on


@contextmanager
def watched(*, quiet: bool = False) -> Iterator[None]:
    """Show the progress of what happens inside; nothing when quiet or piped."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from soundstage.cli.bars import Board

    with Board() as board, on(board):
        yield


def report(facts: Mapping[str, Any], *, as_json: bool, aside: bool = False) -> None:
    """Print a result: one JSON object for machines, aligned lines for people; aside, where the output is the result."""
    where = sys.stderr if aside else sys.stdout
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, default=str), file=where)
        return
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}", file=where)


def show(thing: Any) -> None:
    """Print a rich renderable, in full width where nobody watches."""
    from rich.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(thing)


def complain(message: str, code: int, *, as_json: bool) -> int:
    """Print an error of one line and return its exit code."""
    line = " ".join(message.split())
    with contextlib.suppress(BrokenPipeError):
        if as_json:
            print(json.dumps({"error": {"message": line, "code": code}}, ensure_ascii=False), file=sys.stderr)
        else:
            print(f"soundstage: {line}", file=sys.stderr)
    return code


def log_to_terminal(*, verbose: bool) -> None:
    """Let the user read what is logged: warnings always, steps when asked."""
    logger = logging.getLogger("soundstage")
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)
