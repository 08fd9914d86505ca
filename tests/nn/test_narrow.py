"""Weights of a byte each: their errors are those of rounding, and a layer's follow from them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.narrow import LARGEST, NarrowLinear, make_room, narrowed

KINDS = list(LARGEST)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def largest_error(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """Of every weight [O, D], by how the bytes are spaced: half a step, and a little for the scale's own rounding."""
    scale = weight.abs().amax(1, keepdim=True) / LARGEST[dtype]
    half = scale / 2 if dtype == torch.int8 else torch.maximum(weight.abs() / 16, scale * 2**-10)
    return half.expand_as(weight) + 1e-6 * weight.abs()


@pytest.mark.parametrize("dtype", KINDS)
def test_a_weight_is_off_by_half_a_step_at_most_and_by_nearly_that_somewhere(dtype: torch.dtype) -> None:
    weight = draw(16, 300) * torch.logspace(-6, 3, 16).unsqueeze(1)
    error = (narrowed(weight, dtype).wide() - weight).abs()
    bound = largest_error(weight, dtype)
    assert bool((error <= bound).all())
    assert float((error / bound).max()) > 0.9


@pytest.mark.parametrize("dtype", KINDS)
def test_a_layer_is_off_by_no_more_than_its_weights_let_it(dtype: torch.dtype) -> None:
    layer, x = nn.Linear(64, 24), draw(5, 64, seed=1)
    with torch.no_grad():
        layer.weight.copy_(draw(24, 64))
    holder = nn.ModuleDict({"a": layer, "b": nn.Linear(64, 24)})
    make_room(holder, ["a.weight"], dtype)
    values, scale = narrowed(layer.weight.detach(), dtype)
    state = holder.state_dict() | {"a.weight": values, "a.scale": scale, "a.bias": layer.bias.detach()}
    holder.load_state_dict(state, strict=True, assign=True)
    made = holder["a"]
    assert isinstance(made, NarrowLinear) and type(holder["b"]) is nn.Linear
    with torch.no_grad():
        given, plain = made(x), layer(x)
        bound = x.abs() @ largest_error(layer.weight, dtype).t() + 1e-5
        assert torch.equal(given, F.linear(x, narrowed(layer.weight, dtype).wide(), layer.bias))
    assert bool(((given - plain).abs() <= bound).all()) and not torch.equal(given, plain)
    assert made.weight.element_size() == 1 and made.scale.shape == (24,)


@pytest.mark.parametrize("dtype", KINDS)
def test_zeros_stay_zeros_and_the_largest_of_a_row_is_kept(dtype: torch.dtype) -> None:
    weight = draw(3, 8)
    weight[1] = 0
    weight[2, 3:] = 0
    kept = narrowed(weight, dtype).wide()
    assert torch.equal(kept[1], torch.zeros(8)) and torch.equal(kept[2, 3:], torch.zeros(5))
    torch.testing.assert_close(kept.abs().amax(1), weight.abs().amax(1), rtol=1e-6, atol=0)


@pytest.mark.parametrize("dtype", KINDS)
def test_what_is_narrow_already_is_not_changed_by_rounding_it_again(dtype: torch.dtype) -> None:
    once = narrowed(draw(4, 50), dtype)
    again = narrowed(once.wide(), dtype)
    assert torch.equal(once.values.float(), again.values.float())


@pytest.mark.parametrize("dtype", KINDS)
def test_what_goes_through_keeps_its_dtype(dtype: torch.dtype) -> None:
    layer = NarrowLinear(8, 4, dtype, bias=False)
    layer.weight.data, layer.scale.data = narrowed(draw(4, 8), dtype)
    x = draw(2, 8)
    wide = layer(x)
    assert wide.dtype == torch.float32 and layer(x.bfloat16()).dtype == torch.bfloat16
    torch.testing.assert_close(layer(x.bfloat16()).float(), wide, rtol=0.03, atol=0.03)
