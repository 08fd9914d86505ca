"""The engine of the latent video model: a scene is read, staged and moved as the layered model does it, and then drawn
whole by the transformer, told where everybody is.

Notable: starter/video lends what is not drawing: the reader, the stage, sight, rain and snow, and the upscaler. Clips
are drawn at 12 frames a second or more, whatever rate is asked for, and in windows, so their length costs no memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.media import Image
from soundstage.models.layered import Plan
from soundstage.models.layered.compose import turned
from soundstage.models.layered.model import fallen, fallen_over
from soundstage.models.video_dit import NOBODY, Told, VideoDit
from soundstage.models.video_dit.sample import Drawing, draw, windows
from soundstage.render.motion import overscan
from soundstage.render.scene import Scene
from soundstage.render.tracks import Poses, Views, under_camera
from soundstage.tasks.shoot_image import begun
from soundstage.tasks.shoot_layered import LayeredShooter
from soundstage.tasks.shoot_scene import Shooting, Sight
from soundstage.weights import Loaded

LENDER = "starter/video"
SLOWEST = 12.0  # frames a second that are drawn
JOINED = 8  # frames over which the end of a loop becomes its beginning
KEPT = 0.35  # seconds in which a given picture's own detail gives way to what is drawn
TOGETHER = 8  # frames enlarged at once


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Given pictures [3, H, W] in 0…1, the first frame and perhaps the last."""

    first: Tensor
    last: Tensor | None


class DitShooter:
    """Family `video_dit`."""

    dtypes = ("float32",)
    steps = 1  # what is told decides nearly all; more looks were measured to add noise
    reuses = True

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(VideoDit, loaded.module)
        self.device = self.model.dit.stem.weight.device

    @contextmanager
    def lender(self) -> Iterator[LayeredShooter]:
        """Who reads, stages, sees and enlarges."""
        with runtime.use(LENDER, {"layered": LayeredShooter}) as engine:
            yield engine

    def read(self, prompt: str, seed: int) -> Scene:
        """See `SceneEngine.read`."""
        with self.lender() as lender:
            return lender.read(prompt, seed)

    def wishes(self, prompt: str) -> dict[str, str]:
        """See `SceneEngine.wishes`."""
        with self.lender() as lender:
            return lender.wishes(prompt)

    def look(self, image: Image) -> Sight:
        """See `SceneEngine.look`."""
        with self.lender() as lender:
            return lender.look(image)

    def shoot(self, scene: Scene, falling: str, how: Shooting) -> NDArray[np.uint8]:
        """See `SceneEngine.shoot`. Who is who (`identity`) is not told to the network."""
        finer, every = _finer(how)
        with self.lender() as lender:
            scene, views, paths = lender.directed(scene, finer)
            return self.drawn(lender, lender.plan(scene, falling, views, paths), finer)[::every]

    def animate(self, image: Image, last_image: Image | None, scene: Scene, how: Shooting) -> NDArray[np.uint8]:
        """See `SceneEngine.animate`. The pictures are given to the network as latents."""
        finer, every = _finer(replace(how, loop=False))
        with self.lender() as lender:
            start = begun(lender, image, last_image, scene, finer)
            last = None if start.second is None else _picture(start.second[0])
            return self.drawn(lender, start.plan, finer, Shown(first=_picture(start.first), last=last))[::every]

    @torch.inference_mode()
    def drawn(self, lender: LayeredShooter, plan: Plan, how: Shooting, shown: Shown | None = None) -> NDArray[np.uint8]:
        """Frames [F, H, W, 3] of a plan, at the rate at which they are drawn."""
        size, rolls = 1.0, plan.views.roll
        if bool(rolls.any()):
            size = overscan(rolls.tolist(), how.width / how.height)
            plan = replace(plan, views=plan.views._replace(lens=plan.views.lens / size))
        generator = runtime.generator(
            runtime.derive(how.seed, "place", plan.place, plan.time, plan.weather), self.device
        )
        small = self._sampled(plan, how, shown, generator)
        tiles = fallen(lender.model, plan, generator)
        tall, wide = round(how.height * size), round(how.width * size)
        out = np.empty((how.frames, how.height, how.width, 3), np.uint8)
        detail = None
        for start in range(0, how.frames, TOGETHER):
            span = slice(start, min(start + TOGETHER, how.frames))
            picture = _enlarged(lender, small[span], tall, wide)
            if shown is not None:
                detail = shown.first - picture[0] if detail is None else detail
                left = 1 - torch.arange(span.start, span.stop, device=picture.device) / max(1.0, KEPT * how.fps)
                picture = picture + detail * left.clamp(0, 1).view(-1, 1, 1, 1)
            seconds = torch.arange(span.start, span.stop, device=picture.device) / how.fps
            lasting = how.frames / how.fps if how.loop else 0.0
            picture = fallen_over(lender.model, plan, tiles, picture, seconds, lasting)
            if size > 1:
                picture = turned(picture, rolls[span], size, how.height, how.width)
            frames = (picture.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
            out[span] = frames.cpu().numpy()
        return out

    def _sampled(self, plan: Plan, how: Shooting, shown: Shown | None, generator: torch.Generator) -> Tensor:
        """Small frames [F, 3, h, w] in −1…1."""
        c = self.model.config
        space, time = c.vae.space, c.vae.time
        rows = c.rows // space
        columns = max(rows // 2, round(rows * how.width / how.height))
        total = how.frames + (JOINED if how.loop else 0)
        count = 1 + math.ceil((total - 1) / time)
        told = self.told(plan, how, 1 + time * (count - 1))
        noise = torch.randn(c.latent, count, rows, columns, generator=generator, device=generator.device)
        given, known = torch.zeros_like(noise), torch.zeros(count, dtype=torch.bool, device=self.device)
        if shown is not None:
            for index, picture in ((0, shown.first), (count - 1, shown.last)):
                if picture is not None:
                    given[:, index], known[index] = self._coded(picture, rows * space, columns * space), True
        meter = runtime.Meter("drawing latents", len(windows(count, c.window)) * how.steps)
        looks = Drawing(steps=how.steps, guidance=how.guidance, reuse=how.reuse)
        made = draw(self.model, told, noise, looks, given=given, known=known, each=meter.advance)
        meter.finish()
        frames = torch.cat(list(self.model.vae.decode_stream(made[None])), 2)[0].transpose(0, 1).clamp(-1, 1)
        if how.loop:
            share = torch.arange(JOINED, device=frames.device).view(-1, 1, 1, 1) / JOINED
            begin = torch.lerp(frames[how.frames : how.frames + JOINED], frames[:JOINED], share)
            frames = torch.cat((begin, frames[JOINED:]))
        return frames[: how.frames]

    def told(self, plan: Plan, how: Shooting, frames: int) -> Told:
        """What the network is told of a plan; behind its last frame a loop begins anew, and all else stands still."""
        c, have = self.model.config, len(plan.views.x)
        index = torch.arange(frames, device=self.device)
        index = index % have if how.loop else index.clamp(max=have - 1)
        views = Views(*(each[index] for each in plan.views))
        layout = runtime.derive(how.seed, "layout", plan.place) % c.layouts
        nobody = torch.zeros(frames, device=self.device)
        poses = [under_camera(Poses(*(p[index] for p in one.poses)), views) for one in plan.cast]
        poses = poses or [Poses(nobody, nobody, nobody + 0.1, nobody, nobody, nobody, nobody > 0)]
        who = [[one.subject, one.action, one.colour] for one in plan.cast] or [[NOBODY, NOBODY, NOBODY]]
        return Told(
            poses=Poses(*(torch.stack(each)[None] for each in zip(*poses, strict=True))),
            who=torch.tensor([who], device=self.device),
            views=Views(*(each[None] for each in views)),
            hour=torch.tensor([[plan.place, plan.time, plan.weather, layout]], device=self.device),
        )

    def _coded(self, picture: Tensor, height: int, width: int) -> Tensor:
        """A picture [3, H, W] in 0…1 as one latent frame [D, h, w]."""
        x = F.interpolate(picture[None], (height, width), mode="bilinear", antialias=True, align_corners=False)
        return self.model.vae.encode(2 * x[:, :, None] - 1)[0, :, 0]


def _finer(how: Shooting) -> tuple[Shooting, int]:
    """The same at a rate that is drawn, and every how many frames of it are shown."""
    every = max(1, math.ceil(SLOWEST / how.fps))
    frames = how.frames * every if how.loop else (how.frames - 1) * every + 1
    return replace(how, frames=frames, fps=how.fps * every), every


def _picture(pixels: Tensor) -> Tensor:
    """uint8 [H, W, 3] to [3, H, W] in 0…1."""
    return pixels.permute(2, 0, 1).float() / 255


def _enlarged(lender: LayeredShooter, frames_FDHW: Tensor, height: int, width: int) -> Tensor:
    """Frames in −1…1 at a larger size, in 0…1."""
    x = torch.cat((frames_FDHW, torch.ones_like(frames_FDHW[:, :1])), 1)
    while x.shape[-2] < height:
        x = lender.model.upscaler.tiled(x).clamp(-1, 1)
    x = (x[:, :3] + 1) / 2
    if tuple(x.shape[-2:]) == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)
