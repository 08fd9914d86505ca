"""Adapters for Wan: the other names that its modules go by, those of Wan's own code and of kohya's trainers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from soundstage.weights.lora import Adapter, merge
from soundstage.weights.wan.transformer import KEYS

_ATTENTION = (
    ("q", "to_q"),
    ("k", "to_k"),
    ("v", "to_v"),
    ("o", "to_out.0"),
    ("norm_q", "norm_q"),
    ("norm_k", "norm_k"),
)
_NATIVE: tuple[tuple[str, str], ...] = (
    *((f"blocks.{{}}.self_attn.{theirs}", f"blocks.{{}}.attn1.{ours}") for theirs, ours in _ATTENTION),
    *((f"blocks.{{}}.cross_attn.{theirs}", f"blocks.{{}}.attn2.{ours}") for theirs, ours in _ATTENTION),
    ("blocks.{}.cross_attn.k_img", "blocks.{}.attn2.add_k_proj"),
    ("blocks.{}.cross_attn.v_img", "blocks.{}.attn2.add_v_proj"),
    ("blocks.{}.cross_attn.norm_k_img", "blocks.{}.attn2.norm_added_k"),
    ("blocks.{}.norm3", "blocks.{}.norm2"),
    ("blocks.{}.ffn.0", "blocks.{}.ffn.net.0.proj"),
    ("blocks.{}.ffn.2", "blocks.{}.ffn.net.2"),
    ("text_embedding.0", "condition_embedder.text_embedder.linear_1"),
    ("text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    ("time_embedding.0", "condition_embedder.time_embedder.linear_1"),
    ("time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    ("time_projection.1", "condition_embedder.time_proj"),
    ("img_emb.proj.0", "condition_embedder.image_embedder.norm1"),
    ("img_emb.proj.1", "condition_embedder.image_embedder.ff.net.0.proj"),
    ("img_emb.proj.3", "condition_embedder.image_embedder.ff.net.2"),
    ("img_emb.proj.4", "condition_embedder.image_embedder.norm2"),
    ("head.head", "proj_out"),
)
ALIASES: tuple[tuple[str, str], ...] = (
    *_NATIVE,
    *((f"lora_unet_{theirs.replace('.', '_')}", ours) for theirs, ours in _NATIVE),
)


def wear(module: nn.Module, worn: Sequence[tuple[Adapter, float]]) -> None:
    """Merge adapters into a Wan transformer, each with its strength; on the meta device only see whether they fit.

    Raises InputError naming what does not.
    """
    merge(module, worn, KEYS, ALIASES)
