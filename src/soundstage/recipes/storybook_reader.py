"""Trains the reader that judges generated clips, on the storybook's own renders.

    python -m soundstage.recipes.storybook_reader [--part sight|motion|action]

Notable: about two hours of one core, or half of that where parts are trained side by side. Clips are
seen through blur, coarse resampling, JPEG, noise and shifts, so that a generated clip is judged by what it shows and
not by how crisp it is.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image as Picture
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from soundstage.evaluate.reader import (
    ATTRIBUTES,
    CELLS,
    CROP,
    FRAMES,
    SCENE,
    SIDE,
    SUBJECT,
    WEIGHTS,
    Doer,
    Reader,
    Sight,
    Watcher,
    count_parameters,
    crops,
    load_reader,
    packed,
    trail,
    unpacked,
)
from soundstage.nn.packed import multiplies_bfloat16
from soundstage.recipes.storybook_clips import Pool, draw_pool, kept_pool
from soundstage.render.scene import DIRECTIONS, MOVES
from soundstage.train.loop import Report, fit, load_ema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOKED, FOUND, MOVING = 16, 40, 36  # frames looked at, frames searched (each of its own clip), clips watched
UNSURE = 0.3  # at most, of the chances that say who it is
MISSED = 0.08  # share of frames in which the watcher is told a wrong place, since the finder is not exact either


def spoil(x: Tensor, cover: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Frames or stacked frames [B, C, S, S] made worse in one way each, and their cover [B, ..., M, M].

    Soft, coarse, JPEG, noisy, or of other contrast; all shifted a little.
    """
    out, moved = [], []
    for clip, cells in zip(x, cover, strict=True):
        clip = _worse(clip, generator)
        dx, dy = (4 * int(v) for v in torch.randint(-1, 2, (2,), generator=generator))  # whole cells
        out.append(_shifted(clip, dx, dy, 4).clamp(-1, 1))
        moved.append(_shifted(cells, dx // 4, dy // 4, 1))
    return torch.stack(out), torch.stack(moved)


def _shifted(x: Tensor, dx: int, dy: int, edge: int) -> Tensor:
    """A picture [..., H, W] moved by at most `edge` pixels, its border repeated."""
    flat = x.reshape(-1, *x.shape[-2:])
    padded = F.pad(flat, (edge,) * 4, mode="replicate")
    cut = padded[:, edge + dy : edge + dy + x.shape[-2], edge + dx : edge + dx + x.shape[-1]]
    return cut.reshape(x.shape)


def _worse(clip: Tensor, generator: torch.Generator) -> Tensor:
    """One clip [C, S, S] spoiled in one of five ways, or left as it is."""
    kind, strength = int(torch.randint(7, (), generator=generator)), float(torch.rand((), generator=generator))
    if kind == 1:
        return F.avg_pool2d(clip, 3, 1, 1, count_include_pad=False)
    if kind == 2:
        scale = 0.4 + 0.4 * strength
        small = F.interpolate(clip[None], scale_factor=scale, mode="bilinear", antialias=True, align_corners=False)
        return F.interpolate(small, (SIDE, SIDE), mode="bilinear", align_corners=False)[0]
    if kind == 3:
        return torch.cat([_jpeg(frame, round(25 + 50 * strength)) for frame in torch.split(clip, 3)])
    if kind == 4:
        return clip + 0.16 * strength * torch.randn(clip.shape, generator=generator)
    if kind == 5:
        gain, lift = 1 + 0.24 * (strength - 0.5), 0.16 * (float(torch.rand((), generator=generator)) - 0.5)
        return clip * gain + lift
    return clip


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


def _floats(frames: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    """Frames [..., S, S, 3] of bytes to [..., 3, S, S] in −1…1."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(frames, -1, -3))).float() / 127.5 - 1


def _draws(generator: torch.Generator) -> np.random.Generator:
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))


def sight_step(sight: Sight, pool: Pool, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """One step on single frames: scenes of LOOKED of them, where the subject is and who it is in FOUND."""
    rng = _draws(generator)
    chosen, frame = rng.integers(len(pool.frames), size=FOUND), rng.integers(FRAMES, size=FOUND)
    x = _floats(pool.frames[chosen, frame])
    target = torch.from_numpy(pool.cover[chosen, frame].astype(np.float32) / 255)
    flip = torch.from_numpy(rng.uniform(size=FOUND) < 0.5)
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    target = torch.where(flip[:, None, None], target.flip(2), target)
    x, target = spoil(x, target, generator)
    marks = {name: torch.from_numpy(pool.marks[name][chosen]) for name in ATTRIBUTES}
    seen = sight.looker(x[:LOOKED])
    losses = {name: F.cross_entropy(seen[name], marks[name][:LOOKED], label_smoothing=0.02) for name in SCENE}
    found, target = sight.finder(x).flatten(1), target.flatten(1)
    visible = target.sum(1) > 4
    share = target / target.sum(1, keepdim=True).clamp_min(1e-3)
    apart = -(share * found.log_softmax(1)).sum(1)[visible].mean()
    losses["where"] = 8 * F.binary_cross_entropy_with_logits(found, target) + 0.3 * apart
    way = trail(target.view(FOUND, 1, CELLS, CELLS))[visible, 0, :4]
    jitter = torch.randn(way.shape, generator=generator) * torch.tensor((0.05, 0.05, 0.02, 0.02))
    named = sight.namer(crops(x[visible], way + jitter))
    losses |= {name: F.cross_entropy(named[name], marks[name][visible], label_smoothing=0.02) for name in SUBJECT}
    return torch.stack(list(losses.values())).sum(), {name: float(loss.detach()) for name, loss in losses.items()}


def motion_step(watcher: Watcher, pool: Pool, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """One step on the motion of MOVING clips, half of them mirrored, half run backwards."""
    rng = _draws(generator)
    chosen = rng.integers(len(pool.frames), size=MOVING)
    frames, cover = pool.frames[chosen], pool.covered(chosen)
    mirrored, reversed_ = (rng.uniform(size=MOVING) < 0.5 for _ in range(2))
    frames[mirrored], cover[mirrored] = frames[mirrored][:, :, :, ::-1], cover[mirrored][:, :, :, ::-1]
    frames[reversed_], cover[reversed_] = frames[reversed_][:, ::-1], cover[reversed_][:, ::-1]
    x, target = spoil(_floats(frames).flatten(1, 2), torch.from_numpy(cover), generator)
    way = trail(target)
    noise = torch.randn(way.shape, generator=generator)
    way = torch.where(torch.rand((*way.shape[:2], 1), generator=generator) < MISSED, 0.5 * noise, way + 0.02 * noise)
    losses = {}
    for name, logits in watcher(x.view(MOVING, FRAMES, 3, SIDE, SIDE), way).items():
        mark = torch.from_numpy(pool.marks[name][chosen])
        mark = torch.where(torch.from_numpy(mirrored), MIRROR[name][mark], mark)
        mark = torch.where(torch.from_numpy(reversed_), REVERSE[name][mark], mark)
        losses[name] = F.cross_entropy(logits, mark, label_smoothing=0.02)
    return torch.stack(list(losses.values())).sum(), {name: float(loss.detach()) for name, loss in losses.items()}


def action_step(doer: Doer, pool: Pool, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """One step on what is done in MOVING clips, half of them mirrored; who it is is told, at times wrongly or not."""
    rng = _draws(generator)
    chosen = rng.integers(len(pool.frames), size=MOVING)
    frames, cover = pool.frames[chosen], pool.covered(chosen)
    mirrored = rng.uniform(size=MOVING) < 0.5
    frames[mirrored], cover[mirrored] = frames[mirrored][:, :, :, ::-1], cover[mirrored][:, :, :, ::-1]
    x, target = spoil(_floats(frames).flatten(1, 2), torch.from_numpy(cover), generator)
    way = trail(target)
    jitter = torch.randn(way.shape, generator=generator) * torch.tensor((0.03, 0.03, 0.015, 0.015) + (0.02,) * 4)
    cut = crops(x.view(-1, 3, SIDE, SIDE), (way + jitter).flatten(0, 1)).view(MOVING, FRAMES, 3, CROP, CROP)
    who = F.one_hot(torch.from_numpy(pool.marks["subject"][chosen]), len(ATTRIBUTES["subject"])).float()
    sure = 1 - UNSURE * torch.rand(MOVING, 1, generator=generator)
    logits = doer(cut, way + jitter, sure * who + (1 - sure) / who.shape[1])["action"]
    loss = F.cross_entropy(logits, torch.from_numpy(pool.marks["action"][chosen]), label_smoothing=0.02)
    return loss, {"action": float(loss.detach())}


@torch.no_grad()
def accuracy(reader: Reader, pool: Pool) -> dict[str, float]:
    """Share of clips read rightly, for every attribute."""
    right = dict.fromkeys(ATTRIBUTES, 0)
    for start in range(0, len(pool.frames), 32):
        for name, logits in reader(_floats(pool.frames[start : start + 32])).items():
            right[name] += int((logits.argmax(1).numpy() == pool.marks[name][start : start + 32]).sum())
    return {name: count / len(pool.frames) for name, count in right.items()}


STEPS: Mapping[str, int] = {"sight": 4500, "motion": 5500, "action": 1700}
"""Steps of each part."""


def fresh() -> Reader:
    """The untrained reader, the same at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Reader()


def train_part(part: str, folder: Path, pool: Pool, minutes: float | None = None) -> Report:
    """Train what sees single frames ("sight"), motion ("motion") or what is done ("action"), going on from `folder`."""
    torch.set_num_threads(1)
    lessons: dict[str, Callable[..., tuple[Tensor, dict[str, float]]]] = {
        "sight": sight_step, "motion": motion_step, "action": action_step,
    }  # fmt: skip

    def step(module: nn.Module, _: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        return lessons[part](module, pool, generator)

    return fit(
        folder / part,
        parts_of(fresh())[part],
        step,
        steps=STEPS[part],
        minutes=minutes,
        lr=2e-3,
        warmup=100,
        decay="cosine",
        ema=0.995,
        autocast=torch.bfloat16 if multiplies_bfloat16() else None,
    )


def parts_of(reader: Reader) -> dict[str, nn.Module]:
    """What is trained apart."""
    return {"sight": reader.sight, "motion": reader.watcher, "action": reader.doer}


def finish(folder: Path) -> dict[str, float]:
    """Join the trained parts, install them beside `evaluate.reader`, measure them on held-out combinations.

    A part that was not trained in `folder` stays as it is installed.
    """
    reader = fresh()
    if WEIGHTS.exists():
        reader.load_state_dict(unpacked(load_file(WEIGHTS)), strict=False)
    for part, module in parts_of(reader).items():
        if (folder / part).exists():
            load_ema(folder / part, module)
    return install(reader, draw_pool(np.random.default_rng(2), 600, split="test", first_seed=100))


def install(reader: Reader, held_out: Pool) -> dict[str, float]:
    """Write weights and card beside `evaluate.reader`, atomically; the card's scores are the packed weights' own."""
    partial = WEIGHTS.with_suffix(".part")
    save_file(packed(reader.state_dict()), partial)
    partial.chmod(0o644)
    partial.replace(WEIGHTS)
    load_reader.cache_clear()
    scores = accuracy(load_reader(), held_out)
    card = {
        "what": "reads place, time, weather, subject, colour, action, direction and camera from a clip",
        "licence": "Apache-2.0",
        "data": "renders of soundstage.render (own)",
        "recipe": "soundstage.recipes.storybook_reader",
        "parameters": count_parameters(reader),
        "steps": dict(STEPS),
        f"accuracy_on_{len(held_out.frames)}_held_out_renders": {name: round(v, 4) for name, v in scores.items()},
    }
    text = json.dumps(card, indent=2) + "\n"
    partial = WEIGHTS.with_suffix(".json.part")
    partial.write_text(text)
    partial.replace(WEIGHTS.with_suffix(".json"))
    print(text)
    return scores


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/reader"))
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--part", choices=tuple(STEPS), help="train this part only, and install nothing")
    parser.add_argument("--minutes", type=float, help="end each part's training after so many")
    args = parser.parse_args()
    pool = kept_pool(args.folder / "pool", args.clips)
    parts = [args.part] if args.part else list(STEPS)
    if all(train_part(part, args.folder, pool, args.minutes).finished for part in parts) and not args.part:
        finish(args.folder)


if __name__ == "__main__":
    main()
