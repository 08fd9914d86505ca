"""From noise to a clip's latents with Wan 2.1: from a text, a first frame, a first and a last one, or another clip.

Notable: the keys of texts and pictures are made once for all steps. Guidance is two looks, at the text and at what is
to be avoided. Latents stay float32 whatever the network works in. Pictures enter twice: as the image encoder's tokens,
and by `condition`, a video of the given frames and of grey between them that the autoencoder has encoded.

B batch · F, H, W latent frames, height, width · T = 1 + 4 (F − 1) frames · S text tokens · C states of the text encoder
M image tokens · I width of the image encoder
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.guidance import guided
from soundstage.flow.path import holding, interpolate
from soundstage.flow.reuse import Reuse
from soundstage.flow.schedule import SCHEDULES, Schedule
from soundstage.flow.solve import OnStep, Velocity, euler, ignore
from soundstage.flow.unipc import unipc
from soundstage.models.wan.transformer import Read, Wan, velocity
from soundstage.models.wan.vae import WanVae

TOKENS = 512  # of a text, however short: what is left is filled up with zeros


class Told(NamedTuple):
    """A text's states [B, S, C], S at most `TOKENS`; the rest counts as zeros."""

    states: Tensor

    @property
    def padding(self) -> int:
        """How many zeros follow."""
        return TOKENS - self.states.shape[1]


class Over(NamedTuple):
    """A clip's latents like the noise, how far they may be left (1 keeps nothing of them), and where.

    `where` broadcasts to them: 1 where they may be left, 0 where they come out as they were; everywhere by default.
    """

    latents: Tensor
    strength: float = 0.8
    where: Tensor | None = None


@torch.inference_mode()
def generate(
    model: Wan,
    noise: Tensor,
    text: Told,
    avoid: Told | None = None,
    *,
    schedule: str = "diffusers",
    steps: int = 50,
    shift: float = 5.0,
    guidance: float = 5.0,
    image_BMI: Tensor | None = None,
    condition: Tensor | None = None,
    over: Over | None = None,
    reuse: float = 0.0,
    on_step: OnStep = ignore,
    on_reuse: Callable[[Reuse], object] = lambda reuse: None,
) -> Tensor:
    """Latents [B, D, F, H, W] like `noise`.

    `avoid` is the text guided away from; without it, or at a guidance of 1 or less, there is no guidance. `schedule` is
    one of "diffusers" and "native" (UniPC) or "euler". `on_step` gets every step's latents. Above 0, `reuse` is how
    much a step may change and still be guessed (`flow.reuse`); `on_reuse` is told what came of it. The clip that it
    is drawn `over` is noised to its strength, and the steps go on from there.

    Raises InputError for an unknown schedule, steps, shifts and strengths that cannot be, a clip of another shape, and
    pictures that are missing or not looked at.
    """
    plan, like = planned(schedule, steps, shift), model.patch.weight.dtype
    if over is not None:
        if over.latents.shape != noise.shape:
            shapes = tuple(over.latents.shape), tuple(noise.shape)
            raise InputError("video", f"has latents {shapes[0]}", f"give one of {shapes[1]}, the noise's shape")
        plan = plan.part(over.strength)
    if (condition is None) != (model.config.channels == noise.shape[1]):
        problem = "is missing" if condition is None else "is not looked at by this model"
        raise InputError("image", problem, "give one to a model made for it (I2V), and to no other")
    seen = None if image_BMI is None else model.look(image_BMI.to(like))

    def read(told: Told) -> Read:
        return model.read(told.states.to(like), told.padding)._replace(image=seen)

    def looking(told: Told) -> Velocity:
        return velocity(model, read(told), condition=condition, clock=plan.clock)

    wanted = looking(text)
    field = wanted if avoid is None or guidance <= 1 else guided(wanted, looking(avoid), guidance)
    sparing = Reuse(field, reuse) if reuse else None
    field = field if sparing is None else sparing
    x = noise
    if over is not None:
        x = interpolate(noise, over.latents, plan.times[:1].to(noise))
        field = field if over.where is None else holding(field, over.latents, over.where)
    solve = euler if schedule == "euler" else unipc
    made = solve(field, x, plan.times.to(noise.device), on_step)
    if sparing is not None:
        on_reuse(sparing)
    return made


def planned(schedule: str, steps: int, shift: float) -> Schedule:
    """A schedule by name. Raises InputError for an unknown one, and for steps and shifts that cannot be."""
    if schedule not in SCHEDULES:
        raise InputError("schedule", f"{schedule!r} is not known", f"choose {', '.join(SCHEDULES)}")
    return SCHEDULES[schedule](steps, shift)


@torch.inference_mode()
def condition(vae: WanVae, first_B3HW: Tensor, frames: int, last_B3HW: Tensor | None = None) -> Tensor:
    """What stands beside the noise, [B, 4 + D, F, H, W]: which frames are given, and what they are.

    Pictures are within [-1, 1]. Raises InputError for a length or sides that the autoencoder does not divide.
    """
    batch, _, height, width = first_B3HW.shape
    video = first_B3HW.new_zeros(batch, 3, frames, height, width)
    video[:, :, 0] = first_B3HW
    if last_B3HW is not None:
        video[:, :, -1] = last_B3HW
    latents = vae.encode_stream(video)
    given = latents.new_zeros(batch, vae.config.time, *latents.shape[2:])
    given[:, :, 0] = 1  # the first latent is of one frame
    if last_B3HW is not None:
        given[:, -1, -1] = 1  # the last frame of the last four
    return torch.cat((given, latents), 1)


def latent_shape(vae: WanVae, frames: int, height: int, width: int, patch: int = 2) -> tuple[int, int, int, int]:
    """D, F, H, W of a clip's latents. Raises InputError for sizes that autoencoder and patches do not divide."""
    time, side = vae.config.time, vae.config.space * patch
    if frames < 1 or (frames - 1) % time:
        near = max(0, round((frames - 1) / time)) * time + 1
        raise InputError("frames", f"is {frames}", f"give 1 + a multiple of {time}, such as {near}")
    if height < side or width < side or height % side or width % side:
        wide, high = (max(1, round(size / side)) * side for size in (width, height))
        raise InputError("size", f"is {width}x{height}", f"give multiples of {side}, such as {wide}x{high}")
    return vae.config.latent, 1 + (frames - 1) // time, height // vae.config.space, width // vae.config.space
