"""How long a clip will take and how much memory, told before it is drawn: Wan and CogVideoX.

Notable: nothing is tried out. The products of a transformer's look at all tokens are counted from its config, those of
the decoding on the meta device, where nothing is computed; how fast this machine multiplies is measured once and kept.
The reading of text and pictures is left out: it is less than a hundredth. A product here is two operations.

N video tokens · S text tokens · D width · L blocks
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from soundstage import runtime
from soundstage.codec.tiles import Tiles
from soundstage.models.cogvideox import TransformerConfig, VaeConfig
from soundstage.models.wan import TOKENS, WanConfig, WanVaeConfig
from soundstage.runtime.room import Checkpoint, Need, Sizes, as_text, built, sizes_of
from soundstage.runtime.settings import count_threads, torch_version, working
from soundstage.tasks.shoot_cogvideox import PLANES as COGVIDEOX_PLANES
from soundstage.tasks.shoot_latent import Request
from soundstage.tasks.shoot_wan import PLANES as WAN_PLANES
from soundstage.weights import Card

FAMILIES = ("wan", "cogvideox")
SHARE = 0.5  # of the speed of one large product, what whole networks reach
PICTURE = 257  # tokens of a picture that an image encoder has seen
SPACE, PACE = 8, 4  # pixels and frames a latent, of either autoencoder
SIDES = {"cpu": 1024, "mps": 4096, "cuda": 8192}
"""Of the matrices whose product is timed."""
SPEEDS = "speed.json"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds, megabytes at the worst moment, and the operations of all steps and of the decoding."""

    seconds: float
    memory_mb: float
    drawing: float
    decoding: float

    def __str__(self) -> str:
        return f"about {spelled(self.seconds)}, {self.memory_mb / 1024:.1f} GB"


def estimate(
    card: Card,
    frames: int,
    height: int,
    width: int,
    steps: int,
    *,
    guided: bool = True,
    speed: float | None = None,
) -> Estimate:
    """Of a clip of a model by its card, on the ambient device; guidance looks twice at every step.

    `speed` is in operations a second, by default this machine's.
    """
    now = runtime.settings()
    config = config_of(card)
    rows = 2 if guided else 1
    drawing = float(steps * rows * look(config, frames, height, width))
    decoding = decoded(card.family, as_text(card.config["vae"]), frames, height, width)
    needs = need(config, sizes_of(card), frames, height, width, now.resolved_device, rows)
    fit = needs.fit(now.dtype, now.budget_mb)
    rate = SHARE * (speed if speed is not None else machine_speed())
    return Estimate(
        seconds=(drawing + decoding) / rate,
        memory_mb=needs.peak_mb(now.dtype, whole=fit.way == "whole", tiles=fit.tiles),
        drawing=drawing,
        decoding=decoding,
    )


def config_of(card: Card) -> WanConfig | TransformerConfig:
    """The transformer's shape, of the card of a model of parts."""
    shape: dict[str, Any] = card.config["transformer"]
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in shape.items()}
    return WanConfig(**given) if card.family == "wan" else TransformerConfig(**given)


def tokens(config: WanConfig | TransformerConfig, frames: int, height: int, width: int) -> int:
    """N: patches of the latents of a clip of 1 + 4n frames."""
    latents = 1 + math.ceil((frames - 1) / PACE)
    if isinstance(config, WanConfig):
        deep, high, wide = config.patch
    else:
        deep, high, wide = config.span, config.patch, config.patch
    return math.ceil(latents / deep) * (height // SPACE // high) * (width // SPACE // wide)


def look(config: WanConfig | TransformerConfig, frames: int, height: int, width: int) -> int:
    """Operations of one pass of the transformer over one clip."""
    count = tokens(config, frames, height, width)
    return _wan(config, count) if isinstance(config, WanConfig) else _cogvideox(config, count)


def _wan(config: WanConfig, n: int) -> int:
    """The keys of text and picture are made once a clip, and are left out."""
    d, patch = config.width, math.prod(config.patch)
    beside = TOKENS + (0 if config.image is None else PICTURE * (1 if config.places is None else 2))
    products = 8 * n * d * d + 4 * n * d * d + 4 * n * d * config.hidden  # own attention, text's, feed-forward
    scores = 4 * n * n * d + 4 * n * beside * d
    ends = 2 * n * patch * (config.channels + config.out) * d
    return config.depth * (products + scores) + ends


def _cogvideox(config: TransformerConfig, n: int) -> int:
    """Text and video are one sequence; in the last block the text only answers."""
    d, t, patch = config.width, n + config.tokens, config.span * config.patch**2
    block = 8 * t * d * d + 16 * t * d * d + 4 * t * t * d
    last = 6 * t * d * d + 2 * n * d * d + 16 * n * d * d + 4 * n * t * d
    ends = 2 * n * patch * (config.channels + config.out) * d
    return (config.depth - 1) * block + last + ends


@cache
def decoded(family: str, vae: str, frames: int, height: int, width: int) -> float:
    """Operations of decoding a clip frame by frame, counted without computing; `vae` is its config as JSON."""
    from torch.utils.flop_counter import FlopCounterMode

    module: Any = built(family, "vae", vae).to("meta")
    latents = 1 + math.ceil((frames - 1) / PACE)
    shape = (1, module.config.latent, latents, height // SPACE, width // SPACE)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        for _ in module.decode_stream(torch.empty(shape, device="meta")):
            pass
    return float(counter.get_total_flops())


def need_of(checkpoint: Checkpoint, device: str) -> Need:
    """What a known checkpoint takes for its usual clip."""
    width, height = checkpoint.size
    return need(checkpoint.transformer, checkpoint.sizes, checkpoint.frames, height, width, device)


def need(
    config: WanConfig | TransformerConfig,
    sizes: Mapping[str, Sizes],
    frames: int,
    height: int,
    width: int,
    device: str,
    rows: int = 2,
) -> Need:
    """What a clip takes besides the weights: a block's activations, and the decoder's finest frames in float32.

    CogVideoX looks at wanted and unwanted text in one batch of `rows`; Wan at one after the other.
    """
    count = tokens(config, frames, height, width)
    if isinstance(config, WanConfig):
        hidden, planes = config.hidden, WAN_PLANES * WanVaeConfig().decoder_width
    else:
        count, hidden = rows * (count + config.tokens), 4 * config.width
        planes = COGVIDEOX_PLANES * VaeConfig().widths[0]
    side = Tiles().side
    return Need(
        sizes=sizes,
        numbers={"transformer": count * max(8 * config.width, 3 * config.width + 2 * hidden)},
        work_mb={"vae": planes * height * width * 4 / 2**20},
        tiled_mb=planes * min(height, side) * min(width, side) * 4 / 2**20,
        device=device,
    )


def machine_speed() -> float:
    """Operations a second of one large product on the ambient device and dtype: measured once, then read."""
    now = runtime.settings()
    device = now.resolved_device
    name = f"{device} {working(now.dtype, device)} threads {count_threads(now.threads)} torch {torch_version()}"
    path = runtime.cache_folder() / SPEEDS
    known = _speeds(path)
    if name not in known:
        known[name] = measured(device, now.torch_dtype)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{SPEEDS}.partial")
        partial.write_text(json.dumps(known, indent=2), "utf-8")
        partial.replace(path)
    return known[name]


def measured(device: str, dtype: torch.dtype, tries: int = 3) -> float:
    """Operations a second, the best of some tries after one to warm up."""
    side = SIDES.get(device.partition(":")[0], SIDES["cpu"])
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(side, side, generator=generator).to(device, dtype)
    best = math.inf
    with torch.inference_mode():
        for _ in range(tries + 1):
            start = time.perf_counter()
            (a @ a)[0, 0].item()  # waits for the device
            best = min(best, time.perf_counter() - start)
    return 2.0 * side**3 / max(best, 1e-9)


@contextmanager
def foretold(engine: object, request: Request) -> Iterator[None]:
    """While a clip is drawn, its estimate stands among what is under way, for engines of which there is one."""
    card = getattr(engine, "card", None)
    if not isinstance(card, Card) or card.family not in FAMILIES or "pipeline" not in card.config:
        yield
        return
    steps = request.steps if request.steps is not None else int(getattr(engine, "steps", 50))
    guided = request.guidance is None or request.guidance > 1
    expected = estimate(card, request.frames, request.height, request.width, steps, guided=guided)
    until = time.monotonic() + expected.seconds
    meter = runtime.Meter(str(expected), remaining=lambda: max(0.0, until - time.monotonic()))
    try:
        yield
    finally:
        meter.finish()


def spelled(seconds: float) -> str:
    """A time as one says it: 40 s, 4 min, 3 h, 2 days."""
    for unit, size, most in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if seconds < most * size:
            return f"{max(1, round(seconds / size))} {unit}"
    return f"{round(seconds / 86400)} days"


def _speeds(path: Path) -> dict[str, float]:
    """What was measured; nothing where the file is not there or broken."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return {str(name): float(value) for name, value in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
