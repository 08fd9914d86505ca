"""The engine of the layered video model: a prompt read into a scene, a scene staged, moved and drawn.

Notable: the network stages: who stands where, how large, how far away. How it then moves is law, the renderer's own
(`render.motion`): a pan is as wide as was said and a runner runs where the words say, to the pixel. A path that was
drawn by hand replaces an actor's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.media import Image
from soundstage.models.layered import Cast, Layered, Plan, frames
from soundstage.models.layered.model import VARIANTS, recognised
from soundstage.models.layered.places import Choice
from soundstage.models.layered.reader import SLOTS, TEMPI
from soundstage.models.layered.seer import box
from soundstage.models.layered.tracker import RATE, VALUES
from soundstage.render.motion import PACE, View, camera_path, track
from soundstage.render.motion import along as passed
from soundstage.render.scene import (
    ABILITIES,
    PLACE_LEVELS,
    Actor,
    Camera,
    Scene,
    directions_of,
    level_of,
    times_at,
)
from soundstage.render.sprites import anchor_of
from soundstage.render.tracks import Poses, Views, under_camera
from soundstage.tasks.shoot_image import animated, look, seen_there
from soundstage.tasks.shoot_motion import Point, Way, assigned
from soundstage.tasks.shoot_scene import Shooting, Sight
from soundstage.text.ngrams import ngrams
from soundstage.weights import Loaded

SPEEDS = {"slow": 0.62, "normal": 1.0, "fast": 1.5}
AMOUNTS = {"slow": 0.6, "normal": 1.0, "fast": 1.45}
PLANNING = 1  # steps of the tracker: one gives the likeliest motion, which was measured to be the truest
FARTHEST_STAGED = 0.75  # frame widths that anybody crosses in a clip, so that all of them are seen all the while
TURNS = 5e-4  # frame widths from frame to frame from which on it faces where it goes
SAID = {"place": 0.985, "subject": 0.97}  # a word at least so likely was said, others at 0.9
UNSAID = {"day": ("day", "noon", "sunlight", "sunny"), "clear": ("clear", "sunny", "fine weather", "blue sky")}
"""What the reader takes for granted, and how it is said where it is."""
SURE = 0.55  # a choice less sure than this is drawn by chance, so that what a prompt leaves open varies with the seed


class LayeredShooter:
    """Family `layered`."""

    dtypes = ("float32",)
    steps = 0
    reuses = False

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Layered, loaded.module)
        self.device = self.model.compositor.head.weight.device

    @torch.inference_mode()
    def read(self, prompt: str, seed: int) -> Scene:
        """See `SceneEngine.read`.

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
        """See `SceneEngine.shoot`."""
        scene, views, paths = self.directed(scene, how)
        plan = self.plan(scene, falling, views, paths, how.identity)
        if how.like is not None:
            plan = replace(plan, choice=self.recognised(plan, *how.like))
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
            loop=how.loop,
            each=each,
            generator=runtime.generator(runtime.derive(how.seed, "place", scene.place), self.device),
        )
        meter.finish()
        return made.numpy()

    @torch.inference_mode()
    def directed(self, scene: Scene, how: Shooting) -> tuple[Scene, Views, list[Poses]]:
        """The scene staged, its camera's path, and its actors' poses in the picture, drawn paths as they were drawn."""
        scene = scene if how.exact else self.staged(scene, how)
        views, paths = self.moved(scene, how)
        if how.strokes:
            starts = [
                middle(pose, views, actor, how.width / how.height, how.frames // 2)
                for pose, actor in zip(paths, scene.actors, strict=True)
            ]
            scene, drawn = assigned(scene, how.strokes, starts, how.frames / how.fps, how.width / how.height)
            views, paths = self.moved(scene, how, drawn)
        return scene, views, paths

    def recognised(self, plan: Plan, frame: int, image: Image) -> Choice | None:
        """The layouts that a picture shows, seen as the plan's camera has it in a frame; none where it is elsewhere."""
        picture, sight = look(self, image, image.height, image.width)
        shown = seen_there(self, plan, sight)
        if shown.place != plan.place:
            return None
        return recognised(self.model, shown, picture, torch.maximum(sight.alpha, sight.others), frame)[0]

    def look(self, image: Image) -> Sight:
        """See `SceneEngine.look`. Raises InputError for a model that is blind."""
        return look(self, image, image.height, image.width)[1]

    def animate(self, image: Image, last_image: Image | None, scene: Scene, how: Shooting) -> NDArray[np.uint8]:
        """See `SceneEngine.animate`."""
        return animated(self, image, last_image, scene, how)

    def tall(self, actor: Actor) -> float:
        """The share of its box's height that an actor takes up."""
        c = self.model.config
        pair = c.subjects.index(actor.subject) * len(c.actions) + c.actions.index(actor.action)
        row = [pair, c.subjects.index(actor.subject), c.colours.index(actor.colour), 0, 0]
        drawn = self.model.painter(torch.tensor([row], device=self.device), torch.zeros(1, device=self.device))
        top, bottom = box((drawn[0, 3].clamp(-1, 1) + 1).cpu() / 2)[1::2]
        return max(bottom - top, 0.05)

    def wishes(self, prompt: str) -> dict[str, str]:
        """See `SceneEngine.wishes`."""
        c = self.model.config
        pieces = torch.from_numpy(ngrams(prompt, c.buckets)).to(self.device)[None]
        with torch.inference_mode():
            scene, roles = self.model.reader(pieces)
        said = {name: scene[name][0] for name in ("place", "time", "weather")}
        said |= {name: roles[name][0, 0] for name in ("subject", "colour", "action")}
        words = {"place": c.places, "time": c.times, "weather": c.weathers, "subject": c.subjects,
                 "colour": c.colours, "action": c.actions}  # fmt: skip
        found = {}
        for name, logits in said.items():
            chance, index = logits.float().softmax(0).max(0)
            if float(chance) < SAID.get(name, 0.9) or int(index) == len(words[name]):
                continue
            word = words[name][int(index)]
            if word not in UNSAID or any(hint in prompt.lower() for hint in UNSAID[word]):
                found[name] = word
        return found

    def plan(self, scene: Scene, falling: str, views: Views, paths: Sequence[Poses], identity: int = 0) -> Plan:
        """The scene in class numbers, far actors first."""
        c = self.model.config
        cast_: list[Cast] = []
        for actor, poses in zip(scene.actors, paths, strict=True):
            level = level_of(actor.subject, actor.action, scene.place)
            own = runtime.derive(identity, actor.subject, actor.colour)  # whoever else is there
            cast_.append(
                Cast(
                    subject=c.subjects.index(actor.subject),
                    colour=c.colours.index(actor.colour),
                    action=c.actions.index(actor.action),
                    variant=own % VARIANTS,
                    anchor=anchor_of(actor.subject, actor.action),
                    grounded=level == "ground",
                    poses=poses,
                )
            )
        cast_.sort(key=lambda who: float((who.poses.y + 10 * who.grounded).mean()))
        return Plan(
            place=c.places.index(scene.place),
            time=c.times.index(scene.time),
            weather=c.weathers.index(scene.weather),
            falling=falling,
            views=views,
            cast=tuple(cast_),
        )

    @torch.inference_mode()
    def enlarged(self, frame: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
        """A frame [H, W, 3] at `times`, a power of two, its width and height."""
        x = torch.from_numpy(np.array(frame)).to(self.device).permute(2, 0, 1)[None].float() / 127.5 - 1
        x = torch.cat((x, torch.ones_like(x[:, :1])), 1)
        for _ in range(times.bit_length() - 1):
            x = self.model.upscaler.tiled(x).clamp(-1, 1)
        made: NDArray[np.uint8] = ((x[0, :3] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return made

    def staged(self, scene: Scene, how: Shooting) -> Scene:
        """The scene with everybody at the place, size and depth that the network gives them for the clip's middle."""
        c = self.model.config
        tokens = max(2, round((how.frames - 1) / how.fps * RATE) + 1)
        tempo = TEMPI.index(_nearest(scene.camera.amount, AMOUNTS))
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
        hour = [c.places.index(scene.place), c.moves.index(scene.camera.move), tempo]
        noise = torch.randn(tokens, VALUES, generator=runtime.generator(runtime.derive(how.seed, "tracks")))
        hour_K, role_SR = torch.tensor(hour, device=self.device), torch.tensor(roles, device=self.device)
        tracks = self.model.tracker.plan(noise.to(self.device), hour_K, role_SR, steps=PLANNING)
        aside = float(tracks.camera[tokens // 2, 0])
        actors = []
        for actor, role in zip(scene.actors, tracks.roles, strict=False):
            x, y, size = (float(role[tokens // 2, i]) for i in range(3))
            seconds = how.frames / how.fps
            if scene.camera.move != "follow" and PACE.get(actor.action, 0.0) * actor.speed * seconds > FARTHEST_STAGED:
                actor = replace(actor, speed=FARTHEST_STAGED / (PACE[actor.action] * seconds))
            actors.append(_stood(actor, scene.place, x - aside, y, math.exp(size)))
        return replace(scene, actors=tuple(actors))

    def moved(
        self, scene: Scene, how: Shooting, drawn: Mapping[int, Way] = MappingProxyType({})
    ) -> tuple[Views, list[Poses]]:
        """The camera's path, and the actors' poses in the picture, by the storybook's laws; `drawn` paths as drawn."""
        seconds = how.frames / how.fps
        lead = scene.actors[0] if scene.actors else None
        path = camera_path(scene.camera, how.frames, seconds=seconds, lead=lead, loop=how.loop)
        still = tuple(View() for _ in path)
        poses = []
        for index, actor in enumerate(scene.actors):
            told = track(actor, scene.camera, seconds, how.fps, place=scene.place, views=still, loop=how.loop)
            x, y, scale, angle, lift, phase = (
                torch.tensor([getattr(pose, name) for pose in told], device=self.device)
                for name in ("x", "y", "scale", "angle", "lift", "phase")
            )
            flip = torch.tensor([pose.flip for pose in told], device=self.device)
            x = x + path[how.frames // 2].x
            found = Poses(x, y + lift, scale, angle, lift, phase, flip)
            if index in drawn:
                found = self.along(found, drawn[index], actor, path, how.width / how.height)
            poses.append(found)
        return Views.of(path, self.device), poses

    def along(self, poses: Poses, way: Way, actor: Actor, path: Sequence[View], aspect: float) -> Poses:
        """Poses whose box has its middle on the stroke, as the frame shows it, whatever the camera does."""
        xs, ys, faces = [], [], []
        shares = [frame / max(1, len(path) - 1) for frame in range(len(path))]
        seen = [passed(way.points, share) for share in shares]
        if way.heights:
            tall = self.tall(actor)
            sides = [float(np.interp(u, np.linspace(0, 1, len(way.heights)), way.heights)) / tall for u in shares]
            sides = [side / view.scale for side, view in zip(sides, path, strict=True)]
            poses = poses._replace(scale=torch.tensor(sides, device=self.device))
        left = bool(poses.flip[0])
        for frame, view in enumerate(path):
            x, y = seen[frame]
            across = seen[min(frame + 1, len(seen) - 1)][0] - seen[max(frame - 1, 0)][0]
            left = across < 0 if abs(across) > TURNS and actor.direction in ("left", "right") else left
            faces.append(left)
            dx, dy = _off_anchor(actor, float(poses.scale[frame]) * view.scale, left, aspect)
            x, y = view.to_picture(x - dx, y - dy)
            xs.append(x)
            ys.append(y)
        still = torch.zeros_like(poses.lift)
        return poses._replace(
            x=torch.tensor(xs, device=self.device),
            y=torch.tensor(ys, device=self.device),
            lift=still,
            flip=torch.tensor(faces, device=self.device),
        )


def middle(poses: Poses, views: Views, actor: Actor, aspect: float, frame: int) -> Point:
    """Where the middle of an actor's box is seen in a frame, in its widths and heights."""
    seen = under_camera(poses, views)
    dx, dy = _off_anchor(actor, float(seen.scale[frame]), bool(seen.flip[frame]), aspect)
    return float(seen.x[frame]) + dx, float(seen.y[frame]) + dy


def _off_anchor(actor: Actor, side: float, flip: bool, aspect: float) -> Point:
    """From an actor's anchor to the middle of its box, `side` frame heights large."""
    ax, ay = anchor_of(actor.subject, actor.action)
    return (0.5 - (1 - ax if flip else ax)) * side / aspect, (0.5 - ay) * side


def _stood(actor: Actor, place: str, x: float, y: float, scale: float) -> Actor:
    """The actor at the place and depth where its anchor is at (x, y) and its box so large, at the clip's middle."""
    level = level_of(actor.subject, actor.action, place)
    base = PLACE_LEVELS[place][level]
    near = actor.direction in ("toward", "away")
    if level == "ground":
        depth = (base + 0.06 - y) / 0.22 if not near else (base + 0.055 - y) / 0.22
    else:
        depth = (base - y) / 0.06
    depth = min(max(depth, 0.0), 0.8)
    size = scale / (0.93 if near else 1.0) / (1 - 0.45 * depth)
    return replace(actor, x=min(max(x, 0.05), 0.95), depth=depth, size=min(max(size, 0.12), 0.9))


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
