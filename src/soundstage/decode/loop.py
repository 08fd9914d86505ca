"""The one autoregressive loop: it fills the unknown places of a template.

Notable: a prompt, a delay pattern, forced tokens and plain continuation are all the same thing to it, places of the
template that are known. Guidance is a wrapper round the step, as in flow matching: a batch of two.

B batch · K codebooks (1 for text) · S steps · V vocabulary
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import Choose
from soundstage.errors import InputError

Step = Callable[[Tensor], Tensor]  # ids [B, K, T], the tokens after those it has seen -> logits [B, K, V] of the next
OnStep = Callable[[int, Tensor], object]
Stop = Callable[[Tensor], bool]


@torch.inference_mode()
def generate(
    step: Step,
    template_BKS: Tensor,
    choose: Choose,
    *,
    on_step: OnStep | None = None,
    stop: Stop | None = None,
) -> Tensor:
    """The template with every UNKNOWN chosen, [B, K, S]; shorter when `stop` ended it.

    `step` keeps what it has seen (a cache). It first gets all columns before the first unknown one, then one by one.
    `on_step(column, ids [B, K])` hears each column as it is set; `stop(ids [B, K])` ends the loop after that column.
    Raises InputError when the first column is not known.
    """
    unknown_S = (template_BKS == UNKNOWN).any(0).any(0).tolist()
    if not unknown_S or unknown_S[0]:
        raise InputError("template", "its first column is unknown", "begin with a start token or a prompt")
    total = len(unknown_S)
    if not any(unknown_S):
        return template_BKS.clone()
    free_S = (template_BKS == UNKNOWN).all(0).all(0).tolist()  # nothing known: no need to mix
    first = unknown_S.index(True)
    ids = template_BKS.clone()
    fresh = ids[..., :first]
    for column in range(first, total):
        logits_BKV = step(fresh)
        if unknown_S[column]:
            chosen_BK = choose(logits_BKV, ids[..., :column])
            if not free_S[column]:
                known_BK = template_BKS[..., column]
                chosen_BK = torch.where(known_BK == UNKNOWN, chosen_BK, known_BK)
            ids[..., column] = chosen_BK
        fresh = ids[..., column : column + 1]
        if on_step is not None:
            on_step(column, fresh[..., 0])
        if stop is not None and stop(fresh[..., 0]):
            return ids[..., : column + 1]
    return ids


def guided_step(step: Step, scale: float) -> Step:
    """Guidance on logits: `step` is given the ids twice, [conditional; null] along the batch, and answers for both."""

    def both(ids_BKT: Tensor) -> Tensor:
        conditional, null = step(torch.cat((ids_BKT, ids_BKT))).chunk(2)
        return torch.lerp(null, conditional, scale)

    return both
