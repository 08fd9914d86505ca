"""The product with its activation in one kernel is the two, one after the other."""

from __future__ import annotations

import pytest
import torch

from soundstage.ops.gelu import linear_gelu, linear_gelu_plain


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("shape", [(3, 5, 16), (1, 16), (7, 16)])
def test_one_kernel_gives_what_two_give(shape: tuple[int, ...], biased: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    x, weight = 3 * torch.randn(shape, generator=generator), torch.randn(24, 16, generator=generator)
    bias = torch.randn(24, generator=generator) if biased else None
    with torch.no_grad():
        assert torch.allclose(linear_gelu(x, weight, bias), linear_gelu_plain(x, weight, bias), atol=1e-5)


def test_gradients_and_halves_go_the_plain_way() -> None:
    x, weight = torch.randn(2, 4, requires_grad=True), torch.randn(3, 4)
    linear_gelu(x, weight).sum().backward()
    assert x.grad is not None and float(x.grad.abs().sum()) > 0
    with torch.no_grad():
        halves = linear_gelu(x.bfloat16(), weight.bfloat16())
        assert halves.dtype == torch.bfloat16
        assert torch.allclose(halves.float(), linear_gelu(x, weight), atol=0.1)
