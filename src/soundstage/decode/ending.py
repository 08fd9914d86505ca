"""When a row is over: its end token, kept once it is chosen, and taken early where it is likely enough.

Notable: rows of a batch end at different steps. One that has ended goes on choosing the end, which so is its padding,
and the loop stops with the last.

B batch · K codebooks · V vocabulary · T tokens so far
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from soundstage.decode.sample import Choose
from soundstage.errors import InputError


@dataclass(kw_only=True)
class Ending:
    """A `Choose` that knows an `end`, and with `over` the `stop` of the loop. It keeps state: make one for each loop.

    `least` takes the end as soon as its probability is above it, however another token is drawn (Bark's `min_eos_p`).
    Raises InputError when `least` is no probability.
    """

    choose: Choose
    end: int
    least: float | None = None
    ended_BK: Tensor | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.least is not None and not 0 < self.least <= 1:
            raise InputError(
                "least", f"{self.least} is no probability of an end", "choose above 0, up to 1; None for none"
            )

    def __call__(self, logits: Tensor, history: Tensor) -> Tensor:
        """Ids [B, K] from logits [B, K, V] and the ids so far [B, K, T]."""
        chosen_BK = self.choose(logits, history)
        if self.least is not None:
            likely_BK = logits.float().softmax(-1)[..., self.end] > self.least
            chosen_BK = chosen_BK.masked_fill(likely_BK, self.end)
        if self.ended_BK is not None:
            chosen_BK = chosen_BK.masked_fill(self.ended_BK, self.end)
        self.ended_BK = chosen_BK == self.end
        return chosen_BK

    def over(self, ids_BK: Tensor) -> bool:
        """Whether every row of the column just set has ended."""
        return bool(torch.all(ids_BK == self.end))
