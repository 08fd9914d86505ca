"""The generator: exact lengths, local in time, played in pieces without a seam."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.codec.hifigan import Generator, HifiganConfig

TINY = HifiganConfig(
    latent=5, width=16, ratios=(4, 3), ratio_kernels=(8, 5), kernels=(3, 5), dilations=((1, 3), (1, 2))
)


def generator(config: HifiganConfig = TINY) -> Generator:
    net, source = Generator(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in net.parameters():
            spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.1
            parameter.copy_(torch.randn(parameter.shape, generator=source) * spread)
    return net.eval()


def frames(count: int) -> Tensor:
    return torch.randn(2, 5, count, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("paired", [True, False])
def test_a_frame_is_a_hop_of_samples(paired: bool) -> None:
    for count in (1, 7):
        assert generator(replace(TINY, paired=paired))(frames(count)).shape == (2, count * 12)


@pytest.mark.parametrize("paired", [True, False])
def test_a_frame_is_heard_within_its_reach_and_nowhere_else(paired: bool) -> None:
    net, x = generator(replace(TINY, paired=paired)).double(), frames(41).double()
    other = x.clone()
    other[:, :, 20] += 1.0
    with torch.no_grad():
        moved = ((net(x) - net(other)).abs().amax(0) > 0).view(41, 12).any(1).nonzero().flatten()
    first, last = int(moved.min()), int(moved.max())
    assert 20 - net.reach <= first <= 20 - net.reach + 1 and 20 + net.reach - 1 <= last <= 20 + net.reach


@pytest.mark.parametrize("size", [1, 4, 13, 50])
def test_pieces_joined_are_the_whole(size: int) -> None:
    net, x = generator(), frames(33)
    with torch.no_grad():
        whole = net(x)
    pieces = list(net.chunks(x, size))
    assert [piece.shape[1] for piece in pieces[:-1]] == [size * 12] * (len(pieces) - 1)
    assert torch.allclose(torch.cat(pieces, 1), whole, atol=1e-6)


@torch.no_grad()
def test_a_condition_is_a_bias_of_the_first_convolution() -> None:
    net, x, voice = generator(replace(TINY, condition=3)), frames(6)[:1], torch.tensor([[0.4, -1.0, 2.0]])
    heard = net(x, voice)
    assert not torch.allclose(heard, net(x))
    net.read.conv.bias += net.condition(voice)[0]  # type: ignore[misc]
    assert torch.allclose(net(x), heard, atol=1e-6)


@torch.no_grad()
def test_a_condition_may_be_added_behind_every_stride() -> None:
    net, x, voice = (
        generator(replace(TINY, condition=3, everywhere=True)),
        frames(6)[:1],
        torch.tensor([[0.4, -1.0, 2.0]]),
    )
    heard = net(x, voice)
    assert not torch.allclose(generator(replace(TINY, condition=3))(x, voice), heard)
    net.read.conv.bias += net.condition(voice)[0]  # type: ignore[misc]
    for up, condition in zip(net.ups, net.conditions, strict=True):
        up.conv.bias += condition(voice)[0]  # type: ignore[union-attr, operator]
    assert torch.allclose(net(x), heard, atol=1e-6)


def test_training_reaches_every_weight() -> None:
    net = generator(replace(TINY, condition=3, everywhere=True))
    net(frames(4), torch.ones(2, 3)).square().sum().backward()
    assert all(p.grad is not None and float(p.grad.abs().max()) > 0 for p in net.parameters())


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_narrower_generator_takes_what_a_wider_model_gives(everywhere: bool) -> None:
    shape = replace(TINY, condition=3, everywhere=everywhere)
    voice = torch.randn(2, 3, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        exact, narrow = generator(shape)(frames(9), voice), generator(shape).bfloat16()(frames(9), voice)
    assert narrow.dtype == torch.bfloat16
    assert 0 < float((narrow.float() - exact).norm() / exact.norm()) < 0.05
