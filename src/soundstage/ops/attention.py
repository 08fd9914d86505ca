"""The one attention function; mask, rotation and cache are arguments.

B batch · H query heads · K key heads (H a multiple of K) · T query tokens · S key tokens · D head width
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.ops.rope import Rope, rotate


class Cache(Protocol):
    """What attention asks of a cache: take the new keys and values, return all of them so far."""

    def append(self, k_BKTD: Tensor, v_BKTD: Tensor) -> tuple[Tensor, Tensor]: ...  # noqa: D102


def attention(
    q_BHTD: Tensor,
    k_BKSD: Tensor,
    v_BKSD: Tensor,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    rope: Rope | None = None,
    cache: Cache | None = None,
    scale: float | None = None,
) -> Tensor:
    """softmax(q kᵀ · scale + mask) v, [B, H, T, D].

    `mask` broadcasts to [B, H, T, S]: bool, True = may look, or float, added. `causal`: the last query sees every key,
    the one before it all but the last, and so on (so it also holds when S > T, with a cache). `rope` turns q and k,
    which then must be of the same tokens; a cache keeps turned keys.
    """
    if rope is not None:
        q_BHTD, k_BKSD = rotate(q_BHTD, rope), rotate(k_BKSD, rope)
    if cache is not None:
        k_BKSD, v_BKSD = cache.append(k_BKSD, v_BKSD)
    queries, keys = q_BHTD.shape[-2], k_BKSD.shape[-2]
    triangle = causal and queries > 1
    if triangle and (mask is not None or queries != keys):
        mask, triangle = _joined(mask, lower_right(queries, keys, q_BHTD.device)), False
    grouped = q_BHTD.shape[1] != k_BKSD.shape[1]
    return F.scaled_dot_product_attention(
        q_BHTD, k_BKSD, v_BKSD, attn_mask=mask, is_causal=triangle, scale=scale, enable_gqa=grouped
    )


def attention_plain(
    q_BHTD: Tensor,
    k_BKSD: Tensor,
    v_BKSD: Tensor,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """The twin of `attention` (rotation and cache aside): the formula, spelled out."""
    repeat = q_BHTD.shape[1] // k_BKSD.shape[1]
    k_BHSD, v_BHSD = (x.repeat_interleave(repeat, 1) for x in (k_BKSD, v_BKSD))
    score = q_BHTD @ k_BHSD.transpose(-1, -2) * (1 / math.sqrt(q_BHTD.shape[-1]) if scale is None else scale)
    if causal:
        score = score.masked_fill(~lower_right(score.shape[-2], score.shape[-1], score.device), -math.inf)
    if mask is not None:
        score = score.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else score + mask
    return score.softmax(-1) @ v_BHSD


def lower_right(queries: int, keys: int, device: torch.device) -> Tensor:
    """The causal mask [T, S], True = may look, aligned so that the last query sees the last key."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def windowed(queries: int, keys: int, window: int, device: torch.device) -> Tensor:
    """Causal attention over the last `window` keys only (streaming codecs), [T, S], True = may look."""
    seen = lower_right(queries, keys, device)
    return seen & ~torch.ones_like(seen).tril(keys - queries - window)


def _joined(mask: Tensor | None, seen: Tensor) -> Tensor:
    if mask is None:
        return seen
    return mask & seen if mask.dtype == torch.bool else mask.masked_fill(~seen, -math.inf)
