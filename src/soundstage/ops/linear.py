"""The matrix product of a linear layer, with a path for one row and for two: a decoding step, plain or guided.

Notable: BLAS packs the weight for a product of few rows, which costs more than the product. Asked the other way round,
W xᵀ, it reads the weight once: about twice as fast for two rows on an EPYC core with MKL, and no faster for more. It
must be given rows that are turned, for turned and copied it takes four times as long. One row is asked as two that are
alike, for its own product reads the weight a third more slowly.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PAIR = 2


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b over the last axis of x, as `F.linear`; equal to it up to rounding.

    The result of few rows is a view of its transpose, which the layers behind take as it is.
    """
    rows = x.shape[:-1].numel()
    if not 1 <= rows <= PAIR or x.device.type != "cpu" or torch.is_grad_enabled():
        return F.linear(x, weight, bias)
    flat = x.reshape(rows, -1)
    columns = (flat.contiguous() if rows == PAIR else torch.cat((flat, flat))).t()
    y = torch.mm(weight, columns) if bias is None else torch.addmm(bias.unsqueeze(1), weight, columns)
    return (y if rows == PAIR else y[:, :1]).t().view(*x.shape[:-1], -1)
