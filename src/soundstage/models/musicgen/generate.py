"""MusicGen's loops: codes of one window, and of music longer than that, as they are decided.

Notable: every loop is a walk that can be listened to: frames come out as soon as all their books are known, so sound
can begin while the rest is being written. The books stand in steps by the decoder's delays, or by any `Pattern` that
the weights were trained with. Music longer than the window goes on from its own last seconds: with a window
of 30 s and a stride of 18 the last 12 are the prompt of the next.

B batch · K codebooks · T frames
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.decode import Delays, Pattern, fill, guided_apart, guided_step
from soundstage.decode.loop import Step
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.models.musicgen.decoder import Decoder, Heard


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """How much more what was asked for counts than nothing; 1 is no guidance. `apart` runs the two one by one."""

    scale: float = 3.0
    apart: bool = False


def window(
    decoder: Decoder,
    heard: Heard,
    frames: int,
    choose: Choose,
    *,
    guidance: Guidance = Guidance(),
    prompt_BKT: Tensor | None = None,
    pattern: Pattern | None = None,
) -> Iterator[Tensor]:
    """The frames [B, K, n] that continue `prompt` to `frames`, each as soon as its last book is chosen.

    `pattern` takes the place of the decoder's delays; by one that does not stream all frames come at the end. Raises
    InputError for no frames, or a prompt longer than `frames`.
    """
    if frames < 1:
        raise InputError("frames", f"{frames} frames are no music", "ask for at least 1; 50 are a second")
    config, device = decoder.config, decoder.norm.weight.device
    pattern = pattern or Delays(config.delays)
    if prompt_BKT is None:
        prompt_BKT = torch.zeros(heard.rows, config.books, 0, dtype=torch.long, device=device)
    ids_BKS = pattern.template(prompt_BKT, frames, config.codes)
    told, last = prompt_BKT.shape[-1], ids_BKS.shape[-1] - 1
    for column in fill(_step(decoder, heard, last + 1, guidance), ids_BKS, choose):
        whole = pattern.frames(column) if pattern.streams or column == last else told
        if whole > told:
            yield pattern.lift(ids_BKS[..., : column + 1])[..., told:].clone()
            told = whole


def generate(
    decoder: Decoder,
    heard: Heard,
    frames: int,
    choose: Choose,
    *,
    guidance: Guidance = Guidance(),
    prompt_BKT: Tensor | None = None,
    pattern: Pattern | None = None,
) -> Tensor:
    """Codes [B, K, frames], with the prompt's at their beginning. Errors are those of `window`."""
    told = [] if prompt_BKT is None else [prompt_BKT]
    walk = window(decoder, heard, frames, choose, guidance=guidance, prompt_BKT=prompt_BKT, pattern=pattern)
    return torch.cat((*told, *walk), -1)


def song(
    decoder: Decoder,
    hear: Callable[[int], Heard],
    frames: int,
    choose: Choose,
    *,
    longest: int,
    stride: int,
    guidance: Guidance = Guidance(),
    prompt_BKT: Tensor | None = None,
    pattern: Pattern | None = None,
) -> Iterator[Tensor]:
    """Frames [B, K, n] behind the prompt, up to `frames` in all, over windows of at most `longest` that lie `stride`
    apart.

    `hear(first)` is what is asked for in the window that begins with frame `first`; it is asked once a window. Raises
    InputError as `window` does, and for a stride that is none or leaves no prompt.
    """
    if frames > longest and not 0 < stride < longest:
        raise InputError("extend_stride", f"{stride} of {longest} frames", "choose less than a window, but some")
    if prompt_BKT is not None and prompt_BKT.shape[-1] > frames:
        known = prompt_BKT.shape[-1]
        raise InputError("frames", f"the prompt's {known} frames are more than {frames}", "ask for more, or cut it")
    made, first = prompt_BKT, 0
    while made is None or made.shape[-1] < frames:
        length, known = min(frames - first, longest), 0 if made is None else made.shape[-1] - first
        if known < length:
            told = [] if made is None else [made]
            past = None if made is None else made[..., first:]
            walk = window(decoder, hear(first), length, choose, guidance=guidance, prompt_BKT=past, pattern=pattern)
            for new_BKT in walk:
                told.append(new_BKT)
                yield new_BKT
            made = torch.cat(told, -1)
        first += stride


def _step(decoder: Decoder, heard: Heard, steps: int, guidance: Guidance) -> Step:
    if guidance.scale == 1:
        return decoder.walk(heard, steps)
    if guidance.apart:
        return guided_apart(decoder.walk(heard, steps), decoder.walk(heard.null, steps), guidance.scale)
    return guided_step(decoder.walk(heard.guided, steps), guidance.scale)
