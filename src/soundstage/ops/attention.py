"""The one attention function; mask, rotation, relative positions and cache are arguments.

B batch · H query heads · K key heads (H a multiple of K) · T query tokens · S key tokens · D head width
R relative positions = 2 · window + 1
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.ops.rope import Rope, rotate


class Cache(Protocol):
    """What attention asks of a cache: take the new keys and values, return all of them so far."""

    def append(self, k_BKTD: Tensor, v_BKTD: Tensor) -> tuple[Tensor, Tensor]: ...  # noqa: D102


class Relative(NamedTuple):
    """Learned vectors [R, D] for keys at most a window away, from the one furthest behind to the one furthest ahead.

    Those of `k` are added to the keys and those of `v` to the values, each pair of tokens its own (Shaw et al., 2018).
    """

    k: Tensor
    v: Tensor


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
    relative: Relative | None = None,
) -> Tensor:
    """softmax(q kᵀ · scale + mask) v, [B, H, T, D].

    `mask` broadcasts to [B, H, T, S]: bool, True = may look, or float, added. `causal`: the last query sees every key,
    the one before it all but the last, and so on (so it also holds when S > T, with a cache). `rope` turns q and k,
    which then must be of the same tokens; a cache keeps turned keys. With `relative`, the last query and the last key
    are of one token.
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
    if relative is not None:
        mask = lower_right(queries, keys, q_BHTD.device) if triangle else mask
        return _relative(q_BHTD, k_BKSD, v_BKSD, relative, mask, q_BHTD.shape[-1] ** -0.5 if scale is None else scale)
    if q_BHTD.stride(-1) != 1:  # of a product of few rows; torch's kernel wants it so, and is four times faster
        q_BHTD = q_BHTD.contiguous()
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
    relative: Relative | None = None,
) -> Tensor:
    """The twin of `attention` (rotation and cache aside): the formula, spelled out."""
    repeat = q_BHTD.shape[1] // k_BKSD.shape[1]
    k_BHSD, v_BHSD = (x.repeat_interleave(repeat, 1) for x in (k_BKSD, v_BKSD))
    score = q_BHTD @ k_BHSD.transpose(-1, -2)
    if relative is not None:
        offset_TS, table_k, table_v = _pairwise(relative, score.shape[-2], score.shape[-1])
        score = score + torch.einsum("bhtd,tsd->bhts", q_BHTD, table_k[offset_TS])
    score = score * (1 / math.sqrt(q_BHTD.shape[-1]) if scale is None else scale)
    if causal:
        score = score.masked_fill(~lower_right(score.shape[-2], score.shape[-1], score.device), -math.inf)
    if mask is not None:
        score = score.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else score + mask
    if relative is not None:
        return torch.einsum("bhts,bhtsd->bhtd", score.softmax(-1), v_BHSD.unsqueeze(2) + table_v[offset_TS])
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


def _relative(
    q_BHTD: Tensor, k_BKSD: Tensor, v_BKSD: Tensor, relative: Relative, mask: Tensor | None, scale: float
) -> Tensor:
    # Only a band of R pairs a query has vectors: its scores are gathered into place, its weights gathered out.
    (queries, keys), repeat = (q_BHTD.shape[-2], k_BKSD.shape[-2]), q_BHTD.shape[1] // k_BKSD.shape[1]
    k_BHSD, v_BHSD = (x if repeat == 1 else x.repeat_interleave(repeat, 1) for x in (k_BKSD, v_BKSD))
    span = len(relative.k)
    key_S, query_T1 = (torch.arange(n, device=q_BHTD.device) for n in (keys, queries))
    first_T1 = query_T1.unsqueeze(1) + keys - queries - span // 2  # the key that stands furthest behind
    q_BHTD = q_BHTD * scale
    band_BHTR = F.pad(q_BHTD @ relative.k.t(), (1, 1))  # a zero on either side, for all keys beyond the window
    place_TS = (key_S - first_T1 + 1).clamp(0, span + 1).expand(*band_BHTR.shape[:2], -1, -1)
    score = q_BHTD @ k_BHSD.transpose(-1, -2) + band_BHTR.gather(-1, place_TS)
    if mask is not None:
        score = score.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else score + mask
    weight_BHTS = score.softmax(-1)
    taken_TR = first_T1 + torch.arange(span, device=q_BHTD.device) + span // 2
    padded = F.pad(weight_BHTS, (span // 2, span // 2))
    near_BHTR = padded.gather(-1, taken_TR.expand(*padded.shape[:2], -1, -1))
    return weight_BHTS @ v_BHSD + near_BHTR @ relative.v


def _pairwise(relative: Relative, queries: int, keys: int) -> tuple[Tensor, Tensor, Tensor]:
    """For the twin: each pair's place [T, S] in tables of vectors that end with a zero."""
    window, device = len(relative.k) // 2, relative.k.device
    away = torch.arange(keys, device=device) - torch.arange(queries, device=device).unsqueeze(1) - (keys - queries)
    offset_TS = torch.where(away.abs() <= window, away + window, 2 * window + 1)
    return offset_TS, F.pad(relative.k, (0, 0, 0, 1)), F.pad(relative.v, (0, 0, 0, 1))
