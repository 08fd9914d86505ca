"""Wan 2.1's transformer from the layout of diffusers (`WanTransformer3DModel`, text to video).

Notable: q, k and v are fused while loading.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from soundstage.models.wan import Wan, WanConfig
from soundstage.weights.keys import Row, fuse


def build(config: dict[str, Any]) -> nn.Module:
    """The transformer for a card's config."""
    shape = WanConfig(**config)
    return Wan(WanConfig(**{**config, "patch": (shape.patch[0], shape.patch[1], shape.patch[2])}))


def _fused(theirs: str, parts: str, ours: str) -> tuple[Row, ...]:
    return tuple(
        (tuple(f"blocks.{{}}.{theirs}.to_{part}.{kind}" for part in parts), f"blocks.{{}}.{ours}.{kind}", fuse())
        for kind in ("weight", "bias")
    )


KEYS: tuple[Row, ...] = (
    ("patch_embedding.*", "patch.*"),
    ("condition_embedder.time_embedder.linear_1.*", "time_rise.*"),
    ("condition_embedder.time_embedder.linear_2.*", "time_out.*"),
    ("condition_embedder.time_proj.*", "modulation.*"),
    ("condition_embedder.text_embedder.linear_1.*", "text_rise.*"),
    ("condition_embedder.text_embedder.linear_2.*", "text_out.*"),
    *_fused("attn1", "qkv", "attention.qkv"),
    ("blocks.{}.attn1.norm_q.*", "blocks.{}.attention.qk.q.*"),
    ("blocks.{}.attn1.norm_k.*", "blocks.{}.attention.qk.k.*"),
    ("blocks.{}.attn1.to_out.0.*", "blocks.{}.attention.out.*"),
    ("blocks.{}.attn2.to_q.*", "blocks.{}.cross.q.*"),
    *_fused("attn2", "kv", "cross.kv"),
    ("blocks.{}.attn2.norm_q.*", "blocks.{}.cross.qk.q.*"),
    ("blocks.{}.attn2.norm_k.*", "blocks.{}.cross.qk.k.*"),
    ("blocks.{}.attn2.to_out.0.*", "blocks.{}.cross.out.*"),
    ("blocks.{}.norm2.*", "blocks.{}.cross_norm.*"),
    ("blocks.{}.ffn.net.0.proj.*", "blocks.{}.feed.rise.*"),
    ("blocks.{}.ffn.net.2.*", "blocks.{}.feed.fall.*"),
    ("blocks.{}.scale_shift_table", "blocks.{}.table"),
    ("proj_out.*", "out.*"),
    ("scale_shift_table", "table"),
)
IGNORED: tuple[str, ...] = ()
