"""Vocos from its own layout (`charactr/vocos-mel-24khz`, `charactr/vocos-encodec-24khz`).

Notable: its repositories hold pickles. The same tensors under the same names, saved as `model.safetensors`, are what is
read here. Its adaptive norms keep a gain and a shift for every bit rate, ours project a condition: a one for the rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.models.vocos import Vocos, VocosConfig, vocos_encodec_24khz, vocos_mel_24khz
from soundstage.weights.card import Card
from soundstage.weights.keys import Row
from soundstage.weights.load import Source


def _source(name: str, config: Callable[[], VocosConfig], reads: str, parameters: int) -> Source:
    return Source(
        files=("model.safetensors",),
        config=config,
        card=Card(
            ref=name,
            family="vocos",
            task="vocode",
            licence="MIT",
            commercial=True,
            data="LibriTTS, read English" if reads == "Mel" else "DNS Challenge, speech, music and sounds",
            size_mb=round(parameters * 4 / 2**20, 1),
            memory_mb=round(parameters * 8 / 2**20, 1),
            parameters=parameters,
            notes=f"{reads} to samples at 24 kHz. Published as a pickle: save its tensors as model.safetensors.",
        ),
    )


SOURCE = {
    "charactr/vocos-mel-24khz": _source("charactr/vocos-mel-24khz", vocos_mel_24khz, "Mel", 13_531_650),
    "charactr/vocos-encodec-24khz": _source(
        "charactr/vocos-encodec-24khz", vocos_encodec_24khz, "EnCodec's codes", 10_088_322
    ),
}


def build(config: dict[str, Any]) -> nn.Module:
    """The vocoder for a card's config."""
    return Vocos(VocosConfig(**{**config, "books": tuple(config.get("books", ()))}))


def from_config(theirs: dict[str, Any]) -> VocosConfig:
    """The config of their `config.yaml`, read. Raises InputError naming the part that is not supported."""
    reads = _kind(theirs, "feature_extractor", "MelSpectrogramFeatures", "EncodecFeatures")
    _kind(theirs, "backbone", "VocosBackbone")
    _kind(theirs, "head", "ISTFTHead")
    ear, net, head = (theirs[part].get("init_args", {}) for part in ("feature_extractor", "backbone", "head"))
    hop, size, padding = head["hop_length"], head["n_fft"], head.get("padding", "same")
    books: tuple[int, ...] = ()
    if reads == "EncodecFeatures":
        if (name := ear.get("encodec_model", "encodec_24khz")) != "encodec_24khz":
            raise InputError("encodec_model", f"{name} is not supported", "this family reads encodec_24khz")
        books = tuple(math.floor(rate / 0.75) for rate in ear.get("bandwidths", (1.5, 3.0, 6.0, 12.0)))
    elif (heard := (ear.get("hop_length", 256), ear.get("n_fft", 1024), ear.get("padding", "center"))) != (
        hop,
        size,
        padding,
    ):
        raise InputError("head", f"{(hop, size, padding)} is not the mel's {heard}", "one transform serves both")
    if (net.get("adanorm_num_embeddings") or 0) != len(books):
        raise InputError("adanorm_num_embeddings", f"{net.get('adanorm_num_embeddings')} rates", f"not {len(books)}")
    return VocosConfig(
        width=net["dim"],
        depth=net["num_layers"],
        hidden=net["intermediate_dim"],
        bands=net["input_channels"],
        rate=ear.get("sample_rate", 24_000),
        size=size,
        hop=hop,
        centre=padding == "center",
        books=books,
    )


def _kind(theirs: dict[str, Any], part: str, *supported: str) -> str:
    kind = str(theirs[part]["class_path"]).rpartition(".")[2]
    if kind not in supported:
        raise InputError(part, f"{kind} is not supported", f"this family reads {' and '.join(supported)}")
    return kind


def project_rates(gain_CD: Tensor, shift_CD: Tensor) -> tuple[Tensor, Tensor]:
    """The weight [2D, C] and the bias of the projection that gives a rate's shift and its gain beyond one."""
    weight = torch.cat((shift_CD.T, gain_CD.T.float() - 1))  # a difference that half precision cannot hold
    return weight.contiguous(), weight.new_zeros(len(weight))


def _adaptive(theirs: str, ours: str) -> Row:
    return (f"{theirs}.scale.weight", f"{theirs}.shift.weight"), (f"{ours}.weight", f"{ours}.bias"), project_rates


KEYS: tuple[Row, ...] = (
    ("feature_extractor.codebook_weights", "table.weight"),
    _adaptive("backbone.norm", "vocoder.stem_norm.project"),
    _adaptive("backbone.convnext.{}.norm", "vocoder.blocks.{}.norm.project"),
    ("backbone.embed.*", "vocoder.stem.conv.*"),
    ("backbone.norm.*", "vocoder.stem_norm.*"),
    ("backbone.convnext.{}.dwconv.*", "vocoder.blocks.{}.depthwise.conv.*"),
    ("backbone.convnext.{}.norm.*", "vocoder.blocks.{}.norm.*"),
    ("backbone.convnext.{}.pwconv1.*", "vocoder.blocks.{}.rise.*"),
    ("backbone.convnext.{}.pwconv2.*", "vocoder.blocks.{}.fall.*"),
    ("backbone.convnext.{}.gamma", "vocoder.blocks.{}.scale"),
    ("backbone.final_layer_norm.*", "vocoder.norm.*"),
    ("head.out.*", "vocoder.head.out.*"),
)
IGNORED = ("feature_extractor.mel_spec.*", "feature_extractor.encodec.*", "head.istft.window")
