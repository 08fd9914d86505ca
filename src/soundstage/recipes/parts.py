"""How a recipe is called: `python -m soundstage.recipes.NAME PART [MINUTES]`, one part at a time, on one thread."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

import torch

from soundstage.errors import InputError, SoundstageError
from soundstage.weights.card import Card


def run(parts: Mapping[str, Callable[..., object]], arguments: Sequence[str]) -> None:
    """Runs the part that is named, for so many minutes if told, and prints the card where one comes of it.

    Exits with one line that says what is wrong where that cannot be done.
    """
    try:
        _run(parts, arguments)
    except SoundstageError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


def _run(parts: Mapping[str, Callable[..., object]], arguments: Sequence[str]) -> None:
    name, *rest = arguments or [""]
    if name not in parts:
        raise InputError("part", f"{name!r} is none", f"give {', '.join(parts)}")
    try:
        minutes = [float(each) for each in rest]
    except ValueError:
        raise InputError("minutes", f"{rest[0]!r} is no number", "give such as 30") from None
    torch.set_num_threads(1)
    made = parts[name](*minutes)
    if isinstance(made, Card):
        print(made.model_dump_json(indent=2))
