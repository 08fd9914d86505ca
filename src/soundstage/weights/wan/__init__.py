"""Wan 2.1 from the layout of diffusers: a folder of parts, or its transformer alone.

`transformer` and `vae` have the configs and key tables of those; the text encoder is `weights.t5`'s, the image encoder
`weights.clip`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from soundstage.errors import InputError
from soundstage.models.wan import WanConfig, WanVaeConfig, wan_1_3b, wan_14b, wan_flf2v_14b, wan_i2v_14b
from soundstage.nn.clip import clip_vit_h
from soundstage.nn.t5 import umt5_xxl
from soundstage.weights import clip, t5
from soundstage.weights.card import Card
from soundstage.weights.load import Source
from soundstage.weights.parts import INDEX, Part
from soundstage.weights.wan import transformer, vae
from soundstage.weights.wan.transformer import IGNORED, KEYS, build

__all__ = ["IGNORED", "KEYS", "PARTS", "SOURCE", "build", "pipeline"]

PARTS = {
    "text_encoder": Part(
        build=t5.build, from_config=t5.from_config, keys=t5.KEYS, ignored=t5.IGNORED, full=t5.FULL, narrow=t5.NARROW
    ),
    "image_encoder": Part(
        build=clip.build, from_config=clip.from_config, keys=clip.KEYS, ignored=clip.IGNORED, full=("*",), needed=False
    ),
    "transformer": Part(
        build=build,
        from_config=transformer.from_config,
        keys=KEYS,
        ignored=IGNORED,
        full=transformer.FULL,
        narrow=transformer.NARROW,
        aliases=transformer.OTHERWISE,
    ),
    "vae": Part(build=vae.build, from_config=vae.from_config, keys=vae.KEYS, full=vae.FULL),
}


def _source(name: str, transformer: Callable[[], WanConfig], millions: int, shift: float) -> Source:
    sees = transformer().image is not None
    encoder = 5681  # millions, of the text encoder
    whole = millions + encoder + 127 + (631 if sees else 0)

    def config() -> dict[str, Any]:
        kind = "WanImageToVideoPipeline" if sees else "WanPipeline"
        return {
            "text_encoder": asdict(umt5_xxl()),
            **({"image_encoder": asdict(clip_vit_h())} if sees else {}),
            "transformer": asdict(transformer()),
            "vae": asdict(WanVaeConfig()),
            "pipeline": {"class": kind, "schedule": "diffusers", "shift": shift},
        }

    size_mb, memory_mb = (round(4e6 * count / 2**20) for count in (whole, 1.1 * max(millions, encoder)))
    card = Card(
        ref=name, family="wan", task="shoot", licence="Apache-2.0", commercial=True, data="not told",
        size_mb=size_mb, memory_mb=memory_mb, parameters=whole * 10**6,
        notes="Sizes are those of float32; the memory is that of the largest part, half of it in bfloat16.",
    )  # fmt: skip
    return Source(files=(INDEX,), config=config, card=card)


SOURCE = {
    name: _source(name, transformer, millions, shift)
    for name, transformer, millions, shift in (
        ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", wan_1_3b, 1419, 3.0),
        ("Wan-AI/Wan2.1-T2V-14B-Diffusers", wan_14b, 14289, 3.0),
        ("Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", wan_i2v_14b, 16395, 3.0),
        ("Wan-AI/Wan2.1-I2V-14B-720P-Diffusers", wan_i2v_14b, 16395, 5.0),
        ("Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers", wan_flf2v_14b, 16396, 5.0),
    )
}


def pipeline(index: Mapping[str, Any], scheduler: Mapping[str, Any]) -> dict[str, Any]:
    """What of `model_index.json` and the scheduler's config a card keeps: which of them it is, and its shift.

    Raises InputError for Wan 2.2, whose parts are others.
    """
    two = any(entry is not None for entry in index.get("transformer_2") or ())
    if two or index.get("boundary_ratio") is not None or index.get("expand_timesteps"):
        raise InputError("model", "is a Wan 2.2, of two transformers or with times a token", "take a Wan 2.1")
    euler = scheduler.get("_class_name") == "FlowMatchEulerDiscreteScheduler"
    shift = scheduler.get("shift") if euler else scheduler.get("flow_shift")
    return {"class": str(index.get("_class_name")), "schedule": "euler" if euler else "diffusers", "shift": shift}
