"""MusicLM's way from what is asked for to codes: stage by stage, window by window.

Notable: music longer than a window goes on from its own last seconds. A story asks for something else from a time on;
windows end there, so that a change takes effect at its very token, with the music before it still in memory.

B batch · Q books of MuLan · K books · T frames
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from soundstage.decode import flatten, guided_step, unflatten, within
from soundstage.decode import generate as run
from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.models.musiclm.model import MusicLM
from soundstage.models.musiclm.stage import Stage

OnStage = Callable[[str, int, int], object]  # a stage's name, frames done, of how many


class Scene(NamedTuple):
    """What is asked for from a frame on."""

    frame: int
    asked_BQ: Tensor


class Window(NamedTuple):
    """Frames that a stage sees at once: it knows those before `known`, and is to choose from there to `stop`."""

    start: int
    known: int
    stop: int


class Written(NamedTuple):
    """The tokens of a piece."""

    semantic_BT: Tensor
    codes_BKT: Tensor


class Choices(NamedTuple):
    """How each stage chooses."""

    semantic: Choose
    coarse: Choose
    fine: Choose


def windows(frames: int, longest: int, stride: int, changes: Sequence[int] = ()) -> Iterator[Window]:
    """Windows of at most `longest` frames that together cover all, each with the last `longest - stride` as its prompt.

    One ends wherever something else is asked for. Raises InputError for a stride that is none, or more than a window.
    """
    if not 0 < stride <= longest:
        raise InputError("stride", f"{stride} of {longest} frames", "choose at most a window, but some")
    done = 0
    while done < frames:
        start = max(0, done - (longest - stride))
        stop = min([start + longest, frames, *(at for at in changes if at > done)])
        yield Window(start, done, stop)
        done = stop


@torch.inference_mode()
def follow(
    stage: Stage, front_BL: Tensor, known_BKT: Tensor, told_BJT: Tensor, choose: Choose, *, guidance: float = 1.0
) -> Tensor:
    """Codes [B, K, T] that go on from the known ones to as many frames as are told. `guidance` 1 is none.

    Raises InputError for more frames than the stage's window has.
    """
    (batch, books, known), frames = known_BKT.shape, told_BJT.shape[-1]
    if frames > stage.frames:
        raise InputError("frames", f"{frames} for a stage of {stage.frames}", "go window by window")
    first, sizes = front_BL.shape[1], [stage.codes] * stage.books
    template = front_BL.new_full((batch, 1, first + books * frames), UNKNOWN)
    template[:, 0, :first] = front_BL
    template[:, 0, first : first + books * known] = flatten(known_BKT, sizes)[:, 0]
    rows, beside = front_BL, told_BJT
    if guidance != 1:
        null = torch.where(torch.arange(first, device=front_BL.device) > 0, stage.null, front_BL)
        rows, beside = torch.cat((front_BL, null)), torch.cat((told_BJT, told_BJT))
    step = stage.walk(rows, beside)
    choices = [within(choose, book * stage.codes, stage.codes) for book in range(books)]

    def alternate(logits: Tensor, history: Tensor) -> Tensor:
        return choices[(history.shape[-1] - first) % books](logits, history)

    made = run(step if guidance == 1 else guided_step(step, guidance), template, alternate)
    return unflatten(made[..., first:], books, sizes)


def walk(
    stage: Stage,
    ask: Callable[[int], Tensor],
    told_BJT: Tensor,
    choose: Choose,
    *,
    longest: int,
    stride: int,
    changes: Sequence[int] = (),
    guidance: float = 1.0,
    on_frames: Callable[[int], object] = lambda _: None,
) -> Tensor:
    """Codes [B, K, T] of as many frames as are told; `ask(frame)` is what is asked for there, [B, Q]."""
    made = told_BJT.new_zeros(len(told_BJT), stage.books, 0)
    for window in windows(told_BJT.shape[-1], longest, stride, changes):
        fresh = follow(
            stage, stage.front(ask(window.known)), made[..., window.start :], told_BJT[..., window.start : window.stop],
            choose, guidance=guidance,
        )  # fmt: skip
        made = torch.cat((made, fresh[..., window.known - window.start :]), -1)
        on_frames(window.stop)
    return made


@torch.inference_mode()
def generate(
    model: MusicLM,
    scenes: Sequence[Scene],
    frames: int,
    choices: Choices,
    *,
    guidance: float = 1.0,
    on_stage: OnStage = lambda *_: None,
) -> Written:
    """The tokens of `frames` frames, as the scenes ask for them.

    Raises InputError for no frames, and for scenes that do not begin with frame 0 or are not in order.
    """
    if frames < 1:
        raise InputError("frames", f"{frames} frames are no music", "ask for at least 1")
    starts = [scene.frame for scene in scenes]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise InputError("story", f"begins scenes at {starts}", "begin with 0 and go on in order")
    config = model.config

    def asked(frame: int) -> Tensor:
        return scenes[bisect_right(starts, frame) - 1].asked_BQ

    def stage(name: str, network: Stage, told: Tensor, choose: Choose) -> Tensor:
        follows = network.asked > 0  # the fine stage is asked for nothing: it only hears the coarse one
        return walk(
            network, asked, told, choose, longest=network.frames,
            stride=config.tokens(getattr(config, f"{name}_stage").stride), changes=starts if follows else (),
            guidance=guidance if follows else 1.0, on_frames=lambda done: on_stage(name, done, frames),
        )  # fmt: skip

    nothing = scenes[0].asked_BQ.new_zeros(len(scenes[0].asked_BQ), 0, frames)
    semantic_BT = stage("semantic", model.semantic_stage, nothing, choices.semantic)[:, 0]
    told = model.coarse_told(semantic_BT)
    coarse_BKT = stage("coarse", model.coarse_stage, told, choices.coarse)
    fine_BKT = stage("fine", model.fine_stage, model.fine_told(coarse_BKT), choices.fine)
    return Written(semantic_BT, torch.cat((coarse_BKT, fine_BKT), 1))
