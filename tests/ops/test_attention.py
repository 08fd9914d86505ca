"""Attention equals its formula, with every argument."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.ops.attention import Relative, attention, attention_plain, lower_right, windowed
from soundstage.ops.rope import rope, rotate


def heads(generator: torch.Generator, count: int, tokens: int) -> Tensor:
    return torch.randn(2, count, tokens, 16, generator=generator)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("key_heads", [1, 2, 4])
@pytest.mark.parametrize("masked", ["no", "bool", "float"])
@pytest.mark.parametrize("tokens", [1, 5, 9])
def test_attention_is_a_softmax_of_products(causal: bool, key_heads: int, masked: str, tokens: int) -> None:
    generator = torch.Generator().manual_seed(1)
    q, k, v = heads(generator, 4, tokens), heads(generator, key_heads, 9), heads(generator, key_heads, 9)
    mask = None
    if masked == "bool":
        mask = torch.rand(2, 1, 1, 9, generator=generator) > 0.3
        mask[..., 0] = True
    if masked == "float":
        mask = torch.randn(1, 4, tokens, 9, generator=generator)
    fast = attention(q, k, v, mask=mask, causal=causal)
    assert torch.allclose(fast, attention_plain(q, k, v, mask=mask, causal=causal), atol=1e-5)


def test_it_is_torchs_own_attention_where_the_two_overlap() -> None:
    generator = torch.Generator().manual_seed(2)
    q, k, v = (heads(generator, 4, 7) for _ in range(3))
    assert torch.allclose(attention(q, k, v, causal=True), F.scaled_dot_product_attention(q, k, v, is_causal=True))
    by_hand = (q @ k.transpose(-1, -2) / 4).softmax(-1) @ v
    assert torch.allclose(attention(q, k, v), by_hand, atol=1e-5)


def test_rotation_happens_before_the_product_and_leaves_values_alone() -> None:
    generator = torch.Generator().manual_seed(3)
    q, k, v = (heads(generator, 2, 6) for _ in range(3))
    table = rope(torch.arange(6), 16)
    turned = attention_plain(rotate(q, table), rotate(k, table), v, causal=True)
    assert torch.allclose(attention(q, k, v, causal=True, rope=table), turned, atol=1e-5)


def test_a_later_key_cannot_change_an_earlier_query() -> None:
    generator = torch.Generator().manual_seed(4)
    q, k, v = (heads(generator, 2, 6) for _ in range(3))
    before = attention(q, k, v, causal=True)
    k[:, :, 4:] += 1.0
    after = attention(q, k, v, causal=True)
    assert torch.equal(before[:, :, :4], after[:, :, :4])
    assert not torch.allclose(before[:, :, 4:], after[:, :, 4:])


def test_a_window_sees_only_the_last_keys() -> None:
    seen = windowed(2, 5, 3, torch.device("cpu"))
    assert seen.tolist() == [[False, True, True, True, False], [False, False, True, True, True]]
    assert torch.equal(windowed(4, 4, 9, torch.device("cpu")), lower_right(4, 4, torch.device("cpu")))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("key_heads", [2, 4])
@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (3, 3), (9, 9), (2, 9)])
@pytest.mark.parametrize("masked", [False, True])
def test_relative_vectors_are_added_to_the_keys_and_values_of_near_tokens(
    causal: bool, key_heads: int, queries: int, keys: int, masked: bool
) -> None:
    generator = torch.Generator().manual_seed(5)
    q, k, v = heads(generator, 4, queries), heads(generator, key_heads, keys), heads(generator, key_heads, keys)
    near = Relative(*(torch.randn(5, 16, generator=generator) for _ in range(2)))
    mask = torch.arange(keys) < max(1, keys - 2) if masked else None
    fast = attention(q, k, v, mask=mask, causal=causal, relative=near)
    plain = attention_plain(q, k, v, mask=mask, causal=causal, relative=near)
    assert torch.allclose(fast, plain, atol=1e-5)


def test_relative_vectors_of_zero_change_nothing_and_others_only_what_is_near() -> None:
    generator = torch.Generator().manual_seed(6)
    q, k, v = (heads(generator, 2, 7) for _ in range(3))
    nothing = Relative(torch.zeros(5, 16), torch.zeros(5, 16))
    assert torch.allclose(attention(q, k, v, relative=nothing), attention(q, k, v), atol=1e-6)
    ahead = Relative(nothing.k, nothing.v.clone().index_fill_(0, torch.tensor([4]), 1.0))  # values two tokens ahead
    moved = (attention(q, k, v, relative=ahead) - attention(q, k, v)).abs().amax((0, 1, 3)) > 1e-6
    assert moved.tolist() == [True] * 5 + [False] * 2
