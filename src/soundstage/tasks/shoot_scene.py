"""A scene of the storybook settled between what a prompt says and what the caller's fields say.

Notable: fields win over the prompt, and what cannot be drawn (rain in space) gives way without a word, for prompts ask
for the impossible now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from soundstage.errors import InputError
from soundstage.render.scene import (
    ABILITIES,
    DIRECTIONS,
    Actor,
    Camera,
    Scene,
    directions_of,
    one_of,
    times_at,
    weathers_at,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from soundstage.tasks.shoot_motion import Stroke

FALLING = ("rain", "snow")
STEPS = 10
"""Looks at a place while it is drawn."""


@dataclass(frozen=True, kw_only=True)
class Shooting:
    """How a scene is to be drawn.

    `exact` keeps the actors where the scene has them instead of staging them; `strokes` move them as they were drawn.
    `loop` brings everything back to where it began.
    """

    frames: int
    fps: float
    height: int
    width: int
    seed: int
    identity: int
    steps: int
    guidance: float
    exact: bool = False
    strokes: tuple[Stroke, ...] = ()
    loop: bool = False


@runtime_checkable
class SceneEngine(Protocol):
    """A model that shoots scenes."""

    def read(self, prompt: str, seed: int) -> Scene:
        """The scene that a prompt asks for."""

    def shoot(self, scene: Scene, falling: str, how: Shooting) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of the scene; `falling` is rain, snow or nothing."""


def settled(scene: Scene, *, camera: Camera | None, direction: str | None, seed: int) -> tuple[Scene, str]:
    """The scene with the caller's fields in it, made drawable, and what falls in it.

    Raises InputError for a word that is no direction, and for one that the first subject cannot take.
    """
    if direction is not None:
        one_of("direction", direction, DIRECTIONS)
    if camera is not None:
        scene = replace(scene, camera=camera)
    if direction is not None:
        scene = replace(
            scene, actors=tuple(directed(actor, direction) if i == 0 else actor for i, actor in enumerate(scene.actors))
        )
    falling = scene.weather if scene.weather in FALLING and scene.place not in ("room", "space", "underwater") else ""
    weather = scene.weather if scene.weather in weathers_at(scene.place) else "clear"
    time = scene.time if scene.time in times_at(scene.place) else times_at(scene.place)[0]
    return replace(scene, weather=weather, time=time), falling


def directed(actor: Actor, direction: str) -> Actor:
    """The actor going that way, doing something else where what it does goes nowhere.

    Raises InputError when it can never go there.
    """
    facing = direction if direction in ("left", "right") else actor.facing
    for action in (actor.action, *ABILITIES[actor.subject]):
        if direction in directions_of(actor.subject, action):
            return replace(actor, direction=direction, action=action, facing=facing)
    if direction in ("left", "right"):
        return replace(actor, facing=facing)
    ways = sorted({way for action in ABILITIES[actor.subject] for way in directions_of(actor.subject, action)})
    raise InputError("direction", f"a {actor.subject} does not go {direction}", f"use one of: {', '.join(ways)}")
