"""Linear layers whose weights are kept in half the bytes, for a CPU that waits for its memory.

Notable: a decoding step reads every weight for one token, so its time is that of the reading. For few rows the weights
are float16 and the sums float32, which changes a logit by less than eight bits of weight would; for many rows, where
the products are what costs, both are bfloat16. Nothing is packed unless it is asked for, and only on x86.

D width in · O width out
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.ops.linear import linear

FEW = 16  # rows up to which reading the weights costs more than multiplying by them
LEAST = 2**16  # weights of a layer for which it pays
M = TypeVar("M", bound=nn.Module)


class PackedLinear(nn.Module):
    """What stands in a linear layer's place: [..., D] to [..., O], in float32.

    With `keep` its `weight` remains, for who reads rows of it.
    """

    def __init__(self, layer: nn.Linear, *, keep: bool = False) -> None:
        super().__init__()
        weight = layer.weight.detach().float()
        self.bias = None if layer.bias is None else layer.bias.detach().float()
        self.narrow = weight.bfloat16()
        self.weight = weight if keep else None
        self._few = _packed(weight, self.bias)
        self._rows: dict[tuple[int, int], Any] = {}

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to [..., O]."""
        rows = x.shape[:-1]
        if rows.numel() <= FEW:
            y: Tensor = torch.ops.quantized.linear_dynamic_fp16(x.reshape(-1, x.shape[-1]), self._few)
            return y.view(*rows, -1)
        bias = None if self.bias is None else self.bias.bfloat16()
        return F.linear(x.bfloat16(), self.narrow, bias).float()

    def among(self, x: Tensor, rows: slice) -> Tensor:
        """The outputs `rows` alone. A few different slices are packed once each; needs `keep`."""
        assert self.weight is not None
        first, last, _ = rows.indices(len(self.weight))
        if x.shape[:-1].numel() > FEW:
            return linear(x, self.weight[first:last])
        if (first, last) not in self._rows:
            self._rows[first, last] = _packed(self.weight[first:last], None)
        y: Tensor = torch.ops.quantized.linear_dynamic_fp16(x.reshape(-1, x.shape[-1]), self._rows[first, last])
        return y.view(*x.shape[:-1], -1)


def packs() -> bool:
    """Whether this machine's torch has the products: x86 with FBGEMM, and bfloat16 in oneDNN."""
    engines = set(torch.backends.quantized.supported_engines)
    known = torch.backends.quantized.engine in {"x86", "fbgemm"} & engines
    return known and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def pack(module: M, *, keep: tuple[str, ...] = ("head",)) -> M:
    """Packs the linear layers of a module on the CPU, in place, and returns it; `keep` names those read row by row.

    Where the machine cannot, the module stays as it is.
    """
    if not packs() or any(parameter.device.type != "cpu" for parameter in module.parameters()):
        return module
    for parent in list(module.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear) and layer.weight.numel() >= LEAST:
                setattr(parent, name, PackedLinear(layer, keep=name in keep))
    return module


def _packed(weight: Tensor, bias: Tensor | None) -> Any:
    return torch.ops.quantized.linear_prepack_fp16(weight.contiguous(), bias)
