"""Convolutions over video with fewer products are torch's own, whatever stands before and around."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.ops import conv3d


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(
    ("shape", "before"),
    [((2, 3, 4, 9, 13), 2), ((1, 4, 1, 8, 8), 0), ((1, 4, 1, 5, 3), 1), ((1, 4, 1, 70, 37), 2), ((1, 4, 2, 1, 66), 1),
     ((1, 2, 9, 40, 30), 0)],
)  # fmt: skip
@torch.no_grad()
def test_a_block_is_convolved_as_torch_does_whatever_stands_before(
    shape: tuple[int, ...], before: int, last: bool
) -> None:
    x, weight, bias = draw(*shape), draw(5, shape[1], 3, 3, 3, seed=1) / 5, draw(5, seed=2)
    past = draw(*shape[:2], before, *shape[3:], seed=3) if before else None
    x = x.to(memory_format=torch.channels_last_3d) if last else x
    plain = conv3d.conv3d_plain(x, weight, bias, past)
    assert torch.allclose(conv3d.conv3d_fast(x, weight, bias, past), plain, atol=1e-5)
    assert torch.allclose(conv3d.conv3d_fast(x, weight, None, past), plain - bias.view(-1, 1, 1, 1), atol=1e-5)


@pytest.mark.parametrize("sides", [(4, 4), (5, 7), (33, 18)])
@torch.no_grad()
def test_doubled_pixels_are_convolved_without_being_laid_down(sides: tuple[int, int]) -> None:
    x, weight, bias = draw(2, 3, 3, *sides), draw(6, 3, 3, 3, seed=1) / 5, draw(6, seed=2)
    plain = conv3d.conv2d_doubled_plain(x, weight, bias)
    assert plain.shape == (2, 6, 3, 2 * sides[0], 2 * sides[1])
    assert torch.allclose(conv3d.conv3d_fast(x, weight.unsqueeze(2), bias, times=2), plain, atol=1e-5)


@torch.no_grad()
def test_its_rounding_is_a_few_times_a_plain_convolutions() -> None:
    x, weight = draw(1, 64, 3, 24, 24), draw(64, 64, 3, 3, 3, seed=1) / 40
    exact = conv3d.conv3d_plain(x.double(), weight.double())
    fast, plain = (work(x, weight).sub(exact).square().mean() for work in (conv3d.conv3d_fast, conv3d.conv3d_plain))
    assert fast.sqrt() < 6 * plain.sqrt()


def test_the_fast_way_is_taken_where_it_is_open() -> None:
    x, weight = draw(1, 16, 2, 32, 32), draw(16, 16, 3, 3, 3, seed=1) / 20
    with torch.no_grad():
        assert conv3d.pays(x, weight) and not conv3d.pays(x.bfloat16(), weight.bfloat16())
        assert not conv3d.pays(x, weight[..., :1, :1]) and not conv3d.pays(x[..., :4, :4], weight)
        assert not torch.equal(conv3d.conv3d(x, weight), conv3d.conv3d_plain(x, weight))
    assert torch.equal(conv3d.conv3d(x, weight), conv3d.conv3d_plain(x, weight))
    grown = weight.clone().requires_grad_()
    conv3d.conv3d(x, grown).sum().backward()
    assert grown.grad is not None and float(grown.grad.abs().sum()) > 0
