"""Whole scenes: frames, their truth, and the weather over them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageFilter

from soundstage.errors import InputError
from soundstage.render import Actor, Camera, Scene, draw, render_scene, render_truth
from soundstage.render.scene import MOVES

DOG = Actor(subject="dog", colour="golden", action="run", direction="right")
MEADOW = Scene(place="meadow", actors=(DOG,))


def test_a_scene_always_draws_the_same_frames() -> None:
    a, b = render_scene(MEADOW, 0.5, 8, (64, 64)), render_scene(MEADOW, 0.5, 8, (64, 64))
    np.testing.assert_array_equal(a.frames, b.frames)
    assert a.frames.shape == (4, 64, 64, 3)
    assert a.fps == Fraction(8)


def test_size_is_width_by_height() -> None:
    assert next(draw(MEADOW, 1, 24, (96, 54))).shape == (54, 96, 3)


def test_impossible_sizes_are_refused_before_the_first_frame() -> None:
    with pytest.raises(InputError, match="size"):
        draw(MEADOW, 1, 24, (4, 4))
    with pytest.raises(InputError, match="seconds"):
        draw(MEADOW, -1, 24)


@pytest.mark.parametrize("move", MOVES)
def test_every_camera_draws_whole_frames_and_moves_unless_static(move: str) -> None:
    scene = Scene(place="village", camera=Camera(move=move))
    frames = render_scene(scene, 2, 6, (48, 48)).frames.astype(float)
    assert frames.min(axis=(1, 2, 3)).max() < 200
    moved = np.abs(frames[-1] - frames[0]).mean()
    assert (moved > 5) == (move not in ("static", "follow"))  # nobody is there to follow


def test_a_pan_to_the_right_moves_the_picture_left_by_what_the_truth_says() -> None:
    scene = Scene(place="city", camera=Camera(move="pan right"))
    truth = render_truth(scene, 2, 6, (96, 96))
    assert truth.flow[..., 0].astype(float).mean() < -0.5
    ground = truth.flow[5, 90:, :, 0].astype(float).mean()
    still = truth.flow[5, :20, :, 0].astype(float).mean()
    assert ground < still  # the ground passes faster than the sky


def test_warping_by_the_true_flow_explains_the_next_frame() -> None:
    scene = Scene(
        place="mountains", camera=Camera(move="pan left"), actors=(replace(DOG, subject="car", action="drive"),)
    )
    truth = render_truth(scene, 2, 6, (96, 96))
    now, after = truth.video.frames[5].astype(float), truth.video.frames[6].astype(float)
    ys, xs = np.mgrid[0:96, 0:96]
    flow = truth.flow[5].astype(float)
    x = np.clip((xs + flow[..., 0]).round().astype(int), 0, 95)
    y = np.clip((ys + flow[..., 1]).round().astype(int), 0, 95)
    explained, unmoved = np.abs(after[y, x] - now).mean(), np.abs(after - now).mean()
    assert explained < 0.55 * unmoved


def test_the_mask_is_where_the_actor_changes_the_picture() -> None:
    truth = render_truth(MEADOW, 1, 4, (96, 96))
    alone, empty = (
        truth.video.frames[2].astype(float),
        render_scene(replace(MEADOW, actors=()), 1, 4, (96, 96)).frames[2],
    )
    changed = np.abs(alone - empty).max(-1)
    mask = truth.actors[2] == 1
    assert mask.mean() > 0.02
    assert (changed[mask] > 12).mean() > 0.85
    assert (changed[~mask] > 60).mean() < 0.01  # its soft shadow changes less


def test_near_actors_hide_far_ones_and_are_nearer() -> None:
    far, near = Actor(subject="horse", colour="white", depth=0.6), Actor(subject="robot", colour="red", depth=0.0)
    truth = render_truth(Scene(place="desert", actors=(near, far)), 0.5, 4, (96, 96))
    assert (truth.actors == 1).sum() > 0
    depth = truth.depth[0].astype(float)
    assert depth[truth.actors[0] == 1].mean() < depth[truth.actors[0] == 2].mean() < depth[:10].mean()


def test_waves_hide_a_leaping_fish_when_it_is_down() -> None:
    fish = Actor(subject="fish", colour="purple", action="jump", direction="right", size=0.3)
    truth = render_truth(Scene(place="sea", actors=(fish,)), 1.25, 16, (96, 96))
    seen = (truth.actors == 1).mean((1, 2))
    assert seen.max() > 4 * max(seen.min(), 1e-4)


def test_flipping_and_turning_keep_the_anchor_in_place() -> None:
    left = render_truth(
        Scene(place="desert", actors=(replace(DOG, direction="left", action="walk"),)), 0.5, 2, (128, 128)
    )
    right = render_truth(Scene(place="desert", actors=(replace(DOG, action="walk"),)), 0.5, 2, (128, 128))
    xs = np.arange(128)
    a, b = (np.average(xs, weights=(t.actors[0] == 1).sum(0)) for t in (left, right))
    assert abs((a - 64) + (b - 64)) < 4  # mirror images about the middle


@pytest.mark.parametrize("weather", ["rain", "snow", "fog"])
def test_weather_moves(weather: str) -> None:
    frames = render_scene(Scene(place="forest", weather=weather), 2, 4, (64, 64)).frames.astype(float)
    assert np.abs(frames[-1] - frames[0]).mean() > 0.1
    if weather != "fog":  # fog drifts slowly
        assert all(np.abs(a - b).mean() > 0.3 for a, b in itertools.pairwise(frames))


def test_a_drawn_shadow_is_under_who_stands_on_the_ground_only() -> None:
    def darkened(actor: Actor, place: str) -> float:
        scene = Scene(place=place, actors=(actor,))
        truth = render_truth(scene, 0.5, 2, (96, 96))
        empty = render_scene(replace(scene, actors=()), 0.5, 2, (96, 96)).frames
        drop = empty[0].astype(float).mean(-1) - truth.video.frames[0].astype(float).mean(-1)
        around = Image.fromarray(truth.actors[0]).filter(ImageFilter.MaxFilter(5))  # its soft edge is no shadow
        return float((drop[np.asarray(around) == 0] > 6).mean())

    on_the_ground = darkened(Actor(subject="dog", action="stand"), "desert")
    in_the_air = darkened(Actor(subject="balloon", action="float"), "desert")
    assert on_the_ground > 0.002 > 4 * in_the_air
