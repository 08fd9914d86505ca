"""Linear layers that keep their weights in a byte each, int8 or float8, with one scale a row.

Notable: only the weights are narrow. They are widened when they are used, one layer at a time, and what goes through a
layer keeps its dtype; so nothing depends on what a device can multiply. The scale makes the largest weight of a row the
largest number that the byte can say, and zero stays zero. An error is at most half a step: of int8 half the scale, of
float8 (three bits behind the point) a sixteenth of the weight itself, or 2⁻¹⁰ of the scale for the smallest.

D width in · O width out
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGEST: Mapping[torch.dtype, float] = MappingProxyType({torch.int8: 127.0, torch.float8_e4m3fn: 448.0})
"""The kinds of bytes, and what is made of the largest weight of a row."""
LEAST = torch.finfo(torch.float32).tiny  # of a scale: a row of zeros has one too


class Narrow(NamedTuple):
    """A weight [O, D] as bytes, and the float32 scale [O] of its rows: the weight is `values · scale`."""

    values: Tensor
    scale: Tensor

    def wide(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The weight [O, D], rounded once to `dtype`."""
        return (self.values.to(torch.float32) * self.scale.unsqueeze(1)).to(dtype)


class NarrowLinear(nn.Module):
    """What stands in a linear layer's place: [..., D] to [..., O], in the dtype of what comes in."""

    def __init__(self, width: int, out: int, dtype: torch.dtype, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out, width, dtype=dtype), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(out), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(out), requires_grad=False) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to [..., O]."""
        return F.linear(x, Narrow(self.weight, self.scale).wide(x.dtype), self.bias)


def narrowed(weight: Tensor, dtype: torch.dtype) -> Narrow:
    """A weight [O, D] rounded to the nearest bytes of `dtype`, which is one of `LARGEST`."""
    weight = weight.to(torch.float32)
    scale = (weight.abs().amax(1) / LARGEST[dtype]).clamp_min(LEAST)
    values = weight / scale.unsqueeze(1)
    return Narrow((values.round() if dtype == torch.int8 else values).to(dtype), scale)


def make_room(module: nn.Module, names: Iterable[str], dtype: torch.dtype) -> None:
    """Put narrow layers without storage in the place of the linear layers whose weights are named, in place."""
    for name in names:
        place, _, leaf = name.removesuffix(".weight").rpartition(".")
        parent = module.get_submodule(place)
        layer = getattr(parent, leaf)
        assert isinstance(layer, nn.Linear), name
        with torch.device("meta"):
            made = NarrowLinear(layer.in_features, layer.out_features, dtype, bias=layer.bias is not None)
        setattr(parent, leaf, made)
