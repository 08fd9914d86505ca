"""Rain, snow and drifting fog over a picture, from tiles that are drawn once and scrolled.

H frame height · W frame width · tiles are 8-bit masks that repeat every H by W pixels
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from soundstage.render.svg import circle, line, rasterise

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLOUR = {"rain": (226, 236, 248), "snow": (255, 255, 255), "fog": (226, 231, 234)}
_DIM = {"day": 1.0, "sunset": 0.92, "dawn": 0.96, "night": 0.72}
_FALL = {
    "rain": ((-0.28, 1.9), (-0.2, 1.35)),
    "snow": ((0.035, 0.20), (-0.02, 0.13)),
    "fog": ((0.05, 0.0), (-0.03, 0.0)),
}  # frame heights a second


def fall_over(frame: Picture.Image, weather: str, time: str, seconds: float, seed: int, place: str = "meadow") -> None:
    """Draw the weather over a frame, in place.

    `seconds` is the time in the clip. Nothing falls in a room, in space or under water.
    """
    if weather == "clear" or place in ("room", "space", "underwater"):
        return
    width, height = frame.size
    colour = tuple(round(c * _DIM[time]) for c in _COLOUR[weather])
    for depth, (vx, vy) in enumerate(_FALL[weather]):
        tile = _tile(weather, depth, height, width, seed % 8)
        swing = 0.012 * np.sin(2 * np.pi * (0.3 * seconds + 0.5 * depth)) if weather == "snow" else 0.0
        dx, dy = round((vx * seconds + swing) * height) % width, round(vy * seconds * height) % height
        frame.paste(colour, (0, 0), tile.crop((width - dx, height - dy, 2 * width - dx, 2 * height - dy)))


@lru_cache(maxsize=48)
def _tile(weather: str, depth: int, height: int, width: int, seed: int) -> Picture.Image:
    """One repeating layer as a mask of twice the frame's size, so that any offset is one crop."""
    rng = np.random.default_rng((seed, depth, 77))
    if weather == "fog":
        mask = _banks(height, width, rng, 0.24 if depth == 0 else 0.16)
    else:
        wide = 100 * width / height
        parts = []
        for _ in range(round((15 if weather == "rain" else 20) * (1.0 + 0.5 * depth) * width / height)):
            x, y = rng.uniform(0, wide), rng.uniform(0, 100)
            size = (1.0 if depth == 0 else 0.68) * rng.uniform(0.85, 1.15)
            for ox in (-wide, 0, wide):
                for oy in (-100, 0, 100):
                    if not (-8 < x + ox < wide + 8 and -12 < y + oy < 112):
                        continue
                    if weather == "rain":
                        parts.append(
                            line(((x + ox, y + oy), (x + ox - 1.3 * size, y + oy + 8.5 * size)), 0.62 * size, "#ffffff")
                        )
                    else:
                        parts.append(circle(x + ox, y + oy, 1.15 * size, "#ffffff"))
        strength = 0.62 if weather == "rain" else (0.95 if depth == 0 else 0.75)
        drops = rasterise("".join(parts), width, height, view=(0, 0, wide, 100))[..., 3]
        mask = (drops * strength).astype(np.uint8)
    return Picture.fromarray(np.tile(mask, (2, 2)))


def _banks(height: int, width: int, rng: np.random.Generator, strength: float) -> NDArray[np.uint8]:
    """Soft horizontal banks of fog, thickest about two thirds down, that repeat sideways."""
    x, y = np.arange(width) / width * 2 * np.pi, np.arange(height) / height
    wave = sum(np.sin(k * x + rng.uniform(0, 6.28)) / k for k in (1, 2, 3))
    rise = 0.62 + 0.05 * np.asarray(wave)[None, :]
    return np.asarray(255 * strength * np.exp(-(((y[:, None] - rise) / 0.2) ** 2)), np.uint8)
