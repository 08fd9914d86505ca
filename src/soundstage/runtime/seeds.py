"""Randomness as a value: one explicit generator a draw, never a global state."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def generator(seed: int, device: str | torch.device | None = None) -> torch.Generator:
    """A torch generator. Drawn on the CPU unless told otherwise, so that a seed means the same on every device."""
    import torch

    return torch.Generator(device or "cpu").manual_seed(seed)


def derive(seed: int, *names: str | int) -> int:
    """A seed for one part of a work, independent of the others and stable when parts are added:

    `derive(7, "shot", 3)`.
    """
    text = "\0".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
