"""The storybook's places, each drawn as planes of depth that a camera can move past one another.

Notable: a place is a function from an `Hour` to layers of SVG; nothing in it is random but a few slots, so that small
models can learn it. Planes are drawn once (and cached), then only shifted: sky and far hills slowly, the ground with
the actors, the grass before them faster.

H height and W width in pixels · planes are uint8 RGBA [H, W, 4], backgrounds uint8 RGB [H, W, 3]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from soundstage.errors import InputError
from soundstage.render.landscapes import LANDSCAPES
from soundstage.render.scene import PLACES, TIMES, WEATHERS, one_of
from soundstage.render.scenery import Hour
from soundstage.render.svg import rasterise

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Plane:
    """One depth of a background. `parallax` 0 is infinitely far, 1 moves with the ground; `front` planes stand before
    the actors.

    `drift` moves it by itself (frame heights a second: clouds), `sway` swings it (frame heights, waves and weeds).
    """

    name: str
    pixels: NDArray[np.uint8]
    parallax: float
    front: bool = False
    drift: float = 0.0
    sway: float = 0.0


def planes(
    place: str,
    time: str = "day",
    weather: str = "clear",
    seed: int = 0,
    *,
    height: int = 128,
    width: int = 256,
    margin: float = 0.0,
) -> tuple[Plane, ...]:
    """The planes of a place from far to near, each [height · (1 + 2 margin), width, 4]; the first is opaque.

    `width` may be any; the middle of the panorama is the same for each. `margin` adds picture above and below, in
    frame heights, for tilts. Raises InputError for unknown words and for sizes under 8 pixels.
    """
    _check(place, time, weather, height, width)
    return _planes(place, time, weather, seed, height, width, round(margin * height))


def background(
    place: str, time: str = "day", weather: str = "clear", seed: int = 0, *, height: int = 128, width: int = 256
) -> NDArray[np.uint8]:
    """The whole place without actors, flattened: uint8 RGB [height, width, 3]. Wider than a frame, so that a camera
    can pan over it.

    Raises InputError for unknown words and for sizes under 8 pixels.
    """
    _check(place, time, weather, height, width)
    return _background(place, time, weather, seed, height, width).copy()


def _check(place: str, time: str, weather: str, height: int, width: int) -> None:
    one_of("place", place, PLACES)
    one_of("time", time, TIMES)
    one_of("weather", weather, WEATHERS)
    if min(height, width) < 8 or max(height, width) > 16384:
        raise InputError("size", f"{width}x{height} pixels cannot be drawn", "give sides of 8 to 16384 pixels")


@lru_cache(maxsize=12)
def _planes(place: str, time: str, weather: str, seed: int, height: int, width: int, margin: int) -> tuple[Plane, ...]:
    hour = Hour(place=place, time=time, weather=weather, seed=seed)
    wide, over = 100 * width / height, 100 * margin / height
    drawn = []
    for layer in LANDSCAPES[place](hour, wide):
        pixels = rasterise(
            layer.body, width, height + 2 * margin, view=(-wide / 2, -over, wide, 100 + 2 * over), defs=layer.defs
        )
        pixels.setflags(write=False)
        drawn.append(
            Plane(
                name=layer.name,
                pixels=pixels,
                parallax=layer.parallax,
                front=layer.front,
                drift=layer.drift,
                sway=layer.sway,
            )
        )
    return tuple(drawn)


@lru_cache(maxsize=1024)
def _background(place: str, time: str, weather: str, seed: int, height: int, width: int) -> NDArray[np.uint8]:
    hour = Hour(place=place, time=time, weather=weather, seed=seed)
    wide = 100 * width / height
    layers = LANDSCAPES[place](hour, wide)
    pixels = rasterise(
        "".join(x.body for x in layers),
        width,
        height,
        view=(-wide / 2, 0, wide, 100),
        defs="".join(x.defs for x in layers),
    )
    flat = np.ascontiguousarray(pixels[..., :3])
    flat.setflags(write=False)
    return flat


def flatten(layers: tuple[Plane, ...]) -> Picture.Image:
    """The planes of one size over each other, without parallax."""
    picture = Picture.fromarray(layers[0].pixels)
    for plane in layers[1:]:
        picture.alpha_composite(Picture.fromarray(plane.pixels))
    return picture.convert("RGB")


def forget_places() -> None:
    """Drop all cached planes and backgrounds and free their memory."""
    _planes.cache_clear()
    _background.cache_clear()
