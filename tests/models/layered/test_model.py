"""The layered video model, on its tiny config."""

from dataclasses import replace

import pytest
import torch

from soundstage.models.layered import Cast, Layered, LayeredConfig, Plan, frames, storybook, tiny
from soundstage.models.layered.model import alone, enlarge, figures, recognised, scenery
from soundstage.models.layered.places import COLUMNS
from soundstage.render.tracks import Poses, Views

FRAMES = 6


@pytest.fixture(scope="module")
def model() -> Layered:
    """Random weights; none is left at zero, or the noise would not matter."""
    model, draw = Layered(tiny()).eval(), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * (0.5 / max(1, parameter[0].numel()) ** 0.5))
        for backdrop in (model.places.far, model.places.near):
            backdrop.codes.random_(-127, 128, generator=draw)
            backdrop.index.random_(len(backdrop.codes), generator=draw)
    return model.requires_grad_(False)


def plan(*, pan: float = 0.0, x: float = 0.5, variant: int = 0, falling: str = "", place: int = 0) -> Plan:
    u = torch.linspace(-0.5, 0.5, FRAMES)
    still = torch.zeros(FRAMES)
    poses = Poses(
        still + x, still + 0.8, still + 0.4, still, still, (u + 0.5) * 0.9, torch.zeros(FRAMES, dtype=torch.bool)
    )
    cast = Cast(subject=0, colour=0, action=1, variant=variant, anchor=(0.5, 0.92), grounded=True, poses=poses)
    return Plan(
        place=place,
        time=0,
        weather=0,
        falling=falling,
        views=Views(pan * u, still, still + 1, still + 1, still, still),
        cast=(cast,),
    )


def made(model: Layered, what: Plan, seed: int = 0) -> torch.Tensor:
    with torch.inference_mode():
        return frames(model, what, height=64, width=96, fps=12, generator=torch.Generator().manual_seed(seed))


def test_a_clip_has_the_frames_and_the_size_that_are_asked(model):
    clip = made(model, plan())
    assert clip.shape == (FRAMES, 64, 96, 3)
    assert clip.dtype == torch.uint8


def test_the_same_seed_makes_the_same_clip_and_another_seed_another(model):
    assert torch.equal(made(model, plan()), made(model, plan()))
    assert not torch.equal(made(model, plan()), made(model, plan(), seed=1))


def test_a_place_keeps_its_layout_when_the_hour_changes(model):
    def far(time: int, seed: int) -> torch.Tensor:
        with torch.inference_mode():
            return scenery(model, replace(plan(), time=time), 1.0, torch.Generator().manual_seed(seed), 0)[0]

    seeds = range(8)
    assert all(not torch.equal(far(0, seed), far(1, seed)) for seed in seeds)
    alike = [[torch.equal(far(time, a), far(time, b)) for a in seeds for b in seeds] for time in (0, 1)]
    assert alike[0] == alike[1]  # whichever seeds share a layout by day share it at night
    assert not all(alike[0])


def test_a_place_is_enlarged_as_far_as_the_camera_goes(model):
    def near(pan: float) -> torch.Tensor:
        with torch.inference_mode():
            return scenery(model, plan(pan=pan), 1.0, torch.Generator().manual_seed(0), 0)[1]

    still, wide = near(0.0), near(1.0)
    assert still.shape[-1] < wide.shape[-1] <= COLUMNS
    spare = (wide.shape[-1] - still.shape[-1]) // 2
    assert torch.equal(still, wide[..., spare : spare + still.shape[-1]])


def test_a_place_is_recognised_in_a_picture_of_it(model):
    for seed in range(4):
        empty = replace(plan(pan=0.3), cast=())
        by_lot = model.places.choose(torch.Generator().manual_seed(seed))
        with torch.inference_mode():
            clip = frames(
                model, replace(empty, choice=by_lot), height=64, width=96, fps=12, generator=torch.Generator()
            )
            found, off = recognised(model, empty, clip[2], torch.zeros(64, 96), 2)
        assert [int(number) for number in found] == [int(number) for number in by_lot]
        with torch.inference_mode():
            noise = torch.randint(0, 256, clip[2].shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(9))
            assert off < recognised(model, empty, noise, torch.zeros(64, 96), 2)[1]


def test_a_place_alone_is_what_a_clip_without_actors_shows(model):
    empty = replace(plan(pan=0.3), cast=())
    with torch.inference_mode():
        clip = frames(model, empty, height=64, width=96, fps=12, generator=torch.Generator().manual_seed(3))
        place = alone(model, empty, 64, 96, 4, torch.Generator().manual_seed(3))
    assert torch.equal((place.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0), clip[4])


def test_what_is_hidden_has_no_say_in_what_is_recognised(model):
    empty = replace(plan(), cast=())
    by_lot = model.places.choose(torch.Generator().manual_seed(1))
    with torch.inference_mode():
        clip = frames(model, replace(empty, choice=by_lot), height=64, width=96, fps=12, generator=torch.Generator())
        spoilt, hidden = clip[0].clone(), torch.zeros(64, 96)
        spoilt[16:48, 24:72], hidden[12:52, 20:76] = 255, 1.0
        found, _ = recognised(model, empty, spoilt, hidden, 0)
    assert [int(number) for number in found] == [int(number) for number in by_lot]


def test_a_character_looks_the_same_wherever_it_stands(model):
    here, there = plan(x=0.3), plan(x=0.7)
    with torch.inference_mode():
        assert torch.equal(figures(model, here, here.cast[0], 1), figures(model, there, there.cast[0], 1))
        other = plan(variant=1)
        assert not torch.equal(figures(model, here, here.cast[0], 1), figures(model, other, other.cast[0], 1))


def test_what_falls_changes_every_frame(model):
    dry, wet = made(model, plan()), made(model, plan(falling="rain"))
    assert all(not torch.equal(a, b) for a, b in zip(dry, wet, strict=True))


def test_enlarged_colours_never_exceed_their_alpha(model):
    layers = torch.rand(2, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        large = enlarge(model, layers, 2)
    assert large.shape == (2, 4, 32, 32)
    assert bool((large[:, :3] <= large[:, 3:]).all())


def test_a_config_survives_its_card():
    assert LayeredConfig.of(storybook().plain()) == storybook()
