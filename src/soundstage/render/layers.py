"""What the places are put together from: layers of depth, the heavens, rolling ground, water, mist.

Lengths as in `scenery`: hundredths of the frame height, x = 0 in the centre; `w` is the width of the panorama.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from soundstage.render.palette import clear, mix
from soundstage.render.scenery import Hour, ridge
from soundstage.render.skies import clouds, sky
from soundstage.render.svg import box, line, polygon, vertical


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One depth of a place, still as SVG; see `places.Plane`."""

    name: str
    body: str
    parallax: float
    defs: str = ""
    front: bool = False
    drift: float = 0.0
    sway: float = 0.0


def heaven(hour: Hour, w: float, horizon: float, *, y: float = 20.0) -> list[Layer]:
    """Sky and, unless fog hides them, clouds."""
    defs, body = sky(hour, w, horizon)
    layers = [Layer(name="sky", body=body, parallax=0.06, defs=defs)]
    if hour.weather != "fog":
        layers.append(Layer(name="clouds", body=clouds(hour, w, y=y), parallax=0.14, drift=0.008))
    return layers


def rolling(
    hour: Hour, name: str, salt: int, w: float, y: float, wave: tuple[float, float], far: str, near: str
) -> tuple[str, str]:
    """A ridge filled with a gradient from its far to its near colour: (defs, elements)."""
    return vertical(name, ((0, far), (1, near)), y - wave[0], 104), ridge(
        hour, salt, w, y, wave[0], wave[1], f"url(#{name})"
    )


def mist(hour: Hour, w: float, y: float) -> Layer:
    """A bank of fog between the middle and the ground."""
    low = hour.sky[2]
    defs = vertical("mist", ((0, clear(low, 0)), (0.5, clear(low, 0.75)), (1, clear(low, 0.1))), y - 22, y + 26)
    return Layer(name="mist", body=box(-w / 2 - 5, y - 22, w + 10, 48, "url(#mist)"), parallax=0.6, defs=defs)


def open_water(hour: Hour, w: float, y: float, bottom: float, salt: int, *, shine: bool = True) -> tuple[str, str]:
    """Open water with a lit path under sun or moon and rows of small waves: (defs, elements)."""
    t, low = hour.tone, hour.sky[2]
    far, near = mix(t("#58b4d8", 0.25), low, 0.25), t("#1f7fb5")
    defs = vertical("water", ((0, far), (0.35, t("#3d9fd0", 0.08)), (1, near)), y, bottom)
    parts = [box(-w / 2 - 5, y, w + 10, bottom + 45 - y, "url(#water)")]
    if shine and hour.weather == "clear":
        x = 26.0 if hour.wander(1).uniform() < 0.5 else -26.0
        glint = {"day": "#ffffff", "sunset": "#ffc27a", "night": "#e8eeff", "dawn": "#ffe0cf"}[hour.time]
        parts += [
            box(x - k, y + 0.8 + i * 2.3, 2 * k, 0.8, glint, 0.4, 'opacity="0.6"')
            for i, k in enumerate((8, 5.5, 7, 4.5, 5.5, 3.5))
        ]
    row = y + 4.0
    while row < bottom:
        depth = (row - y) / max(1.0, bottom - y)
        for x, rng in hour.slots(salt + int(row), w, 24 + 18 * depth, 0.5):
            half = rng.uniform(3, 5) * (0.6 + depth)
            parts.append(
                line(
                    ((x - half, row), (x, row - 0.5 - 0.4 * depth), (x + half, row)),
                    0.5 + 0.5 * depth,
                    mix(far, "#ffffff", 0.45),
                    'opacity="0.55"',
                )
            )
        row += 4 + 5 * depth
    return defs, "".join(parts)


def starfish(x: float, y: float, r: float, colour: str) -> str:
    """A five-armed star with round tips."""
    points = [
        (
            x + r * (1 if i % 2 == 0 else 0.45) * math.sin(i * math.pi / 5),
            y - r * (1 if i % 2 == 0 else 0.45) * math.cos(i * math.pi / 5),
        )
        for i in range(10)
    ]
    return polygon(points, colour, f'stroke="{colour}" stroke-width="0.6" stroke-linejoin="round"')
