"""Places of water as layers of SVG: beach, open sea, under water, lighthouse.

Notable: every function reads from far to near, as one would paint it. Colours are day colours put under the hour's
light by `tone`. Lengths as in `scenery`: hundredths of the frame height, x = 0 in the centre; `w` is the width of the
panorama.
"""

from __future__ import annotations

from soundstage.render.layers import Layer, heaven, mist, open_water, rolling, starfish
from soundstage.render.palette import clear, mix
from soundstage.render.scenery import (
    Hour,
    cottage,
    palm,
    ridge,
    rock,
    tower,
    tuft,
)
from soundstage.render.svg import blob, box, circle, line, polygon, shape, vertical


def beach(hour: Hour, w: float) -> list[Layer]:
    """Sea behind, pale sand with a scalloped edge of foam, leaning palms, shells."""
    t = hour.tone
    layers = heaven(hour, w, 54)
    island = "".join(
        blob(((x - 16, 55), (x - 8, 50.5), (x - 1, 48), (x + 7, 51), (x + 15, 55)), t("#5f9c86", 0.6))
        for x, _ in hour.slots(21, w, 130, 0.2)
    )
    defs, sea_ = open_water(hour, w, 54, 76, 22)
    layers.append(Layer(name="sea", body=island + sea_, parallax=0.35, defs=defs))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 62))
    defs, sand = rolling(hour, "sand", 23, w, 76, (1.8, 90), t("#f8e3b0"), t("#e8bf7d"))
    sand = ridge(hour, 23, w, 74.4, 1.8, 90, t("#d8f1f2")) + sand
    for x, rng in hour.slots(24, w, 30, 0.35):
        y = rng.uniform(84, 97)
        if rng.uniform() < 0.5:
            sand += starfish(x, y, 2.1, t("#ee8a62"))
        else:
            sand += shape(f"M{x - 2} {y}A2 2 0 0 1 {x + 2} {y}L{x} {y + 1.2}Z", t("#fff3ea")) + line(
                ((x, y), (x, y - 1.7)), 0.3, t("#e0b9a0")
            )
    trees = ""
    for x, rng in hour.slots(25, w, 78, 0.1):
        trees += palm(
            x + 38, 79, rng.uniform(36, 44), t("#4fa556"), t("#2f8550"), t("#a57648"), rng.choice((-6.0, 7.0))
        )
    layers.append(Layer(name="ground", body=sand + trees, parallax=1.0, defs=defs))
    return layers


def sea(hour: Hour, w: float) -> list[Layer]:
    """Open sea to the horizon, islands far off, swells before the boats."""
    t = hour.tone
    layers = heaven(hour, w, 54, y=18)
    island = "".join(
        blob(((x - 20, 55.5), (x - 11, 50), (x - 3, 46.5), (x + 6, 49.5), (x + 18, 55.5)), t("#6f96a8", 0.62))
        for x, _ in hour.slots(71, w, 110, 0.2)
    )
    defs, water = open_water(hour, w, 54, 102, 72)
    layers.append(Layer(name="sea", body=island + water, parallax=0.5, defs=defs))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 58))
    for name, y, colour, parallax, sway in (
        ("swell", 74, "#2f8fc4", 1.0, 0.012),
        ("near swell", 86, "#1f74a8", 1.2, -0.018),
    ):
        fill, crest = t(colour), mix(t(colour), "#ffffff", 0.5)
        n = int(w / 18) + 4
        start = -18.0 * (n // 2)
        d = f"M{start:.1f} {y}" + "".join(f"q4.5 {-3.2 if y < 80 else -4} 9 0t9 0" for _ in range(n))
        body = shape(f"{d}L{start + 18 * n:.1f} 150L{start:.1f} 150Z", clear(fill, 1.0), 'opacity="0.92"') + shape(
            d, "none", f'stroke="{crest}" stroke-width="0.7" opacity="0.6"'
        )
        layers.append(Layer(name=name, body=body, parallax=parallax, front=True, sway=sway))
    return layers


def underwater(hour: Hour, w: float) -> list[Layer]:
    """Blue-green depth with shafts of light, far rocks, corals, weeds, a floor of sand."""
    deep = {
        "day": ("#7fe0e0", "#2fa6c4", "#13699a"),
        "sunset": ("#f3b58a", "#8a7fa8", "#3a4f86"),
        "night": ("#2f5f9a", "#153a75", "#0a1f4a"),
        "dawn": ("#cfeedd", "#74c1c4", "#3c86aa"),
    }[hour.time]
    dim = {"day": 0.0, "sunset": 0.25, "night": 0.55, "dawn": 0.1}[hour.time]

    def t(colour: str, distance: float = 0.0) -> str:
        return mix(mix(colour, deep[2], dim), deep[1], 0.16 + 0.8 * distance)

    defs = vertical("depth", ((0, deep[0]), (0.4, deep[1]), (1, deep[2])), -12, 105)
    body = box(-w / 2 - 5, -60, w + 10, 220, "url(#depth)")
    for x, rng in hour.slots(81, w, 34, 0.3):
        a, b = rng.uniform(3, 6), rng.uniform(8, 13)
        body += polygon(
            ((x - a, -40), (x + a, -40), (x + b - 14, 96), (x - b - 14, 96)),
            mix(deep[0], "#ffffff", 0.4),
            f'opacity="{0.16 if hour.time != "night" else 0.07}"',
        )
    layers = [Layer(name="water", body=body, parallax=0.08, defs=defs)]
    far = ridge(hour, 82, w, 74, 7, 64, t("#3f86a8", 0.7)) + ridge(hour, 83, w, 80, 5, 44, t("#3a7a98", 0.45))
    layers.append(Layer(name="rocks", body=far, parallax=0.35))
    reef = ""
    for x, rng in hour.slots(84, w, 27, 0.3):
        colour = t(("#f07a72", "#f2a65a", "#c77fd0", "#f29ac0")[int(rng.integers(4))], 0.12)
        h = rng.uniform(11, 17)
        reef += "".join(
            line(((x, 90), (x + dx * 0.5, 90 - h * 0.5), (x + dx, 90 - h * k)), h * 0.15, colour)
            for dx, k in ((-6, 0.75), (-2, 1.0), (3, 0.9), (7, 0.65))
        )
        for i in range(2):
            wx = x + 12 + 4 * i
            reef += line(((wx, 91), (wx + 2, 80), (wx - 2, 70), (wx + 1.5, 60 + 4 * i)), 1.9, t("#3f9a62", 0.12))
    layers.append(Layer(name="reef", body=reef, parallax=0.7, sway=0.004))
    defs = vertical("floor", ((0, t("#f0dca8", 0.2)), (1, t("#cfae7c", 0.05))), 84, 104)
    floor = ridge(hour, 85, w, 87, 1.8, 80, "url(#floor)")
    for x, rng in hour.slots(86, w, 36, 0.3):
        floor += rock(x, rng.uniform(91, 97), rng.uniform(2.5, 4), t("#7f8fa8", 0.1), t("#a8b6c8", 0.1)) + starfish(
            x + 13, rng.uniform(91, 97), 1.8, t("#f0876a")
        )
    layers.append(Layer(name="floor", body=floor, parallax=1.0, defs=defs))
    bubbles = ""
    for x, rng in hour.slots(87, w, 40, 0.4):
        for i in range(3):
            r, y = rng.uniform(0.7, 1.6), 68 - 17 * i + rng.uniform(-4, 4)
            bubbles += circle(
                x + rng.uniform(-2, 2),
                y,
                r,
                clear("#ffffff", 0.25),
                'stroke="#ffffff" stroke-width="0.3" stroke-opacity="0.7"',
            )
    layers.append(Layer(name="bubbles", body=bubbles, parallax=0.85, sway=0.006))
    return layers


def lighthouse(hour: Hour, w: float) -> list[Layer]:
    """A red and white lighthouse on its rock above the sea; the shore in front."""
    t = hour.tone
    layers = heaven(hour, w, 56, y=16)
    defs, water = open_water(hour, w, 56, 80, 122)
    layers.append(Layer(name="sea", body=water, parallax=0.35, defs=defs))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 60))
    x = 25.0 if hour.wander(121).uniform() < 0.6 else -25.0
    s = 1 if x > 0 else -1
    cliff = blob(
        (
            (x - s * 34, 82),
            (x - s * 24, 70),
            (x - s * 13, 64.5),
            (x + s * 4, 62.5),
            (x + s * 26, 64),
            (x + s * 44, 70),
            (x + s * 60, 84),
            (x, 92),
        ),
        t("#8b8193", 0.08),
    )
    cliff += blob(
        (
            (x - s * 20, 69),
            (x - s * 12, 63.4),
            (x + s * 4, 61.5),
            (x + s * 26, 63),
            (x + s * 42, 69),
            (x + s * 20, 68),
            (x, 67),
        ),
        t("#86b566", 0.06),
    )
    defs, house = tower(hour, x, 63.5, 52)
    hut = cottage(hour, x + s * 16, 65.5, 13, "#fbf0dc", "#cf5f4a", 0.05, lit=hour.light.dark)
    layers.append(Layer(name="rock", body=cliff + hut + house, parallax=0.6, defs=defs))
    defs, shore = rolling(hour, "shore", 123, w, 79, (1.4, 80), t("#dcc9a0"), t("#b89a70"))
    shore = ridge(hour, 123, w, 77.6, 1.4, 80, t("#d8f1f2")) + shore
    for rx, rng in hour.slots(124, w, 30, 0.35):
        y = rng.uniform(83, 97)
        shore += rock(rx, y, rng.uniform(2, 3.8), t("#7f7a8c"), t("#aaa6b6")) + tuft(rx + 7, y + 1, 4, t("#7f9a5c"))
    layers.append(Layer(name="ground", body=shore, parallax=1.0, defs=defs))
    return layers
