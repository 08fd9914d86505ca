"""Wan 2.1's transformer from the layout of diffusers (`WanTransformer3DModel`): its config and its key table.

Notable: q, k and v are fused while loading. Times, tables and norms stay float32 in any dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from soundstage.errors import InputError
from soundstage.models.wan import Wan, WanConfig
from soundstage.weights.keys import Row, fuse


def build(config: dict[str, Any]) -> nn.Module:
    """The transformer for a card's config."""
    shape = WanConfig(**config)
    return Wan(WanConfig(**{**config, "patch": (shape.patch[0], shape.patch[1], shape.patch[2])}))


def from_config(theirs: Mapping[str, Any]) -> WanConfig:
    """Of `transformer/config.json`. Raises InputError naming a field whose value we do not support."""
    heads, head = theirs.get("num_attention_heads", 40), theirs.get("attention_head_dim", 128)
    width, image, added = heads * head, theirs.get("image_dim"), theirs.get("added_kv_proj_dim")
    patch = tuple(theirs.get("patch_size", (1, 2, 2)))
    for name, value, supported in (
        ("_class_name", theirs.get("_class_name", "WanTransformer3DModel"), "WanTransformer3DModel"),
        ("cross_attn_norm", theirs.get("cross_attn_norm", True), True),
        ("qk_norm", theirs.get("qk_norm", "rms_norm_across_heads"), "rms_norm_across_heads"),
        ("added_kv_proj_dim", added, None if image is None else width),
        ("patch_size", len(patch), 3),
    ):
        if value != supported:
            raise InputError(name, f"{value!r} is not supported", f"supported: {supported!r}")
    return WanConfig(
        width=width,
        depth=theirs.get("num_layers", 40),
        heads=heads,
        hidden=theirs.get("ffn_dim", 13824),
        channels=theirs.get("in_channels", 16),
        out=theirs.get("out_channels") or theirs.get("in_channels", 16),
        text=theirs.get("text_dim", 4096),
        frequencies=theirs.get("freq_dim", 256),
        patch=(patch[0], patch[1], patch[2]),
        eps=theirs.get("eps", 1e-6),
        image=image,
        places=theirs.get("pos_embed_seq_len"),
    )


def _fused(theirs: str, parts: tuple[str, ...], ours: str) -> tuple[Row, ...]:
    return tuple(
        (tuple(f"blocks.{{}}.{theirs}.{part}.{kind}" for part in parts), f"blocks.{{}}.{ours}.{kind}", fuse())
        for kind in ("weight", "bias")
    )


KEYS: tuple[Row, ...] = (
    ("patch_embedding.*", "patch.*"),
    ("condition_embedder.time_embedder.linear_1.*", "time_rise.*"),
    ("condition_embedder.time_embedder.linear_2.*", "time_out.*"),
    ("condition_embedder.time_proj.*", "modulation.*"),
    ("condition_embedder.text_embedder.linear_1.*", "text_rise.*"),
    ("condition_embedder.text_embedder.linear_2.*", "text_out.*"),
    ("condition_embedder.image_embedder.pos_embed", "image.places"),
    ("condition_embedder.image_embedder.norm1.*", "image.norm.*"),
    ("condition_embedder.image_embedder.ff.net.0.proj.*", "image.rise.*"),
    ("condition_embedder.image_embedder.ff.net.2.*", "image.out.*"),
    ("condition_embedder.image_embedder.norm2.*", "image.out_norm.*"),
    *_fused("attn1", ("to_q", "to_k", "to_v"), "attention.qkv"),
    ("blocks.{}.attn1.norm_q.*", "blocks.{}.attention.qk.q.*"),
    ("blocks.{}.attn1.norm_k.*", "blocks.{}.attention.qk.k.*"),
    ("blocks.{}.attn1.to_out.0.*", "blocks.{}.attention.out.*"),
    ("blocks.{}.attn2.to_q.*", "blocks.{}.cross.q.*"),
    *_fused("attn2", ("to_k", "to_v"), "cross.kv"),
    *_fused("attn2", ("add_k_proj", "add_v_proj"), "image.kv"),
    ("blocks.{}.attn2.norm_q.*", "blocks.{}.cross.qk.q.*"),
    ("blocks.{}.attn2.norm_k.*", "blocks.{}.cross.qk.k.*"),
    ("blocks.{}.attn2.norm_added_k.*", "blocks.{}.image.k.*"),
    ("blocks.{}.attn2.to_out.0.*", "blocks.{}.cross.out.*"),
    ("blocks.{}.norm2.*", "blocks.{}.cross_norm.*"),
    ("blocks.{}.ffn.net.0.proj.*", "blocks.{}.feed.rise.*"),
    ("blocks.{}.ffn.net.2.*", "blocks.{}.feed.fall.*"),
    ("blocks.{}.scale_shift_table", "blocks.{}.table"),
    ("proj_out.*", "out.*"),
    ("scale_shift_table", "table"),
)
IGNORED: tuple[str, ...] = ("blocks.{}.attn2.norm_added_q.*",)  # in some files, and used by nothing
FULL: tuple[str, ...] = (
    "time_rise.*", "time_out.*", "table", "blocks.{}.table", "blocks.{}.cross_norm.*", "blocks.{}.attention.qk.*",
    "blocks.{}.cross.qk.*", "blocks.{}.image.k.*", "image.norm.*", "image.out_norm.*",
)  # fmt: skip
_ATTENTION = (
    ("q", "to_q"),
    ("k", "to_k"),
    ("v", "to_v"),
    ("o", "to_out.0"),
    ("norm_q", "norm_q"),
    ("norm_k", "norm_k"),
)
NATIVE: tuple[tuple[str, str], ...] = (
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
"""Modules by the names of Wan's own code, and by those of diffusers."""
OTHERWISE: tuple[tuple[str, str], ...] = (
    *((f"{native}.{kind}", f"{theirs}.{kind}") for native, theirs in NATIVE for kind in ("weight", "bias")),
    ("blocks.{}.modulation", "blocks.{}.scale_shift_table"),
    ("head.modulation", "scale_shift_table"),
    ("img_emb.emb_pos", "condition_embedder.image_embedder.pos_embed"),
)
"""Tensors likewise: files of ComfyUI have the names of Wan's own code."""
NARROW: tuple[str, ...] = tuple(
    f"blocks.{{}}.{layer}.weight"
    for layer in (
        "attention.qkv", "attention.out", "cross.q", "cross.kv", "cross.out", "image.kv", "feed.rise", "feed.fall",
    )
)  # fmt: skip
"""What may be a byte a weight."""
