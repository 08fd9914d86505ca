"""How a model of several networks fits into memory: whole, one network at a time, or only with smaller weights.

Notable: the parameters of the known video checkpoints stand here and nowhere else; a test counts them on the meta
device. What a network needs besides its weights, its caller says. A twentieth is kept for what nobody counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from soundstage.models.cogvideox import (
    TransformerConfig,
    cogvideox1_5_5b,
    cogvideox1_5_5b_i2v,
    cogvideox_2b,
    cogvideox_5b,
    cogvideox_5b_i2v,
)
from soundstage.models.wan import WanConfig, wan_1_3b, wan_14b, wan_flf2v_14b, wan_i2v_14b

Way = Literal["whole", "one part at a time", "with int8 weights", "not at all"]

SPARE = 1.05
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A published video model: its transformer's shape, the parameters of its parts, and its usual clip."""

    ref: str
    family: str
    transformer: WanConfig | TransformerConfig
    parameters: Mapping[str, int]
    size: tuple[int, int]  # width and height
    frames: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The best way, whether the autoencoder works in tiles, and the megabytes at the worst moment."""

    way: Way
    tiles: bool
    needed_mb: float


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a model of parts takes: the parameters of each, and the megabytes that each works with besides.

    `tiled_mb` is what the autoencoder `vae` works with in tiles.
    """

    parameters: Mapping[str, int]
    work_mb: Mapping[str, float] = field(default_factory=dict)
    tiled_mb: float = 0.0

    def peak_mb(self, dtype: str, *, whole: bool, tiles: bool = False) -> float:
        """At the worst moment: all weights and the largest work, or the largest part with its own."""
        weights = {name: count * BYTES[dtype] / 2**20 for name, count in self.parameters.items()}
        work = {**self.work_mb, **({"vae": self.tiled_mb} if tiles else {})}
        if whole:
            return SPARE * (sum(weights.values()) + max(work.values(), default=0.0))
        return SPARE * max(weights[name] + work.get(name, 0.0) for name in weights)

    def fit(self, dtype: str, have_mb: float) -> Fit:
        """The best way that `have_mb` have room for; in int8 it is a part at a time."""
        tries: tuple[tuple[Way, str, bool], ...] = (
            ("whole", dtype, True),
            ("one part at a time", dtype, False),
            ("with int8 weights", "int8", False),
        )
        needed = 0.0
        for way, kind, whole in tries:
            for tiles in (False, True):
                needed = self.peak_mb(kind, whole=whole, tiles=tiles)
                if needed <= have_mb:
                    return Fit(way=way, tiles=tiles, needed_mb=needed)
        return Fit(way="not at all", tiles=True, needed_mb=needed)


_WAN = {"text_encoder": 5_680_910_336, "vae": 126_892_531}
_WAN_SEES = {**_WAN, "image_encoder": 630_763_520}
_COGVIDEOX = {"text_encoder": 4_762_310_656, "vae": 215_583_907}
_LOW, _HIGH, _SQUAT = (832, 480), (1280, 720), (720, 480)

KNOWN = (
    *(
        Checkpoint(
            ref=f"Wan-AI/{name}", family="wan", transformer=config, parameters={**parts, "transformer": count},
            size=size, frames=81,
        )
        for name, config, count, parts, size in (
            ("Wan2.1-T2V-1.3B-Diffusers", wan_1_3b(), 1_418_996_800, _WAN, _LOW),
            ("Wan2.1-T2V-14B-Diffusers", wan_14b(), 14_288_491_584, _WAN, _LOW),
            ("Wan2.1-I2V-14B-480P-Diffusers", wan_i2v_14b(), 16_394_878_784, _WAN_SEES, _LOW),
            ("Wan2.1-I2V-14B-720P-Diffusers", wan_i2v_14b(), 16_394_878_784, _WAN_SEES, _HIGH),
            ("Wan2.1-FLF2V-14B-720P-diffusers", wan_flf2v_14b(), 16_395_536_704, _WAN_SEES, _HIGH),
        )
    ),
    *(
        Checkpoint(
            ref=f"zai-org/{name}", family="cogvideox", transformer=whole.transformer,
            parameters={**_COGVIDEOX, "transformer": count}, size=size, frames=whole.transformer.frames,
        )
        for name, whole, count, size in (
            ("CogVideoX-2b", cogvideox_2b(), 1_693_783_872, _SQUAT),
            ("CogVideoX-5b", cogvideox_5b(), 5_570_283_072, _SQUAT),
            ("CogVideoX-5b-I2V", cogvideox_5b_i2v(), 5_625_087_552, _SQUAT),
            ("CogVideoX1.5-5B", cogvideox1_5_5b(), 5_570_676_352, (1360, 768)),
            ("CogVideoX1.5-5B-I2V", cogvideox1_5_5b_i2v(), 5_571_594_880, (1360, 768)),
        )
    ),
)  # fmt: skip
"""The public video checkpoints that we read ourselves."""
