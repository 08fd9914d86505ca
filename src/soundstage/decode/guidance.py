"""Classifier-free guidance on logits: wrappers round a step of the loop (Ho and Salimans, 2022).

Notable: the step answers for what it is told and for what it is not in one batch, for its time goes into reading the
weights. Apart, they are two steps with a cache each: half the memory of keys, and nearly twice the time.

B batch · K codebooks · T tokens · V vocabulary
"""

from __future__ import annotations

import torch
from torch import Tensor

from soundstage.decode.loop import Step


def guided_step(step: Step, scale: float) -> Step:
    """Guidance on logits: `step` is given the ids twice, [conditional; null] along the batch, and answers for both."""

    def both(ids_BKT: Tensor) -> Tensor:
        conditional, null = step(torch.cat((ids_BKT, ids_BKT))).chunk(2)
        return torch.lerp(null, conditional, scale)

    return both


def guided_apart(conditional: Step, null: Step, scale: float) -> Step:
    """The same from two steps that keep what they have seen apart."""
    return lambda ids_BKT: torch.lerp(null(ids_BKT), conditional(ids_BKT), scale)


def doubly_guided_step(step: Step, scale: float, more: float) -> Step:
    """Guidance in two stages, null to style to style and text: u + c · (w + b · (tw − w) − u), c `scale`, b `more`.

    `step` is given the ids three times, [text and style; style; null] along the batch (MusicGen-Style, Rouard et al.,
    2024). More than one for b holds a loud style from drowning the text.
    """

    def all_three(ids_BKT: Tensor) -> Tensor:
        both, style, null = step(torch.cat((ids_BKT, ids_BKT, ids_BKT))).chunk(3)
        return torch.lerp(null, torch.lerp(style, both, more), scale)

    return all_three
