"""The two-row product is the plain one."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from soundstage.nn.linear import Linear
from soundstage.ops.linear import linear


@pytest.mark.parametrize("shape", [(2, 8), (2, 1, 8), (1, 2, 8), (1, 8), (3, 8), (2, 3, 8)])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("learning", [True, False])
def test_it_is_torchs_linear_for_any_number_of_rows(shape: tuple[int, ...], biased: bool, learning: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    x, weight = torch.randn(shape, generator=generator), torch.randn(5, 8, generator=generator)
    bias = torch.randn(5, generator=generator) if biased else None
    with torch.set_grad_enabled(learning):
        out = linear(x, weight, bias)
    assert out.shape == (*shape[:-1], 5) and out.is_contiguous()
    assert torch.allclose(out, F.linear(x, weight, bias), atol=1e-5)


def test_the_layer_learns_and_keeps_torchs_names() -> None:
    layer = Linear(4, 3)
    assert set(layer.state_dict()) == {"weight", "bias"}
    layer(torch.ones(2, 4)).sum().backward()
    assert layer.weight.grad is not None
