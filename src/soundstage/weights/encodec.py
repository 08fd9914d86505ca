"""EnCodec from the layout of transformers (`EncodecModel`), on its own or inside a whole checkpoint (Bark, MusicGen).

Notable: weight norm is folded into plain weights while loading, in both of its spellings, so that no forward pass pays
for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from soundstage.codec.encodec import Encodec, EncodecConfig, encodec_24khz, encodec_32khz, encodec_48khz
from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.weights.card import Card
from soundstage.weights.keys import Row, fold_weight_norm
from soundstage.weights.load import Source

# A layer's place in theirs and in ours: in the row of layers, or in a residual unit there.
PLACES = {"": "", ".block.1": ".rise", ".block.3": ".fall", ".shortcut": ".skip"}
FOLDED = (".parametrizations.weight.original0", ".parametrizations.weight.original1"), (".weight_g", ".weight_v")


def _source(name: str, config: Callable[[], EncodecConfig], parameters: int, size_mb: float, **facts: Any) -> Source:
    card = Card(
        ref=name, family="encodec", task="codec", commercial=False, size_mb=size_mb, memory_mb=1.25 * size_mb,
        parameters=parameters, **facts,
    )  # fmt: skip
    return Source(files=("model.safetensors",), config=config, card=card)


SOURCE = {
    "facebook/encodec_24khz": _source(
        "facebook/encodec_24khz", encodec_24khz, 14_846_817, 89, licence="not stated for the weights (code: MIT)",
        data="speech, music and sounds: DNS Challenge, Common Voice, AudioSet, FSD50K, Jamendo",
    ),
    "facebook/encodec_32khz": _source(
        "facebook/encodec_32khz", encodec_32khz, 56_876_737, 225, licence="CC-BY-NC-4.0",
        data="20 000 hours of licensed music", notes="The codec of MusicGen.",
    ),
    "facebook/encodec_48khz": _source(
        "facebook/encodec_48khz", encodec_48khz, 14_856_294, 73, licence="not stated for the weights (code: MIT)",
        data="music: Jamendo and the authors' own",
    ),
}  # fmt: skip


def build(config: dict[str, Any]) -> nn.Module:
    """The codec for a card's config."""
    return Encodec(shape(config))


def shape(config: Mapping[str, Any]) -> EncodecConfig:
    """The config that `dataclasses.asdict` made plain, whole again."""
    net = {**config["seanet"], "ratios": tuple(config["seanet"]["ratios"])}
    return EncodecConfig(**{**config, "seanet": SeanetConfig(**net)})


def from_config(theirs: Mapping[str, Any]) -> EncodecConfig:
    """The reference's `config.json`, or that part of it which is the codec's.

    Raises InputError naming a field whose value we do not support.
    """
    for name, supported in {"norm_type": ("weight_norm", "time_group_norm"), "trim_right_ratio": (1.0,)}.items():
        if theirs.get(name, supported[0]) not in supported:
            raise InputError(name, f"{theirs[name]!r} is not supported", f"supported: {supported}")
    latent = theirs.get("hidden_size", 128)
    if (theirs.get("codebook_dim") or latent) != latent:
        raise InputError("codebook_dim", f"{theirs['codebook_dim']} is not hidden_size, {latent}", "make them equal")
    net = SeanetConfig(
        channels=theirs.get("audio_channels", 1),
        latent=latent,
        width=theirs.get("num_filters", 32),
        ratios=tuple(theirs.get("upsampling_ratios", (8, 5, 4, 2))),
        kernel=theirs.get("kernel_size", 7),
        last_kernel=theirs.get("last_kernel_size", 7),
        residual_kernel=theirs.get("residual_kernel_size", 3),
        residuals=theirs.get("num_residual_layers", 1),
        dilation=theirs.get("dilation_growth_rate", 2),
        shrink=theirs.get("compress", 2),
        skip=theirs.get("use_conv_shortcut", True),
        lstm=theirs.get("num_lstm_layers", 2),
        causal=theirs.get("use_causal_conv", True),
        padding=theirs.get("pad_mode", "reflect"),
        grouped=theirs.get("norm_type") == "time_group_norm",
    )
    rate, codes = theirs.get("sampling_rate", 24_000), theirs.get("codebook_size", 1024)
    most = max(theirs.get("target_bandwidths", (24.0,)))
    chunk = step = None
    if (seconds := theirs.get("chunk_length_s")) is not None:
        if theirs.get("overlap") is None:
            raise InputError("overlap", "a codec with chunk_length_s has none", "give the share that chunks overlap by")
        chunk = int(seconds * rate)
        step = max(1, int((1.0 - theirs["overlap"]) * chunk))
    return EncodecConfig(
        rate=rate,
        seanet=net,
        books=int(1000 * most // (math.ceil(rate / net.hop) * math.ceil(math.log2(codes)))),
        codes=codes,
        levelled=theirs.get("normalize", False),
        chunk=chunk,
        step=step,
    )


def rows(theirs: str = "", ours: str = "") -> tuple[Row, ...]:
    """The key table of a codec that stands under one prefix in their checkpoint and under another in our module."""
    book, mine = f"{theirs}quantizer.layers.{{}}.codebook.", f"{ours}quantiser.books.{{}}."
    return (
        *(
            row
            for half in ("encoder", "decoder")
            for row in layer_rows(f"{theirs}{half}.layers", f"{ours}{half}.layers")
        ),
        (f"{book}embed", f"{mine}codebook"),
        (f"{book}cluster_size", f"{mine}uses"),
        (f"{book}embed_avg", f"{mine}sums"),
        (f"{book}inited", f"{mine}ready", flag),
    )


def layer_rows(theirs: str, ours: str, conv: str = "conv") -> tuple[Row, ...]:
    """The rows of one half of a SEANet, whose convolutions they call `conv`."""
    table: list[Row] = [(f"{theirs}.{{}}.lstm.*", f"{ours}.{{}}.lstm.*")]
    for place, name in PLACES.items():
        a, b = f"{theirs}.{{}}{place}", f"{ours}.{{}}{name}"
        for size, direction in FOLDED:
            table.append(((f"{a}.{conv}{size}", f"{a}.{conv}{direction}"), f"{b}.conv.weight", fold_weight_norm))
        table += [(f"{a}.{conv}.{kind}", f"{b}.conv.{kind}") for kind in ("weight", "bias")]
        table.append((f"{a}.norm.*", f"{b}.norm.*"))
    return tuple(table)


def flag(inited: Tensor) -> Tensor:
    """A float [1] as the boolean that it means."""
    return inited.reshape(()).bool()


KEYS: tuple[Row, ...] = rows()
IGNORED: tuple[str, ...] = ()
