"""Choosing tokens from logits: temperature, top-k, top-p, repetition penalty.

Notable: the draw is an exponential race (argmax of p / e), which needs no cumulative sum; top-k races among k only.

B batch · K codebooks · V vocabulary · T tokens so far
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.errors import InputError

Choose = Callable[[Tensor, Tensor], Tensor]  # logits [B, K, V], ids so far [B, K, T] -> ids [B, K]


def sample(
    logits: Tensor, generator: torch.Generator, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> Tensor:
    """Ids [...] drawn from logits [..., V]. Temperature 0 is the argmax; top_k 0 and top_p 1 keep every token."""
    if temperature == 0:
        return logits.argmax(-1)
    places = None
    if 0 < top_k < logits.shape[-1]:
        logits, places = logits.topk(top_k, -1)
    probability = (logits.float() / temperature).softmax(-1)
    if top_p < 1:
        probability = nucleus(probability, top_p)
    race = torch.empty_like(probability).exponential_(generator=generator)
    winner = (probability / race).argmax(-1)
    return winner if places is None else places.gather(-1, winner.unsqueeze(-1)).squeeze(-1)


def nucleus(probability: Tensor, top_p: float) -> Tensor:
    """Zero all but the fewest most probable tokens that hold `top_p` together (Holtzman et al., 2020); not rescaled."""
    ordered, order = probability.sort(-1, descending=True)
    # A token goes when those before it hold enough already; so the first always stays.
    beyond = ordered.cumsum(-1) - ordered >= top_p
    return probability.masked_fill(torch.zeros_like(beyond).scatter(-1, order, beyond), 0.0)


def penalised(logits: Tensor, history: Tensor, penalty: float) -> Tensor:
    """Divide positive and multiply negative logits [..., V] of tokens in `history` [..., T] (Keskar et al., 2019).

    Negative ids in the history stand for none.
    """
    seen = torch.zeros_like(logits, dtype=torch.int32)
    seen.scatter_add_(-1, history.clamp_min(0), (history >= 0).int())
    return torch.where(seen > 0, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def greedy(logits: Tensor, history: Tensor) -> Tensor:
    """The most probable token: a `Choose` that draws nothing."""
    return logits.argmax(-1)


@dataclass(frozen=True)
class Central:
    """Chooses the code that is nearest to the mean of all vectors [V, D] by their chances: the least expected error.

    Where a network is unsure what is left to say of a sound, that is the code which says least (minimum Bayes risk).
    """

    vectors_VD: Tensor

    def __call__(self, logits: Tensor, history: Tensor) -> Tensor:
        """Ids [B, K]."""
        vectors_VD = self.vectors_VD.to(logits.device, torch.float32)
        mean_BKD = logits.float().softmax(-1) @ vectors_VD
        return (vectors_VD.square().sum(1) - 2 * mean_BKD @ vectors_VD.T).argmin(-1)


def of_book(choose: Choose | Sequence[Choose], index: int) -> Choose:
    """Who chooses in the `index`-th of several books: one for all, or each its own."""
    return choose[index] if isinstance(choose, Sequence) else choose


def within(choose: Choose, first: int, count: int) -> Choose:
    """`choose` over logits of only the `count` ids from `first` on; the ids it gives and the history stay whole ones.

    So a head may read the rows that are allowed, and the others are not masked but never made.
    """

    def chosen(logits: Tensor, history: Tensor) -> Tensor:
        inside = history - first
        inside = inside.masked_fill((inside < 0) | (inside >= count), -1)
        return choose(logits, inside) + first

    return chosen


def rowwise(choosers: Sequence[Choose]) -> Choose:
    """Each row of a batch by its own, so that it draws what it would draw alone."""

    def chosen(logits: Tensor, history: Tensor) -> Tensor:
        rows = zip(choosers, logits.unsqueeze(1).unbind(), history.unsqueeze(1).unbind(), strict=True)
        return torch.cat([choose(row, past) for choose, row, past in rows])

    return chosen


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """How a loop chooses: a `Choose` with these settings. Raises InputError for settings that mean nothing."""

    generator: torch.Generator
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition: float = 1.0

    def __post_init__(self) -> None:
        for field, good, remedy in (
            ("temperature", self.temperature >= 0, "0 is greedy, 1 leaves the logits as they are"),
            ("top_k", self.top_k >= 0, "0 keeps every token"),
            ("top_p", 0 < self.top_p <= 1, "choose above 0 and up to 1"),
            ("repetition", self.repetition > 0, "1 is no penalty, 1.2 is usual"),
        ):
            if not good:
                raise InputError(field, f"{getattr(self, field)} is out of range", remedy)

    def __call__(self, logits: Tensor, history: Tensor) -> Tensor:
        """Ids [...] from logits [..., V] and the ids so far [..., T]."""
        if self.repetition != 1:
            logits = penalised(logits, history, self.repetition)
        return sample(logits, self.generator, temperature=self.temperature, top_k=self.top_k, top_p=self.top_p)
