"""What flies with feathers and what swims: the bird, the fish, the whale.

All drawings face right in a 100 × 100 box; (50, 50) is the middle in air and water, y = 92 the ground, y = 62 the
water's surface.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from soundstage.render.animals import eye
from soundstage.render.gait import GROUND, TURN
from soundstage.render.palette import CREAM, DARK, clear, mix
from soundstage.render.svg import blob, capsule, circle, group, line, oval, polygon, shape, turned, vertical

if TYPE_CHECKING:
    from soundstage.render.palette import Paint

WATERLINE = 62.0


def bird(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A round songbird: it flaps, or stands and walks on thin legs."""
    defs = vertical("coat", ((0, paint.light), (0.5, paint.main), (1, paint.shade)), 34, 70)
    wave = math.sin(TURN * phase)
    body = [
        polygon(((30, 52), (8, 46), (9, 55), (12, 61), (32, 58)), paint.deep),
        capsule((38, 53), (62, 48), 13, 13.5, "url(#coat)"),
        oval(52, 59, 17, 7.5, paint.pale),
        circle(69, 41, 11.6, "url(#coat)"),
        polygon(((78.5, 37.5), (91, 42), (78.5, 45.6)), "#f5a531"),
        polygon(((78.5, 41.8), (91, 42), (78.5, 45.6)), "#d8801f"),
        eye(72.5, 38.5, 2.3),
        circle(68, 46, 2.6, "#f39a8e", 'opacity="0.55"'),
    ]
    if action == "fly":
        up = 28 * wave
        far = blob(((54, 46), (46, 30 - up * 0.75), (35, 25 - up * 0.8), (40, 40 - up * 0.3), (46, 50)), paint.deep)
        near = blob(
            ((56, 50), (46, 40 - up * 0.55), (28, 30 - up * 1.05), (20, 36 - up * 1.08), (28, 44 - up * 0.5), (42, 56)),
            paint.shade,
        )
        tips = line(((44, 48 - up * 0.25), (30, 38 - up * 0.8)), 1.6, paint.pale)
        return defs, group(far + "".join(body) + near + tips, f"translate(0 {2.4 * wave:.2f})")
    step = 5 * wave if action == "walk" else 0.0
    legs = [
        line(((48 + dx, 84), (49 + dx + sign * step, GROUND - 1)), 2.0, "#d8801f")
        + line(((45 + dx + sign * step, GROUND - 0.9), (54 + dx + sign * step, GROUND - 0.9)), 2.0, "#d8801f")
        for dx, sign in ((-3, 1), (5, -1))
    ]
    wing = blob(((56, 46), (40, 44), (22, 56), (34, 60), (50, 57)), paint.shade)
    nod = 0.8 * math.sin(2 * TURN * phase) if action == "walk" else 0.4 * wave
    return defs, "".join(legs) + group("".join(body) + wing, f"translate(0 {17.5 + nod:.2f})")


def fish(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A round reef fish; its tail beats with the phase."""
    del action
    defs = vertical("coat", ((0, paint.light), (0.5, paint.main), (1, paint.shade)), 26, 74)
    beat, fin = math.sin(TURN * phase), math.sin(TURN * phase + 1.2)
    reach = 17 + 4 * beat
    tail = blob(
        ((28, 50), (26 - reach, 31 + 3 * beat), (22 - reach * 0.45, 50 + 2 * beat), (26 - reach, 69 + 3 * beat)),
        paint.shade,
    )
    top = blob(((40, 30), (50, 17 - fin), (67, 26), (60, 32)), paint.shade)
    low = blob(((46, 68), (44, 80 + fin), (58, 73)), paint.shade)
    body = blob(((90, 52), (78, 36), (56, 27), (36, 38), (24, 50), (36, 62), (56, 73), (78, 66)), "url(#coat)")
    bands = "".join(
        blob(
            ((x, y0), (x + 5.5, 50), (x, y1), (x - 6, y1 - 4), (x - 1, 50), (x - 6, y0 + 4)),
            paint.pale,
            'opacity="0.85"',
        )
        for x, y0, y1 in ((64, 30.5, 71), (46, 33, 67.5))
    )
    side = turned(blob(((56, 54), (45, 49), (42, 58), (48, 64)), paint.deep), 14 * fin, 56, 54)
    smile = line(((88, 56.5), (84.5, 59.5), (81, 59.5)), 1.6, DARK)
    return defs, turned(tail + top + low + body + bands + side + eye(76, 45, 4.0) + smile, 3 * beat, 55, 50)


def whale(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A whale:

    swims under water, floats in a ring of foam with a spout, leaps, or lies stranded and asleep on the sand.
    """
    beat = math.sin(TURN * phase)
    stranded = action == "sleep"
    defs = vertical("coat", ((0, paint.light), (0.5, paint.main), (1, paint.shade)), 24, 76)
    drop = 0.0 if stranded else 4 * beat
    stalk = blob(
        ((34, 46), (20, 42 + drop * 0.5), (11, 36 + drop), (13, 43 + drop), (24, 57 + drop * 0.4), (40, 64)),
        "url(#coat)",
    )
    fluke = blob(
        (
            (12, 40 + drop),
            (1, 27 + drop * 1.6),
            (10, 26 + drop * 1.5),
            (15, 33 + drop),
            (23, 23 + drop * 1.5),
            (25, 30 + drop * 1.4),
            (16, 42 + drop),
        ),
        paint.shade,
    )
    body = blob(
        ((97, 55), (93, 40), (78, 29), (58, 27), (38, 35), (24, 49), (36, 66), (58, 75), (82, 72), (94, 64)),
        "url(#coat)",
    )
    belly = blob(
        ((96, 58), (80, 60), (60, 61), (40, 60), (33, 60), (44, 71), (60, 75.4), (82, 72.4), (93, 65)),
        mix(paint.pale, CREAM, 0.3),
    )
    grooves = "".join(line(((52, y), (70, y + 0.6), (86, y - 0.6)), 1.0, clear(paint.shade, 0.5)) for y in (65, 69))
    fin = turned(
        blob(((62, 63), (52, 66), (44, 79), (53, 78), (66, 68)), paint.deep), 8 * beat if not stranded else -6, 62, 64
    )
    face = eye(80, 50, 2.7, asleep=stranded) + line(((94.5, 57.5), (88, 59.6), (82, 57)), 1.7, DARK)
    face += circle(85.5, 54.6, 2.6, "#f39a8e", 'opacity="0.5"')
    art = stalk + fluke + body + belly + grooves + fin + face
    if stranded:
        puddle = oval(54, GROUND - 1, 42, 3.2, "#bfe3ee", extra='opacity="0.75"')
        return defs, puddle + group(art, f"translate(0 {GROUND - 76.0:.1f}) ")
    if action == "float":
        rise = 1.2 * beat
        spout = _spout(70, 25 + rise, phase)
        clip = f'<clipPath id="sea"><rect x="-10" y="-30" width="120" height="{WATERLINE + 31.5:.1f}"/></clipPath>'
        above = group(group(art, f"translate(0 {2 + rise:.2f})"), extra='clip-path="url(#sea)"')
        return defs + clip, spout + above + foam(4, 99)
    return defs, turned(art, 2 * beat, 50, 50)


def _spout(x: float, y: float, phase: float) -> str:
    """A fountain that rises and falls once a cycle."""
    h = 9 + 6 * (0.5 - 0.5 * math.cos(TURN * phase))
    jets = "".join(
        line(((x, y + 3), (x + dx * 0.3, y - h * 0.8), (x + dx, y - h * 0.45)), 2.6, "#d9f1fa") for dx in (-9, 9)
    )
    return jets + line(((x, y + 3), (x, y - h)), 2.6, "#ffffff")


def foam(left: float, right: float) -> str:
    """A scalloped line of foam along the waterline."""
    n = 7
    step = (right - left) / n
    d = f"M{left:.1f} {WATERLINE + 1.5:.1f}" + "".join(f"q{step / 2:.2f} -4.4 {step:.2f} 0" for _ in range(n))
    d += f"q-2 5.4 -10 4.6 L{left + 10:.1f} {WATERLINE + 6.1:.1f}q-8 0.8 -10 -4.6Z"
    return shape(d, "#eef9fb", 'opacity="0.95"')
