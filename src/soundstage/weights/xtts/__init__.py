"""XTTS v2 from Coqui's own layout: `model.safetensors` (their `model.pth`, converted), `config.json`, `vocab.json`.

`config` reads their config, `keys` has the key table, `speakers` the file of named voices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from soundstage.codec.hifigan import HifiganConfig
from soundstage.models.xtts import SpeakerConfig, Xtts, XttsConfig, xtts_v2
from soundstage.weights.card import Card
from soundstage.weights.load import Source
from soundstage.weights.xtts.config import from_config
from soundstage.weights.xtts.keys import IGNORED, KEYS
from soundstage.weights.xtts.speakers import SPEAKERS, read_speakers

__all__ = ["IGNORED", "KEYS", "SOURCE", "SPEAKERS", "build", "from_config", "read_speakers"]

SOURCE = {
    "coqui/XTTS-v2": Source(
        files=("model.safetensors",),
        beside=("vocab.json",),
        config=xtts_v2,
        card=Card(
            ref="coqui/XTTS-v2",
            family="xtts",
            task="speak",
            licence="Coqui Public Model License 1.0",
            commercial=False,
            data="some 27,000 hours of speech in 17 languages, not published",
            size_mb=1870,
            memory_mb=2600,
            parameters=460_017_238,
            notes="Clones a voice from some six seconds of it, and speaks 17 languages in it.",
        ),
    )
}


def build(config: Mapping[str, Any]) -> nn.Module:
    """The network for a card's config."""
    given = dict(config)
    decoder, speaker = dict(given.pop("decoder")), dict(given.pop("speaker"))
    for name in ("ratios", "ratio_kernels", "kernels"):
        decoder[name] = tuple(decoder[name])
    decoder["dilations"] = tuple(tuple(field) for field in decoder["dilations"])
    for name in ("widths", "depths"):
        speaker[name] = tuple(speaker[name])
    return Xtts(XttsConfig(**given, decoder=HifiganConfig(**decoder), speaker=SpeakerConfig(**speaker)))
