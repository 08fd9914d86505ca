"""Linear layers whose weights are laid out for few rows, or kept in half the bytes, for a CPU that awaits its memory.

Notable: a decoding step reads every weight for one token, so its time is that of the reading. For few rows the weights
are float16 and the sums float32, which changes a logit by less than eight bits of weight would; for many rows, where
the products are what costs, both are bfloat16. A batch of steps in float32 gains by the layout alone, which BLAS else
makes anew at every product. Nothing is packed unless it is asked for, and only on x86.

D width in · O width out
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from soundstage.ops.linear import linear

FEW = 8  # rows up to which reading the weights costs more than multiplying by them
ROWS = 8  # that the layout of oneDNN is made for
LEAST = 2**16  # weights of a layer for which it pays
M = TypeVar("M", bound=nn.Module)


class PackedLinear(nn.Module, ABC):
    """What stands in a linear layer's place: [..., D] to [..., O], in float32.

    With `keep` its `weight` remains, for who reads rows of it.
    """

    def __init__(self, layer: nn.Linear, *, keep: bool = False) -> None:
        super().__init__()
        weight = layer.weight.detach().float()
        self.bias = None if layer.bias is None else layer.bias.detach().float()
        self.weight = weight if keep else None
        self._rows: dict[tuple[int, int], Any] = {}

    @abstractmethod
    def unpacked(self) -> Tensor:
        """The weight [O, D] in float32, as it was rounded."""

    def product(self, rows: int) -> Callable[[Tensor], Tensor]:
        """`forward` for so many rows [B, D] to [B, O], what can be chosen beforehand chosen."""
        return self.forward

    def among(self, x: Tensor, rows: slice) -> Tensor:
        """The outputs `rows` alone. A few different slices are packed once each; needs `keep`."""
        assert self.weight is not None
        first, last, _ = rows.indices(len(self.weight))
        if (first, last) not in self._rows:
            self._rows[first, last] = self._part(self.weight[first:last])
        return self._among(x, self._rows[first, last], self.weight[first:last])

    @abstractmethod
    def _part(self, weight: Tensor) -> Any: ...

    @abstractmethod
    def _among(self, x: Tensor, part: Any, weight: Tensor) -> Tensor: ...


class HalfLinear(PackedLinear):
    """Weights in half the bytes: float16 for few rows, bfloat16 for many where the processor multiplies it."""

    def __init__(self, layer: nn.Linear, *, keep: bool = False) -> None:
        super().__init__(layer, keep=keep)
        weight = layer.weight.detach().float()
        self._few = _halved(weight, self.bias)
        self._many = _laid_out(weight.bfloat16()) if multiplies_bfloat16() else None
        self._wide = None if self.bias is None else self.bias.bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to [..., O]."""
        if self._many is None or x.shape[:-1].numel() <= FEW:
            return _few(x, self._few)
        return _product(x.bfloat16(), self._many, self._wide).float()

    def product(self, rows: int) -> Callable[[Tensor], Tensor]:
        """See `PackedLinear.product`."""
        few, times = self._few, torch.ops.quantized.linear_dynamic_fp16.default
        return (lambda x_BD: times(x_BD, few)) if rows <= FEW else self.forward

    def unpacked(self) -> Tensor:
        """See `PackedLinear.unpacked`."""
        weight: Tensor = torch.ops.quantized.linear_unpack_fp16(self._few)[0]
        return weight.float()

    def _part(self, weight: Tensor) -> Any:
        return _halved(weight, None)

    def _among(self, x: Tensor, part: Any, weight: Tensor) -> Tensor:
        return _few(x, part) if x.shape[:-1].numel() <= FEW else linear(x, weight)


class OrderedLinear(PackedLinear):
    """Weights in float32, in the layout of oneDNN.

    Two to three times as fast as BLAS for 3 to 16 rows, and a fourth for many; for two, alone of all, slower.
    """

    def __init__(self, layer: nn.Linear, *, keep: bool = False) -> None:
        super().__init__(layer, keep=keep)
        self._laid_out = _laid_out(layer.weight.detach().float())

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to [..., O]."""
        return _product(x, self._laid_out, self.bias)

    def unpacked(self) -> Tensor:
        """See `PackedLinear.unpacked`."""
        return self._laid_out.to_dense() if self.weight is None else self.weight

    def _part(self, weight: Tensor) -> Any:
        return _laid_out(weight)

    def _among(self, x: Tensor, part: Any, weight: Tensor) -> Tensor:
        return _product(x, part, None)


def weight_of(layer: nn.Module) -> Tensor:
    """The weight [O, D] of a linear layer, packed or not; of a packed one as it was rounded."""
    if isinstance(layer, PackedLinear):
        return layer.unpacked()
    assert isinstance(layer, nn.Linear)
    return layer.weight


@cache
def multiplies_bfloat16() -> bool:
    """Whether oneDNN has products in bfloat16 on this processor: it wants AVX-512, or newer instructions."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def packs() -> bool:
    """Whether this machine's torch has the products: x86 with FBGEMM, and oneDNN."""
    engines = set(torch.backends.quantized.supported_engines)
    known = torch.backends.quantized.engine in {"x86", "fbgemm"} & engines
    return known and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def pack(module: M, *, keep: tuple[str, ...] = ("head",), half: bool = True) -> M:
    """Packs the linear layers of a module on the CPU, in place, and returns it; `keep` names those read row by row.

    Without `half` weights stay float32, and only their layout changes. Where the machine cannot, the module stays as it
    is.
    """
    if not packs() or any(parameter.device.type != "cpu" for parameter in module.parameters()):
        return module
    for parent in list(module.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear) and layer.weight.numel() >= LEAST:
                made = HalfLinear if half else OrderedLinear
                setattr(parent, name, made(layer, keep=name in keep))
    return module


def _halved(weight: Tensor, bias: Tensor | None) -> Any:
    return torch.ops.quantized.linear_prepack_fp16(weight.contiguous(), bias)


def _few(x: Tensor, halved: Any) -> Tensor:
    y: Tensor = torch.ops.quantized.linear_dynamic_fp16(x.reshape(-1, x.shape[-1]), halved)
    return y.view(*x.shape[:-1], -1)


def _laid_out(weight: Tensor) -> Tensor:
    made: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
    return made


def _product(x: Tensor, laid_out: Tensor, bias: Tensor | None) -> Tensor:
    y: Tensor = torch.ops.mkldnn._linear_pointwise(x, laid_out, bias, "none", [], "")
    return y
