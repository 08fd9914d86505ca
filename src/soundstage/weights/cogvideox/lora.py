"""Adapters for CogVideoX: diffusers' names are those of the key table; kohya's trainers join them by underscores."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from soundstage.weights import lora
from soundstage.weights.cogvideox.keys import TRANSFORMER
from soundstage.weights.lora import Adapter, Change

_BLOCK = (
    "attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "norm1.linear", "norm2.linear", "ff.net.0.proj",
    "ff.net.2",
)  # fmt: skip
_MODULES = (
    *(f"transformer_blocks.{{}}.{module}" for module in _BLOCK), "patch_embed.proj", "patch_embed.text_proj",
    "time_embedding.linear_1", "time_embedding.linear_2", "ofs_embedding.linear_1", "ofs_embedding.linear_2",
    "norm_out.linear", "proj_out",
)  # fmt: skip
ALIASES: tuple[tuple[str, str], ...] = tuple(
    (f"{prefix}{module.replace('.', '_')}", module) for module in _MODULES for prefix in ("lora_unet_", "lora_unet__")
)


def changes(module: nn.Module, worn: Sequence[tuple[Adapter, float]]) -> dict[str, Change]:
    """What becomes of a transformer's tensors, awake or on the meta device, with adapters and their strengths.

    Raises InputError naming what does not fit.
    """
    return lora.changes(module, worn, TRANSFORMER, ALIASES)


def wear(module: nn.Module, worn: Sequence[tuple[Adapter, float]]) -> None:
    """Merge adapters into a transformer. Raises as `changes` does, and then changes nothing."""
    lora.merge(module, worn, TRANSFORMER, ALIASES)
