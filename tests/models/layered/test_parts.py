"""The parts of the layered video model, each by the property that matters."""

import pytest
import torch

from soundstage import flow
from soundstage.models.layered import Layered, tiny
from soundstage.models.layered.pictures import ROWS, masked, picture_loss
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


def test_the_last_step_lands_on_the_networks_own_picture(model):
    noise = torch.randn(1, 7, 32, 48, generator=generator())
    classes, left = torch.tensor([[1, 0, 0]]), torch.tensor([-0.3])
    with torch.inference_mode():
        drawn = model.background.draw(noise, classes, left, steps=4)
        guide = model.background.guide(classes, left, 32, 48)
        before = flow.euler(lambda x, t: model.background(x, t, guide), noise, flow.linear(4)[:-1])
        picture = model.background.picture(before, torch.tensor([0.75]), guide)
    assert torch.allclose(drawn, picture.clamp(-1, 1), atol=1e-4)


def test_columns_beyond_the_span_are_all_alike(model):
    with torch.inference_mode():
        guide = model.background.guide(torch.tensor([[0, 0, 0]]), torch.tensor([-4.0]), 32, 8 * ROWS)
    assert float(guide.maps[0, 0].min()) == -1
    assert float(guide.maps[0, 0].max()) == 1


def test_the_loss_of_the_true_picture_is_nought(model):
    class Knowing(torch.nn.Module):
        def picture(self, x, t, guide):
            return truth

    truth = torch.rand(2, 7, 32, 32, generator=generator()) * 2 - 1
    guide = model.background.guide(torch.zeros(2, 3, dtype=torch.long), torch.zeros(2), 32, 32)
    assert float(picture_loss(Knowing(), truth, guide, generator(), towards_noise=0.1)) == 0
    assert float(picture_loss(model.background, truth, guide, generator(), towards_noise=0.1)) > 0


def test_masking_unsays_whole_conditions(model):
    classes = torch.zeros(400, 3, dtype=torch.long)
    unsaid = model.background.conditions.unsaid
    out = masked(classes, unsaid, 0.25, generator())
    dropped = (out == torch.tensor(unsaid)).all(1)
    assert bool(((out == 0).all(1) | dropped).all())
    assert 60 < int(dropped.sum()) < 140


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
