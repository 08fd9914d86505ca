"""Cameras in values: what is said, in words or JSON, is the path that is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.render.animatic import render_scene
from soundstage.render.camera import Key, drawn, keys_of
from soundstage.render.motion import View, camera_path, overscan, track, turned_about
from soundstage.render.scene import Actor, Camera, Scene


def ends(said: str, seconds: float = 2.0) -> tuple[View, View]:
    path = camera_path(Camera(keys=keys_of(said, seconds)), 25, seconds=seconds)
    return path[0], path[-1]


def test_words_with_values_travel_that_far_around_the_middle() -> None:
    first, last = ends("pan right 0.3, roll left 8, tilt up by 10%")
    assert last.x - first.x == pytest.approx(0.3)
    assert first.x == pytest.approx(-last.x)
    assert last.roll - first.roll == pytest.approx(-8)
    assert last.y - first.y == pytest.approx(-0.1)


def test_a_zoom_begins_or_ends_at_the_frame_at_rest() -> None:
    assert [view.lens for view in ends("zoom in 1.5x")] == pytest.approx([1, 1.5])
    assert [view.lens for view in ends("zoom out 2x")] == pytest.approx([2, 1])
    assert [view.zoom for view in ends("dolly in")] == pytest.approx([1, 1.45])


def test_json_keys_are_passed_at_their_seconds_and_never_overshot() -> None:
    said = '{"keys": [{"at": 0}, {"at": 0.5, "zoom": 1.4}, {"at": 2, "zoom": 1.4, "pan": -0.2}]}'
    path = camera_path(Camera(keys=keys_of(said, 2.0)), 25, seconds=2.0)
    assert path[6].lens == pytest.approx(1.4)
    assert path[-1].x == pytest.approx(-0.2)
    assert max(view.lens for view in path) <= 1.4 + 1e-9


def test_plain_moves_have_no_values() -> None:
    assert keys_of("slow pan left", 2.0) == ()
    assert keys_of("zoom in", 2.0) == ()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ('{"pan": 9}', "pan 9"),
        ('{"spin": 1}', "spin"),
        ('{"pan": "far"}', "far"),
        ("{pan}", "JSON"),
        ('{"keys": [{"at": 3}]}', "at 3"),
        ('{"keys": [{"at": 1}, {"at": 1}]}', "order"),
        ('{"keys": []}', "none"),
        ("zoom in 0.5", "0.5"),
        ("roll up 3", "roll up"),
    ],
)
def test_a_camera_that_cannot_be_is_told_what_is_wrong(said: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        keys_of(said, 2.0)


def test_an_orbit_lets_the_distance_slide_and_keeps_the_ground() -> None:
    view = View(orbit=0.2)
    assert view.at_parallax(1.0).x == 0
    assert view.at_parallax(0.0).x == pytest.approx(-0.2)


def test_what_is_on_the_screen_is_found_in_the_picture_again() -> None:
    view = View(x=0.2, y=-0.1, zoom=1.3, lens=1.2)
    assert view.to_screen(*view.to_picture(0.3, 0.8)) == pytest.approx((0.3, 0.8))


def test_a_turned_frame_is_full_to_its_corners_and_turned_about_its_middle() -> None:
    size, roll = overscan([10, -3], 16 / 9), np.radians(10)
    middle = turned_about(size)
    for across in (-0.5, 0.5):
        for down in (-0.5, 0.5):
            x = middle[0] + (across * np.cos(roll) - down * np.sin(roll) * 9 / 16) / size
            y = middle[1] + (across * np.sin(roll) * 16 / 9 + down * np.cos(roll)) / size
            assert -0.02 < x < 1.02
            assert -0.07 < y < 1.07


def test_a_rolling_zooming_animatic_moves_as_the_path_says() -> None:
    still = Scene(place="meadow", actors=(Actor(subject="car", x=0.5, size=0.3),))
    keyed = Scene(place="meadow", actors=still.actors, camera=Camera(keys=(Key(at=0, roll=0), Key(at=1, roll=12))))
    plain, turned = (render_scene(scene, 0.5, 4, (96, 64)).frames for scene in (still, keyed))
    assert plain.shape == turned.shape
    assert np.abs(plain[0].astype(int) - turned[0]).mean() < 6  # not turned yet
    assert np.abs(plain[1].astype(int) - turned[1]).mean() > 6
    assert turned.min(-1).max() > 0


def test_in_a_loop_the_frame_behind_the_last_is_the_first() -> None:
    dog = Actor(subject="dog", action="run", direction="right")
    poses = track(dog, Camera(), 2.0, 12, loop=True)
    cycles = [(b.phase - a.phase) % 1 for a, b in zip(poses, (*poses[1:], poses[0]), strict=True)]
    assert np.ptp(cycles) < 1e-9
    steps = np.diff([pose.x for pose in (*poses, poses[0])])
    assert np.abs(np.diff(np.append(steps, steps[0]))).max() < 0.03
    assert poses[1].flip != poses[-2].flip


def test_a_single_key_holds() -> None:
    assert drawn([Key(at=0.5, pan=0.1)], [0, 0.5, 1])("pan") == [0.1, 0.1, 0.1]
