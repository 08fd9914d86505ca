"""The U-Net: shapes, a zero start, and that it can learn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from soundstage.flow import euler, flow_loss, linear
from soundstage.nn.embed import TimestepEmbedding, sinusoids
from soundstage.nn.norms import AdaptiveNorm, RMSNorm
from soundstage.nn.unet import Attention2d, UNet


def test_a_new_velocity_is_zero_of_the_right_shape() -> None:
    net = UNet(5, 3, widths=(8, 12, 16), blocks=1, condition=7, embed=16, attention=2)
    out = net(torch.randn(2, 5, 16, 24, generator=torch.Generator().manual_seed(1)), torch.rand(2), torch.ones(2, 7))
    assert out.shape == (2, 3, 16, 24) and out.abs().max() == 0


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_learns_one_picture(memory_format: torch.memory_format) -> None:
    torch.manual_seed(1)  # the layers' own initial weights
    generator = torch.Generator().manual_seed(1)
    net = UNet(1, 1, widths=(8, 16), blocks=1, embed=16).to(memory_format=memory_format)  # type: ignore[call-overload]
    picture = torch.zeros(16, 1, 8, 8)
    picture[:, :, 2:6, 3:5] = 1
    optimizer = torch.optim.Adam(net.parameters(), 8e-3)
    for _ in range(60):
        optimizer.zero_grad()
        flow_loss(net, picture, generator).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        out = euler(net, torch.randn(4, 1, 8, 8, generator=generator), linear(10))
    assert float((out - picture[:4]).square().mean()) < 0.08


def test_every_parameter_gets_a_gradient_once_the_zeros_are_left() -> None:
    net = UNet(2, 2, widths=(8, 16), blocks=1, condition=3, embed=16)
    generator = torch.Generator().manual_seed(2)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.1, generator=generator)
    net(torch.ones(1, 2, 8, 8), torch.rand(1), torch.ones(1, 3)).square().sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []


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
