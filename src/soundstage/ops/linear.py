"""The matrix product of a linear layer, with a path for two rows: a guided decoding step is a batch of two.

Notable: BLAS packs the weight for a product of few rows, which costs more than the product. Asked the other way round,
W xᵀ, it reads the weight once: about twice as fast for two rows on an EPYC core with MKL, and no faster for more.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b over the last axis of x, as `F.linear`; equal to it up to rounding."""
    if x.numel() != 2 * x.shape[-1] or x.device.type != "cpu" or torch.is_grad_enabled():
        return F.linear(x, weight, bias)
    columns = x.reshape(2, -1).t()
    y = weight @ columns if bias is None else torch.addmm(bias.unsqueeze(1), weight, columns)
    return y.t().contiguous().view(*x.shape[:-1], -1)
