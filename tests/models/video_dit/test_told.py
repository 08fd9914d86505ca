"""What a cell is told: its point in the actors' boxes and in the world, by the very laws by which frames are drawn."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from soundstage.models.video_dit import NOBODY, Told
from soundstage.models.video_dit.told import Actors, ends, in_boxes, in_world
from soundstage.render.tracks import Poses, Views

ROWS, COLUMNS = 8, 8


def pose(**values: float) -> Poses:
    """One actor in one frame, [1, 1, 1] each."""
    usual = {"x": 0.5, "y": 0.5, "scale": 0.5, "angle": 0.0, "lift": 0.0, "phase": 0.0, "flip": 0.0} | values
    return Poses(*(torch.full((1, 1, 1), usual[name]) for name in Poses._fields))


def view(**values: float) -> Views:
    usual = {"x": 0.0, "y": 0.0, "zoom": 1.0, "lens": 1.0, "roll": 0.0, "orbit": 0.0} | values
    return Views(*(torch.full((1, 1), usual[name]) for name in Views._fields))


def boxed(where: Poses, anchor: tuple[float, float] = (0.5, 0.5)) -> tuple[Tensor, Tensor]:
    """u and v of the cells [ROWS, COLUMNS]."""
    told, _ = in_boxes(where, torch.tensor([[anchor]]), torch.zeros(1, 2, dtype=torch.long), ROWS, COLUMNS)
    u, v = told[0, 0, 0, :, :2].T
    return u.view(ROWS, COLUMNS), v.view(ROWS, COLUMNS)


def test_a_box_is_half_a_side_from_its_middle_to_its_edge() -> None:
    u, v = boxed(pose(x=0.5, y=0.5, scale=0.5))
    assert torch.allclose(u[0], (torch.arange(8) + 0.5 - 4) / 4)
    assert torch.allclose(v[:, 0], (torch.arange(8) + 0.5 - 4) / 4)


def test_an_anchor_at_the_feet_puts_the_box_above() -> None:
    _, v = boxed(pose(y=1.0, scale=0.5), anchor=(0.5, 1.0))
    assert float(v[6, 0]) == 0.125  # the cells' middle 0.8125, the box's 0.75


def test_who_faces_left_is_drawn_mirrored() -> None:
    right, left = boxed(pose(x=0.4), (0.3, 0.5))[0], boxed(pose(x=0.6, flip=1.0), (0.3, 0.5))[0]
    assert torch.allclose(left, right.flip(1), atol=1e-6)


def test_a_quarter_turn_lets_the_box_lie() -> None:
    u, v = boxed(pose(angle=90.0))
    plain_u, plain_v = boxed(pose())
    assert torch.allclose(u, plain_v, atol=1e-5) and torch.allclose(v, -plain_u, atol=1e-5)


def test_cells_far_from_everybody_are_told_nothing() -> None:
    _, near = in_boxes(pose(x=0.2, y=0.2, scale=0.3), torch.full((1, 1, 2), 0.5), torch.zeros(1, 2).long(), 8, 8)
    near = near.view(8, 8)
    assert float(near[1, 1]) > 0.99 and float(near[7, 7]) < 0.01


def test_a_pan_shows_what_lay_further_on() -> None:
    still = in_world(view(), torch.zeros(1, 2).long(), ROWS, COLUMNS)[0, 0]
    panned = in_world(view(x=0.25), torch.zeros(1, 2).long(), ROWS, COLUMNS)[0, 0]
    ground = 2
    assert torch.allclose(panned[:, ground] - still[:, ground], torch.tensor(0.25))
    assert torch.equal(panned[:, :2], still[:, :2])


def test_the_first_frame_has_a_latent_of_its_own() -> None:
    assert ends(9, 4, True, torch.device("cpu")).tolist() == [[0, 0], [1, 4], [5, 8]]
    assert ends(8, 4, False, torch.device("cpu")).tolist() == [[0, 3], [4, 7]]


def test_a_window_has_the_frames_of_its_latents() -> None:
    steps = torch.arange(13.0)
    told = Told(
        poses=Poses(*(steps.view(1, 1, -1) for _ in Poses._fields)),
        who=torch.zeros(1, 1, 3, dtype=torch.long),
        views=Views(*(steps.view(1, -1) for _ in Views._fields)),
        hour=torch.zeros(1, 4, dtype=torch.long),
    )
    assert told.window(0, 2, 4).views.x[0].tolist() == [0, 1, 2, 3, 4]
    assert told.window(1, 2, 4).poses.x[0, 0].tolist() == list(range(1, 9))


@torch.no_grad()
def test_nobody_adds_nothing() -> None:
    actors = Actors(("dog",), ("run",), ("red",), 8, 4)
    where = Poses(*(each.expand(1, 1, 5) for each in pose()))
    looks = {
        name: Told(
            poses=where,
            who=torch.tensor([[who]]),
            views=Views(*(each.expand(1, 5) for each in view())),
            hour=torch.zeros(1, 4, dtype=torch.long),
        )
        for name, who in (("dog", [0, 0, 0]), ("nobody", [NOBODY] * 3))
    }
    at = ends(5, 4, True, torch.device("cpu"))
    dog, nobody = (actors(told, told.who.clamp_min(0), at, ROWS, COLUMNS) for told in looks.values())
    assert float(dog.abs().max()) > 1e-3 and not bool(nobody.any())
    assert math.prod(dog.shape) == 1 * 2 * 64 * 4
