"""Storybook clips that the latent video model learns from, each with what it is to be told: who is where, and what the
camera sees.

Notable: a clip is a window somewhere in a longer scene, at one of several frame rates, without rain and snow, which are
laid over what is made. Chunks are drawn each from its own seed, so a drawing that was stopped goes on.

N clips · A = 2 actors · F = 33 frames · H, W pixels · C = 8 pixels, a cell's side
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundstage.data.storybook import SIZES, sample_actor, sample_scene
from soundstage.models.video_dit import ACTORS, NOBODY
from soundstage.render.camera import Key
from soundstage.render.scene import ACTIONS, COLOURS, PLACES, SUBJECTS, TIMES, WEATHERS, Actor, Camera, Scene
from soundstage.render.stage import Stage
from soundstage.render.tracks import Poses, Views
from soundstage.render.truth import actor_mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CHUNK, SHARE = 100, 4  # clips of a chunk, and on one backdrop
HELD = 48
FRAMES, CELL = 33, 8
RATES = (12, 15, 20, 24)
SQUARE, WIDE = (64, 64), (96, 64)  # width, height
KEYED, FOLLOWED, DUO = 0.3, 0.06, 0.3  # shares of cameras in values, of those that follow, and of two actors
POSE, VIEW = Poses._fields, Views._fields


@dataclass(frozen=True, kw_only=True)
class Told:
    """Clips and what is known of them."""

    frames: NDArray[np.uint8]  # [N, F, H, W, 3]
    cover: NDArray[np.uint8]  # [N, F, H / C, W / C], how much of a cell the actors cover, of 255
    poses: NDArray[np.float32]  # [N, A, F, len(POSE)], as the frame shows them
    who: NDArray[np.int64]  # [N, A, 3]: subject, action, colour; NOBODY for none
    views: NDArray[np.float32]  # [N, F, len(VIEW)]
    hour: NDArray[np.int64]  # [N, 4]: place, time, weather, layout

    def __len__(self) -> int:
        return len(self.frames)


def chunk(folder: Path, index: int) -> Told:
    """One chunk, drawn where it is missing; every sixth is wide."""
    rng = np.random.default_rng((12, index))
    return _kept(folder / f"clips-{index:03d}.npz", lambda: draw(rng, CHUNK, WIDE if index % 6 == 5 else SQUARE))


def held(folder: Path) -> Told:
    """Clips of combinations that training never shows."""
    rng = np.random.default_rng((13, 0))
    return _kept(folder / "held-out.npz", lambda: draw(rng, HELD, SQUARE, split="test"))


def _kept(path: Path, draw: Callable[[], Told]) -> Told:
    if not path.exists():
        drawn = draw()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **{each.name: getattr(drawn, each.name) for each in fields(Told)})
        unfinished.replace(path)
    with np.load(path) as file:
        return Told(**{each.name: file[each.name] for each in fields(Told)})


def draw(rng: np.random.Generator, count: int, size: tuple[int, int], *, split: str = "train") -> Told:
    """Clips by the storybook's renderer, `size` is width and height."""
    rows = []
    for index in range(count):
        if index % SHARE == 0:
            base, rate = sample_scene(rng, split=split), int(rng.choice(RATES))
            base = replace(base, camera=_camera(rng, base.camera))
            seconds = max(float(rng.uniform(1.4, 5)), FRAMES / rate)
        rows.append(_clip(rng, replace(base, actors=_actors(rng, base.place, split)), seconds, rate, size))
    return Told(**{each.name: np.stack([row[each.name] for row in rows]) for each in fields(Told)})


def _clip(
    rng: np.random.Generator, scene: Scene, seconds: float, rate: int, size: tuple[int, int]
) -> dict[str, NDArray[np.generic]]:
    stage = Stage(scene, seconds, rate, size)
    start = int(rng.integers(stage.count - FRAMES + 1))
    span = range(start, start + FRAMES)
    poses = np.zeros((ACTORS, FRAMES, len(POSE)), np.float32)
    who = np.full((ACTORS, 3), NOBODY, np.int64)
    for slot, index in enumerate(stage.order):
        actor = scene.actors[index]
        told = stage.poses[index]
        poses[slot] = [[getattr(told[k], name) for name in POSE] for k in span]
        who[slot] = SUBJECTS.index(actor.subject), ACTIONS.index(actor.action), COLOURS.index(actor.colour)
    masks = np.stack([actor_mask(stage, k) > 0 for k in span])
    rows, columns = size[1] // CELL, size[0] // CELL
    cover = masks.reshape(FRAMES, rows, CELL, columns, CELL).mean((2, 4))
    return {
        "frames": np.stack([np.array(stage.frame(k, falls=False)) for k in span]),
        "cover": (255 * cover).round().astype(np.uint8),
        "poses": poses,
        "who": who,
        "views": np.array([[getattr(stage.views[k], name) for name in VIEW] for k in span], np.float32),
        "hour": np.array(
            [PLACES.index(scene.place), TIMES.index(scene.time), WEATHERS.index(scene.weather), scene.seed], np.int64
        ),
    }


def _camera(rng: np.random.Generator, usual: Camera) -> Camera:
    """The usual camera, one that follows, or a path in values from one key to another."""
    draw = rng.uniform()
    if draw < FOLLOWED:
        return Camera(move="follow")
    if draw > FOLLOWED + KEYED:
        return usual
    ends = [
        {
            "pan": float(rng.normal() * 0.25),
            "tilt": float(np.clip(rng.normal() * 0.07, -0.25, 0.25)),
            "zoom": float(np.exp(rng.normal() * 0.15)),
            "dolly": float(np.exp(rng.normal() * 0.15)),
            "orbit": float(rng.normal() * 8),
        }
        for _ in range(2)
    ]
    return Camera(keys=(Key(at=0, **ends[0]), Key(at=1, **ends[1])))


def _actors(rng: np.random.Generator, place: str, split: str) -> tuple[Actor, ...]:
    """One or two subjects, of many sizes, anywhere in the frame's middle half."""
    count = 2 if rng.uniform() < DUO else 1
    slots = rng.permutation((0.27, 0.73)) if count == 2 else (0.5,)
    return tuple(
        replace(
            actor,
            x=float(slot + rng.normal() * 0.08),
            size=SIZES[actor.subject] * float(rng.uniform(0.7, 1.15)) * (0.88 if count == 2 else 1),
        )
        for slot in slots
        for actor in [sample_actor(rng, place, split=split)]
    )
