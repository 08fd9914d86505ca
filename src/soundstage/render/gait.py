"""How four legs stand and go: breeds by their measures, and the joints of each action at a phase of its cycle.

Lengths in a 100 × 100 box, facing right, feet on y = 92.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundstage.render.svg import Point

GROUND = 92.0
TURN = 2 * math.pi


@dataclass(frozen=True, kw_only=True)
class Breed:
    """What tells one four-legged animal from another. Lengths in box units."""

    length: float  # shoulder to hip
    leg: float
    thick: float  # of a leg
    chest: float  # radius
    rump: float
    head: float  # radius
    neck: float
    lean: float  # how far forward the head is carried
    ears: str
    tail: str
    muzzle: float  # length


DOG = Breed(
    length=34,
    leg=25,
    thick=6.6,
    chest=11.5,
    rump=9.5,
    head=12.5,
    neck=20,
    lean=15,
    ears="floppy",
    tail="wag",
    muzzle=10,
)
CAT = Breed(
    length=31,
    leg=22,
    thick=5.4,
    chest=9.5,
    rump=9.5,
    head=12.8,
    neck=17,
    lean=13,
    ears="pointed",
    tail="curl",
    muzzle=4,
)
FOX = Breed(
    length=33, leg=22, thick=5.2, chest=10, rump=8.8, head=11.5, neck=16, lean=16, ears="tall", tail="brush", muzzle=12
)
HORSE = Breed(
    length=36,
    leg=36,
    thick=5.6,
    chest=11.5,
    rump=11.5,
    head=8.6,
    neck=28,
    lean=17,
    ears="small",
    tail="fall",
    muzzle=13,
)
BREEDS = {"dog": DOG, "cat": CAT, "fox": FOX, "horse": HORSE}
FIT = {
    "dog": (0.96, -1.5),
    "cat": (0.98, 0),
    "fox": (0.87, 1),
    "horse": (0.96, 0),
}  # scale and shift that keep noses and tails in the box


@dataclass(frozen=True, kw_only=True)
class Stance:
    """The joints of a four-legged animal: feet are far hind, far fore, near hind, near fore."""

    shoulder: Point
    hip: Point
    head: Point
    feet: tuple[Point, ...]
    asleep: bool = False
    sitting: bool = False
    sway: float = 0.0  # of the tail, −1 to 1


def stance(breed: Breed, action: str, phase: float) -> Stance:
    """The joints for an action at a phase (0–1) of its cycle."""
    wave, beat = math.sin(TURN * phase), math.cos(TURN * phase)
    middle, top = 46.0, GROUND - breed.leg - breed.chest * 0.45
    hip_x, shoulder_x = middle - breed.length / 2, middle + breed.length / 2
    if action == "sleep":
        low = GROUND - breed.chest * (0.98 + 0.04 * wave)
        shoulder, hip = (shoulder_x - 2, low + 1), (hip_x + 4, low)
        head = (shoulder_x + breed.lean * 0.8, GROUND - breed.head * 0.92)
        feet = tuple((x, GROUND - 2.4) for x in (hip_x + 12, shoulder_x + 6, hip_x + 16, shoulder_x + 12))
        return Stance(shoulder=shoulder, hip=hip, head=head, feet=feet, asleep=True, sitting=True, sway=0.2 * wave)
    if action == "sit":
        shoulder, hip = (middle + 9, top + 3 + 0.5 * wave), (middle - 8, GROUND - breed.rump - 1)
        head = (shoulder[0] + breed.lean * 0.42, shoulder[1] - breed.neck)
        feet = ((middle + 4, GROUND), (middle + 14, GROUND), (middle + 2, GROUND), (middle + 10, GROUND))
        return Stance(shoulder=shoulder, hip=hip, head=head, feet=feet, sitting=True, sway=wave)
    bob, pitch, stretch = 0.7 * wave, 0.0, 0.0
    if action == "run":
        bob, pitch, stretch = 3.2 * math.sin(TURN * phase + 0.6), 4.0 * beat, 4.0 * wave
    elif action == "jump":
        air = max(0.0, wave)
        bob, pitch, stretch = -4 * air + 5 * max(0.0, -wave), -6.5 * beat * air, 6 * air
    elif action == "walk":
        bob = 1.1 * math.sin(2 * TURN * phase)
    shoulder = (shoulder_x + stretch / 2, top + bob + pitch)
    hip = (hip_x - stretch / 2, top + bob - pitch)
    nod = {"walk": 1.2 * math.sin(2 * TURN * phase + 1), "run": 2.2 * wave}.get(action, 0.4 * wave)
    head = (
        shoulder[0] + breed.lean + (3 if action == "run" else 0),
        shoulder[1] - breed.neck + nod + (5 if action == "run" else 0),
    )
    roots = (hip[0] + 5, shoulder[0] + 3, hip[0], shoulder[0] - 2)
    feet = tuple(_foot(action, x, i, phase, breed) for i, x in enumerate(roots))
    return Stance(shoulder=shoulder, hip=hip, head=head, feet=feet, sway=wave)


def _foot(action: str, root: float, index: int, phase: float, breed: Breed) -> Point:
    """Where one foot is: a walk is four beats, a run gathers and stretches fore and hind pairs, a jump tucks them."""
    hind = index % 2 == 0
    if action == "walk":
        p = TURN * (phase + (0.0, 0.25, 0.5, 0.75)[index])
        return root + 0.36 * breed.leg * math.sin(p), GROUND - max(0.0, 0.2 * breed.leg * math.cos(p))
    if action == "run":
        p = TURN * (phase + (0.06 if index < 2 else 0.0) + (0.5 if hind else 0.0))
        return root + 0.72 * breed.leg * math.sin(p), GROUND - max(0.0, 0.46 * breed.leg * math.cos(p))
    if action == "jump":
        air = max(0.0, math.sin(TURN * phase))
        return root + (-9 if hind else 9) * air, GROUND - 9 * air
    return root, GROUND
