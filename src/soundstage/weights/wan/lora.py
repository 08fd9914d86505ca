"""Adapters for Wan: the other names that its modules go by, those of Wan's own code and of kohya's trainers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from soundstage.weights import lora
from soundstage.weights.lora import Adapter, Change
from soundstage.weights.wan.transformer import KEYS, NATIVE

ALIASES: tuple[tuple[str, str], ...] = (
    *NATIVE,
    *((f"lora_unet_{theirs.replace('.', '_')}", ours) for theirs, ours in NATIVE),
)


def changes(module: nn.Module, worn: Sequence[tuple[Adapter, float]]) -> dict[str, Change]:
    """What becomes of the tensors of a Wan transformer, awake or on the meta device, with adapters and their strengths.

    Raises InputError naming what does not fit.
    """
    return lora.changes(module, worn, KEYS, ALIASES)


def wear(module: nn.Module, worn: Sequence[tuple[Adapter, float]]) -> None:
    """Merge adapters into a transformer. Raises as `changes` does, and then changes nothing."""
    lora.merge(module, worn, KEYS, ALIASES)
