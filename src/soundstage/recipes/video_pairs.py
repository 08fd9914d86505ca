"""Training pairs of the video starter's finishing parts: layers and the frame that the renderer makes of them, points
and rain, small and large.

Notable: an actor's frame is drawn twice, with and without the actor, so the compositor sees exactly what the actor
changed: its shadow, the light on it, and nothing else.

B batch · N side of a window · pictures are floats 0…1 unless said otherwise
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data.storybook import sample_actor
from soundstage.models.layered.compose import contact, cut, placed, windows
from soundstage.models.layered.compositor import MAPS
from soundstage.models.layered.model import FALLING, TILE
from soundstage.models.layered.places import COLUMNS, MARGIN, ROWS
from soundstage.recipes.video_pictures import hours, panorama, premultiplied
from soundstage.render.scene import PLACES, TIMES, WEATHERS, Actor, Scene, level_of
from soundstage.render.sprites import PHASES, anchor_of, sprite
from soundstage.render.stage import Stage
from soundstage.render.svg import circle, line, rasterise
from soundstage.render.tracks import Poses

FRAME, WINDOW = 128, 48
OPAQUE = 0.97  # alpha from which on a pixel is an actor's alone
Pairs = dict[str, Tensor]


def joins(path: Path, each: int, seed: int = 0) -> Pairs:
    """`each` actors at every hour of every place: back, sprite and true windows, contact maps, grounded, hour; drawn
    once and kept in `path`.
    """
    if not path.exists():
        rng = np.random.default_rng(seed)
        rows = [_join(rng, hour) for hour in hours() for _ in range(each)]
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        arrays: dict[str, Any] = {name: torch.stack([row[name] for row in rows]).numpy() for name in rows[0]}
        np.savez(unfinished, **arrays)
        unfinished.replace(path)
    with np.load(path) as file:
        return {name: torch.from_numpy(file[name]) for name in file}


def _join(rng: np.random.Generator, hour: tuple[str, str, str]) -> Pairs:
    place, time, weather = hour
    actor = sample_actor(rng, place)
    actor = Actor(**{**actor.__dict__, "x": rng.uniform(0.25, 0.75), "size": actor.size * rng.uniform(0.7, 1.2)})
    scene = Scene(place=place, time=time, weather=weather, seed=0, actors=(actor,))
    index = int(rng.integers(16))
    stage = Stage(scene, 2.0, 8.0, (FRAME, FRAME))
    empty = Stage(Scene(place=place, time=time, weather=weather, seed=0), 2.0, 8.0, (FRAME, FRAME))
    back, true = (torch.from_numpy(np.array(s.frame(index))).permute(2, 0, 1)[None] / 255 for s in (empty, stage))
    pose = stage.poses[0][index]
    numbers = {name: torch.tensor([float(getattr(pose, name))]) for name in Poses._fields if name != "flip"}
    poses = Poses(**numbers, flip=torch.tensor([pose.flip]))
    anchor = anchor_of(actor.subject, actor.action)
    where = windows(poses, anchor, FRAME, FRAME)
    step = round(pose.phase * PHASES) % PHASES
    drawn = torch.from_numpy(
        premultiplied(sprite(actor.subject, actor.colour, actor.action, step / PHASES, time, size=96))
    )[None]
    laid = placed((drawn + 1) / 2, poses, anchor, where, FRAME, FRAME)
    size = (WINDOW, WINDOW)
    return {
        "back": F.interpolate(cut(back, where), size, mode="area")[0],
        "true": F.interpolate(cut(true, where), size, mode="area")[0],
        "sprite": F.interpolate(laid, size, mode="area")[0],
        "contact": contact(poses, where, FRAME, FRAME, MAPS)[0],
        "grounded": torch.tensor(float(level_of(actor.subject, actor.action, place) == "ground")),
        "hour": torch.tensor([PLACES.index(place), TIMES.index(time), WEATHERS.index(weather)]),
    }


def lights(pairs: Pairs) -> tuple[Tensor, Tensor]:
    """The light on actors at each hour there is, [N, K] and [N, 6]: gains − 1 and washes that bring a sprite's colours
    to those of the frame, by least squares over what an actor covers.
    """
    hours, grades = torch.unique(pairs["hour"], dim=0), []
    for hour in hours:
        there = (pairs["hour"] == hour).all(1)
        sprite, true = pairs["sprite"][there], pairs["true"][there]
        inside = sprite[:, 3] > OPAQUE
        fits = []
        for channel in range(3):
            x, y = sprite[:, channel][inside].double(), true[:, channel][inside].double()
            terms = torch.stack((x, torch.ones_like(x)), 1)
            faint = 5e-4 * len(x) * torch.eye(2, dtype=torch.double)  # an hour without bright actors stays as it is
            fits.append(torch.linalg.solve(terms.T @ terms + faint, terms.T @ (y - x)))
        grades.append(torch.stack(fits, 1).flatten())
    return hours, torch.stack(grades).float()


def falls(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Points [B, 1, TILE, TILE], what falls [B] and its mask as the storybook draws it [B, 1, TILE, TILE]."""
    points, kinds, masks = np.zeros((count, 1, TILE, TILE), np.float32), rng.integers(len(FALLING), size=count), []
    for i, kind in enumerate(kinds):
        parts, rain = [], FALLING[kind] == "rain"
        size = 1.0 if rng.random() < 0.5 else 0.68
        for _ in range(int(rng.integers(12, 34))):
            row, column = rng.integers(TILE, size=2)
            points[i, 0, row, column] = size
            for ox in (-100, 0, 100):
                for oy in (-100, 0, 100):
                    x, y = (column + 0.5) / TILE * 100 + ox, (row + 0.5) / TILE * 100 + oy
                    if rain:
                        parts.append(line(((x, y), (x - 1.3 * size, y + 8.5 * size)), 0.62 * size, "#ffffff"))
                    else:
                        parts.append(circle(x, y, 1.15 * size, "#ffffff"))
        mask = rasterise("".join(parts), TILE, TILE, view=(0, 0, 100, 100))[..., 3] / 255 * (0.62 if rain else 0.9)
        masks.append(mask.astype(np.float32))
    return torch.from_numpy(points), torch.from_numpy(kinds), torch.from_numpy(np.stack(masks)[:, None])


def large_layers(path: Path, sprites: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What the upscaler learns from, premultiplied RGBA: sprites [n, 4, 192, 192], places [n, 2, 4, H, W] at twice
    their rows.
    """
    if not path.exists():
        rng = np.random.default_rng(seed)
        from soundstage.data.storybook import sprites as sample

        drawn = sample(rng, sprites, 192).pixels.astype(np.float32)
        drawn[..., :3] *= drawn[..., 3:] / 255
        chosen = [hours()[i] for i in rng.permutation(len(hours()))[:80]]
        places = np.empty((len(chosen), 2, 4, 2 * (ROWS + 2 * MARGIN), 2 * COLUMNS), np.uint8)
        for i, hour in enumerate(chosen):
            place, time, weather = hour
            both = panorama(place, time, weather, int(rng.integers(10)), finer=2)
            places[i, 0, :3], places[i, 0, 3], places[i, 1] = both[:3], 255, both[3:]
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, sprites=np.moveaxis(drawn.round().astype(np.uint8), -1, 1), places=places)
        unfinished.replace(path)
    with np.load(path) as file:
        return file["sprites"], file["places"]


def averaged(pixels: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """[D, H, W] to [D, H / by, W / by]."""
    channels, height, width = pixels.shape
    means: NDArray[np.uint8] = (
        pixels.reshape(channels, height // by, by, width // by, by).mean((2, 4)).round().astype(np.uint8)
    )
    return means


def doubled(
    large: tuple[NDArray[np.uint8], NDArray[np.uint8]], count: int, side: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Patches [B, 4, side, side] and the same twice as large, −1…1.

    Small ones are at times softened or given grain, as generators leave them.
    """
    small, wanted = [], []
    for _ in range(count):
        if rng.random() < 0.5:
            picture = large[0][int(rng.integers(len(large[0])))]
        else:
            i, layer = int(rng.integers(len(large[1]))), int(rng.integers(2))
            picture = large[1][i, layer]
            if rng.random() < 0.6:  # the first of two doublings, from the size that is generated
                x = int(rng.integers(picture.shape[2] - 4 * side + 1))
                picture = averaged(picture[:, :, x : x + 4 * side], 2)
        y, x = (int(rng.integers(n - 2 * side + 1)) for n in picture.shape[1:])
        patch = np.ascontiguousarray(picture[:, y : y + 2 * side, x : x + 2 * side])
        wanted.append(patch)
        small.append(patch.reshape(4, side, 2, side, 2).mean((2, 4)))
    inputs, outputs = (
        torch.from_numpy(np.stack(small)).float() / 127.5 - 1,
        torch.from_numpy(np.stack(wanted)).float() / 127.5 - 1,
    )
    soft = F.avg_pool2d(F.pad(inputs, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.from_numpy(np.clip(rng.uniform(-0.3, 0.7, (count, 1, 1, 1)), 0, 1).astype(np.float32))
    grain = torch.from_numpy(rng.normal(size=inputs.shape).astype(np.float32)) * torch.from_numpy(
        rng.uniform(0, 0.04, (count, 1, 1, 1)).astype(np.float32)
    )
    return torch.lerp(inputs, soft, share) + grain, outputs
