"""Splitting and folding weights changes how they learn, not what they compute."""

from __future__ import annotations

import torch
from torch import nn

from soundstage.nn.conv import Conv1d, ConvTranspose1d
from soundstage.nn.weightnorm import folded, weight_normed


def test_there_and_back_again_is_the_same_network() -> None:
    net = nn.Sequential(Conv1d(3, 8, 5, causal=False), ConvTranspose1d(8, 4, 4, stride=2), nn.PReLU())
    names, x = list(net.state_dict()), torch.randn(2, 3, 10, generator=torch.Generator().manual_seed(0))
    before = net(x)
    split = weight_normed(net)
    assert split is net and "0.conv.parametrizations.weight.original0" in net.state_dict()
    assert torch.allclose(net(x), before, atol=1e-6)
    assert set(folded(net).state_dict()) == set(names)
    assert torch.allclose(net(x), before, atol=1e-6)


def test_doing_it_twice_is_doing_it_once() -> None:
    net = weight_normed(weight_normed(nn.Sequential(nn.Conv1d(2, 2, 3))))
    assert len(net.state_dict()) == 3 and len(folded(folded(net)).state_dict()) == 2


def test_a_layer_that_starts_at_zero_stays_as_it_is() -> None:
    layer = nn.Conv1d(2, 2, 1)
    nn.init.zeros_(layer.weight)
    assert "weight" in weight_normed(layer).state_dict()
    assert bool(layer(torch.ones(1, 2, 3)).isfinite().all())
