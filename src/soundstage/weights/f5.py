"""F5-TTS from its own layout: `F5TTS_v1_Base/model_1250000.safetensors`, `F5TTS_Base/model_1200000.safetensors`.

Notable: the same keys serve v0 and v1, whose differences have no weights; they stand in the config. Three layers keep
their rows or columns the other way round: theirs are sines before cosines, and a scale before its shift.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.models.f5 import F5, AlignedConfig, AlignedF5, F5Config, f5_v1_base
from soundstage.weights.card import Card
from soundstage.weights.keys import Row, fuse
from soundstage.weights.load import Source

SOURCE = {
    "SWivid/F5-TTS": Source(
        files=("F5TTS_v1_Base/model_1250000.safetensors",),
        beside=("F5TTS_v1_Base/vocab.txt",),
        config=f5_v1_base,
        card=Card(
            ref="SWivid/F5-TTS",
            family="f5",
            task="speak",
            licence="CC-BY-NC-4.0",
            commercial=False,
            data="Emilia, Chinese and English, 95,000 hours of speech from the web",
            size_mb=1290,
            memory_mb=1700,
            parameters=337_096_804,
            notes="Clones a voice from up to 12 s of speech and its text. Speaks through charactr/vocos-mel-24khz.",
        ),
    )
}


def build(config: dict[str, Any]) -> nn.Module:
    """The network for a card's config; our own small one, whose text comes with its times, where it says `aligned`."""
    if config.get("aligned"):
        return AlignedF5(AlignedConfig.of(config))
    return F5(F5Config(**config))


def from_config(theirs: dict[str, Any], *, vocabulary: int = 2545) -> F5Config:
    """The config of one of their YAML files (`F5TTS_v1_Base.yaml`, read), or of its `arch` alone.

    `vocabulary` is the number of lines of `vocab.txt`. Raises InputError naming the field that is not supported.
    """
    model = theirs.get("model", {"arch": theirs})
    arch, mel = dict(model["arch"]), model.get("mel_spec", {})
    _require("backbone", model.get("backbone", "DiT"), "DiT")
    _require("mel_spec_type", mel.get("mel_spec_type", "vocos"), "vocos")
    for field in ("long_skip_connection", "text_embedding_average_upsampling"):
        _require(field, arch.get(field, False), False)
    _require("dim_head", arch.get("dim_head", 64), arch["dim"] // arch["heads"])
    if arch.get("qk_norm") not in (None, "rms_norm"):
        raise InputError("qk_norm", f"{arch['qk_norm']!r} is not known", "null or rms_norm")
    text = arch.get("text_dim") or mel.get("n_mel_channels", 100)
    return F5Config(
        width=arch["dim"],
        depth=arch.get("depth", 8),
        heads=arch["heads"],
        hidden=int(arch["dim"] * arch.get("ff_mult", 4)),
        vocabulary=vocabulary,
        text=text,
        text_depth=arch.get("conv_layers", 0),
        text_hidden=2 * text,
        bands=mel.get("n_mel_channels", 100),
        turned=arch.get("pe_attn_head"),
        masked=arch.get("text_mask_padding", True),
        qk_norm="head" if arch.get("qk_norm") else "none",
    )


def _require(field: str, given: object, supported: object) -> None:
    if given != supported:
        raise InputError(field, f"{given!r} is not supported", f"this family reads {supported!r}")


def swap_halves(dim: int = 0) -> Any:
    """The second half of an axis before the first."""

    def swapped(tensor: Tensor) -> Tensor:
        return torch.cat(tensor.chunk(2, dim)[::-1], dim)

    return swapped


def _rows(prefix: str) -> tuple[Row, ...]:
    blocks, text = f"{prefix}transformer_blocks.{{}}.", f"{prefix}text_embed.text_blocks.{{}}."
    qkv = tuple(
        (tuple(f"{blocks}attn.to_{part}.{kind}" for part in "qkv"), f"blocks.{{}}.attention.qkv.{kind}", fuse())
        for kind in ("weight", "bias")
    )
    return (
        (f"{prefix}time_embed.time_mlp.0.weight", "time.rise.weight", swap_halves(1)),
        (f"{prefix}time_embed.time_mlp.0.bias", "time.rise.bias"),
        (f"{prefix}time_embed.time_mlp.2.*", "time.out.*"),
        (f"{prefix}text_embed.text_embed.weight", "text.table.weight"),
        (f"{text}dwconv.*", "text.blocks.{}.depthwise.conv.*"),
        (f"{text}norm.*", "text.blocks.{}.norm.*"),
        (f"{text}pwconv1.*", "text.blocks.{}.rise.*"),
        (f"{text}grn.gamma", "text.blocks.{}.gain", torch.flatten),
        (f"{text}grn.beta", "text.blocks.{}.bias", torch.flatten),
        (f"{text}pwconv2.*", "text.blocks.{}.fall.*"),
        (f"{prefix}input_embed.proj.*", "join.*"),
        (f"{prefix}input_embed.conv_pos_embed.conv1d.0.*", "place.0.conv.*"),
        (f"{prefix}input_embed.conv_pos_embed.conv1d.2.*", "place.1.conv.*"),
        (f"{blocks}attn_norm.linear.*", "blocks.{}.modulation.*"),
        *qkv,
        (f"{blocks}attn.q_norm.weight", "blocks.{}.attention.qk.q.weight"),
        (f"{blocks}attn.k_norm.weight", "blocks.{}.attention.qk.k.weight"),
        (f"{blocks}attn.to_out.0.*", "blocks.{}.attention.out.*"),
        (f"{blocks}ff.ff.0.0.*", "blocks.{}.feed.rise.*"),
        (f"{blocks}ff.ff.2.*", "blocks.{}.feed.fall.*"),
        (f"{prefix}norm_out.linear.weight", "final.modulation.weight", swap_halves()),
        (f"{prefix}norm_out.linear.bias", "final.modulation.bias", swap_halves()),
        (f"{prefix}proj_out.*", "final.out.*"),
    )


KEYS: tuple[Row, ...] = (*_rows("ema_model.transformer."), *_rows("transformer."))
IGNORED = (
    "initted",
    "step",
    "ema_model.mel_spec.*",
    "mel_spec.*",
    "ema_model.transformer.rotary_embed.*",
    "transformer.rotary_embed.*",
)
