"""One stage of MusicLM: a transformer over flattened codes, behind the tokens of what is asked for.

Notable: MusicLM writes the stage before in front of a stage's own tokens. Here all stages have one rate, so each code
is told the tokens around its own time instead: sequences are shorter, and no network must learn to find its place.
What is asked for stands in front, and is left out now and then in training, so that guidance has a null.

B batch · L tokens in front (a start, then Q of MuLan) · K books · T frames · J told tables · N = L + K · T · D width
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.decode import KVCache, flatten
from soundstage.decode.loop import Step
from soundstage.nn.step import Steps, normed
from soundstage.nn.transformer import TransformerBlock


class Stage(nn.Module):
    """Codes [B, K, T] to logits [B, K, T, V] of each, from those before it, what is asked for and what is told.

    `told` are the sizes of the tables beside each frame, `frames` the window that positions are learned for.
    """

    def __init__(
        self, *, width: int, depth: int, heads: int, books: int, codes: int, frames: int,
        asked: int = 0, asked_codes: int = 0, told: Sequence[int] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self.books, self.codes, self.frames, self.asked, self.asked_codes = books, codes, frames, asked, asked_codes
        self.heads = heads
        own = books * codes
        self.null, self.start = own + asked * asked_codes, own + asked * asked_codes + 1
        self.embed = nn.Embedding(own + asked * asked_codes + 2, width)
        self.positions = nn.Embedding(1 + asked + books * frames, width)
        self.tables = nn.ModuleList(nn.Embedding(size + 1, width) for size in told)  # one more: beyond the music
        for table in (self.embed, self.positions, *self.tables):
            nn.init.normal_(table.weight, std=0.05)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, bias=False) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, own, bias=False)

    def front(self, asked_BQ: Tensor, told_B: Tensor | None = None) -> Tensor:
        """What stands before the codes, [B, L], of MuLan tokens; rows where `told_B` is False are asked for nothing."""
        at = self.books * self.codes + torch.arange(self.asked, device=asked_BQ.device) * self.asked_codes
        ids = asked_BQ[:, : self.asked] + at
        if told_B is not None:
            ids = ids.masked_fill(~told_B[:, None], self.null)
        return F.pad(ids, (1, 0), value=self.start)

    def flat(self, codes_BKT: Tensor) -> Tensor:
        """Codes as the ids [B, K · T] of the sequence."""
        return flatten(codes_BKT, [self.codes] * self.books)[:, 0]

    def forward(self, front_BL: Tensor, codes_BKT: Tensor, told_BJT: Tensor) -> Tensor:
        """All at once, as training has it."""
        ids = torch.cat((front_BL, self.flat(codes_BKT)[:, :-1]), 1)
        x = self.embed(ids) + self.positions.weight[: ids.shape[1]]
        x = x + F.pad(self._beside(told_BJT), (0, 0, front_BL.shape[1] - 1, 0))
        for block in self.blocks:
            x = block(x, causal=True)
        states = self.norm(x[:, front_BL.shape[1] - 1 :]).unflatten(1, (-1, self.books))
        return torch.einsum("btkd,kvd->bktv", states, self.head.weight.view(self.books, self.codes, -1))

    def walk(self, front_RL: Tensor, told_RJT: Tensor) -> Step:
        """A step of a loop, with a cache of its own: ids [R, 1, T] to logits [R, 1, V] of the next code's own book.

        One token is taken flat (`nn.step`). The ids in front are those given here, whatever the loop's template holds,
        so that rows without and with what is asked for can walk side by side.
        """
        rows, first = front_RL.shape
        like = self.head.weight
        beside_RSD = self._beside(told_RJT)
        cache = KVCache.empty(
            len(self.blocks), rows, self.heads, first + beside_RSD.shape[1], like.shape[1] // self.heads,
            device=like.device, dtype=like.dtype,
        )  # fmt: skip
        steps, norm = Steps(self.blocks, rows), normed(self.norm)
        heads_KVD = like.view(self.books, self.codes, -1)

        def step(ids_RKT: Tensor) -> Tensor:
            seen, fresh = cache.length, ids_RKT[:, 0]
            if not seen:
                fresh = torch.cat((front_RL, fresh[:, first:]), 1)
            after = seen + fresh.shape[1]  # the next code stands there
            x = self.embed(fresh) + self.positions.weight[seen:after]
            lead = max(0, first - 1 - seen)
            x = x + F.pad(beside_RSD[:, max(0, seen - first + 1) : after - first + 1], (0, 0, lead, 0))
            if x.shape[1] == 1:
                state = norm(steps(x[:, 0], cache.layers))
            else:
                for block, layer in zip(self.blocks, cache.layers, strict=True):
                    x = block(x, causal=True, cache=layer)
                state = norm(x[:, -1])
            return F.linear(state, heads_KVD[(after - first) % self.books]).unsqueeze(1)

        return step

    def _beside(self, told_BJT: Tensor) -> Tensor:
        """What each code is told, [B, K · T, D]."""
        zero = self.head.weight.new_zeros(len(told_BJT), told_BJT.shape[-1], self.head.in_features)
        told = zero
        for index, table in enumerate(self.tables):
            told = told + table(told_BJT[:, index])
        return told.repeat_interleave(self.books, 1)


def around(codes_BKT: Tensor, offsets: Sequence[int], none: int) -> Tensor:
    """The codes of the frames around each, [B, K · offsets, T]; `none` before the first and behind the last."""
    reach = max(abs(offset) for offset in offsets)
    padded, frames = F.pad(codes_BKT, (reach, reach), value=none), codes_BKT.shape[-1]
    return torch.cat([padded[..., reach + offset : reach + offset + frames] for offset in offsets], 1)
