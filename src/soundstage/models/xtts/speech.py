"""XTTS's engine functions: references to a voice, text ids to codes and states, states to samples, whole or live.

Notable: a live piece is held back until nothing that follows can change it, so that joined pieces are the whole; the
published way, an overlap cross-faded between two decodings, is `overlap`. The states of the loop are what a second pass
over its codes would give, so there is none.

B batch · S text tokens · T codes · D width · L latents · C width of a voice's vector · N samples
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.decode import Ending
from soundstage.decode import generate as run
from soundstage.decode.loop import OnStep
from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.models.xtts.model import Xtts
from soundstage.models.xtts.style import style_mel
from soundstage.ops.resample import resample

CHUNK, LONGEST, SHORTEST = 6.0, 30.0, 0.33  # seconds of a reference: heard at once, in all, at least
PIECE = 20  # codes of a live piece
PLACEHOLDER = 1
"""What the reference counts as the prompt's ids where it looks for repetitions, so that code 1 is always penalised."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A voice: latents [B, L, D] before the text, and a vector [B, C] for the decoder."""

    style_BLD: Tensor
    speaker_BC: Tensor

    def to(self, like: Tensor) -> Heard:
        """The same with another tensor's device and dtype."""
        return Heard(self.style_BLD.to(like), self.speaker_BC.to(like))


class Told(NamedTuple):
    """What the language model made: codes [B, T], the stop last where it was chosen, states, whether it is all."""

    codes_BT: Tensor
    states_BTD: Tensor
    over: bool


@torch.inference_mode()
def listen(model: Xtts, references: Sequence[Tensor], *, chunk: float = CHUNK, longest: float = LONGEST) -> Heard:
    """A voice from one or more references [N] at `heard_rate`.

    The manner is the mean over chunks of their first `longest` seconds together, the voice's vector that over the
    references, each up to `longest`. Raises InputError when they are too short.
    """
    config = model.config
    limit = round(longest * config.heard_rate)
    cut = [reference[:limit] for reference in references]
    if not cut or min(len(reference) for reference in cut) < SHORTEST * config.heard_rate:
        raise InputError("voice", "the reference is too short", f"give at least {SHORTEST} s; six are better")
    pieces = torch.split(torch.cat(cut)[:limit], round(chunk * config.heard_rate))
    styles = [
        model.style(style_mel(piece[None], config.heard_rate, config.bands))
        for piece in pieces
        if len(piece) >= SHORTEST * config.heard_rate
    ]
    speakers = [model.speaker(resample(reference[None], config.heard_rate, config.speaker.rate)) for reference in cut]
    return Heard(torch.stack(styles).mean(0), torch.stack(speakers).mean(0))


def tell(
    model: Xtts,
    heard: Heard,
    text_BS: Tensor,
    choose: Choose,
    *,
    every: int | None = None,
    longest: int | None = None,
    on_step: OnStep | None = None,
) -> Iterator[Told]:
    """All codes so far, each time that `every` more are made (None: only once, when all are).

    At most `longest` codes (None: all there is room for). Rows of a batch must have texts of one length. Raises
    InputError for a text that does not fit.
    """
    config = model.config
    longest = min(longest or config.longest_speech, config.longest_speech)
    with torch.inference_mode():
        prompt = model.prompt(heard.style_BLD.expand(len(text_BS), -1, -1), text_BS)
        cache = model.room(len(prompt), prompt.shape[1] + longest + 1)
        ids = text_BS.new_full((len(prompt), 1, 1), config.start)
    states: list[Tensor] = []

    def step(ids_B1T: Tensor) -> Tensor:
        seen = model(prompt, ids_B1T[:, 0, -1:], cache)  # all but the last are in the cache
        states.append(seen.states)
        return seen.logits  # type: ignore[no-any-return]

    def chosen(logits: Tensor, history: Tensor) -> Tensor:
        return choose(logits, F.pad(history, (1, 0), value=PLACEHOLDER))

    ending = Ending(choose=chosen, end=config.stop)
    while True:
        more = min(every or longest, longest + 1 - ids.shape[-1])
        template = F.pad(ids, (0, more), value=UNKNOWN)
        ids = run(step, template, ending, on_step=on_step, stop=ending.over)
        over = ending.over(ids[..., -1]) or ids.shape[-1] > longest
        yield Told(ids[:, 0, 1:], torch.cat(states, 1), over)
        if over:
            return


def frames(model: Xtts, states_BTD: Tensor, speed: float = 1.0) -> Tensor:
    """States drawn out to the decoder's frames [B, D, F]."""
    x = states_BTD.transpose(1, 2)
    for scale in _scales(model, speed):
        if x.shape[-1] * scale >= 1:  # a single code, said fast, stays one
            x = F.interpolate(x, scale_factor=scale, mode="linear")
    return x


def settled(model: Xtts, codes: int, speed: float = 1.0) -> int:
    """How many frames of so many codes do not change when more codes follow."""
    count, known = codes, codes
    for scale in _scales(model, speed):
        made = math.floor(count * scale)
        if made in (0, count):
            return 0  # too few to be drawn out: torch copies them
        known = min(math.floor(scale * (known - 0.5) - 0.5), made)
        count = made
    return max(0, known)


def _scales(model: Xtts, speed: float) -> list[float]:
    config = model.config
    scales = [1 / speed, float(config.frames), config.rate / config.heard_rate]
    return [scale for scale in scales if scale != 1]


@torch.inference_mode()
def sound(model: Xtts, heard: Heard, told: Told, speed: float = 1.0) -> Tensor:
    """Samples [B, N] of what was told."""
    return model.decoder(frames(model, told.states_BTD, speed), heard.speaker_BC)  # type: ignore[no-any-return]


def speak(
    model: Xtts,
    heard: Heard,
    text_BS: Tensor,
    choose: Choose,
    *,
    speed: float = 1.0,
    longest: int | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Samples [B, N] of text ids. Raises InputError for a text that does not fit."""
    (told,) = tell(model, heard, text_BS, choose, longest=longest, on_step=on_step)
    return sound(model, heard, told, speed)


def stream(
    model: Xtts,
    heard: Heard,
    text_BS: Tensor,
    choose: Choose,
    *,
    speed: float = 1.0,
    every: int = PIECE,
    overlap: int | None = None,
    longest: int | None = None,
    on_step: OnStep | None = None,
) -> Iterator[Tensor]:
    """The samples of one row piece by piece, [N] each, while `every` more codes are made.

    With an `overlap` in samples, the published way: everything so far is decoded again for each piece, and neighbours
    are cross-faded; it is heard three codes earlier, and differs a little from `speak`.
    """
    tellings = tell(model, heard, text_BS, choose, every=every, longest=longest, on_step=on_step)
    if overlap is not None:
        yield from crossfaded(((sound(model, heard, told, speed)[0], told.over) for told in tellings), overlap)
        return
    reach, done = model.decoder.reach, 0
    for told in tellings:
        x = frames(model, told.states_BTD, speed)
        known = x.shape[-1] if told.over else settled(model, told.codes_BT.shape[1], speed)
        stop = known if told.over else known - reach
        if stop > done:
            yield _between(model, x[..., :known], heard, done, stop)
            done = stop


@torch.inference_mode()
def _between(model: Xtts, x_BDF: Tensor, heard: Heard, start: int, stop: int) -> Tensor:
    """The samples of some frames of the first row, decoded with as many before them as they depend on."""
    left, hop = max(0, start - model.decoder.reach), model.config.decoder.hop
    made = model.decoder(x_BDF[..., left:], heard.speaker_BC)[0]
    return made[(start - left) * hop : (stop - left) * hop]  # type: ignore[no-any-return]


def crossfaded(wholes: Iterator[tuple[Tensor, bool]], overlap: int) -> Iterator[Tensor]:
    """Pieces [N] of ever longer decodings of one sound, each with whether it is the last.

    A decoding's last `overlap` samples wait, and fade into what the next one has in their place.
    """
    tail: Tensor | None = None
    before = 0
    for whole, over in wholes:
        piece = whole[before : len(whole) if over else max(before, len(whole) - overlap)].clone()
        if tail is not None:
            count = min(len(tail), len(piece))
            rise = torch.linspace(0, 1, len(tail), device=piece.device)[:count]
            piece[:count] = torch.lerp(tail[:count], piece[:count], rise)
        yield piece
        before += len(piece)
        tail = whole[before : before + overlap]
