"""Heavens over the landscapes: gradient, sun or moon, stars, clouds. Lengths as in `scenery`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundstage.render.palette import clear, mix
from soundstage.render.svg import box, circle, radial, vertical

if TYPE_CHECKING:
    from soundstage.render.scenery import Hour


def sky(hour: Hour, width: float, horizon: float) -> tuple[str, str]:
    """Gradient, sun or moon, stars: (defs, elements)."""
    top, middle, low = hour.sky
    defs = vertical("sky", ((0, top), (0.55, middle), (1, low)), -10, horizon + 6)
    parts = [box(-width / 2 - 5, -60, width + 10, 220, "url(#sky)")]
    rng = hour.wander(1)
    side = 1 if rng.uniform() < 0.5 else -1
    x, y = side * rng.uniform(20, 32), rng.uniform(15, 22)
    veiled = hour.weather != "clear"
    if hour.time == "night":
        if not veiled:
            for sx, star in hour.slots(2, width, 15, 0.5):
                for _ in range(2):
                    parts.append(
                        circle(
                            sx + star.uniform(-7, 7),
                            star.uniform(-24, horizon * 0.75),
                            star.uniform(0.3, 0.75),
                            "#fff6dc",
                            f'opacity="{star.uniform(0.5, 1):.2f}"',
                        )
                    )
        defs += radial("moonlight", ((0, "#dfe8ffb0"), (0.35, "#cfdcff40"), (1, "#cfdcff00")), x, y, 22)
        glow = 0.35 if veiled else 1.0
        parts.append(circle(x, y, 22, "url(#moonlight)", f'opacity="{glow}"'))
        if not veiled or hour.weather == "snow":
            parts.append(circle(x, y, 6.6, "#fdf6dd", f'opacity="{0.5 if veiled else 1}"'))
            parts.append(
                "".join(
                    circle(x + dx, y + dy, r, "#e6dcc0", f'opacity="{0.4 if veiled else 0.8}"')
                    for dx, dy, r in ((-2, -1.4, 1.4), (2, 1.2, 1.9), (1.4, -3, 0.9))
                )
            )
        return defs, "".join(parts)
    if hour.time in ("sunset", "dawn"):
        y = horizon - (10 if hour.time == "sunset" else 15)
    core = {"day": "#fff3b8", "sunset": "#ffe2a0", "dawn": "#fff4dd"}[hour.time]
    warm = {"day": "#ffe98f", "sunset": "#ff9b58", "dawn": "#ffcfb0"}[hour.time]
    defs += radial("sunlight", ((0, clear(warm, 0.85)), (0.3, clear(warm, 0.38)), (1, clear(warm, 0))), x, y, 34)
    parts.append(circle(x, y, 34, "url(#sunlight)", f'opacity="{0.3 if veiled else 1}"'))
    if not veiled:
        parts.append(circle(x, y, 8.2 if hour.time == "sunset" else 7.0, core))
    return defs, "".join(parts)


def clouds(hour: Hour, width: float, *, y: float = 20.0) -> str:
    """Soft heaped clouds; dark and many when it rains."""
    top, _, low = hour.sky
    heavy = hour.weather in ("rain", "snow")
    if hour.time == "night":
        fill = mix(top, low, 0.55)
    else:
        fill = mix({"day": "#ffffff", "sunset": "#ffc0a0", "dawn": "#fff1ee"}[hour.time], top, 0.42 if heavy else 0.06)
    under = mix(fill, top, 0.22)
    parts = []
    for x, rng in hour.slots(3, width, 34 if heavy else 52, 0.3):
        s, cy = rng.uniform(0.8, 1.2) * (1.25 if heavy else 1), y + rng.uniform(-7, 7) - (5 if heavy else 0)
        lumps = [(-9, 1, 5), (-3, -2.6, 6.6), (5, -1.4, 5.8), (11, 1.4, 4.2)]
        parts += [circle(x + dx * s, cy + dy * s, r * s, fill) for dx, dy, r in lumps]
        parts.append(box(x - 14 * s, cy + 0.6 * s, 29 * s, 5.6 * s, fill, 2.8 * s))
        parts.append(box(x - 10 * s, cy + 4.0 * s, 22 * s, 2.2 * s, under, 1.1 * s))
    return "".join(parts)
