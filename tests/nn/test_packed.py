from __future__ import annotations

import pytest
import torch
from torch import nn

from soundstage.nn import packed
from soundstage.nn.packed import FEW, HalfLinear, OrderedLinear, PackedLinear, pack, packs, weight_of
from soundstage.nn.transformer import TransformerBlock


def layer(width: int = 256, out: int = 320, *, bias: bool = True) -> nn.Linear:
    made, generator = nn.Linear(width, out, bias=bias), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return made.requires_grad_(False)


needs_packing = pytest.mark.skipif(not packs(), reason="this machine does not pack")


@needs_packing
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("rows", "near"), [((1, 1), 5e-4), ((2, 3), 5e-4), ((2, FEW), 1e-2)])
def test_a_packed_layer_is_its_plain_twin_but_for_rounding(bias: bool, rows: tuple[int, int], near: float) -> None:
    plain = layer(bias=bias)
    x = torch.randn(*rows, 256, generator=torch.Generator().manual_seed(1))
    made, true = HalfLinear(plain)(x), plain(x)
    assert made.shape == true.shape and made.dtype == torch.float32
    assert float((made - true).norm() / true.norm()) < near
    assert not torch.equal(made, true)


@needs_packing
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [(1,), (2, 1), (1, 8), (3, 16)])
def test_a_layer_in_another_layout_is_its_plain_twin(bias: bool, rows: tuple[int, ...]) -> None:
    plain = layer(bias=bias)
    x = torch.randn(*rows, 256, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(OrderedLinear(plain)(x), plain(x), atol=1e-5, rtol=1e-5)


@needs_packing
@pytest.mark.parametrize("keep", [True, False])
def test_a_packed_weight_can_be_read(keep: bool) -> None:
    plain = layer()
    assert torch.equal(weight_of(OrderedLinear(plain, keep=keep)), plain.weight)
    assert torch.equal(weight_of(HalfLinear(plain, keep=keep)), plain.weight.half().float())
    assert weight_of(plain) is plain.weight


@needs_packing
@pytest.mark.parametrize("kind", [HalfLinear, OrderedLinear])
def test_rows_of_a_kept_layer_are_those_of_the_whole(kind: type[PackedLinear]) -> None:
    plain = layer(bias=False)
    kept = kind(plain, keep=True)
    for rows in (1, FEW + 1):
        x = torch.randn(1, rows, 256, generator=torch.Generator().manual_seed(rows))
        torch.testing.assert_close(kept.among(x, slice(8, 40)), plain(x)[..., 8:40], atol=2e-3, rtol=0)


@needs_packing
def test_large_layers_are_packed_and_small_ones_stay() -> None:
    block = TransformerBlock(128, 4, hidden=1024).requires_grad_(False)
    x = torch.randn(1, 1, 128, generator=torch.Generator().manual_seed(2))
    true = block(x)
    assert pack(block) is block
    assert isinstance(block.feed.rise, PackedLinear)
    assert isinstance(block.attention.out, nn.Linear)  # 128 · 128 weights lie in the cache
    assert float((block(x) - true).norm() / true.norm()) < 1e-3


@needs_packing
def test_a_whole_layer_keeps_float32_where_that_is_asked_for() -> None:
    held = nn.Sequential(layer())
    x = torch.randn(8, 256, generator=torch.Generator().manual_seed(2))
    true = held(x)
    assert isinstance(pack(held, half=False)[0], OrderedLinear)
    torch.testing.assert_close(held(x), true, atol=1e-5, rtol=1e-5)


def test_a_machine_without_the_products_keeps_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "packs", lambda: False)
    held = nn.Sequential(layer())
    assert isinstance(pack(held)[0], nn.Linear)
