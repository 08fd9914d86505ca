"""Attention and transformer blocks, with the options that the families differ in as plain arguments.

Notable: self-attention keeps q, k and v in one matrix, so decoding makes one product of three; keys and values of a
context that does not change (`Attention.keys`) are made once and passed in. A short context that many steps look at is
folded into the projections (`Attention.folded`): scores are then one product with the tokens, and so is the result.

B batch · T tokens · S context tokens · D width · H heads · E head width · N = H · S
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.linear import Linear
from soundstage.nn.norms import Kind, RMSNorm, norm
from soundstage.nn.packed import weight_of
from soundstage.ops.attention import Cache, Relative, attention
from soundstage.ops.gelu import linear_gelu
from soundstage.ops.rope import Rope

QKNorm = Literal["none", "head", "whole"]
Activation = Literal["gelu", "gelu-tanh", "relu", "silu"]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
}


class KeyValue(NamedTuple):
    """Keys and values [B, H, S, E] of a context, ready for every step."""

    k: Tensor
    v: Tensor

    @property
    def rows(self) -> int:
        """The batch."""
        return len(self.k)


class Folded(NamedTuple):
    """A context with what makes queries and results folded in: attention to it is softmax(x · into + bias) · back.

    Exact but for rounding, and fewer weights to read while H · S is less than the width.
    """

    into_BDN: Tensor
    bias_B1N: Tensor  # -inf at what is masked
    back_BND: Tensor
    heads: int

    @property
    def rows(self) -> int:
        """The batch."""
        return len(self.into_BDN)

    def seen(self, x_BTD: Tensor) -> Tensor:
        """[B, T, D] to the same: the attention's whole result."""
        score_BTN = torch.baddbmm(self.bias_B1N, x_BTD, self.into_BDN)
        weight_BTHS = score_BTN.view(*score_BTN.shape[:-1], self.heads, -1).softmax(-1)
        return torch.bmm(weight_BTHS.flatten(2), self.back_BND)


Context = Tensor | KeyValue | Folded


class _QueryKeyNorm(nn.Module):
    """RMS norm of q and k, over each head or over all heads together (Wan)."""

    def __init__(self, kind: QKNorm, width: int, kv_width: int, head: int, eps: float) -> None:
        super().__init__()
        self.head = head if kind == "head" else 0
        self.q = RMSNorm(head if kind == "head" else width, eps)
        self.k = RMSNorm(head if kind == "head" else kv_width, eps)

    def apply_to(self, norm_: nn.Module, x_BTD: Tensor) -> Tensor:
        if self.head:
            x_BTD = x_BTD.view(*x_BTD.shape[:-1], -1, self.head)
        return norm_(x_BTD).flatten(2)  # type: ignore[no-any-return]


class _Near(nn.Module):
    """Vectors of relative positions up to `window`, for keys and for values."""

    def __init__(self, window: int, head: int) -> None:
        super().__init__()
        self.k, self.v = (nn.Parameter(torch.randn(2 * window + 1, head) * head**-0.5) for _ in range(2))


class Attention(nn.Module):
    """Multi-head attention over the tokens themselves, or over a context when `context` gives its width.

    `window` adds learned vectors, shared by the heads, to keys and values of tokens at most so far away.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        kv_heads: int | None = None,
        context: int | None = None,
        bias: bool = True,
        qk_norm: QKNorm = "none",
        eps: float = 1e-6,
        window: int | None = None,
    ) -> None:
        super().__init__()
        if width % heads or heads % (kv_heads or heads):
            raise ValueError(f"{width} channels do not divide into {heads} heads over {kv_heads or heads} key heads")
        self.heads, self.kv_heads, self.head = heads, kv_heads or heads, width // heads
        self.width, self.kv_width = width, self.kv_heads * self.head
        if context is None:
            self.qkv = Linear(width, width + 2 * self.kv_width, bias=bias)
        else:
            self.q = Linear(width, width, bias=bias)
            self.kv = Linear(context, 2 * self.kv_width, bias=bias)
        self.out = Linear(width, width, bias=bias)
        self.qk = None if qk_norm == "none" else _QueryKeyNorm(qk_norm, width, self.kv_width, self.head, eps)
        self.near = None if window is None else _Near(window, self.head)

    def keys(self, context_BSC: Tensor) -> KeyValue:
        """The keys and values of a context, for use at every step of a loop."""
        k, v = self.kv(context_BSC).chunk(2, -1)
        if self.qk is not None:
            k = self.qk.apply_to(self.qk.k, k)
        return KeyValue(self._split(k), self._split(v))

    def folded(self, context_BSC: Tensor, mask_BS: Tensor | None = None) -> Folded:
        """A context as `keys` has it, with the projections of queries and of results folded in; `mask` True = may look.

        Needs queries without a norm, and as many key heads as heads.
        """
        assert self.qk is None and self.kv_heads == self.heads
        (k_BHSE, v_BHSE), scale = self.keys(context_BSC), self.head**-0.5
        q_HED = weight_of(self.q).reshape(self.heads, self.head, -1).to(k_BHSE)
        out_DHE = weight_of(self.out).reshape(-1, self.heads, self.head).to(k_BHSE)
        bias_BHS = k_BHSE.new_zeros(k_BHSE.shape[:3])
        if self.q.bias is not None:
            bias_BHS = scale * torch.einsum("bhse,he->bhs", k_BHSE, self.q.bias.view(self.heads, self.head))
        if mask_BS is not None:
            v_BHSE = v_BHSE.masked_fill(~mask_BS[:, None, :, None], 0)  # where all is masked, nothing is seen
            shut_BS = ~mask_BS & mask_BS.any(1, keepdim=True)
            bias_BHS = bias_BHS.masked_fill(shut_BS[:, None], -math.inf)
        into_BDHS = torch.einsum("bhse,hed->bdhs", k_BHSE, scale * q_HED)
        back_BHSD = torch.einsum("bhse,dhe->bhsd", v_BHSE, out_DHE)
        if self.out.bias is not None:
            back_BHSD = back_BHSD + self.out.bias / self.heads  # the weights of each head sum to one
        return Folded(
            into_BDHS.flatten(2).contiguous(), bias_BHS.flatten(1).unsqueeze(1),
            back_BHSD.flatten(1, 2).contiguous(), self.heads,
        )  # fmt: skip

    def forward(
        self,
        x_BTD: Tensor,
        context: Context | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        rope: Rope | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """[B, T, D] to the same. `context` is [B, S, C], its `keys` or `folded`, just when the layer was built for one.

        A folded context has its own mask.
        """
        if isinstance(context, Folded):
            return context.seen(x_BTD)
        if context is None:
            q, k, v = self.qkv(x_BTD).split((self.width, self.kv_width, self.kv_width), -1)
            if self.qk is not None:
                q, k = self.qk.apply_to(self.qk.q, q), self.qk.apply_to(self.qk.k, k)
            k, v = self._split(k), self._split(v)
        else:
            q = self.q(x_BTD)
            if self.qk is not None:
                q = self.qk.apply_to(self.qk.q, q)
            k, v = context if isinstance(context, KeyValue) else self.keys(context)
        near = None if self.near is None else Relative(self.near.k, self.near.v)
        y = attention(self._split(q), k, v, mask=mask, causal=causal, rope=rope, cache=cache, relative=near)
        return self.out(y.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _split(self, x_BTD: Tensor) -> Tensor:
        return x_BTD.view(*x_BTD.shape[:-1], -1, self.head).transpose(1, 2)


class FeedForward(nn.Module):
    """Two layers and an activation; `gated` multiplies it by a second projection (Shazeer, 2020)."""

    def __init__(
        self, width: int, hidden: int, *, activation: Activation = "gelu", gated: bool = False, bias: bool = True
    ) -> None:
        super().__init__()
        self.activation, self.gated = ACTIVATIONS[activation], gated
        self.fused = activation == "gelu-tanh" and not gated
        self.rise = Linear(width, 2 * hidden if gated else hidden, bias=bias)
        self.fall = Linear(hidden, width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to the same."""
        if self.fused and isinstance(self.rise, nn.Linear):  # not packed
            return self.fall(linear_gelu(x, self.rise.weight, self.rise.bias))  # type: ignore[no-any-return]
        h = self.rise(x)
        if self.gated:
            gate, h = h.chunk(2, -1)
            return self.fall(self.activation(gate) * h)  # type: ignore[no-any-return]
        return self.fall(self.activation(h))  # type: ignore[no-any-return]


class TransformerBlock(nn.Module):
    """Pre-norm: attention, attention to a context where there is one, feed-forward."""

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        hidden: int | None = None,
        kv_heads: int | None = None,
        context: int | None = None,
        bias: bool = True,
        norm_kind: Kind = "layer",
        norm_bias: bool = True,
        qk_norm: QKNorm = "none",
        activation: Activation = "gelu",
        gated: bool = False,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.norm = norm(norm_kind, width, eps, bias=norm_bias)
        self.attention = Attention(width, heads, kv_heads=kv_heads, bias=bias, qk_norm=qk_norm, eps=eps)
        self.cross_norm = None if context is None else norm(norm_kind, width, eps, bias=norm_bias)
        self.cross = (
            None if context is None else Attention(width, heads, context=context, bias=bias, qk_norm=qk_norm, eps=eps)
        )
        self.feed_norm = norm(norm_kind, width, eps, bias=norm_bias)
        self.feed = FeedForward(width, hidden or 4 * width, activation=activation, gated=gated, bias=bias)

    def forward(
        self,
        x_BTD: Tensor,
        context: Context | None = None,
        *,
        mask: Tensor | None = None,
        context_mask: Tensor | None = None,
        causal: bool = False,
        rope: Rope | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """[B, T, D] to the same. Masks broadcast to [B, H, T, S], True = may look.

        A context of fewer rows is that of the first, and the others are told nothing, as all are where there is none.
        """
        x_BTD = x_BTD + self.attention(self.norm(x_BTD), mask=mask, causal=causal, rope=rope, cache=cache)
        if context is not None and self.cross is not None and self.cross_norm is not None:
            rows = len(context) if isinstance(context, Tensor) else context.rows
            told_BTD = x_BTD[:rows]
            told_BTD = told_BTD + self.cross(self.cross_norm(told_BTD), context, mask=context_mask)
            x_BTD = told_BTD if rows == len(x_BTD) else torch.cat((told_BTD, x_BTD[rows:]))
        return x_BTD + self.feed(self.feed_norm(x_BTD))  # type: ignore[no-any-return]
