"""Trains starter/video-dit: `python -m soundstage.recipes.video_dit data`, `code`, `mend 15`, `draw 90`, then `join`.

Notable: the autoencoder's code is fitted, not trained (`code`), so its decoder (`mend`) and the transformer (`draw`)
can learn at the same time. Three quarters of the transformer's lessons are latent frames alone, for how things look is
learned from many pictures sooner than from few clips; the others are windows, some with latents given as in a clip that
goes on from a picture. `compare` trains small ones of both kinds of attention and both objectives for some hundred
steps.

B batch · D latent channels · T latent frames · H, W cells
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from soundstage import flow
from soundstage.codec.vae3d import Vae3d
from soundstage.errors import MissingError
from soundstage.flow import diffusion
from soundstage.models.video_dit import Dit, Told, VideoDit, VideoDitConfig, storybook
from soundstage.models.video_dit.config import Learns, Looks
from soundstage.models.video_dit.sample import LEVELS, Drawing
from soundstage.models.video_dit.sample import draw as draw_latents
from soundstage.recipes.parts import run
from soundstage.recipes.video_dit_clips import Told as Clips
from soundstage.recipes.video_dit_clips import chunk, held
from soundstage.render.tracks import Poses, Views
from soundstage.train import checkpoint
from soundstage.train.loop import Report, fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

RUNS = Path("runs/video_dit")
STARTER = "src/soundstage/starter/video-dit"
DATA = "The storybook world drawn by soundstage.render (9,000 windows of 33 frames at 64 rows); no other pictures."
NOTES = (
    "Storybook pictures only, drawn at 64 rows and enlarged by the upscaler of starter/video, which also lends the "
    "reader of prompts, the stage, sight, rain and snow. Places are the eight layouts of each that it remembers; with "
    "one look they and their subjects are soft, with more looks sharper and grainy. The transformer had some hundred "
    "minutes of one CPU core (about 7,300 steps, in four stages whose lessons differed; the recipe is the last of "
    "them), where half an hour of an H200 was estimated to give fifty times as many samples. The number of looks was "
    "chosen on 24 of the held-out prompts."
)
CHUNKS, FITTED, MENDED = 90, 12, 24  # of clips: for the transformer, for the code, for the decoder
BLOCKS = 12_000  # of a chunk, that the code is fitted to
WINDOWS, SINGLES = 4, 24  # of a lesson
SHARE = 0.25  # of lessons that are windows
UNSAID, UNLAID = 0.05, 0.15  # of lessons in which a word, or the layout's number, is not said
BLIND = 0.65  # of lessons in which nothing of the data is seen
COMPARED = 300  # steps of each of the networks that are compared
LOUD = 0.12  # standard deviation of what is added to the latents that the decoder learns from
"""The transformer's latents are never quite right."""


def data(minutes: float = 0.0) -> None:
    """Draws what is missing of the clips, in as many minutes as that takes."""
    for index in range(CHUNKS):
        chunk(RUNS / "clips", index)
    print(f"{CHUNKS} chunks")


def code(minutes: float = 0.0) -> None:
    """Fits the autoencoder's linear code to the first chunks."""
    vae = Vae3d(storybook().vae)
    generator = torch.Generator().manual_seed(0)
    blocks = []
    for index in range(FITTED):
        cut = vae.blocks.cut(pixels(chunk(RUNS / "clips", index).frames[::3]))
        blocks.append(cut[torch.randperm(len(cut), generator=generator)[:BLOCKS]])
    vae.blocks.begin(torch.cat(blocks))
    checkpoint.save(RUNS / "code" / "code.safetensors", vae.blocks.state_dict(), {})


def pixels(frames_NTHWC: NDArray[np.uint8]) -> Tensor:
    """Clips [B, C, T, H, W] in −1…1."""
    return torch.from_numpy(frames_NTHWC).permute(0, 4, 1, 2, 3).float() / 127.5 - 1


def coded() -> Vae3d:
    """An autoencoder with its fitted code, and a decoder that has learned nothing."""
    path = RUNS / "code" / "code.safetensors"
    if not path.exists():
        raise MissingError(f"{path} does not stand", "run the part code first")
    vae = Vae3d(storybook().vae)
    vae.blocks.load_state_dict(checkpoint.load(path)[0])
    return vae.requires_grad_(False)


def mend(minutes: float = 15.0) -> Report:
    """The decoder's mending: absolute and squared error of windows of clips, from latents that are a little wrong."""
    vae = coded()
    vae.mend.requires_grad_(True)
    stored = [each for each in (chunk(RUNS / "clips", index) for index in range(MENDED)) if _square(each)]
    frames = np.concatenate([each.frames for each in stored])
    span = 4 * vae.config.time + 1

    def step(module: Vae3d, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        chosen = torch.randint(len(frames), (4,), generator=generator).numpy()
        start = int(torch.randint(frames.shape[1] - span + 1, (), generator=generator))
        x = pixels(frames[chosen, start : start + span])
        with torch.no_grad():
            z = module.encode(x)
        z = z + LOUD * torch.rand((), generator=generator) * torch.randn(z.shape, generator=generator)
        error = module.decode(z) - x
        square, plain = error.square().mean(), error.abs().mean()
        return square + 0.1 * plain, {"square": square, "plain": plain}

    return fit(RUNS / "mend", vae, step, steps=20_000, minutes=minutes, lr=2e-3, warmup=50, ema=0.995, weight_decay=0.0)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Clips of one shape as latents, and what is known of them."""

    latents: Tensor  # [N, D, T, H, W], float16
    cover: Tensor  # [N, T, H, W], how much of a cell the actors cover, 0…1, float16
    poses: Tensor  # [N, A, F, len(POSE)]
    who: Tensor
    views: Tensor  # [N, F, len(VIEW)]
    hour: Tensor

    def __len__(self) -> int:
        return len(self.latents)

    def told(self, rows: Tensor) -> Told:
        """What is known of some of the clips."""
        poses = Poses(*self.poses[rows].unbind(-1))
        return Told(
            poses=poses._replace(flip=poses.flip > 0.5),
            who=self.who[rows],
            views=Views(*self.views[rows].unbind(-1)),
            hour=self.hour[rows],
        )


def pooled(chunks: int = CHUNKS) -> list[Pool]:
    """The chunks as latents, those of each shape together; encoded once and kept."""
    vae = coded()
    parts = [latents(vae, index) for index in range(chunks)]
    shapes = sorted({tuple(part.latents.shape[-2:]) for part in parts})
    names = list(Pool.__dataclass_fields__)
    return [
        Pool(**{n: torch.cat([getattr(p, n) for p in parts if tuple(p.latents.shape[-2:]) == shape]) for n in names})
        for shape in shapes
    ]


def latents(vae: Vae3d, index: int) -> Pool:
    """One chunk in latents."""
    path = RUNS / "latents" / f"latents-{index:03d}.safetensors"
    if not path.exists():
        checkpoint.save(path, asdict(encoded(vae, chunk(RUNS / "clips", index))), {})
    return Pool(**checkpoint.load(path)[0])


@torch.no_grad()
def encoded(vae: Vae3d, told: Clips) -> Pool:
    """Clips in latents."""
    cover = torch.from_numpy(told.cover).float() / 255
    later = cover[:, 1:].view(len(cover), -1, vae.config.time, *cover.shape[2:]).mean(2)
    return Pool(
        latents=torch.cat([vae.encode(pixels(part)) for part in np.array_split(told.frames, 5)]).half(),
        cover=torch.cat((cover[:, :1], later), 1).half(),
        poses=torch.from_numpy(told.poses),
        who=torch.from_numpy(told.who),
        views=torch.from_numpy(told.views),
        hour=torch.from_numpy(told.hour),
    )


def draw(minutes: float = 90.0) -> Report:
    """The transformer."""
    return learned(RUNS / "draw", storybook(), minutes, steps=200_000)


def learned(folder: Path, config: VideoDitConfig, minutes: float | None, *, chunks: int = CHUNKS, steps: int) -> Report:
    """A transformer of a config, trained in a folder."""
    pools = pooled(chunks)
    shares = torch.tensor([float(len(pool)) for pool in pools])
    net = Dit(config)
    net.power.copy_(pools[0].latents.float().square().mean((0, 2, 3, 4)))

    def step(module: Dit, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        pool = pools[int(torch.multinomial(shares, 1, generator=generator))]
        whole = bool(torch.rand((), generator=generator) < SHARE)
        loss = lesson(module, pool, config.window if whole else 1, WINDOWS if whole else SINGLES, generator)
        return loss, {"window" if whole else "single": loss}

    return fit(folder, net, step, steps=steps, minutes=minutes, lr=2e-3, warmup=200, ema=0.995, weight_decay=0.02)


def lesson(module: Dit, pool: Pool, count: int, batch: int, generator: torch.Generator) -> Tensor:
    """The loss of windows of `count` latent frames, all begun at one place; the actors count more than the place."""
    rows = torch.randint(len(pool), (batch,), generator=generator)
    start = int(torch.randint(pool.latents.shape[2] - count + 1, (), generator=generator))
    z = pool.latents[rows, :, start : start + count].float()
    told = unsaid(pool.told(rows).window(start, count, module.config.vae.time), module, generator)
    weight = 0.25 + 8 * F.max_pool2d(pool.cover[rows, start : start + count].float(), 3, 1, 1)[:, None]
    known = given(batch, count, generator)
    weight = weight * ~known[:, None, :, None, None]
    noise = torch.randn(z.shape, generator=generator)
    t = _times(batch, generator)
    if module.config.learns == "flow":
        x, sharper = flow.interpolate(noise, z, t), 1 / (1 - t + 0.3)
        wanted = z
    else:
        alpha = LEVELS[((1 - t) * (len(LEVELS) - 1)).long()]
        x, sharper = diffusion.noised(z, noise, alpha), torch.ones_like(t)
        wanted = diffusion.velocity_of(z, noise, alpha)
    error = (module(x, t, told, z, known, start == 0) - wanted).square().mean(1, keepdim=True)
    loss: Tensor = (error * weight * sharper.view(-1, 1, 1, 1, 1)).sum() / weight.sum().clamp_min(1e-6)
    return loss


def _times(batch: int, generator: torch.Generator) -> Tensor:
    """Shares of data; in most lessons none: there it is decided what is drawn, most of it by what is told."""
    t = flow.uniform(batch, generator)
    return torch.where(torch.rand(batch, generator=generator) < BLIND, torch.zeros_like(t), t)


def given(batch: int, count: int, generator: torch.Generator) -> Tensor:
    """Which latent frames are given, [B, T]: in half of the windows none, else the first, the first two, or both
    ends.
    """
    known = torch.zeros(batch, count, dtype=torch.bool)
    if count > 2:
        kind = torch.rand(batch, generator=generator)
        known[:, 0] = kind > 0.5
        known[:, 1] = (kind > 0.72) & (kind < 0.9)
        known[:, -1] = kind > 0.9
    return known


def unsaid(told: Told, module: Dit, generator: torch.Generator) -> Told:
    """The same with words left out by chance."""
    share = torch.tensor([UNSAID, UNSAID, UNSAID, UNLAID])
    hidden = torch.rand(told.hour.shape, generator=generator) < share
    return replace(told, hour=torch.where(hidden, torch.tensor(module.unsaid), told.hour))


def compare(minutes: float = 0.0) -> None:
    """Both kinds of attention and both objectives: small networks trained for equally many steps, what they draw of
    held-out scenes beside the renderer's own latents, and seconds of the processor a step.
    """
    kinds: Sequence[tuple[Looks, Learns]] = (("full", "flow"), ("factored", "flow"), ("full", "v"))
    for looks, learns in kinds:
        config = replace(storybook(looks=looks, learns=learns), width=128, heads=2, depth=6, hidden=384)
        folder = RUNS / f"compare-{looks}-{learns}"
        begun = time.process_time()
        report = learned(folder, config, None, chunks=24, steps=COMPARED)
        spent = (time.process_time() - begun) / COMPARED
        model = VideoDit(config).eval()
        load_ema(folder, model.dit)
        errors = faults(model)
        print(
            f"{looks}, {learns}: {report.step} steps, {spent:.2f} s each; off by {errors.mean():.3f} "
            f"(+-{errors.std() / len(errors) ** 0.5:.3f}, {len(errors)} windows)"
        )


@torch.no_grad()
def faults(model: VideoDit, steps: int = 1) -> Tensor:
    """How far drawn latents are from the renderer's, for each held-out window: squared error over their power."""
    pool = encoded(coded(), held(RUNS))
    out = []
    for row in range(len(pool)):
        true = pool.latents[row, :, : model.config.window].float()
        noise = torch.randn(true.shape, generator=torch.Generator().manual_seed(row))
        told = pool.told(torch.tensor([row])).window(0, true.shape[1], model.config.vae.time)
        out.append(
            (draw_latents(model, told, noise, Drawing(steps=steps)) - true).square().mean() / true.square().mean()
        )
    return torch.stack(out)


def joined() -> VideoDit:
    """One model of the trained parts."""
    model = VideoDit(storybook())
    vae = coded()
    load_ema(RUNS / "mend", vae)
    model.vae.load_state_dict(vae.state_dict())
    load_ema(RUNS / "draw", model.dit)
    return model.eval()


def join(minutes: float = 0.0) -> Card:
    """Writes the starter: weights in float16 and the card. The scores of the card that stands there are kept."""
    model = joined()
    standing = Path(STARTER) / "card.json"
    card = Card(
        ref="starter/video-dit",
        family="video_dit",
        task="shoot",
        licence="Apache-2.0",
        commercial=True,
        memory_mb=500,
        size_mb=0,
        parameters=0,
        data=DATA,
        config=model.config.plain(),
        recipe="soundstage.recipes.video_dit",
        notes=NOTES,
        scores=Card.load(Path(STARTER)).scores if standing.exists() else (),
    )
    return save_starter(STARTER, model, card)


def _square(clips: Clips) -> bool:
    return bool(clips.frames.shape[2] == clips.frames.shape[3])


PARTS = {"data": data, "code": code, "mend": mend, "draw": draw, "compare": compare, "join": join}


if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
