"""Motion: where actors and camera are, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.render.motion import CENTRE, FARTHEST, View, camera_path, frame_count, track
from soundstage.render.scene import Actor, Camera


def test_an_actor_stands_at_its_place_in_the_middle_of_the_clip_whatever_the_camera() -> None:
    actor = Actor(subject="dog", action="run", direction="right", x=0.4)
    for move in ("static", "pan left", "pan right", "follow"):
        poses = track(actor, Camera(move=move), 2.0, 12.5)  # 25 frames, so that one is the middle
        assert poses[12].x == pytest.approx(0.4, abs=1e-6)


def test_directions_move_the_right_way() -> None:
    def ends(subject: str, action: str, direction: str) -> tuple[float, float, float]:
        poses = track(Actor(subject=subject, action=action, direction=direction), Camera(), 2.0, 24)
        return poses[-1].x - poses[0].x, poses[-1].y - poses[0].y, poses[-1].scale / poses[0].scale

    assert ends("dog", "run", "right")[0] > 0.3
    assert ends("dog", "run", "left")[0] < -0.3
    assert ends("balloon", "float", "up")[1] < -0.05
    assert ends("bird", "fly", "down")[1] > 0.05
    assert ends("dog", "walk", "toward")[2] > 1.3
    assert ends("dog", "walk", "away")[2] < 0.8
    assert ends("dog", "stand", "still") == pytest.approx((0, 0, 1))


def test_who_goes_left_faces_left() -> None:
    assert all(p.flip for p in track(Actor(subject="cat", action="walk", direction="left"), Camera(), 1, 8))
    assert not any(
        p.flip for p in track(Actor(subject="cat", action="walk", direction="right", facing="left"), Camera(), 1, 8)
    )


def test_no_clip_is_so_long_that_its_actor_is_lost() -> None:
    poses = track(Actor(subject="car", action="drive", direction="right", speed=2), Camera(), 60, 4)
    assert poses[-1].x - poses[0].x <= FARTHEST + 1e-6


def test_a_following_camera_keeps_its_actor_in_place() -> None:
    poses = track(Actor(subject="horse", action="run", direction="right"), Camera(move="follow"), 4, 12)
    assert np.ptp([p.x for p in poses]) < 0.01


def test_a_jump_leaves_the_ground_and_comes_back() -> None:
    poses = track(Actor(subject="rabbit", action="jump", direction="right"), Camera(), 2.5, 24)
    lifts = [p.lift for p in poses]
    assert max(lifts) > 0.1
    assert min(lifts) == 0


def test_a_drawn_path_passes_its_points() -> None:
    path = ((0.1, 0.8), (0.5, 0.4), (0.9, 0.8))
    poses = track(Actor(subject="bird", action="fly", path=path), Camera(), 2.0, 12.5)
    for point, pose in zip(path, (poses[0], poses[12], poses[-1]), strict=True):
        assert (pose.x, pose.y) == pytest.approx(point, abs=1e-6)


def test_a_zoom_keeps_its_centre() -> None:
    assert View(zoom=1.7).to_screen(*CENTRE) == pytest.approx(CENTRE)
    views = camera_path(Camera(move="zoom in"), 10, seconds=2)
    assert views[0].zoom == 1
    assert views[-1].zoom > 1.3


def test_far_planes_move_less_than_near_ones() -> None:
    view = View(x=0.2, zoom=1.4)
    assert abs(view.at_parallax(0.1).x) < abs(view.at_parallax(1.0).x)
    assert 1 < view.at_parallax(0.1).zoom < view.at_parallax(1.0).zoom == pytest.approx(1.4)


@pytest.mark.parametrize(("seconds", "fps"), [(0, 24), (-1, 24), (float("nan"), 24), (1, 0), (float("inf"), 24)])
def test_impossible_lengths_are_refused(seconds: float, fps: float) -> None:
    with pytest.raises(InputError):
        frame_count(seconds, fps)
