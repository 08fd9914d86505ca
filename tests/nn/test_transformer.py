"""Blocks: options change what they should, fused and cached paths equal the plain ones."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.dit import DiTBlock, FinalLayer
from soundstage.nn.transformer import Attention, FeedForward, TransformerBlock
from soundstage.ops.rope import rope


def seeded(module: nn.Module, seed: int = 0) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return module.eval()


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(9))


def test_attention_is_torchs_multi_head_attention() -> None:
    ours, theirs = seeded(Attention(32, 4)), nn.MultiheadAttention(32, 4, batch_first=True).eval()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    x = draw(2, 7, 32)
    assert torch.allclose(ours(x), theirs(x, x, x)[0], atol=1e-5)


@pytest.mark.parametrize("qk_norm", ["none", "head", "whole"])
def test_keys_made_once_give_the_same_as_the_context(qk_norm: Any) -> None:
    layer = seeded(Attention(32, 4, context=24, bias=False, qk_norm=qk_norm))
    x, context = draw(2, 5, 32), draw(2, 9, 24)
    assert torch.equal(layer(x, context), layer(x, layer.keys(context)))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("tokens", [1, 5])
def test_a_folded_context_gives_the_same_as_attention(bias: bool, tokens: int) -> None:
    layer = seeded(Attention(32, 4, context=24, bias=bias))
    x, context = draw(2, tokens, 32), draw(2, 9, 24)
    mask = torch.arange(9) < torch.tensor([[9], [4]])
    got, plain = layer(x, layer.folded(context, mask)), layer(x, context, mask=mask[:, None, None])
    assert torch.allclose(got, plain, atol=1e-5)
    assert torch.allclose(layer(x, layer.folded(context)), layer(x, context), atol=1e-5)
    nothing = layer.folded(context, torch.zeros(2, 9, dtype=torch.bool))
    assert torch.allclose(
        layer(x, nothing), layer(x, context, mask=torch.zeros(1, 1, 1, 9, dtype=torch.bool)), atol=1e-5
    )


def test_rows_beyond_those_of_the_context_are_told_nothing() -> None:
    block = seeded(TransformerBlock(32, 4, context=16))
    x, context = draw(3, 4, 32), draw(2, 6, 16)
    made = block(x, context, causal=True)
    assert torch.allclose(made[:2], block(x[:2], context, causal=True), atol=1e-6)
    assert torch.allclose(made[2:], block(x[2:], causal=True), atol=1e-6)
    assert torch.allclose(made[:2], block(x, block.cross.keys(context), causal=True)[:2], atol=1e-6)
    assert not torch.allclose(made[:2], block(x[:2], causal=True), atol=1e-2)


@pytest.mark.parametrize("qk_norm", ["head", "whole"])
def test_normed_queries_do_not_feel_the_scale_of_their_projection(qk_norm: Any) -> None:
    layer = seeded(Attention(32, 4, bias=False, qk_norm=qk_norm))
    x = draw(1, 6, 32)
    before = layer(x)
    with torch.no_grad():
        layer.qkv.weight[:64] *= 7  # q and k, not v
    assert torch.allclose(layer(x), before, atol=1e-4)


def test_head_norm_is_the_norm_of_each_head() -> None:
    layer = seeded(Attention(32, 4, bias=False, qk_norm="head"))
    q = draw(2, 6, 32)
    by_hand = F.rms_norm(q.reshape(2, 6, 4, 8), (8,), layer.qk.q.weight, 1e-6).reshape(2, 6, 32)
    assert torch.allclose(layer.qk.apply_to(layer.qk.q, q), by_hand)


@pytest.mark.parametrize("gated", [False, True])
def test_a_causal_block_does_not_see_the_future(gated: bool) -> None:
    block = seeded(TransformerBlock(32, 4, kv_heads=2, gated=gated, activation="silu", norm_kind="rms", bias=False))
    x = draw(1, 8, 32)
    table = rope(torch.arange(8), 8)
    whole = block(x, causal=True, rope=table)
    assert torch.allclose(block(x[:, :5], causal=True, rope=table.rows(0, 5)), whole[:, :5], atol=1e-5)


def test_masked_context_is_not_seen() -> None:
    block = seeded(TransformerBlock(32, 4, context=16))
    x, context = draw(1, 4, 32), draw(1, 6, 16)
    mask = torch.tensor([True] * 3 + [False] * 3)[None, None, None]
    assert torch.allclose(block(x, context, context_mask=mask), block(x, context[:, :3]), atol=1e-5)


def test_gated_feed_forward_is_swiglu() -> None:
    feed = seeded(FeedForward(8, 12, activation="silu", gated=True))
    x = draw(3, 8)
    gate, value = feed.rise(x)[:, :12], feed.rise(x)[:, 12:]
    assert torch.allclose(feed(x), feed.fall(F.silu(gate) * value))


def test_a_new_dit_block_is_the_identity_and_a_new_velocity_zero() -> None:
    x, condition = draw(2, 5, 32), draw(2, 16)
    assert torch.equal(DiTBlock(32, 4, condition=16, context=8)(x, condition, draw(2, 3, 8)), x)
    assert FinalLayer(32, 6, condition=16)(x, condition).abs().max() == 0


def test_a_condition_for_every_token_may_be_the_same_for_all() -> None:
    block = seeded(DiTBlock(32, 4, condition=16))
    x, condition = draw(2, 5, 32), draw(2, 16)
    each = condition[:, None].expand(2, 5, 16)
    assert torch.allclose(block(x, condition), block(x, each), atol=1e-4)


def test_widths_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="do not divide"):
        Attention(30, 4)


def test_a_block_may_leave_out_every_bias() -> None:
    block = TransformerBlock(16, 2, context=8, bias=False, norm_bias=False)
    assert not [name for name, _ in block.named_parameters() if name.endswith("bias")]
    assert sum("bias" in name for name, _ in TransformerBlock(16, 2, context=8, bias=False).named_parameters()) == 3
