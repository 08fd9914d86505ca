"""CogVideoX from the layout of diffusers: a folder of parts, or its transformer alone.

`config` reads their configs, `keys` has the tables of transformer and autoencoder, `source` the names on the hub; the
text encoder, T5 1.1 XXL, is `weights.t5`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import nn

from soundstage.models.cogvideox import SamplerConfig, Transformer, TransformerConfig, Vae, VaeConfig
from soundstage.weights import t5
from soundstage.weights.cogvideox import config, keys
from soundstage.weights.cogvideox.config import transformer as from_config
from soundstage.weights.cogvideox.keys import TRANSFORMER as KEYS
from soundstage.weights.cogvideox.source import SOURCE
from soundstage.weights.parts import Part

__all__ = ["KEYS", "PARTS", "SOURCE", "build", "build_vae", "from_config", "pipeline", "sampler_of"]


def build(given: Mapping[str, Any]) -> nn.Module:
    """The transformer for a card's config."""
    return Transformer(TransformerConfig(**_tuples(given)))


def build_vae(given: Mapping[str, Any]) -> nn.Module:
    """The autoencoder for a card's config."""
    return Vae(VaeConfig(**_tuples(given)))


def sampler_of(given: Mapping[str, Any]) -> SamplerConfig:
    """The noise schedule of a card's `pipeline`."""
    return SamplerConfig(**given["sampler"])


def pipeline(index: Mapping[str, Any], scheduler: Mapping[str, Any]) -> dict[str, Any]:
    """What of `model_index.json` and the scheduler's config a card keeps: which of them it is, and its noise."""
    return {"class": str(index.get("_class_name")), "sampler": asdict(config.sampler(scheduler))}


def _tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    """The config with tuples where a card's JSON has lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


PARTS = {
    "text_encoder": Part(
        build=t5.build, from_config=t5.from_config, keys=t5.KEYS, ignored=t5.IGNORED, narrow=t5.NARROW
    ),
    "transformer": Part(build=build, from_config=from_config, keys=KEYS, narrow=keys.NARROW),
    "vae": Part(build=build_vae, from_config=config.vae, keys=keys.VAE),
}
