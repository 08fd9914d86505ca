"""The diffusion transformer block with adaptive norm (DiT: Peebles and Xie, 2023), with optional cross-attention.

Notable: all gates start at zero, so a new network is the identity and deep stacks train from the first step.

B batch · T tokens · D width · C condition width · S context tokens
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.norms import Kind, modulate, norm
from soundstage.nn.transformer import Activation, Attention, FeedForward, KeyValue, QKNorm
from soundstage.ops.rope import Rope


class DiTBlock(nn.Module):
    """Attention and feed-forward, each shifted, scaled and gated by the condition; an ungated look at a context."""

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        condition: int | None = None,
        context: int | None = None,
        hidden: int | None = None,
        norm_kind: Kind = "layer",
        qk_norm: QKNorm = "none",
        activation: Activation = "gelu-tanh",
        gated: bool = False,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        self.norm = norm(norm_kind, width, eps, affine=False)
        self.attention = Attention(width, heads, qk_norm=qk_norm)
        self.cross_norm = None if context is None else norm(norm_kind, width, eps)
        self.cross = None if context is None else Attention(width, heads, context=context, qk_norm=qk_norm)
        if self.cross is not None:
            nn.init.zeros_(self.cross.out.weight)
            nn.init.zeros_(self.cross.out.bias)
        self.feed_norm = norm(norm_kind, width, eps, affine=False)
        self.feed = FeedForward(width, hidden or 4 * width, activation=activation, gated=gated)
        self.modulation = nn.Linear(condition or width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(
        self,
        x_BTD: Tensor,
        condition: Tensor,
        context: Tensor | KeyValue | None = None,
        *,
        mask: Tensor | None = None,
        context_mask: Tensor | None = None,
        rope: Rope | None = None,
    ) -> Tensor:
        """[B, T, D] to the same; `condition` [B, C] for all tokens or [B, T, C] for each."""
        parts = self.modulation(F.silu(condition)).chunk(6, -1)
        shift, scale, gate, feed_shift, feed_scale, feed_gate = (p.unsqueeze(1) if p.ndim == 2 else p for p in parts)
        seen = self.attention(modulate(self.norm(x_BTD), shift, scale), mask=mask, rope=rope)
        x_BTD = x_BTD + gate * seen
        if self.cross is not None and self.cross_norm is not None:
            x_BTD = x_BTD + self.cross(self.cross_norm(x_BTD), context, mask=context_mask)
        return x_BTD + feed_gate * self.feed(modulate(self.feed_norm(x_BTD), feed_shift, feed_scale))  # type: ignore[no-any-return]


class FinalLayer(nn.Module):
    """Adaptive norm and the projection to the output, both from zero: a new network's velocity is zero."""

    def __init__(self, width: int, out: int, *, condition: int | None = None, eps: float = 1e-6) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps, elementwise_affine=False)
        self.modulation = nn.Linear(condition or width, 2 * width)
        self.out = nn.Linear(width, out)
        for layer in (self.modulation, self.out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x_BTD: Tensor, condition: Tensor) -> Tensor:
        """[B, T, D] to [B, T, out]."""
        shift, scale = self.modulation(F.silu(condition)).chunk(2, -1)
        return self.out(modulate(self.norm(x_BTD), shift, scale))  # type: ignore[no-any-return]
