"""MusicGen from the layout of transformers (mono, stereo, melody), and from audiocraft's, converted.

`config` reads their configs, `keys` has the tables. What an audiocraft pickle holds beside its tensors is read where it
is converted (`weights.audiocraft`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from soundstage.models.musicgen import DecoderConfig, Musicgen, MusicgenConfig, musicgen_small
from soundstage.nn.t5 import T5Config
from soundstage.weights import encodec
from soundstage.weights.card import Card
from soundstage.weights.load import Source
from soundstage.weights.musicgen.config import from_config
from soundstage.weights.musicgen.keys import IGNORED, KEYS

__all__ = ["IGNORED", "KEYS", "SOURCE", "build", "from_config"]


def _source(name: str, config: Callable[[], MusicgenConfig], parameters: int) -> Source:
    card = Card(
        ref=name, family="musicgen", task="compose", licence="CC-BY-NC-4.0", commercial=False,
        data="20 000 hours of licensed music: Meta's own, Shutterstock, Pond5; without vocals",
        size_mb=round(4 * parameters / 2**20, 1), memory_mb=round(5 * parameters / 2**20, 1), parameters=parameters,
        notes="32 kHz, in windows of 30 s.",
    )  # fmt: skip
    return Source(files=("model.safetensors",), beside=("tokenizer.json",), config=config, card=card)


SOURCE = {
    "facebook/musicgen-small": _source("facebook/musicgen-small", musicgen_small, 586_876_737),
    "facebook/musicgen-stereo-small": _source(
        "facebook/musicgen-stereo-small", lambda: musicgen_small(stereo=True), 603_658_049
    ),
}


def build(config: Mapping[str, Any]) -> nn.Module:
    """All of MusicGen for a card's config, or what of it the checkpoint has."""
    given = dict(config)
    decoder, text, codec = dict(given.pop("decoder")), given.pop("text", None), given.pop("codec", None)
    return Musicgen(
        MusicgenConfig(
            **given,
            decoder=DecoderConfig(**{**decoder, "delays": tuple(decoder["delays"])}),
            text=None if text is None else T5Config(**text),
            codec=None if codec is None else encodec.shape(codec),
        )
    )
