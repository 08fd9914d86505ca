"""How a model of several networks fits into memory: whole, one network at a time, or only with smaller weights.

Notable: the parameters of Wan's checkpoints stand here, CogVideoX's with its sources; a test counts them on the meta
device. What a network needs besides its weights, its caller says. Of weights that are a byte each, one layer at a time
is widened. A twentieth is kept for what nobody counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

from soundstage.models.cogvideox import TransformerConfig
from soundstage.models.wan import WanConfig, wan_1_3b, wan_14b, wan_flf2v_14b, wan_i2v_14b
from soundstage.runtime.settings import NARROW, working
from soundstage.weights import Card
from soundstage.weights.cogvideox import source as cogvideox

if TYPE_CHECKING:
    from torch import nn

Way = Literal["whole", "one part at a time", "with int8 weights", "not at all"]

SPARE = 1.05
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many numbers a part has: all, those float32 in any dtype, and those that may be a byte each.

    The last stand in so many `rows`, each with a scale in float32, and `widest` of them in the largest layer.
    """

    all: int
    full: int = 0
    narrow: int = 0
    rows: int = 0
    widest: int = 0

    def bytes(self, dtype: str, device: str = "cpu") -> int:
        """Of the weights in a dtype on a device."""
        wide = BYTES[working(dtype, device)]
        if dtype not in NARROW:
            return 4 * self.full + wide * (self.all - self.full)
        return self.narrow + 4 * (self.rows + self.full) + wide * (self.all - self.full - self.narrow)

    def widened(self, dtype: str, device: str = "cpu") -> int:
        """Bytes of the largest layer while it works: in float32, and in the dtype of what goes through it."""
        wide = working(dtype, device)
        return self.widest * (4 + (0 if wide == "float32" else BYTES[wide])) if dtype in NARROW else 0


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A published video model: its transformer's shape, the sizes of its parts, and its usual clip."""

    ref: str
    family: str
    transformer: WanConfig | TransformerConfig
    sizes: Mapping[str, Sizes]
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
    """What a model of parts takes on a device: the sizes of each, and what each works with besides.

    `numbers` are in the dtype that goes through the layers, `work_mb` the same in any; `tiled_mb` is what the
    autoencoder `vae` works with in tiles.
    """

    sizes: Mapping[str, Sizes]
    numbers: Mapping[str, int] = field(default_factory=dict)
    work_mb: Mapping[str, float] = field(default_factory=dict)
    tiled_mb: float = 0.0
    device: str = "cpu"

    def peak_mb(self, dtype: str, *, whole: bool, tiles: bool = False) -> float:
        """At the worst moment: all weights and the largest work, or the largest part with its own."""
        weights = {name: sizes.bytes(dtype, self.device) / 2**20 for name, sizes in self.sizes.items()}
        work = {name: self._work_mb(name, dtype, tiles=tiles) for name in weights}
        if whole:
            return SPARE * (sum(weights.values()) + max(work.values(), default=0.0))
        return SPARE * max(weights[name] + work[name] for name in weights)

    def _work_mb(self, name: str, dtype: str, *, tiles: bool) -> float:
        moving = self.numbers.get(name, 0) * BYTES[working(dtype, self.device)]
        fixed = self.tiled_mb if tiles and name == "vae" else self.work_mb.get(name, 0.0)
        return fixed + (moving + self.sizes[name].widened(dtype, self.device)) / 2**20

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


def resident_mb(card: Card, dtype: str, device: str) -> float:
    """What a model takes at the least while it works: of a model of parts, the largest with its weights in a dtype."""
    sizes = sizes_of(card)
    if not sizes:
        return card.memory_mb
    return SPARE * max(part.bytes(dtype, device) + part.widened(dtype, device) for part in sizes.values()) / 2**20


def sizes_of(card: Card) -> dict[str, Sizes]:
    """Of each part of a model of parts, counted without memory; nothing for another model."""
    if "pipeline" not in card.config or card.family not in ("wan", "cogvideox"):
        return {}
    parts = {name: part for name, part in card.config.items() if isinstance(part, Mapping) and name != "pipeline"}
    return {name: _counted(card.family, name, as_text(part)) for name, part in parts.items()}


@cache
def _counted(family: str, part: str, config: str) -> Sizes:
    from soundstage.weights.keys import matches
    from soundstage.weights.load import family_module

    known = family_module(family).PARTS[part]
    weights = dict(built(family, part, config).named_parameters())
    narrow = [weight for name, weight in weights.items() if matches(name, known.narrow)]
    return Sizes(
        all=sum(weight.numel() for weight in weights.values()),
        full=sum(weight.numel() for name, weight in weights.items() if matches(name, known.full)),
        narrow=sum(weight.numel() for weight in narrow),
        rows=sum(len(weight) for weight in narrow),
        widest=max((weight.numel() for weight in narrow), default=0),
    )


def built(family: str, part: str, config: str) -> nn.Module:
    """A part for its config `as_text`, its parameters without storage."""
    from soundstage.weights.load import family_module, parameters_on_meta

    with parameters_on_meta():
        module: nn.Module = family_module(family).PARTS[part].build(json.loads(config))
    return module


def as_text(config: Mapping[str, object]) -> str:
    """A part's config as text that is the same for the same config."""
    return json.dumps(config, sort_keys=True)


def _wan(config: WanConfig, count: int) -> Sizes:
    """Of a transformer of so many parameters."""
    d, hidden, depth, sees = config.width, config.hidden, config.depth, config.image is not None
    image = config.image or 0
    return Sizes(
        all=count,
        full=(config.frequencies + d + 2 + 2) * d + depth * (13 if sees else 12) * d + 2 * (image + d) * sees,
        narrow=depth * ((10 if sees else 8) * d * d + 2 * d * hidden),
        rows=depth * ((11 if sees else 9) * d + hidden),
        widest=d * max(hidden, 3 * d),
    )


def _cogvideox(config: TransformerConfig, count: int) -> Sizes:
    d = config.width
    return Sizes(all=count, narrow=config.depth * 12 * d * d, rows=config.depth * 9 * d, widest=4 * d * d)


_XXL = {"narrow": 4_630_511_616, "rows": 983_040, "widest": 83_886_080}  # of a T5's blocks
_WAN = {
    "text_encoder": Sizes(all=5_680_910_336, full=200_704, **_XXL),
    "vae": Sizes(all=126_892_531, full=126_892_531),
}
_WAN_SEES = {**_WAN, "image_encoder": Sizes(all=630_763_520, full=630_763_520)}
_COGVIDEOX = {"text_encoder": Sizes(all=cogvideox.TEXT_ENCODER, **_XXL), "vae": Sizes(all=cogvideox.VAE)}
_LOW, _HIGH = (832, 480), (1280, 720)

KNOWN = (
    *(
        Checkpoint(
            ref=f"Wan-AI/{name}", family="wan", transformer=config, size=size, frames=81,
            sizes={**parts, "transformer": _wan(config, count)},
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
            ref=name, family="cogvideox", transformer=whole.transformer, size=known.size,
            sizes={**_COGVIDEOX, "transformer": _cogvideox(whole.transformer, known.transformer)},
            frames=whole.transformer.frames,
        )
        for name, known in cogvideox.PUBLISHED.items()
        for whole in (known.preset(),)
    ),
)  # fmt: skip
"""The public video checkpoints that we read ourselves."""
