from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from soundstage.errors import InputError
from soundstage.weights.keys import fold_weight_norm, fuse, permute, rename, split


def test_layers_and_endings_are_renamed() -> None:
    theirs = {"t.blocks.11.attn.to_q.weight": torch.ones(1), "t.blocks.2.attn.to_q.bias": torch.zeros(1)}
    ours = rename(theirs, (("t.blocks.{}.attn.to_q.*", "blocks.{}.attention.q.*"),))
    assert set(ours) == {"blocks.11.attention.q.weight", "blocks.2.attention.q.bias"}


def test_an_index_may_move_and_repeat() -> None:
    ours = rename({"a.1.b.2": torch.ones(1)}, (("a.{}.b.{}", "x.{}.y.{}"),))
    assert set(ours) == {"x.1.y.2"}


def test_the_folded_weight_is_the_weight_of_the_normed_layer() -> None:
    layer = weight_norm(nn.Conv1d(3, 5, 4))
    with torch.no_grad():
        layer.parametrizations.weight.original0.mul_(1.7)
    state = {"conv.parametrizations.weight.original0": layer.parametrizations.weight.original0.detach()}
    state["conv.parametrizations.weight.original1"] = layer.parametrizations.weight.original1.detach()
    theirs = ("conv.parametrizations.weight.original0", "conv.parametrizations.weight.original1")
    ours = rename(state, ((theirs, "conv.weight", fold_weight_norm),))
    torch.testing.assert_close(ours["conv.weight"], layer.weight.detach())


def test_fusing_and_splitting_are_inverse() -> None:
    parts = {
        f"layers.0.{name}": torch.randn(4, 8, generator=torch.Generator().manual_seed(i))
        for i, name in enumerate("qkv")
    }
    theirs = tuple(f"layers.{{}}.{name}" for name in "qkv")
    fused = rename(parts, ((theirs, "blocks.{}.qkv", fuse()),))
    assert fused["blocks.0.qkv"].shape == (12, 8)
    back = rename(fused, (("blocks.{}.qkv", theirs, split(3)),))
    assert all(torch.equal(back[name], parts[name]) for name in parts)


def test_axes_are_permuted() -> None:
    matrix = torch.arange(6).reshape(2, 3)
    ours = rename({"w": matrix}, (("w", "weight", permute(1, 0)),))
    assert torch.equal(ours["weight"], matrix.T) and ours["weight"].is_contiguous()


def test_every_key_that_is_left_over_or_missing_is_named() -> None:
    tensors = {name: torch.zeros(1) for name in ("a.q", "a.k", "step", "odd", "stranger")}
    with pytest.raises(InputError) as caught:
        rename(tensors, ((("a.q", "a.k", "a.v"), "a.qkv", fuse()),), ignored=("step",))
    message = str(caught.value)
    assert "1 missing: a.v" in message and "4 left over: a.k, a.q, odd, stranger" in message and "step" not in message


def test_ignored_patterns_cover_families_of_keys() -> None:
    tensors = {"mel.filters.0": torch.zeros(1), "mel.window": torch.zeros(1), "w": torch.ones(1)}
    assert set(rename(tensors, (("w", "weight"),), ignored=("mel.*",))) == {"weight"}


def test_a_dot_in_a_pattern_is_a_dot() -> None:
    with pytest.raises(InputError, match="1 left over: aXb"):
        rename({"aXb": torch.zeros(1)}, (("a.b", "c"),))
