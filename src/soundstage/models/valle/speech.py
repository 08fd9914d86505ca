"""Speaking: the first book in a loop, the others after it; ids in, codes out.

Notable: the prompt is continued. Its phones stand before those to say, its first book before the first frame, and all
its books are known to the second network. A prompt may also come without words, if the model was trained so: then one
phone stands for all of them.

B batch · P phones · T frames · R frames of the prompt · K books
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.decode import Ending, greedy
from soundstage.decode import generate as run
from soundstage.decode.loop import OnStep
from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.models.valle.model import Next, Place, Valle
from soundstage.models.valle.parts import ages

LONGEST = 64
"""Frames that a phone may last."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is to be said, and the voice that says it.

    `phones_BP` are those of the prompt and, from `start` on, those to say; `mask_BP` is False at padding behind them.
    `prompt_BKR` may have no frames if the model has a start token. With a pointer `place_BR` is the phone of each frame
    of the prompt. `language_BP` is for models that have languages.
    """

    phones_BP: Tensor
    prompt_BKR: Tensor
    start: int = 0
    place_BR: Tensor | None = None
    mask_BP: Tensor | None = None
    language_BP: Tensor | None = None

    def check(self, model: Valle) -> None:
        """Raises InputError for ids that the model does not have, or parts that do not fit together."""
        config, (batch, books, frames) = model.config, self.prompt_BKR.shape
        for name, ids, high in (("phones", self.phones_BP, config.symbols), ("prompt", self.prompt_BKR, config.codes)):
            if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < high:
                raise InputError(name, f"holds ids outside 0 to {high - 1}", "use a text and a voice of this model")
        for name, good, problem in (
            ("phones", self.start < self.phones_BP.shape[1], "there is nothing to say"),
            ("prompt", books == config.books, f"has {books} books, the model {config.books}"),
            ("prompt", frames > 0 or config.begin, "is empty, and the model has no start token"),
            ("prompt", batch == len(self.phones_BP), f"has {batch} rows for {len(self.phones_BP)} texts"),
            ("place", config.pointer == (self.place_BR is not None), "belongs to models with a pointer, and to all"),
            ("place", self.place_BR is None or self.place_BR.shape == (batch, frames), "is not of the prompt's frames"),
        ):
            if not good:
                raise InputError(name, problem, "see models.valle.Line")


class Spoken(NamedTuple):
    """Codes [B, K, T] of which row b has `frames_B[b]`; with a pointer the phone [B, T] of each frame, from `start`."""

    codes_BKT: Tensor
    frames_B: Tensor
    place_BT: Tensor | None


@dataclass
class Pointer:
    """Which phone is being spoken: it goes on to the next one when that has become likelier than not.

    The hazards of ending that the network gives are joined to the chance that the phone has lasted so far; below one
    half it ends. `pace` is how fast the clock runs that tells the network how long a phone has lasted.
    """

    phone_B: Tensor
    phones_B: Tensor  # how many phones each row has
    pace: float = 1.0
    frames_B: Tensor = field(init=False)
    lasted_B: Tensor = field(init=False)
    chance_B: Tensor = field(init=False)
    path: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.frames_B, self.lasted_B = torch.zeros_like(self.phone_B), torch.zeros_like(self.phone_B)
        self.chance_B = torch.ones_like(self.phone_B, dtype=torch.float32)

    @property
    def age_B(self) -> Tensor:
        """As the network is told."""
        return (self.lasted_B * self.pace).floor().long()

    @property
    def over(self) -> bool:
        """Whether every row has spoken its last phone."""
        return bool((self.phone_B >= self.phones_B).all())

    def place(self) -> Place:
        """Of the next frame; a row that is over stays at its last phone."""
        return Place(torch.minimum(self.phone_B, self.phones_B - 1)[:, None], self.age_B[:, None])

    def advance(self, last_B: Tensor) -> None:
        """A frame has been spoken; `last_B` are the logits of its being the phone's last."""
        alive = self.phone_B < self.phones_B
        self.path.append(torch.minimum(self.phone_B, self.phones_B - 1))
        self.frames_B = self.frames_B + alive
        self.lasted_B = self.lasted_B + 1
        self.chance_B = self.chance_B * (-last_B.float()).sigmoid()
        ends = (self.chance_B < 0.5) | (self.lasted_B >= LONGEST)
        self.phone_B = self.phone_B + (ends & alive)
        self.lasted_B = self.lasted_B.masked_fill(ends, 0)
        self.chance_B = self.chance_B.masked_fill(ends, 1.0)


@torch.inference_mode()
def first_book(
    model: Valle,
    line: Line,
    choose: Choose,
    *,
    pace: float = 1.0,
    longest: int | None = None,
    on_step: OnStep | None = None,
) -> Spoken:
    """Tokens [B, 1, T] of the first book behind the prompt.

    Without a pointer a row that has ended goes on with the end token, and `longest` (16 frames a phone if not given)
    bounds all. Raises InputError for a line that does not fit the model.
    """
    line.check(model)
    config, (batch, phones), frames = model.config, line.phones_BP.shape, line.prompt_BKR.shape[-1]
    count_B = line.phones_BP.new_full((batch,), phones) if line.mask_BP is None else line.mask_BP.sum(1)
    if longest is None:
        longest = (LONGEST if config.pointer else 16) * (phones - line.start)
    text = model.ar.read(line.phones_BP, line.mask_BP, line.language_BP)
    pointer = Pointer(line.phones_BP.new_full((batch,), line.start), count_B, pace) if config.pointer else None
    cache = model.ar.room(batch, phones + int(config.begin) + frames + longest)

    def step(ids_BKT: Tensor) -> Tensor:
        place = None if pointer is None else pointer.place()
        if place is not None and line.place_BR is not None and cache.length == 0:
            known = Place(line.place_BR, ages(line.place_BR))
            place = Place(*(torch.cat(pair, 1) for pair in zip(known, place, strict=True)))
        found: Next = model.ar(text, ids_BKT[:, 0], place, cache=cache, since=-1)
        if pointer is not None and found.last_BT is not None:
            pointer.advance(found.last_BT[:, -1])
            return found.tokens_BTV[..., : config.codes]  # it has no end token
        return found.tokens_BTV

    ids = line.prompt_BKR[:, 0]
    if config.begin:
        ids = F.pad(ids, (1, 0), value=config.end + 1)
    template = F.pad(ids, (0, longest), value=UNKNOWN).unsqueeze(1)
    if pointer is not None:
        made = run(step, template, choose, on_step=on_step, stop=lambda _: pointer.over)
        made = made[:, :, ids.shape[1] :]
        return Spoken(made, pointer.frames_B, torch.stack(pointer.path, 1) - line.start)
    ending = Ending(choose=choose, end=config.end)
    made = run(step, template, ending, on_step=on_step, stop=ending.over)[:, :, ids.shape[1] :]
    frames_B = (made[:, 0] != config.end).sum(1)
    return Spoken(made[..., : int(frames_B.max())], frames_B, None)


@torch.inference_mode()
def other_books(model: Valle, line: Line, first: Spoken, choose: Choose = greedy) -> Spoken:
    """All books [B, K, T] of a first book, one after another. Raises InputError for a line that does not fit."""
    line.check(model)
    books, (batch, _, frames), behind = model.config.books, first.codes_BKT.shape, line.prompt_BKR.shape[-1]
    text = model.nar.read(line.phones_BP, line.mask_BP, line.language_BP)
    fresh = F.pad(first.codes_BKT.clamp(max=model.config.codes - 1), (0, 0, 0, books - 1))
    codes = torch.cat((line.prompt_BKR, fresh), -1)
    known = torch.cat((codes.new_full((batch, behind), books), codes.new_ones(batch, frames)), 1)
    place, mask = None, None
    if first.place_BT is not None and line.place_BR is not None:
        phone = torch.cat((line.place_BR, first.place_BT + line.start), 1)
        place = Place(phone, torch.cat((ages(line.place_BR), ages(first.place_BT)), 1))
    if int(first.frames_B.min()) < frames:
        mask = torch.arange(behind + frames, device=codes.device) < behind + first.frames_B[:, None]
    for book in range(1, books):
        known[:, behind:] = book
        stage = codes.new_full((batch,), book)
        found = model.nar(text, codes, known, stage, place, mask_BT=mask)[:, behind:]
        logits = model.nar.logits(found, book)
        codes[:, book, behind:] = choose(logits, codes.new_empty(*logits.shape[:2], 0))
    return Spoken(codes[..., behind:], first.frames_B, first.place_BT)


def generate(
    model: Valle,
    line: Line,
    choose: Choose,
    *,
    refine: Choose = greedy,
    pace: float = 1.0,
    longest: int | None = None,
    on_step: OnStep | None = None,
) -> Spoken:
    """Both networks: the codes of what is said. Raises InputError as they do."""
    first = first_book(model, line, choose, pace=pace, longest=longest, on_step=on_step)
    if first.codes_BKT.shape[-1] == 0:
        return Spoken(first.codes_BKT.expand(-1, model.config.books, -1), first.frames_B, first.place_BT)
    return other_books(model, line, first, refine)
