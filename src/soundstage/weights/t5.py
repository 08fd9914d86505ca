"""T5's encoder from the layout of transformers (`T5EncoderModel`, `UMT5EncoderModel`), alone or inside a checkpoint.

Notable: q, k and v are fused while loading, and so are the two halves of a gated layer. Whole checkpoints bring a
decoder and an output head along, which are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from soundstage.errors import InputError
from soundstage.nn.t5 import T5Config, T5Encoder, t5_base
from soundstage.weights.card import Card
from soundstage.weights.keys import Row, fuse
from soundstage.weights.load import Source

BESIDE = ("tokenizer.json",)


def _source(name: str, config: Callable[[], T5Config], parameters: int, size_mb: float) -> Source:
    card = Card(
        ref=name, family="t5", task="read", licence="Apache-2.0", commercial=True, data="C4 and supervised tasks",
        size_mb=size_mb, memory_mb=size_mb, parameters=parameters, notes="Of the checkpoint, the encoder is read.",
    )  # fmt: skip
    return Source(files=("model.safetensors",), beside=BESIDE, config=config, card=card)


SOURCE = {"google-t5/t5-base": _source("google-t5/t5-base", t5_base, 109_628_544, 850)}

# `feed_forward_proj`: gated or not, and the activation.
FEEDS: dict[str, dict[str, Any]] = {
    "relu": {"gated": False, "activation": "relu"},
    "gated-gelu": {"gated": True, "activation": "gelu-tanh"},
    "gated-silu": {"gated": True, "activation": "silu"},
}


def build(config: dict[str, Any]) -> nn.Module:
    """The encoder for a card's config."""
    return T5Encoder(T5Config(**config))


def from_config(theirs: Mapping[str, Any]) -> T5Config:
    """The reference's `config.json`, or that part of it which is the text encoder's.

    Raises InputError naming a field whose value we do not support.
    """
    kind, feed = theirs.get("model_type", "t5"), theirs.get("feed_forward_proj")
    feed = feed or ("relu" if kind == "t5" else "gated-gelu")
    if kind not in ("t5", "umt5"):
        raise InputError("model_type", f"{kind!r} is no T5", "supported: t5, umt5")
    if feed not in FEEDS:
        raise InputError("feed_forward_proj", f"{feed!r} is not supported", f"supported: {', '.join(FEEDS)}")
    return T5Config(
        ids=theirs.get("vocab_size", 32_128 if kind == "t5" else 250_112),
        width=theirs.get("d_model", 512),
        depth=theirs.get("num_layers", 6 if kind == "t5" else 8),
        heads=theirs.get("num_heads", 8 if kind == "t5" else 6),
        hidden=theirs.get("d_ff", 2048 if kind == "t5" else 1024),
        head=theirs.get("d_kv", 64),
        buckets=theirs.get("relative_attention_num_buckets", 32),
        reach=theirs.get("relative_attention_max_distance", 128),
        shared=kind == "t5",
        eps=theirs.get("layer_norm_epsilon", 1e-6),
        **FEEDS[feed],
    )


def rows(theirs: str = "", ours: str = "") -> tuple[Row, ...]:
    """The key table of an encoder that stands under one prefix in their checkpoint and under another in our module."""
    heard, fed = f"{theirs}encoder.block.{{}}.layer.0.", f"{theirs}encoder.block.{{}}.layer.1."
    block = f"{ours}blocks.{{}}."
    return (
        (f"{theirs}shared.weight", f"{ours}embed.weight"),
        (f"{theirs}encoder.embed_tokens.weight", f"{ours}embed.weight"),  # the same, in files that hold it twice
        (tuple(f"{heard}SelfAttention.{part}.weight" for part in "qkv"), f"{block}qkv.weight", fuse()),
        (f"{heard}SelfAttention.o.weight", f"{block}out.weight"),
        (f"{heard}SelfAttention.relative_attention_bias.weight", f"{ours}places.{{}}.weight"),
        (f"{heard}layer_norm.weight", f"{block}norm.weight"),
        (f"{fed}DenseReluDense.wi.weight", f"{block}feed.rise.weight"),
        (
            (f"{fed}DenseReluDense.wi_0.weight", f"{fed}DenseReluDense.wi_1.weight"),
            f"{block}feed.rise.weight",
            fuse(),
        ),
        (f"{fed}DenseReluDense.wo.weight", f"{block}feed.fall.weight"),
        (f"{fed}layer_norm.weight", f"{block}feed_norm.weight"),
        (f"{theirs}encoder.final_layer_norm.weight", f"{ours}norm.weight"),
    )


KEYS: tuple[Row, ...] = rows()
IGNORED = ("decoder.*", "lm_head.weight", "spiece_model")  # the last is a tokenizer, in files of ComfyUI
FULL = ("norm.weight", "blocks.{}.norm.weight", "blocks.{}.feed_norm.weight")  # stays float32 in any dtype
NARROW = tuple(f"blocks.{{}}.{layer}.weight" for layer in ("qkv", "out", "feed.rise", "feed.fall"))
"""What may be a byte a weight."""
