"""Animals on land: one rig for four legs (dog, cat, fox, horse), one for the rabbit.

Notable: an action is a *stance* (where shoulder, hip, head and feet are at a phase of the gait); the rig then draws
any breed over it. All drawings face right in a 100 × 100 box, feet on y = 92.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from soundstage.render.gait import BREEDS, FIT, GROUND, TURN, Breed, Stance, stance
from soundstage.render.palette import CREAM, DARK, mix
from soundstage.render.svg import blob, capsule, circle, group, line, oval, polygon, turned, vertical

if TYPE_CHECKING:
    from soundstage.render.palette import Paint


def four_legs(name: str, paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A dog, cat, fox or horse: (defs, elements)."""
    breed = BREEDS[name]
    s = stance(breed, action, phase)
    defs = vertical(
        "coat",
        ((0, paint.light), (0.45, paint.main), (1, paint.shade)),
        min(s.head[1] - 12, s.shoulder[1] - 12),
        GROUND,
    )
    sock = {"fox": DARK, "horse": DARK}.get(name, paint.pale)
    parts = [_tail(breed, s, paint)]
    for i in (0, 1):
        parts.append(_leg(s, i, breed, paint.deep, mix(sock, DARK, 0.35)))
    parts.append(capsule(s.hip, s.shoulder, breed.rump, breed.chest, "url(#coat)"))
    belly = ((s.hip[0] + s.shoulder[0]) / 2 + 4, (s.hip[1] + s.shoulder[1]) / 2 + breed.chest * 0.42)
    if name in ("dog", "fox", "cat") and not s.sitting:
        parts.append(oval(*belly, breed.length * 0.42, breed.chest * 0.34, paint.pale, extra='opacity="0.55"'))
    parts.append(
        capsule((s.shoulder[0] + 1, s.shoulder[1]), s.head, breed.chest * 0.86, breed.head * 0.66, "url(#coat)")
    )
    if name == "horse":
        parts.append(_mane(s, paint))
    if s.sitting:
        parts.append(oval(s.hip[0] + 2, GROUND - breed.rump * 0.9, breed.rump * 1.05, breed.rump * 0.92, "url(#coat)"))
    for i in (2, 3):
        parts.append(_leg(s, i, breed, "url(#coat)" if name == "_" else paint.main, sock))
    if name == "cat" and not s.asleep:
        parts.append(_stripes(s, breed, paint))
    if name == "dog":
        collar = (s.shoulder[0] + (s.head[0] - s.shoulder[0]) * 0.55, s.shoulder[1] + (s.head[1] - s.shoulder[1]) * 0.5)
        parts.append(
            line(
                (
                    (collar[0] - 7.6, collar[1] - 2.6),
                    (collar[0] + 1, collar[1] + 4.4),
                    (collar[0] + 7.4, collar[1] + 3.4),
                ),
                2.6,
                "#d8433a",
            )
        )
    parts.append(_head(name, breed, s, paint))
    shift = -4 if s.asleep else FIT[name][1]
    return defs, group(
        "".join(parts), f"translate({50 + shift} {GROUND}) scale({FIT[name][0]}) translate(-50 {-GROUND})"
    )


def _leg(s: Stance, index: int, breed: Breed, colour: str, sock: str) -> str:
    hind = index % 2 == 0
    if s.asleep or (s.sitting and hind):
        x, y = s.feet[index]
        return capsule((x - 3, y), (x + 3.5, y), breed.thick * 0.46, breed.thick * 0.42, sock)
    root = s.hip if hind else s.shoulder
    start = (root[0] + (3 if index < 2 else -1), root[1] + (2 if hind else 3))
    foot = s.feet[index]
    bend = -0.16 * breed.leg if hind else 0.08 * breed.leg
    lifted = min(1.0, (GROUND - foot[1]) / (0.2 * breed.leg))
    knee = ((start[0] + foot[0]) / 2 + bend * (0.5 + lifted), (start[1] + foot[1]) / 2 + 1)
    upper = capsule(start, knee, breed.thick * (0.82 if hind else 0.68), breed.thick * 0.5, colour)
    low = (foot[0], foot[1] - breed.thick * 0.36)
    lower = line((knee, low), breed.thick * 0.86, colour)
    ankle = (low[0] + (knee[0] - low[0]) * 0.22, low[1] + (knee[1] - low[1]) * 0.22)
    return (
        upper
        + lower
        + line((ankle, low), breed.thick * 0.86, sock)
        + capsule(low, (low[0] + 2.4, low[1] + 0.3), breed.thick * 0.44, breed.thick * 0.36, sock)
    )


def _tail(breed: Breed, s: Stance, paint: Paint) -> str:
    x, y = s.hip[0] - breed.rump * 0.7, s.hip[1] - breed.rump * 0.3
    sway = s.sway * 3
    match breed.tail:
        case "wag":
            return line(((x, y), (x - 9, y - 7 + sway), (x - 11 + sway, y - 18)), 4.6, paint.shade)
        case "curl" if s.asleep:
            return line(((x, y + 4), (x - 6, GROUND - 3), (x + 14, GROUND - 2)), 4.0, paint.shade)
        case "curl":
            return line(((x, y), (x - 11, y - 3), (x - 13 + sway, y - 19), (x - 6 + sway, y - 26)), 4.0, paint.shade)
        case "brush":
            tip = (x - 25, min(y + 3 - sway, GROUND - 6)) if not s.asleep else (x - 15, GROUND - 7)
            body = blob(((x + 2, y - 2), (x - 10, y - 6 - sway), tip, (x - 10, y + 8), (x + 1, y + 5)), paint.main)
            end = blob(
                (tip, (tip[0] + 9, tip[1] - 5.6), (tip[0] + 7.4, tip[1]), (tip[0] + 9.5, tip[1] + 5)), paint.pale
            )
            return body + end
        case _:
            drop = min(y + 27, GROUND - 4)
            return blob(
                ((x + 3, y - 3), (x - 7, y + 2), (x - 10 + sway, drop - 8), (x - 7 + sway, drop), (x - 2, y + 14)),
                paint.deep,
            )


def _mane(s: Stance, paint: Paint) -> str:
    sx, sy, hx, hy = *s.shoulder, *s.head
    dx, dy = (hx - sx), (hy - sy)
    points = [
        (sx + dx * u - 7.5 - (1.5 if i % 2 else -1.5), sy + dy * u + 1) for i, u in enumerate((0.1, 0.35, 0.6, 0.85))
    ]
    return blob(
        [*points, (hx - 3, hy - 9), (hx + 4, hy - 8), (sx + dx * 0.62, sy + dy * 0.62), (sx + 2, sy - 2)], paint.deep
    )


def _stripes(s: Stance, breed: Breed, paint: Paint) -> str:
    out = []
    for u in (0.28, 0.52, 0.76):
        x = s.hip[0] + (s.shoulder[0] - s.hip[0]) * u
        y = s.hip[1] + (s.shoulder[1] - s.hip[1]) * u - breed.chest * 0.94
        out.append(line(((x, y), (x + 1.6, y + 6.5)), 2.3, paint.shade))
    return "".join(out)


def eye(x: float, y: float, r: float, *, asleep: bool = False) -> str:
    """A friendly eye with a catch-light; a curve when asleep."""
    if asleep:
        return line(((x - r, y), (x, y + r * 0.7), (x + r, y)), r * 0.55, DARK)
    return (
        circle(x, y, r * 1.28, CREAM)
        + circle(x + r * 0.12, y, r, DARK)
        + circle(x + r * 0.42, y - r * 0.36, r * 0.34, "#ffffff")
    )


def _ear(kind: str, x: float, y: float, r: float, paint: Paint) -> str:
    match kind:
        case "floppy":
            return blob(
                (
                    (x - r * 0.45, y - r * 0.75),
                    (x - r * 1.0, y - r * 0.3),
                    (x - r * 0.95, y + r * 0.75),
                    (x - r * 0.45, y + r * 0.6),
                    (x - r * 0.1, y - r * 0.3),
                ),
                paint.shade,
            )
        case "tall":
            outer = polygon(
                ((x - r * 0.85, y - r * 0.25), (x - r * 0.62, y - r * 1.75), (x + r * 0.12, y - r * 0.75)), paint.main
            )
            return outer + polygon(
                ((x - r * 0.66, y - r * 0.55), (x - r * 0.55, y - r * 1.35), (x - r * 0.12, y - r * 0.75)), DARK
            )
        case "small":
            return polygon(
                ((x - r * 0.75, y - r * 0.3), (x - r * 0.35, y - r * 1.45), (x + r * 0.1, y - r * 0.7)), paint.main
            )
        case _:
            near = polygon(
                ((x - r * 0.95, y - r * 0.1), (x - r * 0.82, y - r * 1.42), (x + r * 0.02, y - r * 0.8)), paint.main
            )
            far = polygon(
                ((x + r * 0.1, y - r * 0.8), (x + r * 0.72, y - r * 1.38), (x + r * 0.85, y - r * 0.15)), paint.shade
            )
            return (
                far
                + near
                + polygon(
                    ((x - r * 0.76, y - r * 0.45), (x - r * 0.7, y - r * 1.1), (x - r * 0.22, y - r * 0.76)), "#f3a9b0"
                )
            )


def _head(name: str, breed: Breed, s: Stance, paint: Paint) -> str:
    (x, y), r, m = s.head, breed.head, breed.muzzle
    tilt = 26.0 if name == "horse" and not s.asleep else (8.0 if s.asleep else 0.0)
    parts = []
    if name != "dog":
        parts.append(_ear(breed.ears, x, y, r, paint))
    if name == "horse":
        parts.append(capsule((x - 1, y), (x + m, y + 5), r, r * 0.70, "url(#coat)"))
        parts.append(capsule((x + m - 1, y + 5.4), (x + m + 2, y + 6), r * 0.66, r * 0.58, paint.pale))
        parts.append(circle(x + m + 4, y + 4, 1.1, DARK))
    elif name == "fox":
        parts.append(circle(x, y, r, "url(#coat)"))
        parts.append(
            blob(
                (
                    (x - r * 0.4, y + r * 0.55),
                    (x + r * 0.5, y + r * 0.05),
                    (x + r + m * 0.62, y + r * 0.3),
                    (x + r * 0.5, y + r * 0.86),
                    (x, y + r * 0.95),
                ),
                paint.pale,
            )
        )
        parts.append(circle(x + r + m * 0.62, y + r * 0.24, 2.2, DARK))
    elif name == "cat":
        parts.append(oval(x, y, r * 1.06, r * 0.94, "url(#coat)"))
        parts.append(oval(x + r * 0.5, y + r * 0.42, r * 0.5, r * 0.36, paint.pale))
        parts.append(
            polygon(((x + r * 0.4, y + r * 0.18), (x + r * 0.78, y + r * 0.18), (x + r * 0.6, y + r * 0.38)), "#e8788a")
        )
        parts += [
            line(((x + r * 0.75, y + r * (0.38 + d)), (x + r * 1.45, y + r * (0.28 + 2 * d))), 0.7, CREAM)
            for d in (0.0, 0.13)
        ]
        parts += [
            line(((x + dx * r, y - r * 0.86), (x + dx * r, y - r * 0.56)), 1.9, paint.shade) for dx in (-0.12, 0.16)
        ]
    else:
        parts.append(circle(x, y, r, "url(#coat)"))
        parts.append(
            capsule(
                (x + r * 0.55, y + r * 0.36), (x + r * 0.55 + m * 0.72, y + r * 0.42), r * 0.52, r * 0.42, paint.pale
            )
        )
        parts.append(oval(x + r * 0.62 + m, y + r * 0.2, 3.0, 2.4, DARK))
        parts.append(_ear("floppy", x + r * 0.12, y, r, paint))
    eye_x = x + r * (0.42 if name != "horse" else 0.25)
    parts.append(eye(eye_x, y - r * 0.16, max(1.7, r * 0.17), asleep=s.asleep))
    if name == "cat":
        parts.append(eye(x + r * 0.86 - r * 0.95, y - r * 0.16, max(1.7, r * 0.17), asleep=s.asleep))
    if name in ("dog", "cat"):
        parts.append(circle(x + r * 0.1, y + r * 0.42, r * 0.2, "#f39a8e", 'opacity="0.5"'))
    return turned("".join(parts), tilt, x, y)


def rabbit(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A rabbit that hops: it runs and jumps with the same leap, at other speeds."""
    wave, air = math.sin(TURN * phase), 0.0
    if action in ("run", "jump"):
        air = max(0.0, wave)
    asleep = action == "sleep"
    lift, lean = (10 if action == "run" else 3) * air, -14 * math.cos(TURN * phase) * (air > 0)
    defs = vertical("coat", ((0, paint.light), (0.5, paint.main), (1, paint.shade)), 40, GROUND)
    breathe = 0.6 * wave if not air else 0.0
    ears = []
    for dx, colour in ((5, paint.shade), (0, paint.main)):
        ear = oval(66 + dx, 35, 4.2, 14.5, colour) + oval(66.6 + dx, 36, 2.0, 10.5, "#f3a9b0")
        ears.append(turned(ear, (-12 - 30 * air if not asleep else -72) + dx * 2, 66 + dx, 48))
    parts = [circle(22, 70, 7.4, paint.pale)]
    parts.append(capsule((56, 82), (59 + 16 * air, GROUND - 2.6), 4.2, 3.2, paint.deep))
    parts.append(capsule((38, 74 - breathe), (54, 72), 17, 12, "url(#coat)"))
    parts.append(oval(50, 82, 13, 6.5, paint.pale, extra='opacity="0.6"'))
    parts.append("".join(ears))
    parts.append(capsule((38, 78), (42 - 20 * air, GROUND - 3.2), 10.5, 4.0, paint.main))
    parts.append(capsule((36 - 22 * air, GROUND - 3.0), (48 - 24 * air, GROUND - 2.6), 3.6, 3.0, paint.pale))
    parts.append(capsule((60, 80), (63 + 18 * air, GROUND - 2.6), 4.4, 3.2, paint.main))
    parts.append(circle(66, 57, 12.6, "url(#coat)"))
    parts.append(oval(72, 62.5, 6.6, 4.6, paint.pale))
    parts.append(oval(77.4, 59.6, 1.9, 1.5, "#e8788a"))
    parts.append(eye(70.5, 54, 2.2, asleep=asleep) + circle(66.5, 61.5, 2.4, "#f39a8e", 'opacity="0.5"'))
    body = group(turned("".join(parts), lean, 50, 74), f"translate(0 {-lift:.2f})")
    return defs, group(body, "translate(0 3)") if asleep else body
