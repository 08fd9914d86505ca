"""The storybook as training data: scenes drawn at random by seed, and batches of their pictures with labels.

Notable: some combinations of subject, colour and place are held out by a hash, so that a test asks for what training
never showed. Pictures come through the renderer's caches: the first epoch draws, the later ones copy.

N batch · S side · T time · H height · W width; pictures are uint8, labels int64 indices into the vocabularies of
`render.scene`
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from soundstage.data.storybook_captions import caption, captions
from soundstage.render.animatic import draw
from soundstage.render.places import background
from soundstage.render.scene import (
    ABILITIES,
    ACTIONS,
    COLOURS,
    DIRECTIONS,
    MOVES,
    PLACES,
    SUBJECTS,
    TIMES,
    WEATHERS,
    Actor,
    Camera,
    Scene,
    actions_at,
    directions_of,
    times_at,
    weathers_at,
)
from soundstage.render.sprites import PHASES, sprite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SIZES: Mapping[str, float] = MappingProxyType(
    {
        "dog": 0.46,
        "cat": 0.42,
        "fox": 0.46,
        "rabbit": 0.40,
        "horse": 0.58,
        "bird": 0.38,
        "fish": 0.40,
        "whale": 0.64,
        "keeper": 0.52,
        "woman": 0.52,
        "girl": 0.46,
        "boy": 0.46,
        "robot": 0.46,
        "car": 0.50,
        "train": 0.62,
        "boat": 0.58,
        "rocket": 0.48,
        "balloon": 0.52,
    }
)
"""A clear, readable size for each subject, in frame heights."""
HELD_OUT = 7  # one combination in this many is kept for tests
SEEDS = 8  # layouts of each place that are shown


def held_out(subject: str, colour: str, place: str) -> bool:
    """Whether this combination belongs to the test."""
    return crc32(f"{subject} {colour} {place}".encode()) % HELD_OUT == 0


def one(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    """One of the words."""
    return choices[int(rng.integers(len(choices)))]


def sample_actor(rng: np.random.Generator, place: str, *, split: str = "any", subject: str | None = None) -> Actor:
    """An actor that belongs to the place."""
    while True:
        name = subject or one(SUBJECTS, rng)
        deeds, colour = actions_at(name, place), one(COLOURS, rng)
        if deeds and (split == "any" or held_out(name, colour, place) == (split == "test")):
            break
        if subject and not deeds:
            return Actor(subject=name, colour=colour, size=SIZES[name])
    action = one(deeds, rng)
    return Actor(
        subject=name,
        colour=colour,
        action=action,
        direction=one(directions_of(name, action), rng),
        size=SIZES[name] * rng.uniform(0.92, 1.1),
        depth=rng.uniform(0.05, 0.4),
        x=rng.uniform(0.44, 0.56),
        speed=float(rng.choice((0.65, 1.0, 1.0, 1.5))),
        facing=one(("left", "right"), rng),
    )


def sample_scene(rng: np.random.Generator, *, split: str = "train", duo: float = 0.0, still: bool = False) -> Scene:
    """A scene by chance: one actor, or two with probability `duo`. `still` keeps the camera static.

    `split` is "train", "test" (combinations that training never shows) or "any".
    """
    place = one(PLACES, rng)
    actors = [sample_actor(rng, place, split=split)]
    if rng.uniform() < duo:
        second = sample_actor(rng, place, split=split)
        actors = [_moved(actors[0], 0.3), _moved(second, 0.72)]
    return Scene(
        place=place,
        time=one(times_at(place), rng),
        weather=one(weathers_at(place), rng),
        seed=int(rng.integers(SEEDS)),
        actors=tuple(actors),
        camera=Camera()
        if still or rng.uniform() < 0.3
        else Camera(move=one(MOVES[1:7], rng), amount=float(rng.choice((0.8, 1.0, 1.25)))),
    )


def _moved(actor: Actor, x: float) -> Actor:
    return Actor(**{**actor.__dict__, "x": x, "size": actor.size * 0.85})


def labels(scene: Scene) -> dict[str, int]:
    """The scene's attributes as indices, those of its first actor for the subject's."""
    a = scene.actors[0]
    return {
        "place": PLACES.index(scene.place),
        "time": TIMES.index(scene.time),
        "weather": WEATHERS.index(scene.weather),
        "subject": SUBJECTS.index(a.subject),
        "colour": COLOURS.index(a.colour),
        "action": ACTIONS.index(a.action),
        "direction": DIRECTIONS.index(a.direction),
        "camera": MOVES.index(scene.camera.move),
    }


@dataclass(frozen=True, kw_only=True)
class Sprites:
    """A batch of subjects alone."""

    pixels: NDArray[np.uint8]  # [N, S, S, 4]
    subject: NDArray[np.int64]
    colour: NDArray[np.int64]
    action: NDArray[np.int64]
    time: NDArray[np.int64]
    phase: NDArray[np.float32]


def sprites(rng: np.random.Generator, count: int, size: int = 64) -> Sprites:
    """Subjects alone, in any colour, action of theirs, phase and time of day."""
    pixels = np.empty((count, size, size, 4), np.uint8)
    marks = np.empty((count, 4), np.int64)
    phases = rng.integers(PHASES, size=count)
    for i in range(count):
        subject, colour, time = one(SUBJECTS, rng), one(COLOURS, rng), one(TIMES, rng)
        action = one(tuple(ABILITIES[subject]), rng)
        pixels[i] = sprite(subject, colour, action, phases[i] / PHASES, time, size=size)
        marks[i] = SUBJECTS.index(subject), COLOURS.index(colour), ACTIONS.index(action), TIMES.index(time)
    return Sprites(
        pixels=pixels,
        subject=marks[:, 0],
        colour=marks[:, 1],
        action=marks[:, 2],
        time=marks[:, 3],
        phase=(phases / PHASES).astype(np.float32),
    )


@dataclass(frozen=True, kw_only=True)
class Backgrounds:
    """A batch of places without actors."""

    pixels: NDArray[np.uint8]  # [N, H, W, 3]
    place: NDArray[np.int64]
    time: NDArray[np.int64]
    weather: NDArray[np.int64]


def backgrounds(rng: np.random.Generator, count: int, height: int = 128, width: int = 256) -> Backgrounds:
    """Places at any hour in any weather they know, wider than a frame."""
    pixels = np.empty((count, height, width, 3), np.uint8)
    marks = np.empty((count, 3), np.int64)
    for i in range(count):
        place = one(PLACES, rng)
        time, weather = one(times_at(place), rng), one(weathers_at(place), rng)
        pixels[i] = background(place, time, weather, int(rng.integers(SEEDS)), height=height, width=width)
        marks[i] = PLACES.index(place), TIMES.index(time), WEATHERS.index(weather)
    return Backgrounds(pixels=pixels, place=marks[:, 0], time=marks[:, 1], weather=marks[:, 2])


@dataclass(frozen=True, kw_only=True)
class Clips:
    """A batch of clips with their scenes and captions."""

    frames: NDArray[np.uint8]  # [N, T, H, W, 3]
    scenes: tuple[Scene, ...]
    captions: tuple[str, ...]


def clips(
    rng: np.random.Generator,
    count: int,
    *,
    frames: int = 17,
    fps: float = 8,
    size: int = 64,
    split: str = "train",
    duo: float = 0.0,
) -> Clips:
    """Whole clips, square, `frames` of them at `fps`."""
    scenes = tuple(sample_scene(rng, split=split, duo=duo) for _ in range(count))
    pixels = np.stack([np.stack(list(draw(scene, frames / fps, fps, (size, size)))) for scene in scenes])
    return Clips(frames=pixels, scenes=scenes, captions=tuple(caption(scene, rng) for scene in scenes))


__all__ = [
    "SIZES",
    "Backgrounds",
    "Clips",
    "Sprites",
    "backgrounds",
    "caption",
    "captions",
    "clips",
    "held_out",
    "labels",
    "sample_actor",
    "sample_scene",
    "sprites",
]
