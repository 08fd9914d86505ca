"""Convolutions of few frames are torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.ops import conv


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(autouse=True)
def small_layers_count_as_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conv, "WIDE", 1)


@pytest.mark.parametrize("learning", [True, False])
@pytest.mark.parametrize("length", [7, 8, 20, 31, 200])
@pytest.mark.parametrize(("kernel", "stride", "dilation", "groups"), [
    (7, 1, 1, 1), (1, 1, 1, 1), (4, 2, 1, 1), (3, 1, 3, 1), (3, 2, 2, 1), (5, 1, 1, 2), (6, 3, 1, 1),
])  # fmt: skip
@pytest.mark.parametrize("biased", [True, False])
def test_a_convolution_of_any_length_is_torchs(
    kernel: int, stride: int, dilation: int, groups: int, length: int, biased: bool, learning: bool
) -> None:
    x, weight = draw(2, 4, length), draw(6, 4 // groups, kernel, seed=1)
    bias = draw(6, seed=2) if biased else None
    with torch.set_grad_enabled(learning):
        out = conv.conv1d(x, weight, bias, stride=stride, dilation=dilation, groups=groups)
    assert torch.allclose(out, F.conv1d(x, weight, bias, stride, dilation=dilation, groups=groups), atol=1e-5)


@pytest.mark.parametrize("length", [1, 2, 5, 30, 90])
@pytest.mark.parametrize(
    ("kernel", "stride", "groups"), [(8, 4, 1), (4, 4, 1), (5, 2, 1), (6, 2, 1), (4, 2, 2), (1, 1, 1)]
)
@pytest.mark.parametrize("biased", [True, False])
def test_a_transposed_convolution_of_any_length_is_torchs(
    kernel: int, stride: int, groups: int, length: int, biased: bool
) -> None:
    x, weight = draw(2, 4, length), draw(4, 6 // groups, kernel, seed=1)
    bias = draw(6, seed=2) if biased else None
    plain: Any = F.conv_transpose1d(x, weight, bias, stride, groups=groups)
    with torch.no_grad():
        out = conv.conv_transpose1d(x, weight, bias, stride=stride, groups=groups)
    assert out.shape == plain.shape and torch.allclose(out, plain, atol=1e-5)
