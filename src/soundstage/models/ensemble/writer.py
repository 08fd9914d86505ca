"""The writer: a small transformer decoder over the score language.

Notable: beside every token go its sides (part, instrument, place in the bar, chord …) as summed embeddings, so that
a model
of two million parameters need not learn to count. Which tokens may follow is the grammar's business, not the model's.

B batch · T tokens · D width · S kinds of sides · V vocabulary
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from soundstage.decode.cache import KVCache
from soundstage.decode.loop import generate
from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import sample
from soundstage.errors import RunError
from soundstage.nn.norms import RMSNorm
from soundstage.nn.transformer import TransformerBlock
from soundstage.ops.rope import rope


class Grammar(Protocol):
    """What follows what: the state of a sentence that is being written."""

    @property
    def done(self) -> bool:
        """Whether the sentence is over."""

    def allowed(self) -> list[int]:
        """The tokens that may come next, at least one."""

    def push(self, token: int) -> None:
        """Takes the next token."""

    def side(self) -> Sequence[int]:
        """What stands beside the token taken last."""

    def anchor(self) -> int | None:
        """After a token that opens a unit (a bar): how many tokens of the past matter from here on; else None."""


class ScoreWriter(nn.Module):
    """Tokens and their sides to logits of the next token."""

    def __init__(self, *, vocabulary: int, sides: tuple[int, ...], width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.token = nn.Embedding(vocabulary, width)
        self.sides = nn.ModuleList(nn.Embedding(size, width) for size in sides)
        for table in (self.token, *self.sides):
            nn.init.normal_(table.weight, std=0.05)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, hidden=3 * width, bias=False, norm_kind="rms", activation="silu", gated=True)
            for _ in range(depth)
        )
        self.norm = RMSNorm(width)
        self.out = nn.Linear(width, vocabulary)

    def empty_cache(self, capacity: int) -> KVCache:
        """A cache for one sentence of up to `capacity` tokens."""
        device = self.out.weight.device
        return KVCache.empty(len(self.blocks), 1, self.heads, capacity, self.head, device=device)

    def forward(self, token_BT: Tensor, side_BTS: Tensor, cache: KVCache | None = None) -> Tensor:
        """Logits [B, T, V]; with a cache, of tokens that follow those it holds."""
        x = self.token(token_BT)
        for index, table in enumerate(self.sides):
            x = x + table(side_BTS[..., index])
        first = 0 if cache is None else cache.length
        turn = rope(torch.arange(first, first + token_BT.shape[1], device=x.device), self.head)
        for index, block in enumerate(self.blocks):
            x = block(x, causal=True, rope=turn, cache=None if cache is None else cache.layers[index])
        logits: Tensor = self.out(self.norm(x))
        return logits


def write(
    writer: ScoreWriter,
    grammar: Grammar,
    *,
    generator: torch.Generator,
    temperature: float = 0.85,
    top_p: float = 0.9,
    limit: int = 8000,
    window: int = 600,
    on_token: Callable[[int], object] | None = None,
) -> list[int]:
    """Tokens until the grammar says that the sentence is done.

    Sentences longer than `window`, the longest that the model was trained on, go on with the head (up to the first
    unit)
    and the latest units only. Raises RunError when `limit` tokens were not enough.
    """
    ids: list[int] = []
    beside: list[Sequence[int]] = []
    units: list[int] = []
    cache = writer.empty_cache(2 * window)
    device = writer.out.weight.device

    def take(token: int) -> None:
        grammar.push(token)
        ids.append(token)
        beside.append(grammar.side())
        if grammar.anchor() is not None:
            units.append(len(ids) - 1)
        if on_token is not None:
            on_token(token)

    def step(fresh_BKT: Tensor) -> Tensor:
        count = fresh_BKT.shape[2]
        rows = list(range(len(ids) - count, len(ids)))
        if cache.length + count > window and units and units[-1] > 0:
            cache.rewind()
            kept = next((at for at in units if len(ids) - at + units[0] <= window // 2), units[-1])
            rows = [*range(units[0]), *range(kept, len(ids))]
        tokens = torch.tensor([[ids[i] for i in rows]], device=device)
        sides = torch.tensor([[tuple(beside[i]) for i in rows]], device=device)
        logits_BTV: Tensor = writer(tokens, sides, cache)
        return logits_BTV[:, -1:]

    def choose(logits_BKV: Tensor, history: Tensor) -> Tensor:
        options = grammar.allowed()
        token = options[0]
        if len(options) > 1:
            drawn = sample(logits_BKV[0, 0, options].float(), generator, temperature=temperature, top_p=top_p)
            token = options[int(drawn)]
        take(token)
        return torch.tensor([[token]], device=device)

    take(grammar.allowed()[0])
    template = torch.full((1, 1, limit), UNKNOWN, device=device)
    template[..., 0] = ids[0]
    generate(step, template, choose, stop=lambda _: grammar.done)
    if not grammar.done:
        raise RunError(f"the score did not end within {limit} tokens", "ask for a shorter piece")
    return ids
