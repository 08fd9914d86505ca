"""The parts of the layered video model, each by the property that matters."""

import pytest
import torch

from soundstage.models.layered import Layered, tiny
from soundstage.models.layered.tracker import VALUES, smooth
from soundstage.models.layered.upscaler import Upscaler


@pytest.fixture(scope="module")
def model() -> Layered:
    """Random weights; none is left at zero, or the noise would not matter."""
    model, draw = Layered(tiny()).eval(), torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * (0.5 / max(1, parameter[0].numel()) ** 0.5))
    return model.requires_grad_(False)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_padding_words_changes_nothing_that_is_read(model):
    words = torch.randint(1, 256, (1, 5, 4), generator=generator())
    padded = torch.cat((words, torch.zeros(1, 3, 4, dtype=torch.long)), 1)
    with torch.inference_mode():
        (scene, role), (scene2, role2) = model.reader(words), model.reader(padded)
    for a, b in ((scene, scene2), (role, role2)):
        assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)


def test_a_plan_has_a_track_for_the_camera_and_for_each_subject(model):
    noise = torch.randn(13, VALUES, generator=generator())
    with torch.inference_mode():
        tracks = model.tracker.plan(noise, torch.tensor([0, 1, 1]), torch.tensor([[0, 1, 0, 1]] * 3), steps=2)
    assert tracks.camera.shape == (13, 3)
    assert tracks.roles.shape == (3, 13, 8)


def test_smoothing_keeps_straight_paths_straight():
    line = torch.linspace(0, 3, 12)[:, None]
    assert torch.allclose(smooth(line), line, atol=1e-5)


def test_a_new_upscaler_is_plain_interpolation():
    small = torch.rand(1, 4, 8, 8, generator=generator())
    large = torch.nn.functional.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
    with torch.random.fork_rng():
        assert torch.allclose(Upscaler(8, 2)(small), large)


def test_a_clear_sprite_leaves_the_background_but_for_its_shadow(model):
    back = torch.rand(1, 3, 40, 40, generator=generator())
    touch = torch.zeros(1, 3, 32, 32)
    with torch.inference_mode():
        joined = model.compositor.join(back, torch.zeros(1, 4, 40, 40), touch, torch.ones(1), torch.zeros(1, 3).long())
    ratio = joined / back
    assert bool((joined <= back).all())
    assert torch.allclose(ratio[:, 0], ratio[:, 2], atol=1e-5)


def test_a_falling_tile_repeats_at_its_edges(model):
    points = torch.zeros(1, 1, 24, 24)
    points[0, 0, 0, 3] = 1
    kind = torch.tensor([0])
    moved = torch.roll(points, 11, 2)
    with torch.inference_mode():
        assert torch.allclose(torch.roll(model.fall(points, kind), 11, 2), model.fall(moved, kind), atol=1e-5)
