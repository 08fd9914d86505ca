"""How things move: the camera's path through a clip, and each actor's poses under it.

Notable: an actor's path is laid out so that it stands at its own `x` at the middle of the clip, whatever the camera
does; gait phases run with time and pace, so a stopped actor breathes and a running one gallops. All pure functions of
their arguments.

Units as in `scene`: x in frame widths, y and sizes in frame heights, seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from soundstage.errors import InputError
from soundstage.render.camera import FIELD_OF_VIEW, Key, drawn, eased
from soundstage.render.scene import PLACE_LEVELS, Actor, Camera, Pose, level_of

PACE = {"walk": 0.14, "run": 0.32, "jump": 0.16, "fly": 0.26, "float": 0.10, "swim": 0.20, "sail": 0.14, "drive": 0.34}
"""Frame widths a second."""
CADENCE = {
    "walk": 1.1,
    "run": 1.9,
    "jump": 0.8,
    "fly": 1.6,
    "float": 0.4,
    "swim": 1.0,
    "sail": 0.5,
    "drive": 1.2,
    "wave": 1.1,
    "sleep": 0.3,
}
"""Gait cycles a second; all others breathe at 0.5."""
LEAP = {"surface": 0.26, "ground": 0.16}
CENTRE = (0.5, 0.56)  # the point that zooms keep in place
FARTHEST = 1.05  # no actor travels more frame widths than this in one clip, unless the camera follows


@dataclass(frozen=True, kw_only=True)
class View:
    """The camera in one frame: where it has moved to (frame widths, frame heights), how far it has come nearer (`zoom`)
    and how much its lens enlarges, degrees that it is turned clockwise, and frame widths by which the distance has slid
    to the right because it goes round what stands on the ground.
    """

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0
    lens: float = 1.0
    roll: float = 0.0
    orbit: float = 0.0

    @property
    def scale(self) -> float:
        """How much larger than at rest what stands on the ground is seen."""
        return self.zoom * self.lens

    def at_parallax(self, parallax: float) -> View:
        """What a plane sees that moves at `parallax` of the ground's rate (0 is infinitely far)."""
        return View(
            x=self.x * parallax - self.orbit * (1 - parallax),
            y=self.y * parallax,
            zoom=1 + (self.zoom - 1) * (0.35 + 0.65 * parallax),
            lens=self.lens,
        )

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The point at ground depth that is seen at a point of the screen."""
        return CENTRE[0] + (x - CENTRE[0]) / self.scale + self.x, CENTRE[1] + (y - CENTRE[1]) / self.scale + self.y

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture at ground depth is seen."""
        return CENTRE[0] + (x - self.x - CENTRE[0]) * self.scale, CENTRE[1] + (y - self.y - CENTRE[1]) * self.scale


def frame_count(seconds: float, fps: float) -> int:
    """Frames of a clip, at least one. Raises InputError for a length or rate that is not positive."""
    if not (0 < seconds < math.inf):
        raise InputError("seconds", f"{seconds} is no length", "give a positive number")
    if not (0 < fps < math.inf):
        raise InputError("fps", f"{fps} is no frame rate", "give a positive number")
    return max(1, round(seconds * fps))


def camera_path(
    camera: Camera, frames: int, *, seconds: float, lead: Actor | None = None, loop: bool = False
) -> tuple[View, ...]:
    """The view in each frame. `lead` is whom a following camera follows; in a `loop` it goes its way and back."""
    shares = [there_and_back(frame / frames) if loop else frame / max(1, frames - 1) for frame in range(frames)]
    if camera.keys:
        return _keyed(camera.keys, shares)
    reach = camera.amount * min(1.0, 0.45 + 0.18 * seconds)  # longer clips may travel farther
    views = []
    for u in shares:
        s = u if loop else eased(u)
        match camera.move:
            case "pan left":
                views.append(View(x=-0.42 * reach * (s - 0.5)))
            case "pan right":
                views.append(View(x=0.42 * reach * (s - 0.5)))
            case "tilt up":
                views.append(View(y=-0.26 * reach * (s - 0.5)))
            case "tilt down":
                views.append(View(y=0.26 * reach * (s - 0.5)))
            case "zoom in":
                views.append(View(zoom=1 + 0.45 * reach * s))
            case "zoom out":
                views.append(View(zoom=1 + 0.45 * reach * (1 - s)))
            case "follow" if lead is not None:
                views.append(View(x=_travel(lead, seconds, following=True) * (u - 0.5)))
            case _:
                views.append(View())
    return tuple(views)


def there_and_back(u: float) -> float:
    """A share of a loop as a share of the way: there in its first half, back in its second."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * u)


def _keyed(keys: tuple[Key, ...], shares: Sequence[float]) -> tuple[View, ...]:
    values = drawn(keys, shares)
    columns = (values(name) for name in ("pan", "tilt", "dolly", "zoom", "roll", "orbit"))
    return tuple(
        View(x=x, y=y, zoom=dolly, lens=zoom, roll=roll, orbit=orbit / FIELD_OF_VIEW)
        for x, y, dolly, zoom, roll, orbit in zip(*columns, strict=True)
    )


def overscan(rolls: Sequence[float], aspect: float) -> float:
    """How much larger a frame must be drawn to be turned by any of these degrees and still be full."""
    widest = max(abs(math.radians(roll)) for roll in rolls)
    return math.cos(widest) + math.sin(widest) * max(aspect, 1 / aspect)


def turned_about(size: float) -> tuple[float, float]:
    """The point of a frame drawn `size` times as large, in its own widths and heights, that the smaller one's middle
    is at: zooms keep `CENTRE` in place.
    """
    return CENTRE[0] + (0.5 - CENTRE[0]) / size, CENTRE[1] + (0.5 - CENTRE[1]) / size


def _travel(actor: Actor, seconds: float, *, following: bool = False) -> float:
    """Signed frame widths that the actor crosses sideways in the whole clip."""
    sign = {"left": -1.0, "right": 1.0}.get(actor.direction, 0.0)
    distance = PACE.get(actor.action, 0.0) * actor.speed * seconds
    return sign * min(distance, 2.2 if following else FARTHEST)


def track(
    actor: Actor,
    camera: Camera,
    seconds: float,
    fps: float,
    *,
    place: str = "meadow",
    views: tuple[View, ...] | None = None,
    loop: bool = False,
) -> tuple[Pose, ...]:
    """The actor's pose in each frame, as seen by the camera.

    `views` saves computing the camera's path again, and lets a following camera follow somebody else. In a `loop` it
    goes its way and back, gaits and bobbing fill whole turns, and the frame behind the last is the first.
    Raises InputError for a length or frame rate that is not positive.
    """
    frames = frame_count(seconds, fps)
    if views is None:
        views = camera_path(camera, frames, seconds=seconds, lead=actor, loop=loop)

    def turn(rate: float) -> float:
        return max(1, round(rate * seconds)) / seconds if loop else rate

    level = level_of(actor.subject, actor.action, place)
    travel = _travel(actor, seconds, following=camera.move == "follow")
    rate = turn(CADENCE.get(actor.action, 0.5) * (0.7 + 0.3 * actor.speed))
    flip = actor.direction == "left" or (actor.direction not in ("left", "right") and actor.facing == "left")
    middle = views[len(views) // 2]
    poses = []
    for frame, view in enumerate(views):
        u, t, faces = frame / max(1, frames - 1), frame / fps, flip
        if loop:
            u = there_and_back(frame / frames)
            faces = flip != (2 * frame >= frames and travel != 0)
        y, scale = _way(actor, place, level, seconds, u)
        x, angle, lift = actor.x + middle.x + travel * (u - 0.5), 0.0, 0.0
        phase = (t * rate + 0.07 * actor.depth) % 1.0
        if actor.path:
            x, y = along(actor.path, u)
        elif actor.action == "jump":
            lift, angle = _leap(actor, level, phase, faces)
        elif level in ("air", "deep"):
            y += 0.018 * math.sin(2 * math.pi * (t * turn(0.45) + actor.depth))
        elif level == "surface":
            y += 0.010 * math.sin(2 * math.pi * t * turn(0.5))
            angle = 2.5 * math.sin(2 * math.pi * (t * turn(0.5) + 0.2))
        seen_x, seen_y = view.to_screen(x, y)
        if actor.subject == "rocket" and actor.action == "fly":  # it flies where its nose points
            angle = {"up": -90.0, "down": 90.0}.get(actor.direction, -6.0) * (-1 if faces else 1)
        poses.append(
            Pose(
                x=seen_x, y=seen_y - lift * view.scale, scale=scale * view.scale, angle=angle, phase=phase, flip=faces,
                lift=lift * view.scale,
            )
        )  # fmt: skip
    return tuple(poses)


def _way(actor: Actor, place: str, level: str, seconds: float, u: float) -> tuple[float, float]:
    """How high in the picture the actor is, and how large, at a share of its way up, down, near or away."""
    size = actor.size * (1 - 0.45 * actor.depth)
    base = PLACE_LEVELS[place][level] + (0.06 - 0.22 * actor.depth if level == "ground" else -0.06 * actor.depth)
    rise = min(0.5, PACE.get(actor.action, 0.2) * actor.speed * seconds * 0.8)
    match actor.direction:
        case "up":
            return base - rise * (u - 0.5), size
        case "down":
            return base + rise * (u - 0.5), size
        case "toward" | "away":
            near = u if actor.direction == "toward" else 1 - u
            return base - 0.07 + 0.13 * near, size * (0.62 + 0.62 * near)
        case _:
            return base, size


def _leap(actor: Actor, level: str, phase: float, left: bool) -> tuple[float, float]:
    """Height and angle within a leap; fish and whales turn over theirs."""
    tall = actor.size / 0.46
    if level == "surface":
        angle = -38 * math.cos(2 * math.pi * phase) * (-1 if left else 1)
        return LEAP["surface"] * math.sin(2 * math.pi * phase) * tall, angle
    return LEAP.get(level, 0.16) * max(0.0, math.sin(2 * math.pi * phase)) * tall, 0.0


def along(path: Sequence[tuple[float, float]], u: float) -> tuple[float, float]:
    """The point at share `u` of a drawn track, corners rounded by a Catmull-Rom spline."""
    if len(path) == 1:
        return path[0]
    position = u * (len(path) - 1)
    i = min(int(position), len(path) - 2)
    f = position - i
    p0, p1, p2, p3 = path[max(0, i - 1)], path[i], path[i + 1], path[min(len(path) - 1, i + 2)]
    x, y = (
        0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f * f + (3 * b - a - 3 * c + d) * f**3)
        for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
    )
    return x, y
