"""The one autoregressive loop: it fills the unknown places of a template.

Notable: a prompt, a delay pattern, forced tokens and plain continuation are all the same thing to it, places of the
template that are known. Guidance is a wrapper round the step, as in flow matching (`guidance`).

B batch · K codebooks (1 for text) · S steps · V vocabulary
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import Choose
from soundstage.errors import InputError

Step = Callable[[Tensor], Tensor]  # ids [B, K, T], the tokens after those it has seen -> logits [B, K, V] of the next
OnStep = Callable[[int, Tensor], object]
Stop = Callable[[Tensor], bool]


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
    ids = template_BKS.clone()
    for column in fill(step, ids, choose):
        if on_step is not None:
            on_step(column, ids[..., column])
        if stop is not None and stop(ids[..., column]):
            return ids[..., : column + 1]
    return ids


@torch.inference_mode()
def fill(step: Step, ids_BKS: Tensor, choose: Choose) -> Iterator[int]:
    """Choose every UNKNOWN of `ids`, in place; gives the number of each column from the first such on, as it is set.

    This is the loop for who listens while it runs. `step` and errors are those of `generate`.
    """
    unknown_S = (ids_BKS == UNKNOWN).any(0).any(0).tolist()
    if not unknown_S or unknown_S[0]:
        raise InputError("template", "its first column is unknown", "begin with a start token or a prompt")
    if not any(unknown_S):
        return
    free_S = (ids_BKS == UNKNOWN).all(0).all(0).tolist()  # nothing known: no need to mix
    first = unknown_S.index(True)
    fresh = ids_BKS[..., :first]
    for column in range(first, len(unknown_S)):
        logits_BKV = step(fresh)
        if unknown_S[column]:
            chosen_BK = choose(logits_BKV, ids_BKS[..., :column])
            if not free_S[column]:
                known_BK = ids_BKS[..., column]
                chosen_BK = torch.where(known_BK == UNKNOWN, chosen_BK, known_BK)
            ids_BKS[..., column] = chosen_BK
        fresh = ids_BKS[..., column : column + 1]
        yield column
