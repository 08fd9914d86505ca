"""Norms, plain and adaptive.

Notable: an adaptive norm starts as the plain one (its projection is zero), so that an untrained condition says nothing.

B batch · T tokens · D width · C condition width
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kind = Literal["layer", "rms"]


class RMSNorm(nn.Module):
    """x / rms(x) · gain over the last axis, computed in float32 (Zhang and Sennrich, 2019)."""

    def __init__(self, width: int, eps: float = 1e-6, *, affine: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width)) if affine else None
        self.width, self.eps = width, eps

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to the same."""
        return F.rms_norm(x.float(), (self.width,), self.weight, self.eps).to(x.dtype)


def norm(kind: Kind, width: int, eps: float = 1e-6, *, affine: bool = True, bias: bool = True) -> nn.Module:
    """A norm over the last axis; `bias` is a layer norm's own, which an RMS norm never has."""
    if kind == "rms":
        return RMSNorm(width, eps, affine=affine)
    return nn.LayerNorm(width, eps, elementwise_affine=affine, bias=bias)


def modulate(x_BTD: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """x · (1 + scale) + shift; a shift and scale [B, D] hold for all tokens."""
    if shift.ndim == x_BTD.ndim - 1:
        shift, scale = shift.unsqueeze(1), scale.unsqueeze(1)
    return x_BTD * (1 + scale) + shift


class AdaptiveNorm(nn.Module):
    """A norm whose gain and bias come from a condition [B, C] or [B, T, C] (Peebles and Xie, 2023)."""

    def __init__(self, width: int, condition: int, *, kind: Kind = "layer", eps: float = 1e-6) -> None:
        super().__init__()
        self.norm = norm(kind, width, eps, affine=False)
        self.project = nn.Linear(condition, 2 * width)
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    def forward(self, x_BTD: Tensor, condition: Tensor) -> Tensor:
        """[B, T, D] to the same."""
        shift, scale = self.project(condition).chunk(2, -1)
        return modulate(self.norm(x_BTD), shift, scale)


class AdaptiveGroupNorm(nn.Module):
    """Group norm over [B, D, ...], its gain and bias read from a condition [B, C] (Dhariwal and Nichol, 2021)."""

    def __init__(self, width: int, condition: int, *, groups: int = 8, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, eps)
        self.project = nn.Linear(condition, 2 * width)
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    def forward(self, x: Tensor, condition_BC: Tensor) -> Tensor:
        """[B, D, ...] to the same."""
        shift, scale = self.project(condition_BC).reshape(len(x), -1, *([1] * (x.ndim - 2))).chunk(2, 1)
        return self.norm(x) * (1 + scale) + shift  # type: ignore[no-any-return]
