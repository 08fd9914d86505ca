"""The task `shoot`: fields, their errors, and the reading of a prompt by a stand-in engine."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from soundstage.errors import InputError
from soundstage.models.layered import Layered, tiny
from soundstage.render.motion import track
from soundstage.render.scene import Actor, Camera, Scene
from soundstage.tasks import paint as paint_module
from soundstage.tasks import shoot as shoot_module
from soundstage.tasks.paint import paint
from soundstage.tasks.shoot import camera_of, check, shoot
from soundstage.tasks.shoot_engines import LayeredShooter, Shooting, settled
from soundstage.weights import Card, Loaded

DOG = Actor(subject="dog", action="run", direction="right")
MEADOW = Scene(place="meadow", actors=(DOG,))
HOW = Shooting(frames=9, fps=8, height=64, width=64, seed=0, identity=0, steps=1, guidance=1.0)


@pytest.fixture(scope="module")
def engine() -> LayeredShooter:
    model, draw = Layered(tiny()).eval(), torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.1)
    card = Card(
        ref="tiny",
        family="layered",
        task="shoot",
        licence="Apache-2.0",
        commercial=True,
        data="",
        size_mb=0,
        memory_mb=1,
        parameters=0,
    )
    return LayeredShooter(Loaded(card, model.requires_grad_(False)))


@pytest.fixture
def stage(engine, monkeypatch):
    """`shoot` and `paint` with the tiny engine in place of the starter."""

    @contextmanager
    def use(model, engines):
        yield engine

    monkeypatch.setattr(shoot_module.runtime, "use", use)
    monkeypatch.setattr(paint_module.runtime, "use", use)


def test_a_clip_is_as_long_and_as_large_as_asked(stage):
    clip = shoot("a dog", seconds=1.5, fps=8, size="96x64", steps=1)
    assert (clip.length, clip.width, clip.height) == (12, 96, 64)
    assert clip.fps == 8


def test_the_same_seed_gives_the_same_clip(stage):
    first, again = (shoot("a dog", seconds=0.5, fps=8, size="64x64", steps=1, seed=4) for _ in range(2))
    assert first == again
    assert first != shoot("a dog", seconds=0.5, fps=8, size="64x64", steps=1, seed=5)


def test_a_picture_is_one_frame(stage):
    picture = paint("a dog", size="64x96", steps=1)
    assert (picture.width, picture.height) == (64, 96)


def test_a_layout_needs_no_prompt_and_keeps_its_poses(stage, engine):
    assert shoot(layout=MEADOW, seconds=0.5, fps=8, size="64x64", steps=1).length == 4
    _, (poses,) = engine._exact(MEADOW, HOW)
    drawn = track(DOG, MEADOW.camera, 9 / 8, 8, place="meadow")
    assert np.allclose(poses.x, [pose.x for pose in drawn], atol=1e-5)
    assert np.allclose(poses.phase, [pose.phase for pose in drawn], atol=1e-5)


def test_a_subject_is_only_read_to_do_what_it_can(engine):
    from soundstage.render.scene import ABILITIES, directions_of

    for seed in range(5):
        for actor in engine.read("a dog flies up like a rocket that sits", seed).actors:
            assert actor.action in ABILITIES[actor.subject]
            assert actor.direction in directions_of(actor.subject, actor.action)


def test_a_planned_static_camera_stands_still(engine):
    views, poses = engine._planned(MEADOW, HOW)
    assert float(views.x.abs().max()) == 0
    assert len(poses) == 1
    assert all(bool(torch.isfinite(values.float()).all()) for values in poses[0])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": " "}, "prompt"),
        ({"seconds": 0.0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": 1e9}, "seconds"),
        ({"fps": 0}, "fps"),
        ({"size": "big"}, "size"),
        ({"size": "255x256"}, "size"),
        ({"size": "16x16"}, "size"),
        ({"size": "1024x128"}, "size"),
        ({"size": "9" * 5000 + "x9"}, "size"),
        ({"camera": "sideways"}, "camera"),
        ({"direction": "north"}, "direction"),
    ],
)
def test_what_cannot_be_shot_is_refused_by_field(stage, fields, field):
    with pytest.raises(InputError) as caught:
        shoot(**{"prompt": "a dog", "seconds": 1.0, **fields}, layout=MEADOW if "direction" in fields else None)
    assert caught.value.field == field


def test_an_odd_size_is_answered_with_the_next_even_one():
    with pytest.raises(InputError, match="use 256x258"):
        check("a dog", 1.0, 24, "255x257", None)


def test_a_direction_changes_what_a_resting_subject_does():
    resting = replace(MEADOW, actors=(replace(DOG, action="sleep", direction="still"),))
    scene, _ = settled(resting, camera=None, direction="left", seed=0)
    assert (scene.actors[0].action, scene.actors[0].direction, scene.actors[0].facing) == ("walk", "left", "left")
    with pytest.raises(InputError, match="does not go up"):
        settled(resting, camera=None, direction="up", seed=0)


def test_snow_on_a_beach_still_falls_although_the_beach_is_drawn_clear():
    scene, falling = settled(Scene(place="beach", weather="snow"), camera=None, direction=None, seed=0)
    assert (scene.weather, falling) == ("clear", "snow")
    assert settled(Scene(place="room", weather="rain"), camera=None, direction=None, seed=0)[1] == ""


def test_the_field_wins_over_the_scene_and_slow_is_understood():
    scene, _ = settled(MEADOW, camera=camera_of("slow pan left"), direction=None, seed=0)
    assert scene.camera == Camera(move="pan left", amount=0.6)
    assert camera_of("static").move == "static"


def test_a_word_that_is_no_direction_is_refused_where_nobody_goes_either():
    with pytest.raises(InputError, match="direction"):
        settled(Scene(), camera=None, direction="sideways", seed=0)
    assert settled(Scene(), camera=None, direction="left", seed=0)[0].actors == ()
