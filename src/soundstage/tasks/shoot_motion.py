"""Motion drawn by hand: strokes for points and regions of the frame, read from JSON and given to who is there.

    [{"subject": "dog", "path": [[0.2, 0.7], [0.5, 0.5], [0.8, 0.7]]}]  # where its middle passes, in even time
    [{"region": [0.1, 0.5, 0.5, 1.0], "direction": "left", "speed": 0.15}]  # left, top, right, bottom
    [{"mask": "brush.png", "direction": 30, "speed": 0.2}]  # degrees: 0 is right, 90 up; widths a second

Notable: all is in shares of the frame's width and height, as it is seen, whatever the camera does. A region is its
subject: the storybook's places stand still.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from soundstage.errors import InputError, MissingError
from soundstage.render.scene import SUBJECTS, Scene, directions_of
from soundstage.tasks.shoot_scene import directed

EXAMPLE = (
    '[{"subject": "dog", "path": [[0.2, 0.7], [0.8, 0.7]]}] or '
    '[{"region": [0, 0.5, 0.5, 1], "direction": "left", "speed": 0.2}]'
)
ANGLES = {"right": 0.0, "up": 90.0, "left": 180.0, "down": 270.0}
NEAR = 0.3
"""How far from a stroke's beginning a subject may stand that is moved by it, in frame widths."""
FASTEST = 2.0
"""Frame widths a second."""
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """Who moves (by name, by a region, or whoever is nearest) and how: along a path, or in a direction (degrees) at a
    speed (frame widths a second). `heights` say, at each point of the path, how many frame heights high it is seen.
    """

    subject: str | None = None
    region: Box | None = None
    path: tuple[Point, ...] = ()
    direction: float | None = None
    speed: float = 0.0
    heights: tuple[float, ...] = ()


class Way(NamedTuple):
    """The way of one actor through the frame: points passed in even time, and perhaps its height at each."""

    points: tuple[Point, ...]
    heights: tuple[float, ...] = ()


def strokes_of(text: str | None) -> tuple[Stroke, ...]:
    """Strokes from JSON. Raises InputError saying what is wrong with which, MissingError where a mask is not there."""
    if text is None or not text.strip():
        return ()
    try:
        listed = json.loads(text)
    except ValueError as error:
        raise InputError("motion", f"is not JSON: {error}", f"give {EXAMPLE}") from error
    listed = [listed] if isinstance(listed, Mapping) else listed
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        raise InputError("motion", "is not a list of strokes", f"give {EXAMPLE}")
    return tuple(_stroke(each, index + 1) for index, each in enumerate(listed))


def _stroke(plain: Mapping[str, Any], number: int) -> Stroke:
    def wrong(what: str) -> InputError:
        return InputError("motion", f"{what} (stroke {number})", f"give {EXAMPLE}")

    unknown = set(plain) - {"subject", "region", "mask", "path", "direction", "speed"}
    if unknown:
        raise wrong(f"has no {sorted(unknown)[0]!r}")
    subject = plain.get("subject")
    if subject is not None and subject not in SUBJECTS:
        raise wrong(f"knows no subject {subject!r}")
    region = plain.get("region")
    if region is not None:
        if not _numbers(region, 4) or not (region[0] < region[2] and region[1] < region[3]):
            raise wrong("needs left, top, right and bottom of a region")
        region = tuple(float(value) for value in region)
    if "mask" in plain:
        region = _masked(Path(str(plain["mask"])))
    path, direction, speed = plain.get("path"), plain.get("direction"), plain.get("speed", 0.2)
    if (path is None) == (direction is None):
        raise wrong("needs a path or a direction, one of them")
    if path is not None:
        if not isinstance(path, list) or len(path) < 2 or not all(_numbers(point, 2) for point in path):
            raise wrong("needs two points [x, y] or more as a path")
        points = tuple((float(x), float(y)) for x, y in path)
        if any(not -0.5 <= value <= 1.5 for point in points for value in point):
            raise wrong("leaves the frame: 0 to 1 is inside")
        return Stroke(subject=subject, region=region, path=points)
    angle = ANGLES.get(direction) if isinstance(direction, str) else direction
    if not isinstance(angle, int | float) or not math.isfinite(angle):
        raise wrong(f"knows no direction {direction!r}")
    if not isinstance(speed, int | float) or not 0 < speed <= FASTEST:
        raise wrong(f"has the speed {speed!r}, not frame widths a second up to {FASTEST:g}")
    return Stroke(subject=subject, region=region, direction=float(angle), speed=float(speed))


def _numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(each, int | float) and math.isfinite(each) for each in value)
    )


def _masked(path: Path) -> Box:
    """The box around what is bright in a picture."""
    import numpy as np

    from soundstage.media import Image

    if not path.is_file():
        raise MissingError(f"the mask {path} is not there", "check the name and the folder")
    bright = Image.load(path).pixels.mean(-1) > 127
    if not bright.any():
        raise InputError("motion", f"has a mask without anything bright: {path}", "paint the region white on black")
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    height, width = bright.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height


def assigned(
    scene: Scene, strokes: Sequence[Stroke], middles: Sequence[Point], seconds: float, aspect: float
) -> tuple[Scene, dict[int, Way]]:
    """Who moves along which path: the scene with them turned and on the move, and paths by their places in it.

    `middles` are where everybody's middle is seen halfway through the clip. Raises InputError for a stroke where nobody
    is, and for a second one for the same.
    """
    actors, paths = list(scene.actors), {}
    for number, stroke in enumerate(strokes, 1):
        index = _whom(scene, stroke, middles, number, aspect)
        if index in paths:
            raise InputError("motion", f"moves the {actors[index].subject} twice (stroke {number})", "one stroke each")
        x, y = middles[index]
        if stroke.path:
            path = stroke.path
        else:
            turn, way = math.radians(stroke.direction or 0.0), stroke.speed * seconds
            path = ((x, y), (x + way * math.cos(turn), y - way * math.sin(turn) * aspect))
        paths[index] = Way(path, stroke.heights)
        across = path[-1][0] - path[0][0]
        side = "left" if across < 0 else "right"
        actor = actors[index]
        if abs(across) > 0.02:
            try:
                actor = directed(actor, side)
            except InputError:
                actor = replace(actor, facing=side)
            if side not in directions_of(actor.subject, actor.action):
                actor = replace(actor, facing=side)
        actors[index] = actor
    return replace(scene, actors=tuple(actors)), paths


def _whom(scene: Scene, stroke: Stroke, middles: Sequence[Point], number: int, aspect: float) -> int:
    """The place in the scene of who is meant."""
    able = [i for i, actor in enumerate(scene.actors) if stroke.subject in (None, actor.subject)]
    if not able:
        seen = ", ".join(actor.subject for actor in scene.actors) or "nobody"
        raise InputError(
            "motion", f"moves a {stroke.subject} (stroke {number}), and {seen} is there", "name who is seen"
        )
    if stroke.subject is not None and stroke.region is None:
        start = stroke.path[0] if stroke.path else middles[able[0]]
        return min(able, key=lambda i: math.dist(middles[i], start))
    if stroke.region is not None:
        left, top, right, bottom = stroke.region
        start = ((left + right) / 2, (top + bottom) / 2)
        able = [i for i in able if left <= middles[i][0] <= right and top <= middles[i][1] <= bottom] or able
        reach = NEAR + max(right - left, (bottom - top) / aspect) / 2
    else:
        start, reach = stroke.path[0] if stroke.path else (0.5, 0.5), NEAR

    def away(i: int) -> float:
        return math.hypot(middles[i][0] - start[0], (middles[i][1] - start[1]) / aspect)

    index = min(able, key=away)
    if away(index) > reach:
        raise InputError("motion", f"begins where nobody is (stroke {number})", "begin on a subject, or name it")
    return index
