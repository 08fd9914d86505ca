"""What the tasks `shoot` and `paint` need of a model, and the engine of each family that can do it.

Notable: an engine reads a prompt into a `Scene` (a plain value of the storybook's words) and draws a scene. The task
settles between the two what the caller's fields say; a caller who has a scene already skips the reading, and its
camera and poses are then kept exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.models.layered import Cast, Layered, Plan, frames
from soundstage.models.layered.compose import Poses, Views
from soundstage.models.layered.model import FALLING, VARIANTS
from soundstage.models.layered.reader import SLOTS, TEMPI
from soundstage.models.layered.tracker import RATE, VALUES, at_frames, gait
from soundstage.render.motion import View, camera_path, track
from soundstage.render.scene import (
    ABILITIES,
    DIRECTIONS,
    Actor,
    Camera,
    Scene,
    directions_of,
    level_of,
    one_of,
    times_at,
    weathers_at,
)
from soundstage.render.sprites import anchor_of
from soundstage.text.ngrams import ngrams
from soundstage.weights import Loaded

SPEEDS = {"slow": 0.62, "normal": 1.0, "fast": 1.5}
AMOUNTS = {"slow": 0.6, "normal": 1.0, "fast": 1.45}
PLANNING = 1  # steps of the tracker: one gives the likeliest motion, which was measured to be the truest
SURE = 0.55  # a choice less sure than this is drawn by chance, so that what a prompt leaves open varies with the seed


@dataclass(frozen=True, kw_only=True)
class Shooting:
    """How a scene is to be drawn. `exact` keeps the storybook's own camera path and poses instead of planning them."""

    frames: int
    fps: float
    height: int
    width: int
    seed: int
    identity: int
    steps: int
    guidance: float
    exact: bool = False


class VideoEngine(Protocol):
    """One model that shoots."""

    def read(self, prompt: str, seed: int) -> Scene:
        """The scene that a prompt asks for."""

    def shoot(self, scene: Scene, falling: str, how: Shooting) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of the scene; `falling` is rain, snow or nothing."""


class LayeredShooter:
    """Family `layered`."""

    dtypes = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Layered, loaded.module)
        self.device = self.model.compositor.head.weight.device

    @torch.inference_mode()
    def read(self, prompt: str, seed: int) -> Scene:
        """See `VideoEngine.read`.

        A subject is only said to do what it can do; what is not said is drawn by chance from what is likely.
        """
        c = self.model.config
        pieces = torch.from_numpy(ngrams(prompt, c.buckets)).to(self.device)[None]
        scene, roles = self.model.reader(pieces)
        said = {name: logits[0].float().cpu() for name, logits in (scene | roles).items()}
        generator = runtime.generator(runtime.derive(seed, "reading"))
        actors = []
        for slot in range(SLOTS):
            subject = int(said["subject"][slot].argmax())
            if subject == len(c.subjects):
                continue
            name = c.subjects[subject]
            action = _choice(said["action"][slot], c.actions, tuple(ABILITIES[name]), generator)
            direction = _choice(said["direction"][slot], c.directions, directions_of(name, action), generator)
            actors.append(
                Actor(
                    subject=name,
                    colour=_choice(said["colour"][slot], c.colours, c.colours, generator),
                    action=action,
                    direction=direction,
                    speed=SPEEDS[TEMPI[int(said["pace"][slot].argmax())]],
                    facing=direction if direction in ("left", "right") else "right",
                )
            )
        place = c.places[int(said["place"].argmax())]
        return Scene(
            place=place,
            time=_choice(said["time"], c.times, times_at(place), generator),
            weather=_choice(said["weather"], c.weathers, c.weathers, generator),
            seed=seed % 2**31,
            actors=tuple(actors),
            camera=Camera(
                move=_choice(said["move"], c.moves, c.moves, generator),
                amount=AMOUNTS[TEMPI[int(said["tempo"].argmax())]],
            ),
        )

    @torch.inference_mode()
    def shoot(self, scene: Scene, falling: str, how: Shooting) -> NDArray[np.uint8]:
        """See `VideoEngine.shoot`."""
        views, paths = self._exact(scene, how) if how.exact else self._planned(scene, how)
        c = self.model.config
        cast_: list[Cast] = []
        for actor, poses in zip(scene.actors, paths, strict=True):
            level = level_of(actor.subject, actor.action, scene.place)
            identity = runtime.derive(how.identity, actor.subject, actor.colour)
            cast_.append(
                Cast(
                    subject=c.subjects.index(actor.subject),
                    colour=c.colours.index(actor.colour),
                    action=c.actions.index(actor.action),
                    variant=identity % VARIANTS,
                    anchor=anchor_of(actor.subject, actor.action),
                    grounded=level == "ground",
                    poses=poses,
                )
            )
        cast_.sort(key=lambda who: float((who.poses.y + 10 * who.grounded).mean()))
        plan = Plan(
            place=c.places.index(scene.place),
            time=c.times.index(scene.time),
            weather=c.weathers.index(scene.weather),
            falling=falling,
            views=views,
            cast=tuple(cast_),
        )
        meter = runtime.Meter("drawing frames", how.frames)
        done = 0

        def each(total: int) -> None:
            nonlocal done
            meter.advance(total - done)
            done = total

        made = frames(
            self.model,
            plan,
            height=how.height,
            width=how.width,
            fps=how.fps,
            steps=how.steps,
            guidance=how.guidance,
            each=each,
            generator=runtime.generator(
                runtime.derive(how.seed, "place", scene.place, scene.time, scene.weather), self.device
            ),
        )
        meter.finish()
        return made.numpy()

    def _planned(self, scene: Scene, how: Shooting) -> tuple[Views, list[Poses]]:
        """The camera and the actors' poses by the tracker."""
        c = self.model.config
        tokens = max(2, round((how.frames - 1) / how.fps * RATE) + 1)
        tempo = _nearest(scene.camera.amount, AMOUNTS)
        nobody = [len(c.subjects), len(c.actions), len(c.directions), len(TEMPI)]
        roles = [
            [
                c.subjects.index(a.subject),
                c.actions.index(a.action),
                c.directions.index(a.direction),
                TEMPI.index(_nearest(a.speed, SPEEDS)),
            ]
            for a in scene.actors[:SLOTS]
        ]
        roles += [nobody] * (SLOTS - len(roles))
        hour = torch.tensor(
            [c.places.index(scene.place), c.moves.index(scene.camera.move), TEMPI.index(tempo)], device=self.device
        )
        noise = torch.randn(tokens, VALUES, generator=runtime.generator(runtime.derive(how.seed, "tracks"))).to(
            self.device
        )
        tracks = self.model.tracker.plan(noise, hour, torch.tensor(roles, device=self.device), steps=PLANNING)
        # A plan has tokens at RATE a second; the clip's frames are spread over all of it.
        pace = RATE * (how.frames - 1) / max(1, tokens - 1)
        camera = at_frames(tracks.camera, how.frames, pace if how.frames > 1 else how.fps)
        if scene.camera.move == "static":
            camera = torch.zeros_like(camera)
        poses = []
        for actor, role in zip(scene.actors, tracks.roles, strict=False):
            x, y, size, angle, lift, *_ = at_frames(role, how.frames, pace if how.frames > 1 else how.fps).unbind(-1)
            level = level_of(actor.subject, actor.action, scene.place)
            leaps = actor.action == "jump"
            poses.append(
                Poses(
                    x=x,
                    y=y,
                    scale=size.exp(),
                    angle=angle if level == "surface" else torch.zeros_like(angle),
                    lift=lift if leaps else torch.zeros_like(lift),
                    phase=gait(role, how.frames, how.fps),
                    flip=_flips(actor, how.frames, x.device),
                )
            )
        return Views(camera[:, 0], camera[:, 1], 1 + camera[:, 2].clamp(0, 1.5)), poses

    def _exact(self, scene: Scene, how: Shooting) -> tuple[Views, list[Poses]]:
        """The storybook's own camera path and poses."""
        seconds = how.frames / how.fps
        lead = scene.actors[0] if scene.actors else None
        path = camera_path(scene.camera, how.frames, seconds=seconds, lead=lead)
        views = Views(
            *(torch.tensor([getattr(view, name) for view in path], device=self.device) for name in ("x", "y", "zoom"))
        )
        still = tuple(View() for _ in path)
        poses = []
        for actor in scene.actors:
            drawn = track(actor, scene.camera, seconds, how.fps, place=scene.place, views=still)
            x, y, scale, angle, lift, phase = (
                torch.tensor([getattr(pose, name) for pose in drawn], device=self.device)
                for name in ("x", "y", "scale", "angle", "lift", "phase")
            )
            x = x + path[how.frames // 2].x
            poses.append(Poses(x, y + lift, scale, angle, lift, phase, _flips(actor, how.frames, self.device)))
        return views, poses


def _flips(actor: Actor, count: int, device: torch.device) -> Tensor:
    """Whether it faces left, in each frame."""
    left = actor.direction == "left" or (actor.direction != "right" and actor.facing == "left")
    return torch.full((count,), left, device=device)


def _choice(logits: Tensor, words: tuple[str, ...], allowed: tuple[str, ...], generator: torch.Generator) -> str:
    """The likeliest allowed word; by chance, at a cool temperature, where none is likely."""
    chances = torch.tensor(
        [float(logits[i]) if word in allowed else -torch.inf for i, word in enumerate(words)]
    ).softmax(0)
    if float(chances.max()) >= SURE:
        return words[int(chances.argmax())]
    return words[int(torch.multinomial(chances.pow(1.5), 1, generator=generator))]


def _nearest(value: float, table: Mapping[str, float]) -> str:
    return min(table, key=lambda name: abs(table[name] - value))


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


ENGINES: Mapping[str, Callable[[Loaded], VideoEngine]] = {"layered": LayeredShooter}
