"""Trains the reader that judges generated clips, on the storybook's own renders.

    python -m soundstage.recipes.storybook_reader

Notable: about fifteen minutes of one core. Clips are drawn once into a pool (six scenes share a backdrop, so its planes
are drawn once), then seen through blur, coarse resampling, JPEG, noise and shifts, so that a generated clip is judged
by what it shows and not by how crisp it is.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image as Picture
from safetensors.torch import save_file
from torch import Tensor

from soundstage.data.storybook import labels, sample_actor, sample_scene
from soundstage.evaluate.reader import (
    ATTRIBUTES,
    FRAMES,
    MOVED,
    SCENE,
    SIDE,
    SUBJECT,
    WEIGHTS,
    Reader,
    count_parameters,
    crops,
    load_reader,
    packed,
    trail,
)
from soundstage.render.scene import DIRECTIONS, MOVES
from soundstage.render.stage import Stage
from soundstage.render.truth import actor_mask
from soundstage.train.loop import fit, load_ema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from soundstage.render.scene import Scene

CELLS = 12
SHARE = 6  # scenes that share one backdrop
BATCH, LOOKED, MOVING = 22, 14, 36  # clips named (four frames each), frames looked at, clips watched


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Clips drawn for training."""

    frames: NDArray[np.uint8]  # [N, K, S, S, 3]
    cover: NDArray[np.float16]  # [N, K, CELLS, CELLS], the share of each cell that the subject covers
    marks: Mapping[str, NDArray[np.int64]]  # [N] each
    seconds: float  # of one core that drawing took


def draw_pool(rng: np.random.Generator, count: int, *, split: str = "train", first_seed: int = 0) -> Pool:
    """Draw clips of 2–4 seconds, five frames each, at 96–128 pixels."""
    frames = np.empty((count, FRAMES, SIDE, SIDE, 3), np.uint8)
    cover = np.empty((count, FRAMES, CELLS, CELLS), np.float16)
    marks = {name: np.empty(count, np.int64) for name in ATTRIBUTES}
    base, began = sample_scene(rng, split=split), time.process_time()
    for i in range(count):
        if i % SHARE == 0:
            base = sample_scene(rng, split=split)
            base = replace(base, seed=base.seed + first_seed)
            side = int(rng.choice((SIDE, SIDE, 128)))
            seconds = float(rng.choice((2.0, 3.0, 4.0)))
        scene = replace(base, actors=(sample_actor(rng, base.place, split=split),))
        frames[i], cover[i] = five_frames(scene, seconds, side)
        for name, index in labels(scene).items():
            if name in marks:
                marks[name][i] = index
    return Pool(frames=frames, cover=cover, marks=marks, seconds=time.process_time() - began)


def kept_pool(path: Path, count: int) -> Pool:
    """The training pool, drawn once and kept beside the run."""
    if not path.exists():
        pool = draw_pool(np.random.default_rng(1), count)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part.npz")
        np.savez(partial, frames=pool.frames, cover=pool.cover, seconds=pool.seconds, **pool.marks)  # type: ignore[arg-type]
        partial.replace(path)
    with np.load(path) as stored:
        marks = {name: stored[name] for name in ATTRIBUTES}
        return Pool(frames=stored["frames"], cover=stored["cover"], marks=marks, seconds=float(stored["seconds"]))


def five_frames(scene: Scene, seconds: float, side: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Frames [K, S, S, 3] spread over a clip of the scene, and the first actor's cover of each cell."""
    stage = Stage(scene, seconds, 12, (side, side))
    pictures, covers = [], []
    for index in np.linspace(0, stage.count - 1, FRAMES).round().astype(int):
        pictures.append(np.array(stage.frame(int(index)).resize((SIDE, SIDE), Picture.Resampling.BILINEAR)))
        mask = Picture.fromarray((actor_mask(stage, int(index)) == 1).astype(np.uint8) * 255)
        covers.append(np.asarray(mask.resize((CELLS, CELLS), Picture.Resampling.BOX)) / 255.0)
    return np.stack(pictures), np.stack(covers)


def spoil(x: Tensor, generator: torch.Generator) -> Tensor:
    """Clips [B, K, 3, S, S] made worse in one way each:

    soft, coarse, JPEG, noisy, or of other contrast; all shifted a little.
    """
    out = []
    for clip in x:
        kind, strength = int(torch.randint(7, (), generator=generator)), float(torch.rand((), generator=generator))
        if kind == 1:
            clip = F.avg_pool2d(clip, 3, 1, 1, count_include_pad=False)
        elif kind == 2:
            small = F.interpolate(
                clip, scale_factor=0.5 + 0.3 * strength, mode="bilinear", antialias=True, align_corners=False
            )
            clip = F.interpolate(small, (SIDE, SIDE), mode="bilinear", align_corners=False)
        elif kind == 3:
            clip = torch.stack([_jpeg(frame, round(25 + 50 * strength)) for frame in clip])
        elif kind == 4:
            clip = clip + 0.16 * strength * torch.randn(clip.shape, generator=generator)
        elif kind == 5:
            gain, lift = 1 + 0.24 * (strength - 0.5), 0.16 * (float(torch.rand((), generator=generator)) - 0.5)
            clip = clip * gain + lift
        dx, dy = (int(v) for v in torch.randint(-4, 5, (2,), generator=generator))
        padded = F.pad(clip, (4, 4, 4, 4), mode="replicate")
        out.append(padded[..., 4 + dy : 4 + dy + SIDE, 4 + dx : 4 + dx + SIDE].clamp(-1, 1))
    return torch.stack(out)


def _jpeg(frame: Tensor, quality: int) -> Tensor:
    """One frame [3, S, S] through JPEG."""
    pixels = ((frame.permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
    store = io.BytesIO()
    Picture.fromarray(pixels).save(store, "JPEG", quality=quality)
    with Picture.open(store) as picture:
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 127.5 - 1


def _swap(words: tuple[str, ...], pairs: tuple[tuple[str, str], ...]) -> Tensor:
    """A table that exchanges pairs of classes."""
    table = list(range(len(words)))
    for a, b in pairs:
        table[words.index(a)], table[words.index(b)] = words.index(b), words.index(a)
    return torch.tensor(table)


MIRROR = {
    "direction": _swap(DIRECTIONS, (("left", "right"),)),
    "camera": _swap(MOVES[:7], (("pan left", "pan right"),)),
}
REVERSE = {
    "direction": _swap(DIRECTIONS, (("left", "right"), ("up", "down"), ("toward", "away"))),
    "camera": _swap(MOVES[:7], (("pan left", "pan right"), ("tilt up", "tilt down"), ("zoom in", "zoom out"))),
}


def _moving_batch(pool: Pool, rng: np.random.Generator) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Clips and trails for the watcher, half of them mirrored, half run backwards."""
    chosen = rng.integers(len(pool.frames), size=MOVING)
    frames, cover = pool.frames[chosen], pool.cover[chosen].astype(np.float32)
    mirrored, reversed_ = (rng.uniform(size=MOVING) < 0.5 for _ in range(2))
    frames[mirrored], cover[mirrored] = frames[mirrored][:, :, :, ::-1], cover[mirrored][:, :, :, ::-1]
    frames[reversed_], cover[reversed_] = frames[reversed_][:, ::-1], cover[reversed_][:, ::-1]
    marks = {name: torch.from_numpy(pool.marks[name][chosen]) for name in MOVED}
    for name in MOVED:
        marks[name] = torch.where(torch.from_numpy(mirrored), MIRROR[name][marks[name]], marks[name])
        marks[name] = torch.where(torch.from_numpy(reversed_), REVERSE[name][marks[name]], marks[name])
    return torch.from_numpy(frames).permute(0, 1, 4, 2, 3).float() / 127.5 - 1, trail(torch.from_numpy(cover)), marks


def step(reader: Reader, pool: Pool, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """One training step:

    scenes of LOOKED frames, subjects of four frames each of BATCH clips, motion of MOVING clips.
    """
    rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
    chosen = rng.integers(len(pool.frames), size=BATCH)
    x = torch.from_numpy(pool.frames[chosen, 1:]).permute(0, 1, 4, 2, 3).float() / 127.5 - 1
    cover = torch.from_numpy(pool.cover[chosen, 1:].astype(np.float32))
    flip = torch.from_numpy(rng.uniform(size=BATCH) < 0.5)
    x = spoil(torch.where(flip[:, None, None, None, None], x.flip(4), x), generator)
    cover = torch.where(flip[:, None, None, None], cover.flip(3), cover)
    way, frames, target = trail(cover).flatten(0, 1), x.flatten(0, 1), cover.flatten(0, 1).flatten(1)
    visible = target.sum(1) > 0.5
    marks = {name: torch.from_numpy(pool.marks[name][chosen]).repeat_interleave(FRAMES - 1) for name in ATTRIBUTES}
    some = torch.from_numpy(rng.permutation(len(frames))[:LOOKED])
    seen = reader.looker(frames[some])
    losses = {name: F.cross_entropy(seen[name], marks[name][some], label_smoothing=0.02) for name in SCENE}
    found = reader.finder(frames).flatten(1)
    share = target / target.sum(1, keepdim=True).clamp_min(1e-3)
    apart = -(share * found.log_softmax(1)).sum(1)[visible].mean()
    losses["where"] = 4 * F.binary_cross_entropy_with_logits(found, target.clamp(0, 1)) + 0.3 * apart
    jitter = torch.randn(way[:, :4].shape, generator=generator) * torch.tensor((0.06, 0.06, 0.02, 0.02))
    named = reader.namer(crops(frames[visible], way[visible, :4] + jitter[visible]))
    losses |= {name: F.cross_entropy(named[name], marks[name][visible], label_smoothing=0.02) for name in SUBJECT}
    clips, trails, moves = _moving_batch(pool, rng)
    trails = trails + 0.02 * torch.randn(trails.shape, generator=generator)  # the looker is not exact either
    noisy = clips + 0.06 * float(rng.uniform()) * torch.randn(clips.shape, generator=generator)
    for name, logits in reader.watcher(noisy, trails).items():
        losses[name] = F.cross_entropy(logits, moves[name], label_smoothing=0.02)
    return torch.stack(list(losses.values())).sum(), {name: float(loss.detach()) for name, loss in losses.items()}


@torch.no_grad()
def accuracy(reader: Reader, pool: Pool) -> dict[str, float]:
    """Share of clips read rightly, for every attribute."""
    right = dict.fromkeys(ATTRIBUTES, 0)
    for start in range(0, len(pool.frames), 32):
        x = torch.from_numpy(pool.frames[start : start + 32]).permute(0, 1, 4, 2, 3).float() / 127.5 - 1
        for name, logits in reader(x).items():
            right[name] += int((logits.argmax(1).numpy() == pool.marks[name][start : start + 32]).sum())
    return {name: count / len(pool.frames) for name, count in right.items()}


def train(folder: Path, *, clips: int = 4000, steps: int = 2000, minutes: float | None = None) -> dict[str, float]:
    """Draw the pool, train, measure on held-out combinations, and install the weights beside `evaluate.reader`."""
    torch.set_num_threads(1)
    pool = kept_pool(folder / "pool.npz", clips)
    began = time.process_time()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        reader = Reader()
    report = fit(
        folder,
        reader,
        lambda module, index, generator: step(module, pool, generator),
        steps=steps,
        minutes=minutes,
        lr=2e-3,
        warmup=60,
        decay="cosine",
        ema=0.99,
        autocast=torch.bfloat16,
    )
    if not report.finished:
        return {}
    load_ema(folder, reader)
    spent = time.process_time() - began + pool.seconds
    held_out = draw_pool(np.random.default_rng(2), 600, split="test", first_seed=100)
    install(reader, held_out, spent)
    return accuracy(load_reader(), held_out)


def install(reader: Reader, held_out: Pool, seconds: float) -> None:
    """Write weights and card beside `evaluate.reader`, atomically; the card's scores are the packed weights' own."""
    partial = WEIGHTS.with_suffix(".part")
    save_file(packed(reader.state_dict()), partial)
    partial.chmod(0o644)
    partial.replace(WEIGHTS)
    load_reader.cache_clear()
    scores = accuracy(load_reader(), held_out)
    card = {
        "what": "reads place, time, weather, subject, colour, direction and camera from a clip",
        "licence": "Apache-2.0",
        "data": "renders of soundstage.render (own)",
        "recipe": "soundstage.recipes.storybook_reader",
        "parameters": count_parameters(reader),
        "core_minutes": round(seconds / 60, 1),
        f"accuracy_on_{len(held_out.frames)}_held_out_renders": {name: round(v, 4) for name, v in scores.items()},
    }
    text = json.dumps(card, indent=2) + "\n"
    partial = WEIGHTS.with_suffix(".json.part")
    partial.write_text(text)
    partial.replace(WEIGHTS.with_suffix(".json"))
    print(text)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/reader"))
    parser.add_argument("--clips", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=2000)
    train(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
