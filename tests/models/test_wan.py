"""Wan's transformer on its own: rotations, times, sizes, and a golden output of a tiny one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow import euler, linear
from soundstage.models.wan import Wan, WanConfig, grid_rope, velocity, wan_1_3b, wan_14b, wan_i2v_14b

TINY = WanConfig(width=24, depth=2, heads=2, hidden=32, channels=3, out=3, text=10, frequencies=16)

GOLDEN = [
    -2.81267,
    -1.55079,
    -0.89912,
    -2.81465,
    -2.98319,
    -1.2351,
    -0.55925,
    0.56285,
    -0.32497,
    -1.77405,
    -0.99449,
    3.6518,
]


def tiny() -> Wan:
    model, generator = Wan(TINY), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model.eval()


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_the_golden_velocity_of_the_tiny_model() -> None:
    out = tiny()(draw(1, 3, 1, 2, 2), torch.tensor([300.0]), draw(1, 4, 10))
    assert out.flatten().tolist() == pytest.approx(GOLDEN, abs=1e-4)


@torch.no_grad()
def test_one_time_for_all_and_text_read_once_change_nothing() -> None:
    model, x, text = tiny(), draw(2, 3, 2, 4, 4), draw(2, 5, 10)
    plain = model(x, torch.tensor([250.0, 250.0]), text)
    assert torch.allclose(model(x, torch.tensor([250.0]), model.read(text)), plain, atol=1e-5)
    assert torch.allclose(velocity(model, text)(x, torch.tensor([0.75, 0.75])), -plain, atol=1e-5)


@torch.no_grad()
def test_many_zeros_after_the_text_are_one_token_of_their_weight() -> None:
    model, x, text = tiny(), draw(2, 3, 2, 4, 4), draw(2, 5, 10)
    padded = torch.cat((text, torch.zeros(2, 27, 10)), 1)
    time = torch.tensor([400.0])
    assert torch.allclose(model(x, time, model.read(text, 27)), model(x, time, padded), atol=1e-5)
    assert not torch.allclose(model(x, time, text), model(x, time, padded), atol=1e-3)


@torch.no_grad()
def test_a_solver_runs_it_from_noise_to_something_finite() -> None:
    model = tiny()
    out = euler(velocity(model, draw(1, 4, 10)), draw(1, 3, 2, 4, 4), linear(4))
    assert out.shape == (1, 3, 2, 4, 4) and bool(out.isfinite().all())


def test_time_takes_what_the_sides_leave_of_the_head() -> None:
    table = grid_rope(128, (2, 3, 4), torch.device("cpu"))
    assert table.cos.shape == (24, 64)
    first_of_second_frame = table.sin[12]
    assert bool((first_of_second_frame[:22] > 0).all()) and first_of_second_frame[22:].abs().max() == 0


def test_sizes_that_the_patch_does_not_divide_are_refused() -> None:
    with pytest.raises(InputError, match="multiples of the patch"):
        tiny()(draw(1, 3, 1, 3, 4), torch.tensor([1.0]), draw(1, 2, 10))


@pytest.mark.parametrize(("preset", "size"), [(wan_1_3b, 1.42e9), (wan_14b, 14.3e9), (wan_i2v_14b, 16.4e9)])
def test_the_presets_have_the_published_sizes(preset: Callable[[], WanConfig], size: float) -> None:
    with torch.device("meta"):
        model = Wan(preset())
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(size, rel=0.01)


@torch.no_grad()
def test_pictures_are_looked_at_only_by_a_model_made_for_it() -> None:
    with pytest.raises(InputError, match="image: this model looks at none"):
        tiny().look(draw(1, 4, 6))
    two = Wan(WanConfig(**{**asdict(TINY), "image": 6, "places": 8}))
    assert len(two.look(draw(1, 8, 6))) == TINY.depth
    with pytest.raises(InputError, match="4 tokens for 8 places; give a first and a last"):
        two.look(draw(1, 4, 6))
