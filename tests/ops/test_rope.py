"""Rotary embedding is a rotation, in both layouts."""

from __future__ import annotations

import pytest
import torch

from soundstage.ops.rope import axial_rope, rope, rotate, rotate_plain


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("turned", [32, 24])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rotating_is_turning_every_pair(interleaved: bool, turned: int, dtype: torch.dtype) -> None:
    x = torch.randn(2, 10, 3, 32, generator=torch.Generator().manual_seed(1)).to(dtype).transpose(1, 2)
    table = rope(torch.arange(10), turned, interleaved=interleaved)
    out = rotate(x, table)
    assert torch.allclose(out, rotate_plain(x, table), atol=1e-6)
    assert torch.allclose(out.norm(dim=-1), x.norm(dim=-1), atol=1e-4)
    assert torch.equal(out[..., turned:], x[..., turned:])


def test_interleaved_pairs_are_complex_numbers() -> None:
    x = torch.randn(1, 2, 5, 8, generator=torch.Generator().manual_seed(3))
    table = rope(torch.arange(5), 8, interleaved=True)
    numbers = torch.view_as_complex(x.reshape(1, 2, 5, 4, 2)) * torch.polar(
        torch.ones(5, 4), table.sin.atan2(table.cos)
    )
    assert torch.allclose(rotate(x, table), torch.view_as_real(numbers).flatten(-2), atol=1e-6)


@pytest.mark.parametrize("interleaved", [False, True])
def test_products_depend_on_distance_alone(interleaved: bool) -> None:
    generator = torch.Generator().manual_seed(2)
    q, k = torch.randn(1, 1, 1, 16, generator=generator), torch.randn(1, 1, 1, 16, generator=generator)

    def product(at_q: int, at_k: int) -> float:
        table = [rope(torch.tensor([at]), 16, interleaved=interleaved) for at in (at_q, at_k)]
        return float((rotate(q, table[0]) * rotate(k, table[1])).sum())

    assert product(3, 1) == pytest.approx(product(103, 101), abs=1e-4)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-3)


def test_axes_turn_their_own_channels() -> None:
    time, row = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    table = axial_rope([time, row], [4, 6])
    assert table.cos.shape == (4, 5)
    assert torch.equal(table.cos[0], torch.ones(5))
    assert torch.allclose(table.cos[2, :2], rope(torch.tensor([1]), 4).cos[0])
    assert torch.equal(table.cos[2, 2:], torch.ones(3))
    assert torch.allclose(table.rows(1, 2).sin[0, 2:], rope(torch.tensor([1]), 6).sin[0])


def test_dtype_is_kept() -> None:
    x = torch.ones(1, 1, 2, 8, dtype=torch.bfloat16)
    assert rotate(x, rope(torch.arange(2), 8)).dtype == torch.bfloat16
