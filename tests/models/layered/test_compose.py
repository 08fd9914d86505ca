"""Layers moved under a camera."""

import torch

from soundstage.models.layered.compose import contact, cut, paste, placed, seen, windows
from soundstage.render.motion import View
from soundstage.render.tracks import Poses, Views, under_camera

H = W = 64


def poses(x: float = 0.5, y: float = 0.5, scale: float = 0.5, angle: float = 0.0, flip: bool = False) -> Poses:
    one = torch.ones(1)
    return Poses(x * one, y * one, scale * one, angle * one, 0 * one, 0 * one, torch.tensor([flip]))


def laid(pose: Poses, anchor: tuple[float, float] = (0.5, 0.5)) -> torch.Tensor:
    """A sprite that is red on its left and green on its right, on an empty frame."""
    sprite = torch.zeros(1, 4, 32, 32)
    sprite[:, 0, :, :16], sprite[:, 1, :, 16:], sprite[:, 3] = 1, 1, 1
    frame = torch.zeros(1, 4, H, W)
    where = windows(pose, anchor, H, W)
    paste(frame, placed(sprite, pose, anchor, where, H, W), where)
    return frame[0]


def test_a_sprite_stands_where_its_pose_says():
    frame = laid(poses(x=0.5, y=0.75), anchor=(0.5, 1.0))
    rows, columns = torch.nonzero(frame[3] > 0.5, as_tuple=True)
    assert (int(rows.min()), int(rows.max())) == (16, 47)
    assert (int(columns.min()), int(columns.max())) == (16, 47)


def test_a_flip_mirrors_and_a_turn_is_clockwise():
    assert laid(poses())[0, 32, 20] > 0.9
    assert laid(poses(flip=True))[1, 32, 20] > 0.9
    assert laid(poses(angle=90))[0, 20, 32] > 0.9  # the left side has gone up


def test_a_window_put_back_leaves_the_frame_as_it_was():
    frame = torch.rand(1, 3, H, W, generator=torch.Generator().manual_seed(0))
    where = windows(poses(x=0.95, y=0.1), (0.5, 0.5), H, W)
    again = frame.clone()
    paste(again, cut(frame, where), where)
    assert torch.equal(again, frame)


def test_poses_and_layers_follow_the_camera_alike():
    ramp = torch.linspace(0, 1, 256)[None, None].expand(1, 64, -1).contiguous()
    views = Views.of([View(x=0.25, zoom=1.5)])
    view = View(x=0.25, y=0.0, zoom=1.5)
    frame = seen(ramp, views, H, W, 0.0)
    pose = under_camera(poses(x=0.8, y=0.5), views)
    assert torch.allclose(pose.x, torch.tensor(view.to_screen(0.8, 0.5)[0]))
    column = int(pose.x[0] * W)
    in_panorama = 0.5 + (0.8 - 0.5) * 64 / 256
    assert abs(float(frame[0, 0, 32, column]) - in_panorama) < 0.01


def test_parallax_agrees_with_the_renderer():
    view = View(x=0.3, y=0.1, zoom=1.4, lens=1.2, orbit=0.1)
    views = Views.of([view]).at_parallax(0.2)
    assert torch.allclose(torch.stack(views), torch.stack(Views.of([view.at_parallax(0.2)])))


def test_contact_is_nought_under_the_foot():
    pose = poses(x=0.5, y=0.5)
    where = windows(pose, (0.5, 0.5), H, W)
    middle = contact(pose, where, H, W, 33)[0, :2, 16, 16]
    assert middle.abs().max() < 0.02
