"""VALL-E's two networks: the first book token by token, the others each at once.

Notable: text and frames are one sequence; in the first network a phone sees all phones and a frame all phones and the
frames before it, which one mask says. The second knows by its norms which book it is to fill in. A frame of the prompt
brings all its books, one of the speech to come those that are known.

B batch · P phones · T frames · S phones and frames · K books · D width · V tokens
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.decode import KVCache
from soundstage.models.valle.config import ValleConfig
from soundstage.models.valle.parts import Positions, Reader, StagedBlock, Text, embedding
from soundstage.nn.norms import AdaptiveNorm
from soundstage.nn.transformer import TransformerBlock
from soundstage.ops.attention import lower_right


class Place(NamedTuple):
    """Which phone each frame speaks, and for how many frames it has."""

    phone_BT: Tensor
    age_BT: Tensor


class Next(NamedTuple):
    """Logits of the tokens, and with a pointer of this frame being its phone's last."""

    tokens_BTV: Tensor
    last_BT: Tensor | None


class FirstBook(nn.Module):
    """Tokens of the first book, each from the text and the tokens before it."""

    def __init__(self, config: ValleConfig) -> None:
        super().__init__()
        self.config, stack = config, config.ar
        self.read = Reader(config, stack.width)
        self.embed = embedding(config.codes + 1 + config.begin, stack.width)
        self.positions = Positions(stack.width)
        self.blocks = nn.ModuleList(
            TransformerBlock(stack.width, stack.heads, hidden=stack.hidden, activation="relu")
            for _ in range(stack.depth)
        )
        self.norm = nn.LayerNorm(stack.width)
        self.head = nn.Linear(stack.width, config.codes + 1, bias=False)
        self.last = nn.Linear(stack.width, 1) if config.pointer else None

    def forward(
        self, text: Text, tokens_BT: Tensor, place: Place | None = None, *, cache: KVCache | None = None, since: int = 0
    ) -> Next:
        """What follows each of `tokens_BT`, from token `since` on; `place` is of the frames that are to follow.

        An empty cache is given the text too; later calls go on behind the tokens it holds.
        """
        phones = text.prefix_BPD.shape[1]
        held = 0 if cache is None else cache.length
        start = max(0, held - phones)
        x_BTD = self.embed(tokens_BT) + self.positions(start, tokens_BT.shape[1])
        if place is not None:
            x_BTD = x_BTD + self.read.pointed(text, place.phone_BT, place.age_BT)
        mask = _later(text, start + tokens_BT.shape[1]) if held else _prefix(text, tokens_BT.shape[1])
        if not held:
            x_BTD = torch.cat((text.prefix_BPD, x_BTD), 1)
        for index, block in enumerate(self.blocks):
            x_BTD = block(x_BTD, mask=mask, cache=None if cache is None else cache.layers[index])
        x_BTD = self.norm(x_BTD[:, (0 if held else phones) :][:, since:])
        return Next(self.head(x_BTD), None if self.last is None else self.last(x_BTD).squeeze(-1))

    def room(self, batch: int, capacity: int) -> KVCache:
        """An empty cache for `capacity` phones and tokens, like the weights in device and dtype."""
        stack, like = self.config.ar, self.head.weight
        return KVCache.empty(
            stack.depth, batch, stack.heads, capacity, stack.width // stack.heads, device=like.device, dtype=like.dtype
        )


class OtherBooks(nn.Module):
    """The tokens of one further book, all frames at once, from the books below it."""

    def __init__(self, config: ValleConfig) -> None:
        super().__init__()
        self.config, stack = config, config.nar
        self.read = Reader(config, stack.width)
        self.embed = nn.ModuleList(embedding(config.codes, stack.width) for _ in range(config.books))
        self.positions = Positions(stack.width)
        self.stages = nn.ParameterList(0.02 * torch.randn(stack.width) for _ in range(config.books - 1))
        self.blocks = nn.ModuleList(StagedBlock(stack) for _ in range(stack.depth))
        self.norm = AdaptiveNorm(stack.width, stack.width, eps=1e-5)
        self.heads = nn.ModuleList(nn.Linear(stack.width, config.codes, bias=False) for _ in range(config.books - 1))
        if config.tied:
            for head, embed in zip(self.heads, self.embed[1:], strict=True):
                head.weight = embed.weight

    def forward(
        self,
        text: Text,
        codes_BKT: Tensor,
        known_BT: Tensor,
        stage_B: Tensor,
        place: Place | None = None,
        *,
        mask_BT: Tensor | None = None,
    ) -> Tensor:
        """Frames [B, T, D] for the head of book `stage_B` (1 is the second book); the first `known_BT` books are read.

        `mask_BT` is False at frames that are padding. With a pointer the text reaches the frames through it alone.
        """
        x_BTD = self.positions(0, codes_BKT.shape[-1]).unsqueeze(0)
        for book, embed in enumerate(self.embed):
            x_BTD = x_BTD + embed(codes_BKT[:, book]) * (known_BT > book).unsqueeze(-1)
        prefix, text_mask = 0, None
        if place is not None:
            x_BTD = x_BTD + self.read.pointed(text, place.phone_BT, place.age_BT)
        else:
            prefix, text_mask = text.prefix_BPD.shape[1], text.mask_BP
            x_BTD = torch.cat((text.prefix_BPD, x_BTD), 1)
        mask = _keys(text_mask, mask_BT, prefix, codes_BKT.shape[-1], len(codes_BKT))
        condition_BC = torch.stack(list(self.stages))[stage_B - 1]
        for block in self.blocks:
            x_BTD = block(x_BTD, condition_BC, mask=mask)
        return self.norm(x_BTD[:, prefix:], condition_BC)  # type: ignore[no-any-return]

    def logits(self, frames: Tensor, stage: int) -> Tensor:
        """[..., D] to [..., V] of book `stage`."""
        return cast(Tensor, self.heads[stage - 1](frames))


class Valle(nn.Module):
    """Both networks under one roof; `speech` drives them."""

    def __init__(self, config: ValleConfig) -> None:
        super().__init__()
        self.config = config
        self.ar = FirstBook(config)
        self.nar = OtherBooks(config)


def _prefix(text: Text, frames: int) -> Tensor:
    """[B or 1, 1, S, S]: who may look at whom when text and frames are one sequence."""
    phones, device = text.prefix_BPD.shape[1], text.prefix_BPD.device
    seen = lower_right(phones + frames, phones + frames, device)
    seen[:phones, :phones] = True
    seen = seen[None, None]
    if text.mask_BP is None:
        return seen
    return seen & F.pad(text.mask_BP, (0, frames), value=True)[:, None, None]


def _later(text: Text, frames: int) -> Tensor | None:
    """The same for one frame more: all but the text's padding."""
    return None if text.mask_BP is None else F.pad(text.mask_BP, (0, frames), value=True)[:, None, None]


def _keys(text_BP: Tensor | None, mask_BT: Tensor | None, phones: int, frames: int, batch: int) -> Tensor | None:
    """[B, 1, 1, S]: what is no padding."""
    if text_BP is None and mask_BT is None:
        return None
    like = cast(Tensor, mask_BT if text_BP is None else text_BP)
    parts = [x if x is not None else like.new_ones(batch, n) for x, n in ((text_BP, phones), (mask_BT, frames))]
    return torch.cat(parts, 1)[:, None, None]
