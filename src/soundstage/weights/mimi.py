"""Mimi from two layouts: transformers' `MimiModel`, and Kyutai's own `tokenizer-e351c8d8-checkpoint125.safetensors`.

Notable: centroids are made from the sums and counts that the files hold, and layer scales are folded into the matrix
before them. The two layouts rotate other pairs: a config for Kyutai's file says `interleaved`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.models.mimi import Mimi, MimiConfig, mimi
from soundstage.weights.card import Card
from soundstage.weights.encodec import flag, layer_rows
from soundstage.weights.keys import Row, fuse
from soundstage.weights.load import Source

SOURCE = {
    "kyutai/mimi": Source(
        files=("model.safetensors",),
        config=mimi,
        card=Card(
            ref="kyutai/mimi", family="mimi", task="codec", licence="CC-BY-4.0", commercial=True,
            data="mostly English speech, 7 million hours", size_mb=367, memory_mb=460, parameters=79_292_225,
            notes="24 kHz, 12.5 frames a second, 0.1375 kbit/s a book; Moshi and CSM speak it.",
        ),
    )
}  # fmt: skip


def build(config: dict[str, Any]) -> nn.Module:
    """The codec for a card's config."""
    net = {**config["seanet"], "ratios": tuple(config["seanet"]["ratios"])}
    return Mimi(MimiConfig(**{**config, "seanet": SeanetConfig(**net)}))


def from_config(theirs: Mapping[str, Any]) -> MimiConfig:
    """The `config.json` of transformers, or that part of it which is the codec's.

    Raises InputError naming a field whose value we do not support.
    """
    latent, heads = theirs.get("hidden_size", 512), theirs.get("num_attention_heads", 8)
    ratios, rate = tuple(theirs.get("upsampling_ratios") or (8, 6, 5, 4)), theirs.get("sampling_rate", 24_000)
    code_width = theirs.get("vector_quantization_hidden_dimension", 256)
    turn = theirs.get("rope_parameters") or {}
    only: dict[str, Any] = {
        "use_causal_conv": True, "trim_right_ratio": 1.0, "hidden_act": "gelu", "attention_bias": False,
        "norm_eps": 1e-5, "num_key_value_heads": heads, "head_dim": latent // heads, "upsample_groups": latent,
        "codebook_dim": code_width,
    }  # fmt: skip
    for name, supported in only.items():
        if theirs.get(name) not in (None, supported):
            raise InputError(name, f"{theirs[name]!r} is not supported", f"supported: {supported!r}")
    if turn.get("rope_type", "default") != "default":
        raise InputError("rope_parameters", f"'{turn['rope_type']}' is not supported", "supported: default")
    frames = theirs.get("frame_rate") or theirs.get("_frame_rate")
    stride = int(math.ceil(rate / math.prod(ratios)) / frames) if frames else 2
    if stride < 2:
        raise InputError("frame_rate", f"{frames:g} a second need no stride", "supported: half the rate of latents")
    return MimiConfig(
        rate=rate,
        seanet=SeanetConfig(
            channels=theirs.get("audio_channels", 1),
            latent=latent,
            width=theirs.get("num_filters", 64),
            ratios=ratios,
            kernel=theirs.get("kernel_size", 7),
            last_kernel=theirs.get("last_kernel_size", 3),
            residual_kernel=theirs.get("residual_kernel_size", 3),
            residuals=theirs.get("num_residual_layers", 1),
            dilation=theirs.get("dilation_growth_rate", 2),
            shrink=theirs.get("compress", 2),
            skip=theirs.get("use_conv_shortcut", False),
            padding=theirs.get("pad_mode", "constant"),
        ),
        books=theirs.get("num_quantizers", 32),
        codes=theirs.get("codebook_size", 2048),
        code_width=None if code_width == latent else code_width,
        depth=theirs.get("num_hidden_layers", 8),
        heads=heads,
        hidden=theirs.get("intermediate_size", 2048),
        window=theirs.get("sliding_window", 250),
        meaning=theirs.get("num_semantic_quantizers", 1),
        stride=stride,
        base=turn.get("rope_theta", theirs.get("rope_theta", 10_000.0)),
    )


def rows(theirs: str = "", ours: str = "") -> tuple[Row, ...]:
    """The key table of transformers' codec under one prefix there and another in our module."""
    table: list[Row] = []
    for half, name in (("encoder", "listen"), ("decoder", "speak")):
        table += layer_rows(f"{theirs}{half}.layers", f"{ours}{half}.layers")
        a, b = f"{theirs}{half}_transformer.layers.{{}}.", f"{ours}{name}.blocks.{{}}."
        qkv = tuple(f"{a}self_attn.{part}_proj.weight" for part in "qkv")
        table += [
            (qkv, f"{b}attention.qkv.weight", fuse()),
            ((f"{a}self_attn.o_proj.weight", f"{a}self_attn_layer_scale.scale"), f"{b}attention.out.weight", scaled),
            (f"{a}input_layernorm.*", f"{b}norm.*"),
            (f"{a}mlp.fc1.weight", f"{b}feed.rise.weight"),
            ((f"{a}mlp.fc2.weight", f"{a}mlp_layer_scale.scale"), f"{b}feed.fall.weight", scaled),
            (f"{a}post_attention_layernorm.*", f"{b}feed_norm.*"),
        ]
    for books, name in (("semantic", "first"), ("acoustic", "rest")):
        a, b = f"{theirs}quantizer.{books}_residual_vector_quantizer.", f"{ours}quantiser.{name}."
        table += _books(a, b, f"{a}layers.{{}}.codebook.", "embed_sum", "initialized")
    table += [(f"{theirs}{name}sample.conv.weight", f"{ours}{name}.conv.weight") for name in ("down", "up")]
    return tuple(table)


def kyutai_rows(theirs: str = "", ours: str = "") -> tuple[Row, ...]:
    """The same for Kyutai's layout."""
    table: list[Row] = []
    for half, name in (("encoder", "listen"), ("decoder", "speak")):
        table += layer_rows(f"{theirs}{half}.model", f"{ours}{half}.layers", "conv.conv")
        a, b = f"{theirs}{half}_transformer.transformer.layers.{{}}.", f"{ours}{name}.blocks.{{}}."
        table += [
            *((f"{a}self_attn.{name}", f"{b}attention.qkv.weight") for name in ("in_proj_weight", "in_projs.0.weight")),
            *(
                ((f"{a}self_attn.{name}.weight", f"{a}layer_scale_1.scale"), f"{b}attention.out.weight", scaled)
                for name in ("out_proj", "out_projs.0")
            ),
            (f"{a}norm1.*", f"{b}norm.*"),
            (f"{a}linear1.weight", f"{b}feed.rise.weight"),
            ((f"{a}linear2.weight", f"{a}layer_scale_2.scale"), f"{b}feed.fall.weight", scaled),
            (f"{a}norm2.*", f"{b}feed_norm.*"),
        ]
    table.append((f"{theirs}decoder.model.{{}}.convtr.convtr.*", f"{ours}decoder.layers.{{}}.conv.*"))
    for books, name in (("first", "first"), ("rest", "rest")):
        a, b = f"{theirs}quantizer.rvq_{books}.", f"{ours}quantiser.{name}."
        table += _books(a, b, f"{a}vq.layers.{{}}._codebook.", "embedding_sum", "_initialized")
    table += [
        (f"{theirs}downsample.conv.conv.conv.weight", f"{ours}down.conv.weight"),
        (f"{theirs}upsample.convtr.convtr.convtr.weight", f"{ours}up.conv.weight"),
    ]
    return tuple(table)


def _books(theirs: str, ours: str, book: str, total: str, begun: str) -> list[Row]:
    mine = f"{ours}books.{{}}."
    return [
        (f"{theirs}input_proj.weight", f"{ours}rise.weight"),
        (f"{theirs}output_proj.weight", f"{ours}fall.weight"),
        (
            (f"{book}{total}", f"{book}cluster_usage", f"{book}{begun}"),
            (f"{mine}codebook", f"{mine}sums", f"{mine}uses", f"{mine}ready"),
            centroids,
        ),
    ]


def scaled(weight: Tensor, scale: Tensor) -> Tensor:
    """A matrix and the layer scale behind it, in one."""
    return scale[:, None] * weight


def centroids(total: Tensor, usage: Tensor, begun: Tensor) -> tuple[Tensor, ...]:
    """A codebook with its averages, from the sums of the vectors that chose each code and their counts."""
    return total / usage.clamp(min=1e-5)[:, None], total, usage, flag(begun)


KEYS: tuple[Row, ...] = (*rows(), *kyutai_rows())
IGNORED: tuple[str, ...] = ()
