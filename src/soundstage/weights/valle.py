"""VALL-E from the layout of its most used open implementation (Feiteng Li's, which VALL-E X of Plachtaa shares).

Notable: theirs multiplies the outcome of a norm that has a gain and a bias of its own by what a stage says; both are
linear, so they are folded into one. Its heads are tied to the embeddings of the book above, so they are kept apart
here (`tied=False`). No checkpoint of the paper's authors is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from soundstage.models.valle import Valle, ValleConfig
from soundstage.weights.keys import Row
from soundstage.weights.load import Source

SOURCE: dict[str, Source] = {}


def build(config: Mapping[str, Any]) -> nn.Module:
    """Both networks for a card's config."""
    return Valle(ValleConfig.of(config))


def fold_adaptive(weight: Tensor, bias: Tensor, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """An adaptive norm whose plain norm has gain and offset, as one whose plain norm has none: shift, then 1 + scale.

    (Wg s + bg) · (gain · x + offset) + Wb s + bb, with [Wg; Wb] and [bg; bb] the given weight and bias.
    """
    scale_DD, shift_DD = weight.chunk(2)
    scale_D, shift_D = bias.chunk(2)
    folded = torch.cat((shift_DD + offset[:, None] * scale_DD, gain[:, None] * scale_DD))
    return folded, torch.cat((shift_D + offset * scale_D, gain * scale_D - 1))


def _adaptive(theirs: str, ours: str) -> Row:
    parts = ("project_layer.weight", "project_layer.bias", "norm.weight", "norm.bias")
    return (
        tuple(f"{theirs}.{part}" for part in parts),
        (f"{ours}.project.weight", f"{ours}.project.bias"),
        fold_adaptive,
    )


def _text(kind: str) -> tuple[Row, ...]:
    return (
        (f"{kind}_text_embedding.word_embeddings.weight", f"{kind}.read.embed.weight"),
        (f"{kind}_language_embedding.word_embeddings.weight", f"{kind}.read.language.weight"),
        (f"{kind}_text_position.alpha", f"{kind}.read.positions.gain"),
        (f"{kind}_audio_position.alpha", f"{kind}.positions.gain"),
    )


def _block(kind: str) -> tuple[Row, ...]:
    theirs, ours = f"{kind}_decoder.layers.{{}}.", f"{kind}.blocks.{{}}."
    return (
        (f"{theirs}self_attn.in_proj_weight", f"{ours}attention.qkv.weight"),
        (f"{theirs}self_attn.in_proj_bias", f"{ours}attention.qkv.bias"),
        (f"{theirs}self_attn.out_proj.*", f"{ours}attention.out.*"),
        (f"{theirs}linear1.*", f"{ours}feed.rise.*"),
        (f"{theirs}linear2.*", f"{ours}feed.fall.*"),
    )


KEYS: tuple[Row, ...] = (
    *_text("ar"),
    ("ar_audio_embedding.word_embeddings.weight", "ar.embed.weight"),
    *_block("ar"),
    ("ar_decoder.layers.{}.norm1.*", "ar.blocks.{}.norm.*"),
    ("ar_decoder.layers.{}.norm2.*", "ar.blocks.{}.feed_norm.*"),
    ("ar_decoder.norm.*", "ar.norm.*"),
    ("ar_predict_layer.weight", "ar.head.weight"),
    *_text("nar"),
    # The first book's table has a row for padding.
    ("nar_audio_embeddings.0.word_embeddings.weight", "nar.embed.0.weight", lambda table: table[:-1].clone()),
    ("nar_audio_embeddings.{}.word_embeddings.weight", "nar.embed.{}.weight"),
    *_block("nar"),
    _adaptive("nar_decoder.layers.{}.norm1", "nar.blocks.{}.norm"),
    _adaptive("nar_decoder.layers.{}.norm2", "nar.blocks.{}.feed_norm"),
    _adaptive("nar_decoder.norm", "nar.norm"),
    ("nar_predict_layers.{}.weight", "nar.heads.{}.weight"),
    ("nar_stage_embeddings.{}.word_embeddings.weight", "nar.stages.{}", lambda row: row[0].clone()),
)
IGNORED: tuple[str, ...] = ("ar_accuracy_metric.*", "nar_accuracy_metric.*")
