"""How a recipe is called: `python -m soundstage.recipes.NAME PART [MINUTES]`, one part at a time, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

from soundstage.errors import InputError
from soundstage.weights.card import Card


def run(parts: Mapping[str, Callable[..., object]], arguments: Sequence[str]) -> None:
    """Runs the part that is named, for so many minutes if told, and prints the card where one comes of it.

    Raises InputError for a part that there is not, and for minutes that are no number.
    """
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
