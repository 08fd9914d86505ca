"""Where people live, as layers of SVG: city, village, and a room at home.

Notable: every function reads from far to near, as one would paint it. Colours are day colours put under the hour's
light by `tone`. Lengths as in `scenery`: hundredths of the frame height, x = 0 in the centre; `w` is the width of the
panorama.
"""

from __future__ import annotations

from soundstage.render.layers import Layer, heaven, mist, rolling
from soundstage.render.palette import mix
from soundstage.render.scenery import (
    Hour,
    cottage,
    ridge,
)
from soundstage.render.svg import blob, box, circle, line, oval, polygon, radial, vertical


def city(hour: Hour, w: float) -> list[Layer]:
    """A pale skyline, coloured house fronts with windows, pavement, lamps and the road."""
    t, lit = hour.tone, hour.light.dark
    layers = heaven(hour, w, 70, y=14)
    far = ""
    for x, rng in hour.slots(41, w, 12, 0.2):
        h, b = rng.uniform(24, 44), rng.uniform(8, 12)
        far += box(x - b / 2, 76 - h, b, h + 20, t("#7f92b8", 0.62), 0.8)
        far += "".join(
            box(
                x - 2.4 + 3.2 * i,
                79 - h + 4.6 * j,
                1.5,
                2.2,
                "#ffdf8e" if lit and rng.uniform() < 0.4 else t("#a9bbd6", 0.55),
            )
            for i in range(2)
            for j in range(5)
        )
    layers.append(Layer(name="far", body=far, parallax=0.3))
    fronts = ("#d98a6a", "#e6bd78", "#8fb3a8", "#c98fa0", "#9aa8d0", "#d9a98a")
    body = ""
    for i, (x, rng) in enumerate(hour.slots(42, w, 20, 0.0)):
        h, wall = rng.uniform(30, 46), fronts[int(rng.integers(6))]
        body += box(x - 9.6, 79 - h, 19.2, h + 4, t(wall, 0.10)) + box(
            x - 10.4, 78 - h, 20.8, 3.2, t(mix(wall, "#4a3560", 0.35), 0.1, snow=0.8), 0.8
        )
        for j in range(int((h - 12) // 8)):
            for k in (-5.6, 0, 5.6):
                glass = "#ffe09a" if lit and rng.uniform() < 0.6 else t("#cfe6ee", 0.08)
                body += box(x + k - 1.7, 83.5 - h + 8 * j, 3.4, 4.8, glass, 0.6)
        body += box(x - 8.4, 70.6, 16.8, 9, t(mix(wall, "#3c3050", 0.45), 0.05), 0.5) + box(
            x - 2, 72, 4, 8, t("#6a4434"), 0.5
        )
        awning = t(("#d8493f", "#3f7fb8", "#4f9a5a")[i % 3], snow=0.5)
        body += polygon(((x - 9, 70), (x + 9, 70), (x + 10.4, 73.4), (x - 10.4, 73.4)), awning)
    layers.append(Layer(name="houses", body=body, parallax=0.65))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 68))
    defs = vertical("road", ((0, t("#7d8392", snow=0.4)), (1, t("#5c6272", snow=0.25))), 84, 104)
    street = (
        box(-w / 2 - 5, 78.6, w + 10, 5.6, t("#c9c3bd", snow=0.7))
        + box(-w / 2 - 5, 83.6, w + 10, 1.2, t("#9b968f"))
        + box(-w / 2 - 5, 84.6, w + 10, 60, "url(#road)")
    )
    for x, _ in hour.slots(43, w, 22, 0.0):
        street += box(x - 5, 95.6, 10, 1.3, t("#efe6c8"), 0.6)
    for x, _ in hour.slots(44, w, 70, 0.0):
        lx = x + 35
        street += line(((lx, 82), (lx, 52)), 1.2, t("#3a4156")) + line(
            ((lx, 52), (lx + 2, 50), (lx + 5, 50)), 1.0, t("#3a4156")
        )
        if lit:
            street += oval(lx + 5, 84, 15, 3, "#ffe39a", extra='opacity="0.28"') + circle(
                lx + 5, 51.6, 8, "#ffe39a", 'opacity="0.22"'
            )
        street += circle(lx + 5, 51.4, 1.9, "#fff0b8" if lit else t("#fdf3d6"))
    layers.append(Layer(name="ground", body=street, parallax=1.0, defs=defs))
    return layers


def village(hour: Hour, w: float) -> list[Layer]:
    """Cottages with coloured roofs, a church, hills behind, a path of cobbles."""
    t, lit = hour.tone, hour.light.dark
    layers = heaven(hour, w, 60, y=15)
    layers.append(
        Layer(
            name="far",
            body=ridge(hour, 111, w, 56, 6, 95, t("#7fae9a", 0.66))
            + ridge(hour, 112, w, 63, 4, 64, t("#7fb77c", 0.4, snow=0.7)),
            parallax=0.3,
        )
    )
    body = ridge(hour, 113, w, 70, 1.8, 90, t("#7fb562", 0.12, snow=0.85))
    church = -14.0
    body += box(church - 5, 38, 10, 38, t("#e9dcc6", 0.16)) + polygon(
        ((church - 6.4, 38.5), (church, 19), (church + 6.4, 38.5)), t("#5f7f9c", 0.16, snow=0.6)
    )
    body += (
        circle(church, 45, 2.4, t("#fbf6e6", 0.1))
        + line(((church, 45), (church, 43.6)), 0.4, t("#3a3446"))
        + box(church - 1.4, 52, 2.8, 6, "#ffdf8e" if lit else t("#9cc0d4"), 1.4)
    )
    roofs, walls = ("#cf5f4a", "#d98a48", "#8a5f7c", "#5f8f8a"), ("#fbf0dc", "#f3d9b8", "#f6e3e0", "#e9ecd8")
    for i, (x, rng) in enumerate(hour.slots(114, w, 29, 0.12)):
        if abs(x - church) > 13:
            body += cottage(hour, x, 79, rng.uniform(20, 25), walls[i % 4], roofs[int(rng.integers(4))], 0.06, lit=lit)
    layers.append(Layer(name="houses", body=body, parallax=0.62))
    if hour.weather == "fog":
        layers.append(mist(hour, w, 68))
    defs, ground = rolling(hour, "green", 115, w, 77.5, (0.8, 90), t("#8cc266", snow=0.88), t("#65a050", snow=0.7))
    defs += vertical("path", ((0, t("#e3d0ae", snow=0.6)), (1, t("#c7ab82", snow=0.4))), 83, 98)
    ground += ridge(hour, 116, w, 83.4, 0.8, 120, "url(#path)", bottom=140)
    for x, rng in hour.slots(117, w, 9, 0.35):
        y = rng.uniform(86, 98)
        ground += oval(x, y, 2.0, 0.8, t("#b39870", snow=0.3), extra='opacity="0.7"')
    for x, rng in hour.slots(118, w, 36, 0.3):
        ground += (
            circle(x, 82.4, 2.6, t("#569a50", snow=0.6))
            + circle(x + 3, 82.8, 2.0, t("#6bb05c", snow=0.7))
            + circle(x + 0.5, 81.4, 0.6, t("#f08fa8"))
        )
        del rng
    layers.append(Layer(name="ground", body=ground, parallax=1.0, defs=defs))
    return layers


def room(hour: Hour, w: float) -> list[Layer]:
    """A warm room: a window on the hour outside, a shelf of books, a lamp, a rug."""
    t = hour.tone
    top, _, low = hour.sky
    defs = vertical("wall", ((0, t("#f0cf9f")), (1, t("#e3ae82"))), -10, 80)
    body = box(-w / 2 - 5, -60, w + 10, 220, "url(#wall)")
    body += "".join(
        box(x - 0.5, -40, 1.0, 118, t("#e9bf90"), extra='opacity="0.6"') for x, _ in hour.slots(131, w, 11, 0.0)
    )
    defs += vertical("pane", ((0, top), (1, low)), 14, 50)
    for x, _ in hour.slots(132, w, 92, 0.0):
        body += _window(hour, x - 4) + _shelf(hour, x + 42)
    return [Layer(name="wall", body=body, parallax=0.72, defs=defs), _floor(hour, w)]


def _window(hour: Hour, wx: float) -> str:
    """A window with curtains, its middle at `wx`, and the sky and the hill behind it."""
    t, outside = hour.tone, ""
    outside += box(wx - 19, 12, 38, 39, t("#8a5a3c"), 2) + box(wx - 17, 14, 34, 35, "url(#pane)", 1)
    if hour.light.dark:
        outside += circle(wx + 8, 22, 3.2, "#fdf6dd") + "".join(
            circle(wx + dx, y, 0.5, "#fff6dc") for dx, y in ((-12, 19), (-5, 27), (1, 18), (12, 33), (-9, 38))
        )
    else:
        outside += circle(
            wx + 8,
            24 if hour.time == "day" else 38,
            4,
            {"day": "#fff3b8", "sunset": "#ffd28a", "dawn": "#fff4dd"}[hour.time],
        )
    outside += blob(
        ((wx - 17, 49), (wx - 17, 42), (wx - 6, 39), (wx + 6, 43), (wx + 17, 40), (wx + 17, 49)),
        hour.tone("#6fae5c", 0.3),
    )
    outside += (
        box(wx - 1, 14, 2, 35, t("#8a5a3c"))
        + box(wx - 17, 30.4, 34, 2, t("#8a5a3c"))
        + box(wx - 21, 50, 42, 3, t("#9c6845"), 1.2)
    )
    for s in (-1, 1):
        outside += blob(
            ((wx + s * 24, 9), (wx + s * 12, 9), (wx + s * 15, 26), (wx + s * 20, 44), (wx + s * 25, 46)),
            t("#c9584c"),
        )
    return outside


def _shelf(hour: Hour, shelf: float) -> str:
    """Three rows of books, their middle at `shelf`."""
    t, body = hour.tone, ""
    body += box(shelf - 15, 18, 30, 60, t("#9c6845"), 1.2) + box(shelf - 13, 20, 26, 56, t("#6d4631"))
    for row in range(3):
        y, bx, rng = 37 + 19 * row, shelf - 12.4, hour.wander(133 + row)
        while bx < shelf + 9:
            b, h = rng.uniform(1.8, 3.2), rng.uniform(10, 14)
            body += box(
                bx,
                y - h,
                b,
                h,
                t(("#d8584c", "#4f86b8", "#e0b04f", "#5f9a6a", "#a86fa8")[int(rng.integers(5))]),
                0.4,
            )
            bx += b + 0.3
        body += box(shelf - 13, y, 26, 1.8, t("#9c6845"))
    return body


def _floor(hour: Hour, w: float) -> Layer:
    """Boards with rugs, and lamps that are lit after dark."""
    t, lit = hour.tone, hour.light.dark
    defs = vertical("floor", ((0, t("#b9794c")), (1, t("#935a38"))), 77, 104)
    floor = box(-w / 2 - 5, 77, w + 10, 70, "url(#floor)") + box(-w / 2 - 5, 74.6, w + 10, 3.2, t("#8a5a3c"))
    floor += "".join(box(-w / 2 - 5, y, w + 10, 0.5, t("#7f4c30"), extra='opacity="0.6"') for y in (82, 88, 95))
    floor += "".join(
        oval(x, 92, k * 40, k * 9, t(c))
        for x, _ in hour.slots(137, w, 92, 0.0)
        for k, c in ((1.0, "#a8433f"), (0.86, "#e8b878"), (0.74, "#c9584c"))
    )
    for x, _ in hour.slots(138, w, 92, 0.0):
        lx = x - 38
        if lit:
            defs += radial(f"lamp{round(lx)}", ((0, "#ffe39ac0"), (0.4, "#ffd98050"), (1, "#ffd98000")), lx, 46, 34)
            floor += circle(lx, 46, 34, f"url(#lamp{round(lx)})")
        floor += line(((lx, 80), (lx, 48)), 1.2, t("#5a3a2a")) + oval(lx, 80.4, 5, 1.4, t("#5a3a2a"))
        floor += polygon(
            ((lx - 4.4, 40), (lx + 4.4, 40), (lx + 8, 51), (lx - 8, 51)), "#ffe6a8" if lit else t("#f6dfae")
        )
    return Layer(name="ground", body=floor, parallax=1.0, defs=defs)
