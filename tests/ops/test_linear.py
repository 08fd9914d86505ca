"""The products of one row and of two are the plain one."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from soundstage.nn.linear import Linear
from soundstage.ops.linear import linear


@pytest.mark.parametrize("shape", [(8,), (2, 8), (2, 1, 8), (1, 2, 8), (1, 8), (1, 1, 8), (3, 8), (2, 3, 8), (0, 8)])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("learning", [True, False])
def test_it_is_torchs_linear_for_any_number_of_rows(shape: tuple[int, ...], biased: bool, learning: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    x, weight = torch.randn(shape, generator=generator), torch.randn(5, 8, generator=generator)
    bias = torch.randn(5, generator=generator) if biased else None
    with torch.set_grad_enabled(learning):
        out = linear(x, weight, bias)
    assert out.shape == (*shape[:-1], 5)
    assert torch.allclose(out, F.linear(x, weight, bias), atol=1e-5)


@pytest.mark.parametrize("rows", [1, 2])
def test_what_it_gives_goes_into_the_next_layer_and_into_heads_as_it_is(rows: int) -> None:
    generator = torch.Generator().manual_seed(2)
    x, rise, fall = (torch.randn(shape, generator=generator) for shape in ((rows, 1, 8), (12, 8), (8, 12)))
    with torch.inference_mode():
        made, plain = linear(x, rise), F.linear(x, rise)
        assert torch.allclose(linear(F.gelu(made), fall), F.linear(F.gelu(plain), fall), atol=1e-5)
        assert torch.allclose(made.view(rows, 1, 3, 4).transpose(1, 2), plain.view(rows, 1, 3, 4).transpose(1, 2))


def test_the_layer_learns_and_keeps_torchs_names() -> None:
    layer = Linear(4, 3)
    assert set(layer.state_dict()) == {"weight", "bias"}
    layer(torch.ones(2, 4)).sum().backward()
    assert layer.weight.grad is not None
