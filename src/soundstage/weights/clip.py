"""CLIP's vision encoder from the layout of transformers (`CLIPVisionModel`), alone or inside a whole CLIP.

Notable: q, k and v are fused while loading; the text side, the projections and the last norm are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from soundstage.errors import InputError
from soundstage.nn.clip import ClipConfig, ClipVision
from soundstage.weights.keys import Row, fuse


def build(config: dict[str, Any]) -> nn.Module:
    """The encoder for a card's config."""
    return ClipVision(ClipConfig(**config))


def from_config(theirs: Mapping[str, Any]) -> ClipConfig:
    """Of `config.json`. Raises InputError naming a field whose value we do not support."""
    vision = theirs.get("vision_config") or theirs
    activation = vision.get("hidden_act", "quick_gelu")
    if activation not in ("gelu", "silu", "relu"):
        raise InputError("hidden_act", f"{activation!r} is not supported", "supported: gelu, silu, relu")
    if vision.get("num_channels", 3) != 3:
        raise InputError("num_channels", f"{vision['num_channels']} is not supported", "supported: 3")
    return ClipConfig(
        width=vision.get("hidden_size", 768),
        depth=vision.get("num_hidden_layers", 12),
        heads=vision.get("num_attention_heads", 12),
        hidden=vision.get("intermediate_size", 3072),
        size=vision.get("image_size", 224),
        patch=vision.get("patch_size", 32),
        activation=activation,
        eps=vision.get("layer_norm_eps", 1e-5),
    )


def rows(theirs: str = "vision_model.", ours: str = "") -> tuple[Row, ...]:
    """The key table of an encoder that stands under one prefix in their checkpoint and under another in our module."""
    layer, block, parts = f"{theirs}encoder.layers.{{}}.", f"{ours}blocks.{{}}.", "qkv"
    return (
        (f"{theirs}embeddings.class_embedding", f"{ours}whole"),
        (f"{theirs}embeddings.patch_embedding.weight", f"{ours}patch.weight"),
        (f"{theirs}embeddings.position_embedding.weight", f"{ours}places"),
        (f"{theirs}pre_layrnorm.*", f"{ours}norm.*"),
        *(
            (tuple(f"{layer}self_attn.{part}_proj.{kind}" for part in parts), f"{block}attention.qkv.{kind}", fuse())
            for kind in ("weight", "bias")
        ),
        (f"{layer}self_attn.out_proj.*", f"{block}attention.out.*"),
        (f"{layer}layer_norm1.*", f"{block}norm.*"),
        (f"{layer}mlp.fc1.*", f"{block}feed.rise.*"),
        (f"{layer}mlp.fc2.*", f"{block}feed.fall.*"),
        (f"{layer}layer_norm2.*", f"{block}feed_norm.*"),
    )


KEYS: tuple[Row, ...] = (*rows(), *rows(""))
IGNORED = (
    "vision_model.post_layernorm.*", "post_layernorm.*", "vision_model.embeddings.position_ids",
    "embeddings.position_ids", "text_model.*", "visual_projection.weight", "text_projection.weight", "logit_scale",
)  # fmt: skip
