"""Pictures that the seer learns from: what is shown, and the alpha of whom it shows.

Notable: two thirds are the renderer's, one third the video model's own, for those are what it will be asked about; the
alpha of both comes from the poses that made them. Sizes and shapes vary and all are squeezed into one square, as the
seer itself does. Chunks are drawn each from its own seed, so a drawing that was stopped goes on.

N pictures · S = 128 pixels · F frames of one clip
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image as Picture
from torch import Tensor

from soundstage.data.storybook import SIZES, sample_actor, sample_scene
from soundstage.models.layered import compose, storybook
from soundstage.models.layered.model import FALLING, VARIANTS, Cast, Layered, Plan, figures, frames, scenery
from soundstage.models.layered.places import MARGIN, ROWS
from soundstage.models.layered.seer import FACINGS, SIDE
from soundstage.render.motion import View, camera_path, frame_count, track
from soundstage.render.scene import SUBJECTS, Actor, Camera, Scene, level_of
from soundstage.render.sprites import anchor_of
from soundstage.render.stage import Stage
from soundstage.render.tracks import Poses, Views, under_camera
from soundstage.render.truth import actor_mask
from soundstage.weights.load import load

CHUNK, SHARE = 120, 6  # pictures of a chunk, and of one backdrop
SHAPES = ((128, 128), (128, 128), (160, 160), (192, 192), (224, 128), (160, 224))  # width, height
FPS = 12.0
LAYOUTS = 400
FIELDS = storybook().sights
UNKNOWN = -1
LEAST = 40  # pixels of SIDE² that must be seen of a subject before it can be named
WHOLE = 0.45  # share of it that must be seen before its action can be
Row = tuple[NDArray[np.uint8], NDArray[np.uint8], list[int]]  # a picture, its alphas, its marks


@dataclass(frozen=True, kw_only=True)
class Sights:
    """Pictures and what is known of them."""

    pictures: NDArray[np.uint8]  # [N, S, S, 3]
    alphas: NDArray[np.uint8]  # [N, 2, S, S]: the first subject's, all others'
    marks: NDArray[np.int64]  # [N, fields]: indices in the order of FIELDS, UNKNOWN where it cannot be told

    def __len__(self) -> int:
        return len(self.pictures)


def kept(folder: Path, chunks: int, reference: str) -> Sights:
    """The first `chunks` chunks for training, drawn where they are missing."""
    return joined([chunk(folder, index, reference) for index in range(chunks)])


def joined(parts: list[Sights]) -> Sights:
    """Several as one."""
    return Sights(
        pictures=np.concatenate([part.pictures for part in parts]),
        alphas=np.concatenate([part.alphas for part in parts]),
        marks=np.concatenate([part.marks for part in parts]),
    )


def chunk(folder: Path, index: int, reference: str) -> Sights:
    """One chunk for training, drawn where it is missing; every third is by the model `reference`."""

    def draw() -> Sights:
        rng = np.random.default_rng((7, index))
        return made(rng, CHUNK, starter(reference)) if index % 3 == 2 else rendered(rng, CHUNK)

    return kept_in(folder / f"sights-{index:03d}.npz", draw)


def kept_in(path: Path, draw: Callable[[], Sights]) -> Sights:
    """What stands in the file, drawn first where it does not stand."""
    if not path.exists():
        drawn = draw()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, pictures=drawn.pictures, alphas=drawn.alphas, marks=drawn.marks)
        unfinished.replace(path)
    with np.load(path) as file:
        return Sights(pictures=file["pictures"], alphas=file["alphas"], marks=file["marks"])


@lru_cache(maxsize=1)
def starter(reference: str) -> Layered:
    """The model whose pictures are to be seen too."""
    module = load(reference).module
    assert isinstance(module, Layered)
    return module


def rendered(rng: np.random.Generator, count: int, *, split: str = "train", plain: bool = False) -> Sights:
    """Pictures by the storybook's renderer; `plain` takes the storybook's own scenes, one or two subjects large and in
    the middle, else there are none to three, anywhere and of any size.
    """
    rows: list[Row] = []
    for i in range(count):
        if i % SHARE == 0 or plain:
            base, shape, seconds = _setting(rng, split, plain)
        scene = base if plain else replace(base, actors=_actors(rng, base.place, split))
        stage = Stage(scene, seconds, FPS, shape)
        index = int(rng.integers(stage.count))
        picture = np.array(stage.frame(index).resize((SIDE, SIDE), Picture.Resampling.BOX))
        seen, whole = _alphas(stage, index)
        rows.append((picture, *_ranked(scene, [p[index].flip for p in stage.poses], _small(seen), _small(whole))))
    return _stacked(rows)


def made(rng: np.random.Generator, count: int, model: Layered, *, split: str = "train", plain: bool = False) -> Sights:
    """Pictures by the video model, SHARE frames of each of its clips (one, when `plain`)."""
    rows: list[Row] = []
    while len(rows) < count:
        scene, (width, height), seconds = _setting(rng, split, plain)
        if not plain:
            scene = replace(scene, actors=_actors(rng, scene.place, split))
        plan = _plan(rng, model, scene, seconds, 1 if plain else SHARE)
        if not plain:
            plan = replace(plan, cast=tuple(cast._replace(poses=_strewn(rng, cast.poses)) for cast in plan.cast))
        seed = int(rng.integers(2**31))
        with torch.inference_mode():
            clip = frames(model, plan, height=height, width=width, fps=FPS, generator=_generator(seed))
            seen, whole = _drawn_alphas(model, plan, height, width, seed)
        actors = replace(scene, actors=tuple(scene.actors[i] for i in _order(scene)))
        for k, frame in enumerate(clip):
            flips = [bool(cast.poses.flip[k]) for cast in plan.cast]
            picture = np.array(Picture.fromarray(frame.numpy()).resize((SIDE, SIDE), Picture.Resampling.BOX))
            rows.append((picture, *_ranked(actors, flips, _small(seen[:, k]), _small(whole[:, k]))))
    return _stacked(rows[:count])


def _stacked(rows: list[Row]) -> Sights:
    pictures, alphas, marks = zip(*rows, strict=True)
    return Sights(pictures=np.stack(pictures), alphas=np.stack(alphas), marks=np.array(marks, np.int64))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _setting(rng: np.random.Generator, split: str, plain: bool) -> tuple[Scene, tuple[int, int], float]:
    """A scene, the shape of its pictures, and seconds of its clip."""
    scene = sample_scene(rng, split=split, duo=0.25 if plain else 0.0)
    scene = replace(scene, seed=int(rng.integers(LAYOUTS)))
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    return scene, shape, float(rng.choice((2.0, 3.0, 4.0)))


def _actors(rng: np.random.Generator, place: str, split: str) -> tuple[Actor, ...]:
    """None to three subjects, side by side or one before the other."""
    count = int(rng.choice(4, p=(0.04, 0.56, 0.27, 0.13)))
    slots = rng.permutation((np.arange(count) + 0.5) / max(count, 1))
    return tuple(
        replace(
            actor,
            x=float(np.clip(slot + rng.normal() * 0.16, 0.05, 0.95)),
            size=SIZES[actor.subject] * float(rng.uniform(0.5, 1.3)),
            depth=float(rng.uniform(0, 0.7)),
        )
        for slot in slots
        for actor in [sample_actor(rng, place, split=split)]
    )


def _alphas(stage: Stage, index: int) -> tuple[Tensor, Tensor]:
    """What is seen of each actor, and what would be seen were nothing before it, both [actors, H, W] in 0…1."""
    whole = np.zeros((len(stage.scene.actors), stage.height, stage.width), np.float32)
    seen = np.zeros_like(whole)
    for i in stage.order:
        placed = stage.placed(stage.scene.actors[i], stage.poses[i][index])
        if placed is None:
            continue
        alpha = np.asarray(placed.picture)[..., 3].astype(np.float32) / 255
        top, left = max(0, placed.top), max(0, placed.left)
        bottom, right = min(stage.height, placed.top + alpha.shape[0]), min(stage.width, placed.left + alpha.shape[1])
        if top < bottom and left < right:
            whole[i, top:bottom, left:right] = alpha[
                top - placed.top : bottom - placed.top, left - placed.left : right - placed.left
            ]
        seen *= 1 - whole[i]
        seen[i] = whole[i]
    hidden = (seen.sum(0) > 0.5) & (actor_mask(stage, index) == 0)  # by waves and the like before the actors
    return torch.from_numpy(seen * ~hidden), torch.from_numpy(whole)


def _plan(rng: np.random.Generator, model: Layered, scene: Scene, seconds: float, count: int) -> Plan:
    """`count` frames of the scene's clip, as the storybook itself would move it."""
    c, total = model.config, frame_count(seconds, FPS)
    lead = scene.actors[0] if scene.actors else None
    path = camera_path(scene.camera, total, seconds=seconds, lead=lead)
    chosen = np.sort(rng.choice(total, count, replace=False))
    still, middle = tuple(View() for _ in path), path[total // 2].x
    casts = []
    for i in _order(scene):
        actor = scene.actors[i]
        drawn = track(actor, Camera(), seconds, FPS, place=scene.place, views=still)
        poses = [drawn[k] for k in chosen]
        casts.append(
            Cast(
                subject=c.subjects.index(actor.subject),
                colour=c.colours.index(actor.colour),
                action=c.actions.index(actor.action),
                variant=int(rng.integers(VARIANTS)),
                anchor=anchor_of(actor.subject, actor.action),
                grounded=level_of(actor.subject, actor.action, scene.place) == "ground",
                poses=Poses(
                    x=torch.tensor([pose.x + middle for pose in poses]),
                    y=torch.tensor([pose.y + pose.lift for pose in poses]),
                    scale=torch.tensor([pose.scale for pose in poses]),
                    angle=torch.tensor([pose.angle for pose in poses]),
                    lift=torch.tensor([pose.lift for pose in poses]),
                    phase=torch.tensor([pose.phase for pose in poses]),
                    flip=torch.tensor([pose.flip for pose in poses]),
                ),
            )
        )
    return Plan(
        place=c.places.index(scene.place),
        time=c.times.index(scene.time),
        weather=c.weathers.index(scene.weather),
        falling=scene.weather if scene.weather in FALLING else "",
        views=Views.of([path[k] for k in chosen]),
        cast=tuple(casts),
    )


def _strewn(rng: np.random.Generator, poses: Poses) -> Poses:
    """The poses elsewhere, of another size and turned round in each frame, since frames of one clip are much alike."""
    count = len(poses.x)
    return poses._replace(
        x=poses.x + torch.from_numpy(rng.uniform(-0.25, 0.25, count)).float(),
        scale=poses.scale * torch.from_numpy(rng.uniform(0.7, 1.5, count)).float(),
        flip=poses.flip ^ torch.from_numpy(rng.random(count) < 0.5),
    )


def _order(scene: Scene) -> list[int]:
    """Numbers of the actors, far ones first."""
    return sorted(range(len(scene.actors)), key=lambda i: -scene.actors[i].depth)


def _drawn_alphas(model: Layered, plan: Plan, height: int, width: int, seed: int) -> tuple[Tensor, Tensor]:
    """As `_alphas`, of a plan, [actors, F, H, W]."""
    count = len(plan.views.x)
    whole = torch.zeros(len(plan.cast), count, height, width)
    seen = torch.zeros_like(whole)
    for i, cast in enumerate(plan.cast):
        poses = under_camera(cast.poses, plan.views)
        where = compose.windows(poses, cast.anchor, height, width)
        sprites = figures(model, plan, cast, 1)[:, 3:]
        laid = torch.zeros(count, 1, height, width)
        compose.paste(laid, compose.placed(sprites, poses, cast.anchor, where, height, width), where)
        whole[i] = laid[:, 0]
        seen *= 1 - whole[i]
        seen[i] = whole[i]
    if model.config.places[plan.place] in model.config.front:
        near = scenery(model, plan, width / height, _generator(seed), 1)[1]
        seen *= 1 - compose.seen(near[3:], plan.views, height, width, MARGIN / ROWS)[:, 0]
    return seen, whole


def _small(alphas: Tensor) -> Tensor:
    """[actors, H, W] at SIDE by SIDE."""
    if not len(alphas):
        return torch.zeros(0, SIDE, SIDE)
    return F.interpolate(alphas[None], (SIDE, SIDE), mode="area")[0]


def _ranked(scene: Scene, flips: list[bool], seen: Tensor, whole: Tensor) -> tuple[NDArray[np.uint8], list[int]]:
    """The alpha of the actor that is seen largest and of all others [2, S, S], and the picture's marks."""
    c = FIELDS
    marks = dict.fromkeys(c, UNKNOWN)
    for name in ("place", "time", "weather"):
        marks[name] = c[name].index(getattr(scene, name))
    areas = seen.sum((1, 2)) if len(seen) else torch.zeros(1)
    alphas = torch.zeros(2, SIDE, SIDE)
    first = int(areas.argmax())
    if float(areas[first]) < 4:
        marks["subject"] = len(SUBJECTS)
    else:
        alphas[0], alphas[1] = seen[first], (seen.sum(0) - seen[first]).clamp(0, 1)
    if float(areas[first]) >= LEAST:
        actor = scene.actors[first]
        marks["subject"], marks["colour"] = c["subject"].index(actor.subject), c["colour"].index(actor.colour)
        if float(areas[first]) > WHOLE * float(whole[first].sum()):
            marks["action"] = c["action"].index(actor.action)
            if two_faced(actor):
                marks["facing"] = FACINGS.index("left" if flips[first] else "right")
    return (alphas * 255).round().to(torch.uint8).numpy(), [marks[name] for name in c]


def two_faced(actor: Actor) -> bool:
    """Whether it looks another way when it is mirrored: balloons do not, nor rockets that point up or down."""
    upright = actor.action == "stand" or actor.direction in ("up", "down")
    return actor.subject != "balloon" and not (actor.subject == "rocket" and upright)
