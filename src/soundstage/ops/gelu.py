"""The rise of a feed-forward: a matrix product and GELU by its tanh, as one kernel where there is one.

Notable: on a CPU the activation alone takes longer than the product, for it reads and writes the widest tensor of the
block anew; oneDNN applies it while a tile of the product is still in the cache.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """gelu(x Wᵀ + b) over the last axis of x, by the approximation with tanh."""
    plain = x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_grad_enabled()
    if plain or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return linear_gelu_plain(x, weight, bias)
    made: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "tanh")
    return made


def linear_gelu_plain(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The twin of `linear_gelu`: one after the other."""
    return F.gelu(F.linear(x, weight, bias), approximate="tanh")
