"""The storybook clips that the reader learns from and is measured on: frames, where the subject is, what is shown.

Notable: six clips share a backdrop, so its planes are drawn once. Clips are drawn in chunks, each from its own seed, so
that any number of processes gives the same pool and a drawing that was stopped goes on.

N clips · K = 5 frames · S = 128 pixels · M = 32 cells
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from soundstage.data.storybook import labels, sample_actor, sample_scene
from soundstage.evaluate.reader import ATTRIBUTES, CELLS, FRAMES, SIDE
from soundstage.render.stage import Stage
from soundstage.render.truth import actor_mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from soundstage.render.scene import Scene

SHARE = 6  # clips on one backdrop
CHUNK = 250


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Clips drawn for training or measuring."""

    frames: NDArray[np.uint8]  # [N, K, S, S, 3]
    cover: NDArray[np.uint8]  # [N, K, M, M], how much of each cell the subject covers, of 255
    marks: Mapping[str, NDArray[np.int64]]  # [N] each, indices into ATTRIBUTES

    def covered(self, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cover 0…1 of some clips [B, K, M, M]."""
        return self.cover[chosen].astype(np.float32) / np.float32(255)


def draw_pool(rng: np.random.Generator, count: int, *, split: str = "train", first_seed: int = 0) -> Pool:
    """Draw clips of 2–4 seconds, five frames each, at 128–192 pixels and resampled to 128."""
    frames = np.empty((count, FRAMES, SIDE, SIDE, 3), np.uint8)
    cover = np.empty((count, FRAMES, CELLS, CELLS), np.uint8)
    marks = {name: np.empty(count, np.int64) for name in ATTRIBUTES}
    base, side, seconds = sample_scene(rng, split=split), SIDE, 3.0
    for i in range(count):
        if i % SHARE == 0:
            base = sample_scene(rng, split=split)
            base = replace(base, seed=base.seed + first_seed)
            side = int(rng.choice((SIDE, SIDE, SIDE * 3 // 2)))
            seconds = float(rng.choice((2.0, 3.0, 4.0)))
        scene = replace(base, actors=(sample_actor(rng, base.place, split=split),))
        frames[i], cover[i] = five_frames(scene, seconds, side)
        for name, index in labels(scene).items():
            if name in marks:
                marks[name][i] = index
    return Pool(frames=frames, cover=cover, marks=marks)


def five_frames(scene: Scene, seconds: float, side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Frames [K, S, S, 3] spread over a clip of the scene, and the first actor's cover of each cell [K, M, M]."""
    stage = Stage(scene, seconds, 12, (side, side))
    pictures, covers = [], []
    for index in np.linspace(0, stage.count - 1, FRAMES).round().astype(int):
        pictures.append(np.array(stage.frame(int(index)).resize((SIDE, SIDE), Picture.Resampling.BILINEAR)))
        mask = Picture.fromarray((actor_mask(stage, int(index)) == 1).astype(np.uint8) * 255)
        covers.append(np.asarray(mask.resize((CELLS, CELLS), Picture.Resampling.BOX)))
    return np.stack(pictures), np.stack(covers)


def kept_pool(folder: Path, count: int, processes: int = 2) -> Pool:
    """The training pool, drawn once in chunks that are kept in `folder`; `count` is rounded up to whole chunks.

    `processes` draw side by side; 0 draws in this one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chunks = range(-(-count // CHUNK))
    missing = [i for i in chunks if not _chunk(folder, i).exists()]
    draw = partial(_draw_chunk, folder)
    if processes:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            list(pool.map(draw, missing))
    else:
        list(map(draw, missing))
    stored = []
    for i in chunks:
        with np.load(_chunk(folder, i)) as arrays:
            stored.append(dict(arrays))
    return Pool(
        frames=np.concatenate([part["frames"] for part in stored]),
        cover=np.concatenate([part["cover"] for part in stored]),
        marks={name: np.concatenate([part[name] for part in stored]) for name in ATTRIBUTES},
    )


def _chunk(folder: Path, index: int) -> Path:
    return folder / f"clips-{index:03d}.npz"


def _draw_chunk(folder: Path, index: int) -> None:
    pool = draw_pool(np.random.default_rng((1, index)), CHUNK)
    unfinished = folder / f"clips-{index:03d}.part.npz"
    np.savez(unfinished, frames=pool.frames, cover=pool.cover, **pool.marks)  # type: ignore[arg-type]
    unfinished.replace(_chunk(folder, index))
