"""Things that carry: car, train, boat, rocket, balloon.

Facing right in a 100 × 100 box: wheels on y = 92, the boat's waterline on y = 62 as in `swimmers`, the rest about (50,
50). `glow` draws what shines in the dark over them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from soundstage.render.gait import GROUND, TURN
from soundstage.render.palette import CREAM, DARK, clear, mix
from soundstage.render.svg import (
    blob,
    box,
    capsule,
    circle,
    group,
    line,
    oval,
    polygon,
    radial,
    shape,
    turned,
    vertical,
)
from soundstage.render.swimmers import foam

if TYPE_CHECKING:
    from soundstage.render.palette import Paint

GLASS = "#cfeaf5"
_TRAIN_FIT = f"translate(49 {GROUND}) scale(0.95) translate(-50 {-GROUND})"  # keeps the cowcatcher in the box


def _wheel(x: float, y: float, r: float, phase: float, turns: float = 1.0, rim: str = "#d9dce3") -> str:
    spokes = "".join(
        line(((x - r * 0.5, y), (x + r * 0.5, y)), r * 0.16, DARK, f'transform="rotate({a} {x} {y})"')
        for a in (0, 60, 120)
    )
    return (
        circle(x, y, r, DARK)
        + turned(circle(x, y, r * 0.58, rim) + spokes, 360 * phase * turns, x, y)
        + circle(x, y, r * 0.2, DARK)
    )


def car(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A rounded little car with a luggage rack's worth of charm."""
    turn = phase if action == "drive" else 0.0
    bob = 0.6 * math.sin(2 * TURN * phase) if action == "drive" else 0.0
    defs = vertical("body", ((0, paint.light), (0.45, paint.main), (1, paint.shade)), 44, 86)
    roof = shape("M22 66C25 47 34 42 50 42S74 49 79 66Z", "url(#body)")
    windows = shape("M29 64C31 53 37 48 47 48L47 64Z", GLASS) + shape("M51 48C61 48 67 54 71 64L51 64Z", GLASS)
    shine = polygon(((34, 62), (41, 49.6), (44, 49), (37, 62)), clear("#ffffff", 0.5))
    lower = shape("M5 76C5 66 12 64 22 63L80 63C92 64 97 69 97 77Q97 85 90 85L11 85Q5 85 5 76Z", "url(#body)")
    trim = line(((9, 76), (93, 76)), 1.8, paint.pale) + box(45, 67, 8, 2.2, paint.deep, 1.1)
    lamps = oval(93, 71.5, 3.2, 3.8, "#fff2bd") + oval(7.4, 72, 2.4, 3.2, "#e4594c")
    bumper = box(88, 81, 11, 4.4, "#c9ced8", 2.2) + box(2, 81, 11, 4.4, "#c9ced8", 2.2)
    body = group(roof + windows + shine + lower + trim + lamps + bumper, f"translate(0 {bob:.2f})")
    arches = circle(25, 84, 11.2, paint.deep) + circle(76, 84, 11.2, paint.deep)
    return defs, body + group(arches, f"translate(0 {bob:.2f})") + _wheel(25, 82.6, 9.4, turn) + _wheel(
        76, 82.6, 9.4, turn
    )


def train(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A small steam engine with its driver's cab behind; puffs of steam drift back as it drives."""
    turn = phase if action == "drive" else 0.0
    defs = vertical("body", ((0, paint.light), (0.4, paint.main), (1, paint.shade)), 36, 80)
    puffs = []
    for i in range(3):
        age = (phase + i / 3) % 1.0
        back = 52 * age if action == "drive" else 10 * age
        puffs.append(
            circle(79 - back, 27 - 15 * math.sqrt(age), 4.5 + 6 * age, "#ffffff", f'opacity="{0.85 * (1 - age):.2f}"')
        )
    chimney = polygon(((74, 52), (75, 36), (83, 36), (84, 52)), DARK) + box(72.4, 31, 13.4, 6, paint.deep, 2)
    boiler = capsule((38, 60), (84, 60), 14.5, 14.5, "url(#body)") + "".join(
        box(x, 45.5, 2.4, 29, paint.deep, 1) for x in (54, 67)
    )
    nose = circle(88, 60, 10.6, paint.deep) + circle(88, 60, 7.8, paint.shade) + circle(97, 52, 3.6, "#fff2bd")
    cab = box(6, 38, 34, 42, "url(#body)", 4) + box(12, 44, 20, 15, GLASS, 3) + box(1.5, 32.5, 43, 7.5, paint.deep, 3.6)
    dome = shape("M56 47Q56 38 61.5 38T67 47Z", "#f3cf6b")
    frame = box(3, 75, 95, 6.6, DARK, 2.6) + polygon(((90, 80), (100, 80), (101, 91), (94, 90)), "#c5453f")
    wheels = (
        _wheel(22, 82, 10, turn, rim="#d8433a")
        + _wheel(50, 82.6, 9.4, turn, rim="#d8433a")
        + _wheel(75, 84, 8, turn, rim="#d8433a")
    )
    a = TURN * turn
    rod = line(
        ((22 + 5 * math.cos(a), 82 + 5 * math.sin(a)), (50 + 5 * math.cos(a), 82 + 5 * math.sin(a))), 2.6, "#c9ced8"
    )
    engine = chimney + dome + boiler + nose + cab + frame + wheels + rod
    return defs, group("".join(puffs) + engine, _TRAIN_FIT)


def boat(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A sailing boat; the hull has the named colour, the sails are cream with a stripe of it."""
    sway = math.sin(TURN * phase)
    defs = vertical("hull", ((0, paint.light), (0.35, paint.main), (1, paint.shade)), 46, 66)
    belly = 3 + (3.0 if action == "sail" else 0.0) + 1.0 * sway
    mast = line(((48, 52), (48, -2)), 2.6, "#7a4f35")
    pennant = blob(((48, -2), (40 - sway, -4.4 + sway), (32, -2 - sway), (40, 1.4 + sway), (48, 2.4)), paint.main)
    main_sail = shape(f"M50 3C{66 + belly:.1f} 14 {74 + belly:.1f} 30 {78 + belly:.1f} 44L50 44Z", CREAM)
    band = shape(f"M50 27L{69 + belly:.1f} 27L{73 + belly:.1f} 35L50 35Z", paint.main)
    jib = shape(f"M46 7C{34 - belly:.1f} 20 {24 - belly * 0.6:.1f} 34 20 44L46 44Z", mix(CREAM, "#d9c8b4", 0.5))
    hull = shape("M8 48L94 47C91 56 86 62 80 67L22 67C15 62 10 56 8 48Z", "url(#hull)")
    rim = line(((8, 48), (94, 47)), 2.8, paint.pale) + "".join(
        circle(x, 55, 2.3, CREAM) + circle(x, 55, 1.4, DARK) for x in (38, 52, 66)
    )
    return defs, turned(mast + pennant + main_sail + band + jib + hull + rim, 1.8 * sway, 50, 62) + foam(9, 93)


def rocket(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A round-bellied rocket: upright when it stands, nose to the right with a flame when it flies."""
    defs = (
        '<linearGradient id="hull" gradientUnits="userSpaceOnUse" x1="30" y1="0" x2="70" y2="0">'
        f'<stop offset="0" stop-color="{paint.light}"/>'
        f'<stop offset="0.5" stop-color="{paint.main}"/><stop offset="1" stop-color="{paint.shade}"/></linearGradient>'
    )
    fins = blob(((38, 58), (23, 72), (22, 89), (38, 80)), paint.deep) + blob(
        ((62, 58), (77, 72), (78, 89), (62, 80)), paint.deep
    )
    nozzle = polygon(((42, 78), (58, 78), (61, 87), (39, 87)), "#5a6070")
    hull = shape("M50 6C66 20 70 44 62 80L38 80C30 44 34 20 50 6Z", "url(#hull)")
    nose = shape("M50 6C57.4 12 62 20 64 29L36 29C38 20 42.6 12 50 6Z", mix(paint.pale, "#ffffff", 0.2))
    port = (
        circle(50, 44, 8.4, paint.pale) + circle(50, 44, 6, "#5fb4dd") + circle(48, 42, 2, "#ffffff", 'opacity="0.8"')
    )
    band = shape("M35.4 66Q50 70 64.6 66L63.6 72Q50 76 36.4 72Z", paint.pale)
    body = (
        fins
        + nozzle
        + hull
        + nose
        + port
        + band
        + blob(((48, 64), (52, 64), (52.6, 84), (50, 90), (47.4, 84)), paint.deep)
    )
    if action == "fly":
        return defs, turned(group(_flame(phase) + body, "translate(0 -6) scale(0.94)", ""), 90, 50, 50)
    return defs, group(body, "translate(0 2)")


def _flame(phase: float) -> str:
    flicker = 3 * math.sin(TURN * phase) + 1.6 * math.sin(3 * TURN * phase + 1)
    outer = blob(((41, 86), (59, 86), (57, 96 + flicker), (50, 107 + flicker * 1.5), (43, 96 + flicker)), "#ff9a3d")
    return outer + blob(
        ((45, 86), (55, 86), (53, 94 + flicker * 0.6), (50, 99 + flicker), (47, 94 + flicker * 0.6)), "#ffe58a"
    )


def balloon(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A hot-air balloon in stripes of its colour; the basket swings."""
    del action
    defs = radial("silk", ((0, paint.light), (0.55, paint.main), (1, paint.shade)), 40, 26, 52)
    envelope = shape("M50 3C72 3 84 19 84 35C84 53 66 64 57 73L43 73C34 64 16 53 16 35C16 19 28 3 50 3Z", "url(#silk)")
    stripes = shape("M50 3C60 3 65 19 65 36C65 53 58 65 53.5 73L46.5 73C42 65 35 53 35 36C35 19 40 3 50 3Z", paint.pale)
    stripes += shape(
        "M50 3C54 3 56 19 56 36C56 53 53 65 51.4 73L48.6 73C47 65 44 53 44 36C44 19 46 3 50 3Z", paint.main
    )
    collar = box(42, 71.4, 16, 4, paint.deep, 2)
    ropes = line(((43.6, 75), (44.6, 85)), 1.2, "#6b4a33") + line(((56.4, 75), (55.4, 85)), 1.2, "#6b4a33")
    basket = (
        box(42.6, 84, 14.8, 11.4, "#a8713f", 3)
        + box(41.4, 83, 17.2, 3.6, "#c98d52", 1.8)
        + line(((44, 90), (56, 90)), 1.0, "#7a4f2a")
    )
    return defs, envelope + stripes + collar + turned(ropes + basket, 2.2 * math.sin(TURN * phase), 50, 72)


def glow(name: str, action: str, phase: float) -> tuple[str, str]:
    """What shines in the dark on the named vehicle."""
    if name == "car":
        beam = radial("beam", ((0, "#fff2bdd0"), (1, "#ffe9a000")), 94, 72, 20)
        return beam, circle(94, 72, 20, "url(#beam)") + oval(93, 71.5, 3.2, 3.8, "#fffbe6") + oval(
            7.4, 72, 2.4, 3.2, "#ff6a58"
        )
    if name == "train":
        beam = radial("beam", ((0, "#fff2bdd0"), (1, "#ffe9a000")), 97, 52, 17)
        lamps = circle(97, 52, 17, "url(#beam)") + circle(97, 52, 3.6, "#fffbe6") + box(12, 44, 20, 15, "#ffdf8e", 3)
        return beam, group(lamps, _TRAIN_FIT)
    if name == "boat":
        return radial("halo", ((0, "#ffd97ac0"), (1, "#ffc85a00")), 82, 44, 12), circle(
            82, 44, 12, "url(#halo)"
        ) + circle(82, 45, 2.2, "#fff0b8")
    if name == "rocket" and action == "fly":
        return "", turned(
            group(_flame(phase) + circle(50, 44, 6, "#bfeaff"), "translate(0 -6) scale(0.94)"), 90, 50, 50
        )
    if name == "balloon":
        burn = 0.5 + 0.5 * math.sin(TURN * phase)
        return radial("fire", ((0, "#ffe08ad0"), (0.5, "#ffb85a60"), (1, "#ffb85a00")), 50, 60, 34 + 4 * burn), (
            circle(50, 60, 20 + 4 * burn, "url(#fire)") + blob(((48, 77), (52, 77), (50, 71 - 2 * burn)), "#fff0b8")
        )
    return "", ""
