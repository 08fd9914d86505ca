"""People and the robot: one walking figure with hair, clothes and things to carry.

Notable: the named colour is the colour of the clothes (of the shell, for the robot). Facing right, feet on y = 92 of a
100 × 100 box; figures are 76 units tall. What shines by itself (the keeper's lantern, the robot's face) comes from
`glow`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from soundstage.render.animals import eye
from soundstage.render.gait import GROUND, TURN
from soundstage.render.palette import DARK, clear, mix
from soundstage.render.svg import Point, blob, box, capsule, circle, group, line, oval, radial, shape, turned, vertical

if TYPE_CHECKING:
    from soundstage.render.palette import Paint

SKIN = {"keeper": "#f0bd94", "woman": "#d99a6c", "girl": "#f6c9a4", "boy": "#b97a50"}
HAIR = {"keeper": "#efe9df", "woman": "#4a2b22", "girl": "#a8522a", "boy": "#2c2226"}


def _joints(action: str, phase: float) -> tuple[tuple[float, float], tuple[float, float], float, float]:
    """Angles of (near, far) leg and (near, far) arm from straight down, forwards positive, in degrees; the bob; the
    lean.
    """
    w = math.sin(TURN * phase)
    if action == "walk":
        return (25 * w, -25 * w), (-24 * w, 24 * w), 1.2 * abs(w), 2.0
    if action == "run":
        return (44 * w, -44 * w), (-46 * w, 46 * w), 4.0 * abs(math.cos(TURN * phase)), 9.0
    if action == "jump":
        air = max(0.0, w)
        return (34 * air, -22 * air), (150 * air + 10, 140 * air - 10), 0.0, 2.0
    if action == "wave":
        return (2, -2), (8, 122 + 18 * math.sin(2 * TURN * phase)), 0.4 * w, 0.0
    if action == "sit":
        return (82, 78), (30, 24), 0.3 * w, -3.0
    return (2, -2), (5 + 2 * w, -5 - 2 * w), 0.5 * w, 0.0


def _swing(root: Point, length: float, degrees: float) -> Point:
    a = math.radians(degrees)
    return root[0] + length * math.sin(a), root[1] + length * math.cos(a)


def hand_of_lantern(action: str, phase: float) -> Point:
    """Where the keeper's near hand holds the lantern."""
    (_, _), (near, _), bob, lean = _joints(action, phase)
    drop = 15.0 if action == "sit" else 0.0
    hand = _swing((51.0, 47.0 - bob + drop), 17, min(near, 60) * 0.6 + 16)
    return hand[0] + lean * 0.2, hand[1]


def person(name: str, paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """Keeper, woman, girl or boy."""
    (near, far), (arm_near, arm_far), bob, lean = _joints(action, phase)
    child = name in ("girl", "boy")
    skin, hair = SKIN[name], HAIR[name]
    defs = vertical("cloth", ((0, paint.light), (0.5, paint.main), (1, paint.shade)), 36, 80)
    hip_y, drop = 68.0, 0.0
    if action == "sit":
        drop = 15.0
        hip_y += 8
    hip: Point = (50.0, hip_y - bob)
    trousers = {"keeper": "#3c4a63", "boy": "#4b5f86"}.get(name, skin)
    shoe = {"keeper": "#4a3328", "woman": "#7a3b3f", "girl": "#c5453f", "boy": "#e9e2d2"}[name]
    length = GROUND - hip_y - 2.4 if action != "sit" else 22.0
    legs = []
    for angle, dx, colour in ((far, -2.2, mix(trousers, "#2b1d45", 0.25)), (near, 2.2, trousers)):
        foot = _swing((hip[0] + dx, hip[1] + bob * 0.6), length, angle)
        bend = -0.06 * angle if angle < 0 else 0.03 * angle
        knee = ((hip[0] + dx + foot[0]) / 2 + 2.2 + bend, (hip[1] + foot[1]) / 2)
        legs.append(line(((hip[0] + dx, hip[1]), knee, foot), 6.4, colour))
        legs.append(capsule((foot[0], foot[1] + 0.4), (foot[0] + 4.2, foot[1] + 0.8), 3.2, 2.5, shoe))
    shoulder: Point = (50.0, 45.0 - bob + drop)
    far_hand = _swing((shoulder[0] - 1, shoulder[1] + 1), 18, arm_far)
    near_hand = _swing((shoulder[0] + 1, shoulder[1] + 2), 18, arm_near)
    if name == "keeper":
        near_hand = hand_of_lantern(action, phase)
    parts = [
        line(((shoulder[0] - 1, shoulder[1] + 1), far_hand), 5.6, paint.deep)
        + circle(*far_hand, 3.3, mix(skin, "#46306a", 0.2))
    ]
    parts += legs
    parts.append(_clothes(name, paint, shoulder, hip, drop))
    parts.append(_head(name, skin, hair, paint, shoulder))
    sleeve = line(((shoulder[0] + 1, shoulder[1] + 2), near_hand), 5.8, paint.shade if not child else paint.main)
    parts.append(sleeve + circle(*near_hand, 3.4, skin))
    if name == "keeper":
        parts.append(_lantern(*near_hand))
    return defs, _seated(turned("".join(parts), lean, 50, GROUND), action)


def _seated(figure: str, action: str) -> str:
    """Who sits is let down to the ground."""
    return group(figure, "translate(0 11)") if action == "sit" else figure


def _clothes(name: str, paint: Paint, shoulder: Point, hip: Point, drop: float) -> str:
    (sx, sy), (hx, hy) = shoulder, hip
    if name in ("woman", "girl"):
        hem = min(hy + (12 if name == "woman" else 8) - drop * 0.5, GROUND - 8)
        dress = blob(
            (
                (sx - 7, sy - 3),
                (sx + 7, sy - 3),
                (hx + 8, hy - 10),
                (hx + 14, hem),
                (hx, hem + 2.4),
                (hx - 14, hem),
                (hx - 8, hy - 10),
            ),
            "url(#cloth)",
        )
        belt = line(((hx - 8, hy - 10), (hx, hy - 8.6), (hx + 8, hy - 10)), 2.2, paint.pale)
        return dress + belt
    if name == "keeper":
        hem = min(hy + 10 - drop * 0.6, GROUND - 8)
        coat = blob(
            (
                (sx - 9, sy - 4),
                (sx + 9, sy - 4),
                (hx + 11, hy - 8),
                (hx + 12, hem),
                (hx, hem + 1.5),
                (hx - 12, hem),
                (hx - 11, hy - 8),
            ),
            "url(#cloth)",
        )
        seam = line(((sx + 3, sy), (hx + 3.5, hem)), 1.0, clear(paint.deep, 0.6))
        buttons = "".join(circle(sx + 5.6, sy + 5 + 7 * i, 1.3, "#f3cf6b") for i in range(3))
        return coat + seam + buttons
    shirt = blob(
        ((sx - 8, sy - 3), (sx + 8, sy - 3), (hx + 8.5, hy + 1), (hx, hy + 3), (hx - 8.5, hy + 1)), "url(#cloth)"
    )
    return shirt + line(((hx - 7.6, hy - 9), (hx + 7.6, hy - 9)), 3.0, paint.pale, 'opacity="0.7"')


def _head(name: str, skin: str, hair: str, paint: Paint, shoulder: Point) -> str:
    x, y, r = shoulder[0] + 1, shoulder[1] - 17, 12.5
    back, front = "", ""
    if name == "woman":
        back = blob(((x - 11, y - 7), (x - 15, y + 8), (x - 11, y + 22), (x - 2, y + 19), (x + 4, y - 4)), hair)
        front = shape(
            f"M{x - 13} {y + 3}A{r + 1} {r + 1} 0 0 1 {x + 11.5} {y - 6}"
            f"C{x + 4} {y - 4} {x - 4} {y - 6} {x - 6} {y + 2}Z",
            hair,
        )
    elif name == "girl":
        back = oval(x - 15, y + 6, 5, 8.5, hair, 18) + circle(x - 12, y - 1.5, 2.4, paint.main)
        front = shape(
            f"M{x - 13} {y + 3}A{r + 1} {r + 1} 0 0 1 {x + 12.5} {y - 4}"
            f"C{x + 5} {y - 3} {x - 2} {y - 7} {x - 7} {y + 3}Z",
            hair,
        )
    elif name == "boy":
        front = shape(
            f"M{x - 13} {y + 2}A{r + 1} {r + 1} 0 0 1 {x + 12.6} {y - 3}"
            f"Q{x + 2} {y - 3} {x - 6} {y - 3}Q{x - 8} {y + 4} {x - 12} {y + 4}Z",
            hair,
        )
        cap = shape(
            f"M{x - 12.6} {y - 3}A{r} {r} 0 0 1 {x + 12} {y - 4}L{x + 19} {y - 2.4}"
            f"Q{x + 18} {y + 0.6} {x + 11} {y - 1.2}Q{x} {y - 3} {x - 12.6} {y - 3}Z",
            paint.shade,
        )
        front += cap
    else:
        front = blob(
            (
                (x + 12, y + 3),
                (x + 10, y + 12),
                (x + 3, y + 17),
                (x - 5, y + 13),
                (x - 8, y + 4),
                (x - 2, y + 7),
                (x + 5, y + 5.4),
            ),
            hair,
        )
        front += box(x - 13, y - 9.5, 26, 6.4, DARK, 3) + shape(
            f"M{x - 12} {y - 8}Q{x - 13} {y - 18} {x} {y - 18}Q{x + 13} {y - 18} {x + 12} {y - 8}Z", paint.deep
        )
        front += shape(f"M{x + 6} {y - 5}L{x + 19} {y - 4}Q{x + 18} {y - 1.6} {x + 6} {y - 2.6}Z", DARK) + circle(
            x + 5, y - 11, 1.8, "#f3cf6b"
        )
    neck = capsule((x - 1, y + 8), (x - 1, y + 15), 4, 4, mix(skin, "#8a4a3a", 0.2))
    face = circle(x, y, r, skin) + eye(x + 5.6, y + 0.4, 1.9) + circle(x + 2, y + 5.4, 2.4, "#f08a80", 'opacity="0.45"')
    face += circle(x + 12.4, y + 2.6, 1.8, mix(skin, "#d8705a", 0.25))
    if name != "keeper":
        face += line(((x + 5, y + 6.6), (x + 7.4, y + 7.8), (x + 9.6, y + 6.8)), 1.2, "#a4463f")
    return back + neck + face + front


def _lantern(x: float, y: float) -> str:
    return (
        line(((x, y), (x, y + 4)), 1.2, DARK)
        + box(x - 3.6, y + 4, 7.2, 9.4, "#6b4a33", 1.6)
        + box(x - 2.3, y + 5.6, 4.6, 6.2, "#ffe9a8", 1.2)
    )


def robot(paint: Paint, action: str, phase: float) -> tuple[str, str]:
    """A small round-cornered robot with a screen for a face."""
    (near, far), (arm_near, arm_far), bob, _ = _joints(action, phase)
    near, far, arm_near = near * 0.7, far * 0.7, arm_near * 0.8
    defs = vertical("shell", ((0, paint.light), (0.5, paint.main), (1, paint.shade)), 16, 78)
    metal, joint = "#6d7684", "#4d5563"
    parts = []
    for angle, dx, colour in ((far, -8, joint), (near, 7, metal)):
        foot = _swing((50 + dx, 72 - bob), 15, angle)
        parts.append(
            line(((50 + dx, 70 - bob), foot), 5.6, colour)
            + box(foot[0] - 6, GROUND - 6 - max(0.0, angle) * 0.08, 14, 6, paint.deep, 2.8)
        )
    hand_far, hand_near = _swing((33, 54 - bob), 15, -arm_far), _swing((67, 54 - bob), 15, arm_near)
    if action == "wave":
        hand_far, hand_near = _swing((33, 54 - bob), 15, -12), _swing((67, 54 - bob), 16, arm_far + 12)
    for root, hand in (((33, 54 - bob), hand_far), ((67, 54 - bob), hand_near)):
        parts.append(line((root, hand), 4.8, metal) + circle(*hand, 4.2, paint.deep))
    body = (
        box(32, 47, 36, 28, "url(#shell)", 9)
        + circle(43, 60, 4.4, paint.pale)
        + box(52, 56.5, 10, 2.6, paint.deep, 1.3)
        + box(52, 61.5, 10, 2.6, paint.deep, 1.3)
    )
    head = (
        line(((50, 19), (50, 10)), 2.2, metal)
        + circle(50, 9.5, 3.6, "#ff8a5c")
        + box(28, 18, 44, 28, "url(#shell)", 10)
    )
    head += (
        box(25, 27, 5, 10, paint.deep, 2.4) + box(70, 27, 5, 10, paint.deep, 2.4) + box(34, 23.5, 34, 17, "#20293d", 7)
    )
    parts.append(group(body + head + _screen(phase), f"translate(0 {-bob:.2f})"))
    return defs, "".join(parts)


def _screen(phase: float) -> str:
    shut = 0.88 < phase < 0.96
    eyes = "".join(oval(x, 31, 2.8, 0.7 if shut else 3.5, "#8ff0e4") for x in (46, 59))
    return eyes + line(((49, 36.6), (52.5, 38), (56, 36.6)), 1.5, "#8ff0e4")


def glow(name: str, action: str, phase: float) -> tuple[str, str]:
    """What shines in the dark: the keeper's lantern, the robot's face. Empty for everyone else."""
    (_, _), (_, _), bob, lean = _joints(action, phase)
    if name == "keeper":
        x, y = hand_of_lantern(action, phase)
        y += 8.7
        light = circle(x, y, 19, "url(#halo)") + box(x - 2.3, y - 3.1, 4.6, 6.2, "#fff0b8", 1.2)
        return radial("halo", ((0, "#ffd97ab8"), (0.4, "#ffcf6a50"), (1, "#ffc85a00")), x, y, 19), turned(
            light, lean, 50, GROUND
        )
    if name == "robot":
        return "", group(_screen(phase) + circle(50, 9.5, 3.6, "#ffab84"), f"translate(0 {-bob:.2f})")
    return "", ""


__all__ = ["glow", "hand_of_lantern", "person", "robot"]
