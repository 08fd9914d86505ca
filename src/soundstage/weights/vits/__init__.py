"""VITS from the layouts of transformers (`VitsModel`: Meta's MMS) and of Coqui.

Notable: `from_config` reads the config.json of either. Coqui's checkpoints are pickles, to be converted first; its
discriminators, which lie in them too, are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from soundstage.codec.hifigan import HifiganConfig
from soundstage.codec.source import SourceConfig
from soundstage.codec.vocoder import VocoderConfig
from soundstage.models.vits import DurationConfig, Vits, VitsConfig, WavenetConfig, ljspeech, mms, vctk
from soundstage.weights.card import Card
from soundstage.weights.load import Source
from soundstage.weights.vits.config import from_config
from soundstage.weights.vits.keys import IGNORED, KEYS

__all__ = ["IGNORED", "KEYS", "SOURCE", "build", "from_config"]


def _source(
    ref: str, config: Callable[[], VitsConfig], licence: str, data: str, size_mb: float, parameters: int, notes: str
) -> Source:
    card = Card(
        ref=ref, family="vits", task="speak", licence=licence, commercial="NC" not in licence, data=data,
        size_mb=size_mb, memory_mb=2 * size_mb, parameters=parameters, notes=notes,
    )  # fmt: skip
    return Source(
        files=("model.safetensors",), config=config, card=card, beside=("vocab.json", "tokenizer_config.json")
    )


_IPA = "Reads phonemes (espeak's IPA) with blanks between."
SOURCE = {
    source.card.ref: source
    for source in (
        _source(
            "facebook/mms-tts-eng", mms, "CC-BY-NC-4.0", "MMS: readings of religious texts, English, one voice", 145,
            36_260_976, "Reads lower-case letters with blanks between. Other languages have other alphabets.",
        ),
        _source("kakao-enterprise/vits-ljs", ljspeech, "MIT", "LJ Speech, English, one voice", 145, 36_287_856, _IPA),
        _source("kakao-enterprise/vits-vctk", vctk, "MIT", "VCTK, English, 109 voices", 159, 39_654_704, _IPA),
    )
}  # fmt: skip


def build(config: dict[str, Any]) -> nn.Module:
    """The model of a card's config."""
    decoder = dict(config["decoder"])
    for name in ("ratios", "ratio_kernels", "kernels"):
        if name in decoder:
            decoder[name] = tuple(decoder[name])
    if "dilations" in decoder:
        decoder["dilations"] = tuple(tuple(dilations) for dilations in decoder["dilations"])
    shape = HifiganConfig if "ratios" in decoder else SourceConfig if "bands" in decoder else VocoderConfig
    parts: dict[str, Any] = {"decoder": shape(**decoder)}
    kinds: dict[str, Callable[..., Any]] = {
        "flow": WavenetConfig, "posterior": WavenetConfig, "duration": DurationConfig
    }  # fmt: skip
    parts |= {name: kind(**config[name]) for name, kind in kinds.items() if name in config}
    return Vits(VitsConfig(**{**config, **parts}))
