"""Parts of networks over pictures: a start that changes nothing, and that they can learn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from soundstage.nn.embed import TimestepEmbedding, sinusoids
from soundstage.nn.norms import AdaptiveNorm, RMSNorm
from soundstage.nn.unet import Attention2d, ResBlock, Up


def test_a_new_block_changes_nothing_and_learns_in_all_its_weights() -> None:
    block, generator = ResBlock(8, 8, 4), torch.Generator().manual_seed(2)
    x, condition = torch.randn(2, 8, 6, 5, generator=generator), torch.ones(2, 4)
    assert torch.equal(block(x, condition), x)
    assert ResBlock(8, 12, 4)(x, condition).shape == (2, 12, 6, 5)
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.1, generator=generator)
    block(x, condition).square().sum().backward()
    assert [name for name, p in block.named_parameters() if p.grad is None] == []


def test_a_block_answers_to_its_condition() -> None:
    block, generator = ResBlock(8, 8, 4), torch.Generator().manual_seed(2)
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.3, generator=generator)
    x = torch.randn(1, 8, 6, 5, generator=generator)
    assert not torch.allclose(block(x, torch.zeros(1, 4)), block(x, torch.ones(1, 4)), atol=1e-3)


def test_up_doubles_height_and_width() -> None:
    assert Up(4, 3)(torch.ones(1, 4, 5, 6)).shape == (1, 3, 10, 12)


def test_attention_over_pixels_does_not_mind_their_order() -> None:
    layer = Attention2d(8, head=4)
    nn.init.normal_(layer.out.weight, generator=torch.Generator().manual_seed(3))
    x = torch.randn(1, 8, 3, 4, generator=torch.Generator().manual_seed(4))
    assert torch.allclose(layer(x.flip(-1)).flip(-1), layer(x), atol=1e-5)
    as_tokens = layer(x.reshape(1, 8, 4, 3)).reshape(1, 8, 3, 4)
    assert torch.allclose(as_tokens, layer(x), atol=1e-5)


def test_sinusoids_at_zero_are_ones_and_zeros_and_their_slowest_is_the_period() -> None:
    assert sinusoids(torch.tensor([0.0]), 6).tolist() == [[1, 1, 1, 0, 0, 0]]
    angle = torch.acos(sinusoids(torch.tensor(1.0), 4, period=100.0, spread=True)[1])
    assert float(angle) == pytest.approx(0.01, rel=1e-2)


def test_a_scalar_time_embeds_like_a_batch() -> None:
    embed = TimestepEmbedding(8)
    assert torch.allclose(embed(torch.tensor(0.3)), embed(torch.tensor([0.3]))[0], atol=1e-6)


def test_an_adaptive_norm_starts_as_the_plain_one() -> None:
    x = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(5))
    assert torch.allclose(AdaptiveNorm(8, 4)(x, torch.ones(2, 4)), nn.LayerNorm(8, 1e-6)(x), atol=1e-6)
    assert torch.allclose(RMSNorm(8)(x), x / x.square().mean(-1, keepdim=True).add(1e-6).sqrt(), atol=1e-6)
    assert dict(RMSNorm(8, affine=False).named_parameters()) == {}
