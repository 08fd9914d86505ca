"""Guidance in one batch, apart, and in two stages: the same formulas."""

from __future__ import annotations

import torch
from torch import Tensor

from soundstage.decode import doubly_guided_step, guided_apart, guided_step

IDS = torch.zeros(1, 2, 1, dtype=torch.long)


def logits(seed: int) -> Tensor:
    return torch.randn(1, 2, 5, generator=torch.Generator().manual_seed(seed))


def test_apart_is_the_same_as_in_one_batch() -> None:
    together = guided_step(lambda ids: torch.cat((logits(1), logits(2)))[: len(ids)], 3.0)(IDS)
    apart = guided_apart(lambda ids: logits(1), lambda ids: logits(2), 3.0)(IDS)
    assert torch.equal(together, apart)


def test_double_guidance_is_its_formula() -> None:
    tw, w, u = logits(1), logits(2), logits(3)
    got = doubly_guided_step(lambda ids: torch.cat((tw, w, u))[: len(ids)], 3.0, 5.0)(IDS)
    assert torch.allclose(got, u + 3 * (w + 5 * (tw - w) - u), atol=1e-5)
    once = doubly_guided_step(lambda ids: torch.cat((tw, w, u))[: len(ids)], 3.0, 1.0)(IDS)
    assert torch.allclose(once, u + 3 * (tw - u), atol=1e-5)  # a style that changes nothing
