"""The storybook's scenes: plain values that say what is seen, and the words they may use.

Notable: nothing here draws. A `Scene` is a place, a time of day, a weather, a camera and some actors; `render` turns
it into pictures, `data.storybook` into captions, and the video planner learns it from text. Who can do what, and on
which level of which place (ground, air, water's surface, under water), is one table each, so that no dog stands on the
sea.

Units: x in frame widths (0 left, 1 right), y in frame heights (0 top, 1 bottom), sizes in frame heights, times in
seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from soundstage.errors import InputError
from soundstage.render.camera import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES = (
    "meadow", "beach", "forest", "city", "mountains", "desert", "sea",
    "underwater", "space", "snowfield", "village", "lighthouse", "room",
)  # fmt: skip
TIMES = ("day", "sunset", "night", "dawn")
WEATHERS = ("clear", "rain", "snow", "fog")
SUBJECTS = (
    "dog", "cat", "fox", "rabbit", "horse", "bird", "fish", "whale", "keeper",
    "woman", "girl", "boy", "robot", "car", "train", "boat", "rocket", "balloon",
)  # fmt: skip
PEOPLE = ("keeper", "woman", "girl", "boy")
COLOURS = ("red", "orange", "golden", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")
ACTIONS = ("stand", "walk", "run", "jump", "sit", "sleep", "wave", "fly", "float", "swim", "sail", "drive")
DIRECTIONS = ("left", "right", "up", "down", "toward", "away", "still")
MOVES = ("static", "pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out", "follow")
LEVELS = ("ground", "air", "surface", "deep")

_FOUR_LEGS = MappingProxyType(
    {"stand": "ground", "walk": "ground", "run": "ground", "jump": "ground", "sit": "ground", "sleep": "ground"}
)
_TWO_LEGS = MappingProxyType(
    {"stand": "ground", "walk": "ground", "run": "ground", "jump": "ground", "sit": "ground", "wave": "ground"}
)
ABILITIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "dog": _FOUR_LEGS,
        "cat": _FOUR_LEGS,
        "fox": _FOUR_LEGS,
        "rabbit": {"stand": "ground", "run": "ground", "jump": "ground", "sleep": "ground"},
        "horse": {"stand": "ground", "walk": "ground", "run": "ground", "jump": "ground"},
        "bird": {"fly": "air", "stand": "ground", "walk": "ground"},
        "fish": {"swim": "deep", "jump": "surface"},
        "whale": {"swim": "deep", "float": "surface", "jump": "surface", "sleep": "ground"},
        "keeper": _TWO_LEGS,
        "woman": _TWO_LEGS,
        "girl": _TWO_LEGS,
        "boy": _TWO_LEGS,
        "robot": {"stand": "ground", "walk": "ground", "wave": "ground", "jump": "ground"},
        "car": {"drive": "ground", "stand": "ground"},
        "train": {"drive": "ground", "stand": "ground"},
        "boat": {"sail": "surface", "float": "surface"},
        "rocket": {"fly": "air", "stand": "ground"},
        "balloon": {"float": "air"},
    }
)
"""What each subject can do, and the level it does it on."""

PLACE_LEVELS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "meadow": {"ground": 0.84, "air": 0.34},
        "beach": {"ground": 0.86, "air": 0.30, "surface": 0.62},
        "forest": {"ground": 0.86, "air": 0.36},
        "city": {"ground": 0.87, "air": 0.30},
        "mountains": {"ground": 0.86, "air": 0.32},
        "desert": {"ground": 0.85, "air": 0.32},
        "sea": {"surface": 0.66, "air": 0.30},
        "underwater": {"deep": 0.46, "ground": 0.90},
        "space": {"ground": 0.86, "air": 0.40},
        "snowfield": {"ground": 0.85, "air": 0.34},
        "village": {"ground": 0.87, "air": 0.26},
        "lighthouse": {"ground": 0.87, "air": 0.28, "surface": 0.63},
        "room": {"ground": 0.88},
    }
)
"""Levels that a place offers, with the height of each in the picture (of the feet on the ground, of the middle
elsewhere).
"""

_NEVER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "room": ("horse", "bird", "whale", "car", "train", "rocket"),
        "space": ("bird", "balloon", "whale", "train", "horse", "fox", "rabbit", "woman"),
        "underwater": (
            "dog", "cat", "fox", "rabbit", "horse", "bird", "keeper", "woman", "girl", "boy", "car", "train", "rocket",
        ),
        "beach": ("train", "rocket"),
        "lighthouse": ("train", "car", "rocket", "horse"),
        "forest": ("train", "rocket", "whale"),
        "meadow": ("whale",), "city": ("whale", "fox", "rabbit"), "mountains": ("whale",), "desert": ("whale",),
        "snowfield": ("whale",), "village": ("whale", "rocket"),
    }
)  # fmt: skip

TIMES_AT: Mapping[str, tuple[str, ...]] = MappingProxyType({"space": ("night",)})
"""Places that know only some times of day; all others know all of TIMES."""

WEATHERS_AT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "space": ("clear",),
        "underwater": ("clear",),
        "room": ("clear",),
        "desert": ("clear", "fog"),
        "snowfield": ("clear", "snow", "fog"),
        "beach": ("clear", "rain", "fog"),
        "sea": ("clear", "rain", "fog"),
        "lighthouse": ("clear", "rain", "fog"),
    }
)
"""Places that know only some weathers; all others know all of WEATHERS."""


def times_at(place: str) -> tuple[str, ...]:
    """Times of day that read clearly at this place."""
    return TIMES_AT.get(place, TIMES)


def weathers_at(place: str) -> tuple[str, ...]:
    """Weathers that this place can have."""
    return WEATHERS_AT.get(place, WEATHERS)


def possible(subject: str, action: str, place: str) -> bool:
    """Whether the subject can do this here:

    the action is one of its own, and the place offers the level and admits the subject.
    """
    level = ABILITIES[subject].get(action)
    return level is not None and level in PLACE_LEVELS[place] and subject not in _NEVER.get(place, ())


def actions_at(subject: str, place: str) -> tuple[str, ...]:
    """All that the subject can do at this place; empty when it does not belong there."""
    return tuple(action for action in ABILITIES[subject] if possible(subject, action, place))


def level_of(subject: str, action: str, place: str) -> str:
    """The level to draw the subject on:

    its own if the place offers it, else the nearest that the place has. Never fails.
    """
    offered = PLACE_LEVELS[place]
    wanted = ABILITIES[subject].get(action) or next(iter(ABILITIES[subject].values()))
    order = {
        "ground": ("ground", "surface", "deep", "air"),
        "air": ("air", "deep", "ground", "surface"),
        "surface": ("surface", "deep", "ground", "air"),
        "deep": ("deep", "surface", "air", "ground"),
    }[wanted]
    return next(level for level in order if level in offered)


def directions_of(subject: str, action: str) -> tuple[str, ...]:
    """Directions that make sense:

    who stands goes nowhere, what flies may rise and sink, what walks may come near or leave.
    """
    if action in ("stand", "sit", "sleep", "wave"):
        return ("still",)
    level = ABILITIES[subject].get(action, "ground")
    if subject == "balloon":
        return ("left", "right", "up", "down", "still")
    if action == "float":
        return ("left", "right", "still")
    if level == "air":
        return ("left", "right", "up", "down")
    if action in ("walk", "run", "drive") and subject != "train":
        return ("left", "right", "toward", "away")
    return ("left", "right")


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise InputError unless `value` is an allowed word."""
    if value not in allowed:
        raise InputError(name, f"{value!r} is not known to the storybook", f"use one of: {', '.join(allowed)}")


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where a subject is in one frame, camera already applied.

    x, y place the sprite's anchor (see `sprites.ANCHORS`: the feet for who stands, the middle for who flies or swims);
    `scale` is the side of the sprite's box in frame heights; `angle` in degrees, clockwise; `phase` 0–1 through the
    gait; `flip` faces left; `lift` is the height above the ground in frame heights (its shadow stays below).
    """

    x: float
    y: float
    scale: float
    angle: float = 0.0
    phase: float = 0.0
    flip: bool = False
    lift: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Actor:
    """One subject of a scene and what it does.

    `size` is the height of its box in frame heights at depth 0; `depth` 0 is nearest, 1 farthest (smaller and higher
    up); `x` its place at the middle of the clip; `speed` multiplies the action's usual pace; `path`, when given, is a
    drawn track of (x, y) points passed in even time, which replaces direction and x.
    """

    subject: str
    colour: str = "golden"
    action: str = "stand"
    direction: str = "still"
    size: float = 0.46
    depth: float = 0.2
    x: float = 0.5
    speed: float = 1.0
    facing: str = "right"
    path: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        one_of("subject", self.subject, SUBJECTS)
        one_of("colour", self.colour, COLOURS)
        one_of("action", self.action, ACTIONS)
        one_of("direction", self.direction, DIRECTIONS)
        one_of("facing", self.facing, ("left", "right"))


@dataclass(frozen=True, kw_only=True)
class Camera:
    """One camera move over the whole clip. `amount` 1.0 is the usual travel, 0.5 slow, 1.6 fast.

    `keys`, when given, are a path in values (`render.camera`), which replaces the move.
    """

    move: str = "static"
    amount: float = 1.0
    keys: tuple[Key, ...] = ()

    def __post_init__(self) -> None:
        one_of("camera", self.move, MOVES)

    @classmethod
    def parse(cls, words: str | None) -> Camera:
        """The camera that free words ask for: "pan right", "slow push in", "the camera glides left". Static when they
        ask nothing.

        The words must speak of a camera: in a whole prompt, "a dog runs left" moves the dog and not the camera.
        """
        text = f" {' '.join((words or '').lower().replace('-', ' ').replace(',', ' ').replace('.', ' ').split())} "
        amount = 1.0
        if any(w in text for w in (" slow", " gentl", " soft", " slight")):
            amount = 0.6
        elif any(w in text for w in (" fast", " quick", " swift", " whip")):
            amount = 1.5
        for move, phrases in CAMERA_WORDS.items():
            if any(f" {phrase}" in text for phrase in phrases):
                return cls(move=move, amount=amount)
        return cls()


def _sideways(side: str) -> tuple[str, ...]:
    camera = tuple(f"camera {verb}" for verb in ("moves", "glides", "slides", "drifts", "pans"))
    verbs = ("pan", "pans", "panning", "truck", "dolly", *camera)
    return tuple(
        f"{verb} {link}{side}" for verb in verbs for link in ("", "to the ", "slowly ", "slowly to the ", "gently ")
    )


CAMERA_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "follow": (
            "follow", "camera follows", "tracking shot", "camera tracks", "camera keeps pace", "camera travels with",
        ),
        "pan left": _sideways("left"),
        "pan right": _sideways("right"),
        "tilt up": (
            "tilt up", "tilts up", "tilting up", "tilt slowly up", "camera rises", "camera looks up", "camera moves up",
            "crane up", "pedestal up",
        ),
        "tilt down": (
            "tilt down", "tilts down", "tilting down", "camera sinks", "camera looks down", "camera moves down",
            "crane down", "camera lowers",
        ),
        "zoom in": (
            "zoom in", "zooms in", "zooming in", "zoom slowly in", "push in", "pushes in", "dolly in", "slow push",
            "camera moves closer", "camera comes closer", "camera closes in",
        ),
        "zoom out": (
            "zoom out", "zooms out", "zooming out", "pull out", "pull back", "pulls back", "pulls out", "dolly out",
            "camera moves away", "camera backs away",
        ),
        "static": ("static", "still camera", "fixed camera", "camera stands still", "locked"),
    }
)  # fmt: skip
"""Phrases of each camera move, the first that occurs wins."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is seen in one shot. Frozen and hashable: the same scene always draws the same frames."""

    place: str = "meadow"
    time: str = "day"
    weather: str = "clear"
    seed: int = 0
    actors: tuple[Actor, ...] = field(default=())
    camera: Camera = field(default_factory=Camera)

    def __post_init__(self) -> None:
        one_of("place", self.place, PLACES)
        one_of("time", self.time, TIMES)
        one_of("weather", self.weather, WEATHERS)
