"""A scene of the storybook settled between what a prompt says and what the caller's fields say.

Notable: fields win over the prompt, and what cannot be drawn (rain in space) gives way without a word, for prompts ask
for the impossible now and then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    from soundstage.media import Image
    from soundstage.tasks.shoot_motion import Stroke

FALLING = ("rain", "snow")
NOBODY = "nobody"
SEEN = 0.5
"""A subject less sure than this is taken for a part of the place."""


@dataclass(frozen=True, kw_only=True)
class Shooting:
    """How a scene is to be drawn.

    `exact` keeps the actors where the scene has them instead of staging them; `strokes` move them as they were drawn.
    `loop` brings everything back to where it began. `reuse` is how much a step may change and still be guessed. `like`
    is a picture of a clip and its frame there: where the place is the same, it is to be that very one.
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
    reuse: float = 0.0
    like: tuple[int, Image] | None = None


class Sight(Protocol):
    """What is seen in a picture."""

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """The first subject's: left, top, right, bottom in frame widths and heights; None where nobody is seen."""

    @property
    def chances(self) -> Mapping[str, Mapping[str, float]]:
        """Of each field, how likely each of its words is."""

    def word(self, field: str, among: Sequence[str] = ()) -> str:
        """The likeliest word of a field, of those that are allowed, if any are named."""


@runtime_checkable
class SceneEngine(Protocol):
    """A model that shoots scenes: in so many `steps` unless told, of which it `reuses` some where it can; one that
    draws at once has none.
    """

    steps: int
    reuses: bool

    def read(self, prompt: str, seed: int) -> Scene:
        """The scene that a prompt asks for."""

    def shoot(self, scene: Scene, falling: str, how: Shooting) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of the scene; `falling` is rain, snow or nothing."""

    def wishes(self, prompt: str) -> dict[str, str]:
        """What a prompt surely says of place, time and weather, of the first subject, its colour and action."""

    def look(self, image: Image) -> Sight:
        """What is seen in a picture."""

    def animate(self, image: Image, last_image: Image | None, scene: Scene, how: Shooting) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] that begin with the picture, and end with the last one where it is given."""


def looks(engine: SceneEngine, model: str, steps: int | None, guidance: float | None) -> tuple[int, float]:
    """Steps and guidance, the model's own where they are not given. Raises InputError for a model without steps."""
    for name, given in (("steps", steps), ("guidance", guidance)):
        if given is not None and not engine.steps:
            raise InputError(name, f"is nothing that {model} has", "leave it out: it draws at once")
    return engine.steps if steps is None else steps, 1.0 if guidance is None else guidance


def told(sight: Sight, wish: Scene | None, seed: int, sure: float = SEEN) -> Scene:
    """The scene of a picture; who is in it does what the wish says, or what it is seen to do.

    A subject less likely than `sure` is taken for a part of the place.
    """
    place = sight.word("place")
    actors = () if wish is None else wish.actors[1:]
    subject = sight.word("subject")
    if sight.box is not None and subject != NOBODY and sight.chances["subject"][subject] >= sure:
        able = tuple(ABILITIES[subject])
        asked = wish.actors[0] if wish is not None and wish.actors else None
        action = asked.action if asked is not None and asked.action in able else sight.word("action", able)
        ways = directions_of(subject, action)
        facing = sight.word("facing")
        direction = asked.direction if asked is not None and asked.direction in ways else facing
        direction = direction if direction in ways else ways[0]
        speed = 1.0 if asked is None else asked.speed
        who = Actor(subject=subject, colour=sight.word("colour"), action=action, direction=direction, speed=speed,
                    facing=direction if direction in ("left", "right") else facing)  # fmt: skip
        actors = (who, *(each for each in actors if each.subject != subject))
    camera = {} if wish is None else {"camera": wish.camera}
    return Scene(
        place=place, time=sight.word("time", times_at(place)), weather=sight.word("weather", weathers_at(place)),
        seed=seed % 2**31, actors=actors[:1], **camera,
    )  # fmt: skip


def cast(scene: Scene | None, sights: Sequence[Sight]) -> Scene:
    """The scene with its actors as pictures show them, in order; where there is none, the place of the first one.

    Raises InputError for a picture in which nobody is seen, and for more of them than the scene has actors.
    """
    known = shown_in(sights)
    if scene is None:
        return told(sights[0], None, 0, sure=0.0)
    if len(known) > max(1, len(scene.actors)):
        raise InputError("references", f"are {len(known)} for {len(scene.actors)} in the prompt", "name each of them")
    shown = list(scene.actors) or known[:1]
    shown[: len(known)] = [played_by(actor, who.subject, who.colour) for actor, who in zip(shown, known, strict=False)]
    return replace(scene, actors=tuple(shown))


def shown_in(sights: Sequence[Sight]) -> list[Actor]:
    """Whom each of some pictures shows. Raises InputError for one in which nobody is seen."""
    known = []
    for number, sight in enumerate(sights, 1):
        seen = told(sight, None, 0, sure=0.0).actors  # somebody is shown, says who gives it
        if not seen:
            raise InputError("references", f"show nobody that is known (picture {number})", "show one subject, clearly")
        known.append(seen[0])
    return known


def played_by(actor: Actor, subject: str, colour: str) -> Actor:
    """The actor's part given to somebody else, who does something else where it cannot do that."""
    if subject == actor.subject:
        return replace(actor, colour=colour)
    able = ABILITIES[subject]
    action = actor.action if actor.action in able else next(iter(able))
    ways = directions_of(subject, action)
    way = actor.direction if actor.direction in ways else ways[0]
    return replace(actor, subject=subject, colour=colour, action=action, direction=way)


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
