"""The task `shoot`: fields, their errors, and the reading of a prompt by a stand-in engine."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from soundstage.errors import InputError
from soundstage.models.layered import Layered, tiny
from soundstage.render.camera import Key
from soundstage.render.motion import track
from soundstage.render.scene import Actor, Camera, Scene
from soundstage.tasks import paint as paint_module
from soundstage.tasks import shoot as shoot_module
from soundstage.tasks.paint import paint
from soundstage.tasks.shoot import camera_of, check, shoot, shoot_many
from soundstage.tasks.shoot_layered import LayeredShooter, middle
from soundstage.tasks.shoot_motion import Stroke, Way
from soundstage.tasks.shoot_scene import Shooting, settled
from soundstage.weights import Card, Loaded

DOG = Actor(subject="dog", action="run", direction="right")
MEADOW = Scene(place="meadow", actors=(DOG,))
HOW = Shooting(frames=9, fps=8, height=64, width=64, seed=0, identity=0, steps=0, guidance=1.0)


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
    clip = shoot("a dog", seconds=1.5, fps=8, size="96x64")
    assert (clip.length, clip.width, clip.height) == (12, 96, 64)
    assert clip.fps == 8


def test_the_same_seed_gives_the_same_clip(stage):
    first, again = (shoot("a dog", seconds=0.5, fps=8, size="64x64", seed=4) for _ in range(2))
    assert first == again
    assert first != shoot("a dog", seconds=0.5, fps=8, size="64x64", seed=5)


def test_a_picture_is_one_frame(stage):
    picture = paint("a dog", size="64x96")
    assert (picture.width, picture.height) == (64, 96)


def test_many_clips_are_each_what_one_is(stage):
    small = {"seconds": 0.5, "fps": 8, "size": "64x64"}
    clips = shoot_many(["a dog", "a dog", "a cat"], seeds=4, **small)
    alone = [shoot(prompt, seed=seed, **small) for prompt, seed in (("a dog", 4), ("a dog", 5), ("a cat", 6))]
    assert clips == alone
    assert shoot_many(["a dog", "a dog"], seeds=[4, 4], **small) == [alone[0]] * 2


@pytest.mark.parametrize(
    ("prompts", "seeds", "wrong"), [(["a dog", " "], 0, r"prompts\.1"), (["a dog"], [1, 2], "seeds")]
)
def test_many_clips_are_all_looked_at_before_one_is_drawn(stage, engine, monkeypatch, prompts, seeds, wrong):
    monkeypatch.setattr(engine, "shoot", None)
    with pytest.raises(InputError, match=wrong):
        shoot_many(prompts, seeds=seeds)


@pytest.mark.parametrize("field", ["steps", "guidance"])
def test_a_model_that_draws_at_once_refuses_steps_and_guidance(stage, field):
    for task in (shoot, paint):
        with pytest.raises(InputError, match=f"{field}: .* draws at once"):
            task("a dog", size="64x64", **{field: 2})


def test_a_layout_needs_no_prompt_and_keeps_its_poses(stage, engine):
    assert shoot(layout=MEADOW, seconds=0.5, fps=8, size="64x64").length == 4
    _, (poses,) = engine.moved(MEADOW, HOW)
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
    views, poses = engine.moved(engine.staged(MEADOW, HOW), HOW)
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
        check("a dog", 1.0, 24, "255x257")


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
    scene, _ = settled(MEADOW, camera=camera_of("slow pan left", 2.0), direction=None, seed=0)
    assert scene.camera == Camera(move="pan left", amount=0.6)
    assert camera_of("static", 2.0).move == "static"


def test_a_word_that_is_no_direction_is_refused_where_nobody_goes_either():
    with pytest.raises(InputError, match="direction"):
        settled(Scene(), camera=None, direction="sideways", seed=0)
    assert settled(Scene(), camera=None, direction="left", seed=0)[0].actors == ()


def test_a_drawn_path_is_where_the_middle_is_seen_whatever_the_camera_does(engine):
    how = replace(HOW, frames=13, strokes=(Stroke(subject="dog", path=((0.2, 0.3), (0.8, 0.6))),))
    scene = replace(MEADOW, camera=Camera(keys=(Key(at=0, pan=-0.1), Key(at=1, pan=0.1, zoom=1.4))))
    drawn, seen = {0: Way(how.strokes[0].path)}, []
    views, (poses,) = engine.moved(scene, how, drawn)
    for frame in (0, 6, 12):
        seen.append(middle(poses, views, DOG, 1.0, frame))
    assert np.allclose(seen, [(0.2, 0.3), (0.5, 0.45), (0.8, 0.6)], atol=1e-3)


def test_a_loop_ends_as_near_to_its_beginning_as_frames_are_to_one_another(stage):
    frames = shoot("a dog", seconds=1.5, fps=8, size="64x64", loop=True).frames.astype(float)
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    assert np.abs(frames[-1] - frames[0]).mean() <= steps.max() + 1e-6


def test_fields_that_a_scene_model_does_not_know_are_refused(stage):
    with pytest.raises(InputError, match="negative"):
        shoot("a dog", negative="blur")


class Texts:
    """A model that draws from text: it remembers what it was asked for."""

    fps, size = 16.0, (64, 64)

    def frames_for(self, count):
        return count + (1 - count) % 4

    def shoot(self, request):
        self.request = request
        return np.arange(request.frames, dtype=np.uint8)[:, None, None, None].repeat(64, 1).repeat(64, 2).repeat(3, 3)


@pytest.fixture
def texts(monkeypatch):
    engine = Texts()

    @contextmanager
    def use(model, engines):
        yield engine

    monkeypatch.setattr(shoot_module.runtime, "use", use)
    monkeypatch.setattr(paint_module.runtime, "use", use)
    return engine


def test_a_model_of_texts_draws_at_its_pace_and_the_clip_has_the_rate_that_is_asked(texts):
    clip = shoot("a dog", seconds=1, fps=8, camera="zoom in", negative="blur", steps=3)
    assert (clip.length, clip.fps, texts.request.frames) == (8, 8, 17)
    assert clip.frames[:, 0, 0, 0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
    assert (texts.request.prompt, texts.request.negative) == ("a dog The camera zooms in.", "blur")
    assert shoot("a dog", seconds=1).fps == 16
    assert paint("a dog").pixels.shape == (64, 64, 3)
    assert texts.request.frames == 1


@pytest.mark.parametrize(
    "fields", [{"camera": "pan right 0.3"}, {"motion": '[{"direction": 3}]'}, {"direction": "left"}, {"loop": True}]
)
def test_a_model_of_texts_refuses_what_it_cannot_be_told(texts, fields):
    with pytest.raises(InputError, match=next(iter(fields))):
        shoot("a dog", **fields)
