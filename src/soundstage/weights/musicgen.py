"""MusicGen's decoder from the layout of transformers: `MusicgenForCausalLM`, or `MusicgenForConditionalGeneration`.

Notable: q, k and v are fused while loading. The text encoder and the codec of a whole checkpoint are families of their
own.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from soundstage.models.musicgen import Musicgen, MusicgenConfig
from soundstage.weights.keys import Row, fuse


def build(config: dict[str, Any]) -> nn.Module:
    """The decoder for a card's config."""
    return Musicgen(MusicgenConfig(**{**config, "delays": tuple(config["delays"])}))


def _rows(prefix: str) -> tuple[Row, ...]:
    theirs = f"{prefix}model.decoder.layers.{{}}."
    qkv = tuple(f"{theirs}self_attn.{part}_proj.weight" for part in "qkv")
    return (
        (f"{prefix}model.decoder.embed_tokens.{{}}.weight", "embed.{}.weight"),
        (qkv, "blocks.{}.attention.qkv.weight", fuse()),
        (f"{theirs}self_attn.out_proj.weight", "blocks.{}.attention.out.weight"),
        (f"{theirs}self_attn_layer_norm.*", "blocks.{}.norm.*"),
        (f"{theirs}encoder_attn.q_proj.weight", "blocks.{}.cross.q.weight"),
        (
            (f"{theirs}encoder_attn.k_proj.weight", f"{theirs}encoder_attn.v_proj.weight"),
            "blocks.{}.cross.kv.weight",
            fuse(),
        ),
        (f"{theirs}encoder_attn.out_proj.weight", "blocks.{}.cross.out.weight"),
        (f"{theirs}encoder_attn_layer_norm.*", "blocks.{}.cross_norm.*"),
        (f"{theirs}fc1.weight", "blocks.{}.feed.rise.weight"),
        (f"{theirs}fc2.weight", "blocks.{}.feed.fall.weight"),
        (f"{theirs}final_layer_norm.*", "blocks.{}.feed_norm.*"),
        (f"{prefix}model.decoder.layer_norm.*", "norm.*"),
        (f"{prefix}lm_heads.{{}}.weight", "heads.{}.weight"),
    )


KEYS: tuple[Row, ...] = (*_rows("decoder."), *_rows(""), ("enc_to_dec_proj.*", "read.*"))
IGNORED = ("text_encoder.*", "audio_encoder.*", "decoder.model.decoder.embed_positions.*")
