"""Open land as layers of SVG: meadow, forest, mountains, desert, snowfield, and the moon.

Notable: every function reads from far to near, as one would paint it. Colours are day colours put under the hour's
light by `tone`. Lengths as in `scenery`: hundredths of the frame height, x = 0 in the centre; `w` is the width of the
panorama.
"""

from __future__ import annotations

from soundstage.render.layers import Layer, heaven, mist, rolling
from soundstage.render.palette import mix
from soundstage.render.scenery import (
    Hour,
    flower,
    pine,
    ridge,
    ridge_height,
    rock,
    round_tree,
    tuft,
)
from soundstage.render.svg import blob, box, capsule, circle, line, oval, polygon, radial, shape, vertical


def meadow(hour: Hour, w: float) -> list[Layer]:
    """Rolling green hills, round trees, flowers."""
    t = hour.tone
    layers = heaven(hour, w, 62)
    far = ridge(hour, 11, w, 56, 5, 90, t("#7fb7a0", 0.75)) + ridge(hour, 12, w, 61, 5, 70, t("#79b77c", 0.45))
    layers.append(Layer(name="far", body=far, parallax=0.3))
    trees = ""
    for x, rng in hour.slots(13, w, 30, 0.25):
        y = ridge_height(hour, 14, x, 69, 3.5, 100) + 2
        trees += round_tree(
            x, y, rng.uniform(19, 26), t("#4c9a58", 0.16, snow=0.55), t("#74b863", 0.12, snow=0.75), t("#7a5238", 0.15)
        )
    defs, hill = rolling(hour, "hill", 14, w, 69, (3.5, 100), t("#8cc96a", 0.16, snow=0.75), t("#6db457", snow=0.8))
    layers.append(Layer(name="middle", body=trees + hill, parallax=0.6, defs=defs))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 70))
    defs, ground = rolling(hour, "ground", 15, w, 78, (1.6, 130), t("#8fcf63", snow=0.85), t("#5da34c", snow=0.6))
    for x, rng in hour.slots(16, w, 17, 0.35):
        petals = t(("#f7d354", "#ffffff", "#f08fa8", "#a98be0")[int(rng.integers(4))])
        y = rng.uniform(81, 97)
        ground += tuft(x + 4, y + 3, 3.2, t("#4c9546", snow=0.4)) + flower(
            x, y, 1.1, petals, t("#f2a93c"), t("#4c9546")
        )
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    grass = "".join(tuft(x, 105, rng.uniform(6, 10), t("#3f8a45", snow=0.2)) for x, rng in hour.slots(17, w, 6.5, 0.4))
    layers.append(Layer(name="grass", body=grass, parallax=1.25, front=True))
    return layers


def forest(hour: Hour, w: float) -> list[Layer]:
    """Three rows of firs, the far ones pale; moss, mushrooms, ferns."""
    t, snow = hour.tone, hour.weather == "snow"
    layers = heaven(hour, w, 66, y=12)
    for name, salt, spacing, base, low, high, distance, parallax in (
        ("far", 31, 13, 72, 38, 48, 0.66, 0.3),
        ("middle", 32, 21, 77, 46, 58, 0.30, 0.6),
    ):
        body = ridge(hour, salt + 5, w, base - 2, 1.2, 80, t("#55876a", distance, snow=0.5))
        for x, rng in hour.slots(salt, w, spacing, 0.25):
            cap = t("#f4f7fb", distance * 0.8) if snow else ""
            body += pine(
                x,
                base,
                rng.uniform(low, high),
                t("#3f8a5f", distance),
                t("#2f7054", distance),
                t("#6d4b39", distance),
                cap,
            )
        layers.append(Layer(name=name, body=body, parallax=parallax))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 72))
    defs, ground = rolling(hour, "moss", 33, w, 77, (1.6, 90), t("#6fae5c", snow=0.85), t("#3d7a48", snow=0.6))
    for x, rng in hour.slots(34, w, 26, 0.35):
        y = rng.uniform(82, 96)
        if rng.uniform() < 0.55:
            ground += tuft(x, y, 4.2, t("#2f6d42", snow=0.3)) + tuft(x + 3, y + 1, 3.2, t("#4b8f4f", snow=0.3))
        else:
            ground += capsule((x, y), (x, y - 2.2), 0.8, 0.7, t("#f6ead6")) + shape(
                f"M{x - 2.5} {y - 2}A2.5 2.3 0 0 1 {x + 2.5} {y - 2}Z", t("#d8493f")
            )
            ground += circle(x - 0.8, y - 3.1, 0.4, t("#ffffff")) + circle(x + 0.9, y - 2.8, 0.4, t("#ffffff"))
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    ferns = "".join(tuft(x, 106, rng.uniform(7, 12), t("#27603c", snow=0.2)) for x, rng in hour.slots(35, w, 9, 0.4))
    layers.append(Layer(name="ferns", body=ferns, parallax=1.25, front=True))
    return layers


def mountains(hour: Hour, w: float) -> list[Layer]:
    """Snow-capped peaks, a lake's worth of firs, a stony alp."""
    t = hour.tone
    layers = heaven(hour, w, 62, y=14)
    for name, salt, spacing, peak, distance, rockface, parallax in (
        ("far", 51, 30, (20, 30), 0.55, "#7c86ac", 0.2),
        ("peaks", 52, 46, (26, 38), 0.26, "#6a7396", 0.36),
    ):
        body = ""
        for x, rng in hour.slots(salt, w, spacing, 0.18):
            top, half = rng.uniform(*peak), rng.uniform(26, 34)
            body += polygon(((x - half, 78), (x, top), (x + half, 78)), t(rockface, distance))
            body += polygon(
                ((x, top), (x + half, 78), (x + half * 0.1, 78), (x + 3, top + 20)),
                t(mix(rockface, "#3d3663", 0.4), distance),
            )
            k = 0.34
            cap = (
                (x, top),
                (x + half * k, top + (78 - top) * k),
                (x + half * 0.16, top + 10),
                (x + half * 0.04, top + 15.5),
                (x - half * 0.12, top + 11),
                (x - half * k * 0.94, top + (78 - top) * k * 0.94),
            )
            body += polygon(cap, t("#fbfcff", distance * 0.5))
        layers.append(Layer(name=name, body=body, parallax=parallax))
    wood = ridge(hour, 53, w, 73, 2.2, 80, t("#5d8f6a", 0.2, snow=0.7))
    for x, rng in hour.slots(54, w, 9, 0.3):
        if rng.uniform() < 0.75:
            white = t("#f4f7fb") if hour.weather == "snow" else ""
            wood += pine(x, 76.5, rng.uniform(11, 16), t("#3f7f62", 0.14), t("#2f6a55", 0.14), t("#6d4b39", 0.2), white)
    layers.append(Layer(name="wood", body=wood, parallax=0.6))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 66))
    defs, ground = rolling(hour, "alp", 55, w, 77, (1.8, 110), t("#a3bf78", snow=0.9), t("#6f9a5c", snow=0.65))
    for x, rng in hour.slots(56, w, 34, 0.35):
        ground += rock(x, rng.uniform(82, 96), rng.uniform(2.4, 4.2), t("#8a8698", snow=0.3), t("#b9b6c2", snow=0.8))
        ground += tuft(x + 9, rng.uniform(84, 97), 3.2, t("#55864c", snow=0.4))
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    return layers


def desert(hour: Hour, w: float) -> list[Layer]:
    """Mesas, three rows of dunes, saguaro cacti."""
    t = hour.tone
    layers = heaven(hour, w, 60, y=15)
    mesas = ""
    for x, rng in hour.slots(61, w, 58, 0.25):
        b, top = rng.uniform(13, 19), rng.uniform(42, 47)
        mesas += polygon(
            ((x - b - 6, 68), (x - b, top + 7), (x - b + 2, top), (x + b - 2, top), (x + b, top + 7), (x + b + 6, 68)),
            t("#c9785a", 0.5),
        )
        mesas += polygon(
            ((x + 2, top), (x + b - 2, top), (x + b, top + 7), (x + b + 6, 68), (x + 5, 68)), t("#a95c55", 0.5)
        )
    layers.append(Layer(name="mesas", body=mesas + ridge(hour, 62, w, 62, 3, 90, t("#e3ac72", 0.4)), parallax=0.25))
    defs, dune = rolling(hour, "dune", 63, w, 69, (4.2, 110), t("#f2c583", 0.12), t("#d99a58", 0.05))
    for x, rng in hour.slots(64, w, 46, 0.25):
        y = ridge_height(hour, 63, x, 69, 4.2, 110) + 6
        dune += _cactus(x, y, rng.uniform(15, 20), t("#5b9a62", 0.06), t("#3f7d56", 0.06))
    layers.append(Layer(name="dunes", body=dune, parallax=0.6, defs=defs))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 66))
    defs, ground = rolling(hour, "sand", 65, w, 79, (2.4, 120), t("#f8d596"), t("#e0a763"))
    for x, rng in hour.slots(66, w, 30, 0.3):
        y = rng.uniform(83, 97)
        ground += line(((x - 7, y), (x - 2, y - 0.9), (x + 3, y), (x + 8, y - 0.7)), 0.6, t("#cf9455"), 'opacity="0.7"')
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    return layers


def _cactus(x: float, y: float, h: float, green: str, dark: str) -> str:
    arms = line(
        ((x - h * 0.26, y - h * 0.74), (x - h * 0.26, y - h * 0.46), (x - h * 0.18, y - h * 0.38), (x, y - h * 0.38)),
        h * 0.13,
        green,
    )
    arms += line(
        ((x + h * 0.25, y - h * 0.86), (x + h * 0.25, y - h * 0.58), (x + h * 0.17, y - h * 0.5), (x, y - h * 0.5)),
        h * 0.12,
        dark,
    )
    return (
        arms
        + capsule((x, y), (x, y - h * 0.92), h * 0.10, h * 0.09, green)
        + line(((x + h * 0.04, y - 1), (x + h * 0.04, y - h * 0.9)), h * 0.03, dark)
    )


def snowfield(hour: Hour, w: float) -> list[Layer]:
    """White drifts with blue shadows, snowy firs, far white hills."""
    t = hour.tone
    layers = heaven(hour, w, 62, y=16)
    layers.append(
        Layer(
            name="far",
            body=ridge(hour, 101, w, 56, 6, 84, t("#c9daf0", 0.35))
            + ridge(hour, 102, w, 63, 4, 60, t("#dbe8f6", 0.22)),
            parallax=0.3,
        )
    )
    body = ""
    for x, rng in hour.slots(103, w, 25, 0.3):
        y = ridge_height(hour, 104, x, 71, 2.6, 90) + 2
        body += pine(
            x, y, rng.uniform(20, 28), t("#4f8f88", 0.16), t("#3d7578", 0.16), t("#6d5248", 0.16), t("#f6faff", 0.05)
        )
    defs, hill = rolling(hour, "drift", 104, w, 71, (2.6, 90), t("#eef5fc", 0.06), t("#cfdff0", 0.05))
    layers.append(Layer(name="middle", body=body + hill, parallax=0.6, defs=defs))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 68))
    defs, ground = rolling(hour, "snow", 105, w, 79, (1.8, 120), t("#fdfeff"), t("#c3d5ea"))
    for x, rng in hour.slots(106, w, 30, 0.35):
        y = rng.uniform(84, 97)
        ground += blob(
            ((x - 8, y), (x - 3, y - 1.9), (x + 3, y - 1.4), (x + 9, y), (x, y + 0.9)), t("#b4c9e4"), 'opacity="0.6"'
        )
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    return layers


def space(hour: Hour, w: float) -> list[Layer]:
    """A ringed planet over a cratered moon, stars, a soft nebula."""
    defs = vertical("sky", ((0, "#0b0820"), (0.6, "#1b1242"), (1, "#3a2468")), -10, 84)
    rng = hour.wander(91)
    side = 1 if rng.uniform() < 0.5 else -1
    defs += radial("nebula", ((0, "#7a4fc080"), (1, "#7a4fc000")), -side * 26, 34, 44)
    body = box(-w / 2 - 5, -60, w + 10, 220, "url(#sky)") + circle(-side * 26, 34, 44, "url(#nebula)")
    for x, star in hour.slots(92, w, 12, 0.5):
        for _ in range(3):
            body += circle(
                x + star.uniform(-6, 6),
                star.uniform(-26, 76),
                star.uniform(0.25, 0.75),
                "#fff6dc",
                f'opacity="{star.uniform(0.45, 1):.2f}"',
            )
    layers = [Layer(name="stars", body=body, parallax=0.04, defs=defs)]
    px, py, r = side * rng.uniform(20, 28), rng.uniform(20, 25), 12.0
    main = ("#f0956a", "#6fb7e0", "#e6c26a")[int(rng.integers(3))]
    defs = radial(
        "planet", ((0, mix(main, "#fff2cf", 0.4)), (0.6, main), (1, mix(main, "#3b1f5a", 0.5))), px - 4, py - 4, r * 1.5
    )
    stroke = f'stroke="#f3e3c3" stroke-width="1.7" transform="rotate(-16 {px} {py})"'
    planet = oval(px, py, r * 1.75, r * 0.42, "none", extra=stroke) + circle(px, py, r, "url(#planet)")
    planet += shape(f"M{px - r * 1.75} {py}A{r * 1.75} {r * 0.42} 0 0 0 {px + r * 1.75} {py}", "none", stroke)
    planet += (
        circle(-side * 34, 14, 4.2, "#d9d3e6")
        + circle(-side * 35, 13, 1.0, "#bdb4d2")
        + circle(-side * 33, 15.4, 0.8, "#bdb4d2")
    )
    layers.append(Layer(name="planet", body=planet, parallax=0.12, defs=defs))
    layers.append(Layer(name="hills", body=ridge(hour, 93, w, 73, 4, 56, "#5d5580"), parallax=0.4))
    defs, ground = rolling(hour, "moon", 94, w, 78, (1.8, 90), "#aaa3c4", "#7d7699")
    for x, crater in hour.slots(95, w, 24, 0.3):
        y, k = crater.uniform(82, 97), crater.uniform(3, 5.6)
        ground += oval(x, y, k, k * 0.34, "#6b6488") + oval(x, y + k * 0.09, k * 0.84, k * 0.24, "#8b84a8")
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    return layers
