"""What stands in the landscape: the hour's colours, skies, ridges, trees, houses, clouds.

Notable: things are placed on *slots* numbered from the picture's centre, each with its own generator, so a wider
panorama of the same seed shows the same middle. Lengths in hundredths of the frame height; x = 0 is the centre, y = 0
the top, y = 100 the bottom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundstage.render.palette import Light, clear, light_of, mix
from soundstage.render.svg import blob, box, capsule, circle, line, oval, polygon, radial, shape, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

SKIES = {
    "day": ("#4fa3e3", "#93d0f2", "#e9f6ea"),
    "sunset": ("#54457f", "#d9717a", "#ffd08a"),
    "night": ("#0d1333", "#1f2a59", "#46558c"),
    "dawn": ("#86a9dc", "#f0bfd0", "#fff0cf"),
}  # top, middle, horizon
_VEILS = {"rain": ("#76859a", 0.72), "snow": ("#b9c7da", 0.62), "fog": ("#d3dade", 0.68), "clear": ("#ffffff", 0.0)}


@dataclass(frozen=True, kw_only=True)
class Hour:
    """The colours of one place at one hour in one weather."""

    place: str
    time: str
    weather: str
    seed: int

    @property
    def light(self) -> Light:
        """What the hour does to colours."""
        return light_of(self.time, self.weather, self.place)

    @property
    def sky(self) -> tuple[str, str, str]:
        """Top, middle and horizon of the sky."""
        veil, share = _VEILS[self.weather]
        if self.time == "night":
            veil = mix(veil, "#141c3c", 0.72)
        elif self.time == "sunset":
            veil = mix(veil, "#b3766f", 0.45)
        elif self.time == "dawn":
            veil = mix(veil, "#e3bfc6", 0.40)
        return tuple(mix(c, veil, share * (0.9 if i < 2 else 0.75)) for i, c in enumerate(SKIES[self.time]))  # type: ignore[return-value]

    def tone(self, colour: str, distance: float = 0.0, *, snow: float = 0.0) -> str:
        """A day colour under this light, fading into the horizon with distance (0–1).

        `snow` is how much snow would settle on it.
        """
        if self.weather == "snow" and snow:
            colour = mix(colour, "#f4f7fb", snow)
        fade = distance * {"clear": 0.62, "rain": 0.7, "snow": 0.7, "fog": 0.93}[self.weather]
        return mix(self.light.of(colour), self.sky[2], fade)

    def slots(
        self, salt: int, width: float, spacing: float, jitter: float = 0.3
    ) -> Iterator[tuple[float, np.random.Generator]]:
        """Places along the panorama, each with its own generator."""
        half = int(width / 2 / spacing) + 1
        for k in range(-half, half + 1):
            rng = np.random.default_rng((self.seed & 0xFFFF, salt, k + 4096))
            yield (k + rng.uniform(-jitter, jitter)) * spacing, rng

    def wander(self, salt: int) -> np.random.Generator:
        """A generator for the things of which there is one."""
        return np.random.default_rng((self.seed & 0xFFFF, salt))


def ridge(
    hour: Hour, salt: int, width: float, y: float, height: float, wave: float, fill: str, *, bottom: float = 140
) -> str:
    """A rolling silhouette from `y` downwards: two sines with phases of the seed."""
    a, b = hour.wander(salt).uniform(0, 2 * math.pi, 2)
    xs = np.arange(-width / 2 - 6, width / 2 + 12, 6.0)
    ys = y - height * (0.6 * np.sin(2 * np.pi * xs / wave + a) + 0.4 * np.sin(2 * np.pi * xs / (wave * 0.45) + b))
    top = "L".join(f"{px:.1f} {py:.1f}" for px, py in zip(xs, ys, strict=True))
    return shape(f"M{xs[0]:.1f} {bottom}L{top}L{xs[-1]:.1f} {bottom}Z", fill)


def ridge_height(hour: Hour, salt: int, x: float, y: float, height: float, wave: float) -> float:
    """The height of the same ridge at x, to stand things on it."""
    a, b = hour.wander(salt).uniform(0, 2 * math.pi, 2)
    return float(
        y - height * (0.6 * math.sin(2 * math.pi * x / wave + a) + 0.4 * math.sin(2 * math.pi * x / (wave * 0.45) + b))
    )


def pine(x: float, y: float, h: float, green: str, dark: str, trunk: str, snow: str = "") -> str:
    """A fir of three tiers, its right side in shade."""
    w = h * 0.30
    parts = [box(x - h * 0.035, y - h * 0.16, h * 0.07, h * 0.17, trunk)]
    for base, tip, k in ((0.10, 0.56, 1.0), (0.32, 0.80, 0.80), (0.55, 1.0, 0.60)):
        left, right, apex = (x - w * k, y - h * base), (x + w * k, y - h * base), (x, y - h * tip)
        parts.append(
            shape(
                trace("MLQZ", apex, right, (x, y - h * (base - 0.05)), left),
                green,
            )
        )
        parts.append(
            shape(
                trace(
                    "MLQZ",
                    apex,
                    right,
                    (x + w * k * 0.5, y - h * (base - 0.04)),
                    (x + w * k * 0.15, y - h * (base - 0.02)),
                ),
                dark,
            )
        )
        if snow:
            parts.append(
                shape(
                    trace(
                        "MLQZ",
                        apex,
                        (x + w * k * 0.45, y - h * (base + (tip - base) * 0.52)),
                        (x, y - h * (base + (tip - base) * 0.36)),
                        (x - w * k * 0.5, y - h * (base + (tip - base) * 0.46)),
                    ),
                    snow,
                )
            )
    return "".join(parts)


def round_tree(x: float, y: float, h: float, green: str, light: str, trunk: str) -> str:
    """A broad-leaved tree: a trunk and a crown of three lobes with a lit side."""
    r = h * 0.27
    return (
        capsule((x, y), (x, y - h * 0.5), h * 0.045, h * 0.03, trunk)
        + circle(x - r * 0.72, y - h * 0.56, r * 0.78, green)
        + circle(x + r * 0.75, y - h * 0.58, r * 0.80, green)
        + circle(x, y - h * 0.76, r, green)
        + circle(x - r * 0.22, y - h * 0.82, r * 0.62, light)
        + circle(x - r * 0.86, y - h * 0.62, r * 0.42, light)
    )


def palm(x: float, y: float, h: float, leaf: str, dark: str, trunk: str, lean: float) -> str:
    """A leaning palm."""
    tx, ty = x + lean, y - h
    stem = line(((x, y), (x + lean * 0.25, y - h * 0.55), (tx, ty)), h * 0.06, trunk)
    leaves = []
    for i, (dx, dy) in enumerate(((-15, 5), (-12, -5), (-3, -9), (8, -8), (15, -1), (13, 8))):
        k = h / 42
        mid = (tx + dx * 0.55 * k, ty + (dy * 0.5 - 4) * k)
        tip = (tx + dx * k, ty + (dy + 3) * k)
        leaves.append(
            blob(((tx, ty), (mid[0], mid[1] - 1.5 * k), tip, (mid[0], mid[1] + 2.2 * k)), leaf if i % 2 else dark)
        )
    return (
        stem + "".join(leaves) + circle(tx - 1, ty + 2, h * 0.03, trunk) + circle(tx + 1.6, ty + 2.2, h * 0.03, trunk)
    )


def cottage(hour: Hour, x: float, y: float, w: float, wall: str, roof: str, distance: float, *, lit: bool) -> str:
    """A small house with a chimney, a door and two windows, lamps lit when it is dark."""
    tone, h = hour.tone, w * 0.62
    pane = "#ffdf8e" if lit else tone("#bfe0ee", distance)
    snow = hour.weather == "snow"
    return (
        box(x + w * 0.22, y - h * 1.72, w * 0.12, h * 0.5, tone("#9a6a58", distance))
        + box(x - w / 2, y - h, w, h, tone(wall, distance), 0.6)
        + polygon(
            (
                (x - w * 0.62, y - h * 0.96),
                (x - w * 0.36, y - h * 1.62),
                (x + w * 0.36, y - h * 1.62),
                (x + w * 0.62, y - h * 0.96),
            ),
            tone(roof, distance, snow=0.8),
        )
        + (
            line(((x - w * 0.6, y - h * 0.96), (x + w * 0.6, y - h * 0.96)), w * 0.05, tone("#ffffff", distance))
            if snow
            else ""
        )
        + box(x - w * 0.09, y - h * 0.60, w * 0.2, h * 0.60, tone("#7a4a3a", distance), w * 0.1)
        + "".join(
            box(x + dx * w, y - h * 0.74, w * 0.17, h * 0.30, pane, 0.5)
            + line(
                ((x + dx * w + w * 0.085, y - h * 0.74), (x + dx * w + w * 0.085, y - h * 0.44)),
                0.5,
                tone(wall, distance),
            )
            for dx in (-0.38, 0.22)
        )
    )


def tower(hour: Hour, x: float, y: float, h: float) -> tuple[str, str]:
    """The lighthouse, red and white; its beams when it is dark: (defs, elements)."""
    tone = hour.tone
    w = h * 0.15
    body = polygon(
        ((x - w * 0.62, y), (x - w * 0.42, y - h * 0.76), (x + w * 0.42, y - h * 0.76), (x + w * 0.62, y)),
        tone("#fbf4e6"),
    )
    for u in (0.06, 0.32, 0.58):
        a, b = 0.62 - 0.2 * u / 0.76, 0.62 - 0.2 * (u + 0.12) / 0.76
        body += polygon(
            (
                (x - w * a, y - h * u),
                (x - w * b, y - h * (u + 0.12)),
                (x + w * b, y - h * (u + 0.12)),
                (x + w * a, y - h * u),
            ),
            tone("#d84a40"),
        )
    body += polygon(
        ((x + w * 0.1, y), (x + w * 0.14, y - h * 0.76), (x + w * 0.42, y - h * 0.76), (x + w * 0.62, y)),
        clear(tone("#4a3560"), 0.16),
    )
    body += box(x - w * 0.6, y - h * 0.80, w * 1.2, h * 0.045, tone("#3c4a63"), 0.6)
    body += box(x - w * 0.32, y - h * 0.90, w * 0.64, h * 0.10, "#fff0b8" if hour.light.dark else tone("#cfeaf5"), 0.5)
    body += shape(
        f"M{x - w * 0.46:.2f} {y - h * 0.895:.2f}Q{x:.2f} {y - h * 1.06:.2f} {x + w * 0.46:.2f} {y - h * 0.895:.2f}Z",
        tone("#d84a40"),
    )
    body += "".join(box(x - w * 0.09, y - h * u, w * 0.2, h * 0.05, tone("#3c4a63"), 0.6) for u in (0.24, 0.50))
    if not hour.light.dark:
        return "", body
    ly = y - h * 0.85
    defs = radial("lamp", ((0, "#fff0b8e0"), (0.4, "#ffe39a50"), (1, "#ffe39a00")), x, ly, 20)
    beams = polygon(((x, ly - 1), (x - 90, ly - 14), (x - 90, ly + 9), (x, ly + 1)), "#fff0b8", 'opacity="0.16"')
    beams += polygon(((x, ly - 1), (x + 90, ly - 12), (x + 90, ly + 10), (x, ly + 1)), "#fff0b8", 'opacity="0.16"')
    return defs, beams + body + circle(x, ly, 20, "url(#lamp)")


def tuft(x: float, y: float, h: float, colour: str) -> str:
    """A few blades of grass."""
    return "".join(
        shape(
            trace(
                "MQQZ",
                (x + dx - 0.8, y),
                (x + dx, y - h * 0.6),
                (x + dx + lean, y - h * k),
                (x + dx + 0.8, y - h * 0.5),
                (x + dx + 0.9, y),
            ),
            colour,
        )
        for dx, lean, k in ((-1.8, -2.0, 0.8), (0, 0.5, 1.0), (1.9, 2.2, 0.75))
    )


def flower(x: float, y: float, r: float, petals: str, heart: str, stem: str) -> str:
    """A five-petalled flower on a stem."""
    ring = "".join(
        circle(x + r * 0.8 * math.cos(a), y + r * 0.8 * math.sin(a), r * 0.62, petals)
        for a in np.arange(5) * 2 * math.pi / 5
    )
    return line(((x, y), (x + 0.2, y + r * 3.0)), r * 0.34, stem) + ring + circle(x, y, r * 0.55, heart)


def rock(x: float, y: float, w: float, colour: str, lit: str) -> str:
    """A boulder with a lit top."""
    body = blob(
        (
            (x - w, y),
            (x - w * 0.8, y - w * 0.55),
            (x - w * 0.1, y - w * 0.8),
            (x + w * 0.7, y - w * 0.5),
            (x + w, y),
            (x, y + w * 0.12),
        ),
        colour,
    )
    return body + oval(x - w * 0.2, y - w * 0.5, w * 0.5, w * 0.16, lit, -8)
