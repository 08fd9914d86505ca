"""A picture set in motion: what is cut out, what is filled, what is kept to the pixel."""

from __future__ import annotations

import torch

from soundstage.models.layered import Cast, Layered, Plan, tiny
from soundstage.models.layered.living import Shares, filled, hole, living, sprite_of, taken_apart
from soundstage.render.motion import View
from soundstage.render.tracks import Poses, Views

SIDE, FRAMES = 64, 6


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    """Stripes from top to bottom with a red disc, and the disc's alpha."""
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    ground = (rows * 3)[..., None].expand(-1, -1, 3).clone()
    alpha = ((rows - 32) ** 2 + (columns - 20) ** 2 <= 100).float()
    ground[alpha > 0] = torch.tensor([250, 10, 10])
    return ground.to(torch.uint8), alpha


def poses(x: torch.Tensor) -> Poses:
    still = torch.zeros_like(x)
    return Poses(x, still + 0.5, still + 0.5, still, still, still, still > 0)


def plan(model: Layered) -> Plan:
    x = torch.linspace(20 / 64, 0.7, FRAMES)
    cast = Cast(subject=0, colour=0, action=0, variant=0, anchor=(0.5, 0.5), grounded=True, poses=poses(x))
    return Plan(place=0, time=0, weather=0, falling="", views=Views.of([View()] * FRAMES), cast=(cast,))


def engine() -> Layered:
    model, draw = Layered(tiny()).eval(), torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.1)
    return model.requires_grad_(False)


def test_the_hole_is_wider_than_the_subject_and_reaches_below_it() -> None:
    _, alpha = picture()
    found = hole(alpha)
    assert bool((found >= (alpha > 0)).all())
    assert int(found.any(1).nonzero().max()) > int((alpha > 0).any(1).nonzero().max()) + 1
    assert not bool(hole(torch.zeros(8, 8)).any())


def test_a_hole_is_filled_with_what_is_beside_it() -> None:
    given, alpha = picture()
    made = filled(given.permute(2, 0, 1).float() / 255, hole(alpha))
    true = (torch.arange(SIDE) * 3 / 255)[:, None].expand(SIDE, SIDE)
    assert float((made - true).abs().max()) < 0.06


def test_a_hole_is_filled_with_what_is_known_to_be_behind() -> None:
    shown, alpha = picture()
    behind = torch.full((3, SIDE, SIDE), 0.25)
    place = taken_apart(shown, alpha, torch.zeros_like(alpha), behind).place
    assert torch.allclose(place[:, hole(alpha)], torch.tensor(0.25), atol=1e-5)
    assert torch.allclose(place[:, :, 45:], shown.permute(2, 0, 1)[:, :, 45:].float() / 255)


def test_what_is_cut_out_lies_where_it_was_again() -> None:
    given, alpha = picture()
    end = taken_apart(given, alpha, torch.zeros_like(alpha))
    x = torch.tensor([20.5 / 64])
    sprite = sprite_of(end, poses(x)._replace(y=torch.tensor([32.5 / 64])), 0, (0.5, 0.5), 32)
    assert sprite.shape == (4, 32, 32)
    middle = sprite[3].sum(0) @ torch.arange(32.0) / sprite[3].sum()
    assert abs(float(middle) - 15.5) < 0.5
    assert float(sprite[3].mean()) * 32**2 == 0 or abs(float(sprite[3].mean()) - 0.307) < 0.05  # π 10² of 32²


def test_the_first_and_the_last_frame_are_the_pictures_themselves() -> None:
    given, alpha = picture()
    other = given.flip(1)
    first, last = (taken_apart(x, a, torch.zeros_like(alpha)) for x, a in ((given, alpha), (other, alpha.flip(1))))
    ramp = torch.linspace(1, 0, FRAMES)
    shares = Shares(ramp.square(), ramp.flip(0).square(), 1 - ramp)
    model = engine()
    made = living(model, plan(model), first, last, shares)
    assert made.shape == (FRAMES, SIDE, SIDE, 3)
    assert torch.equal(made[0], given)
    assert torch.equal(made[-1], other)
    assert not torch.equal(made[2], made[3])


def test_without_a_subject_the_place_moves_under_the_camera() -> None:
    given, alpha = picture()
    end = taken_apart(given, torch.zeros_like(alpha), torch.zeros_like(alpha))
    model = engine()
    views = Views.of([View(x=0.1 * k) for k in range(FRAMES)])
    nobody = Plan(place=0, time=0, weather=0, falling="", views=views, cast=())
    still = torch.zeros(FRAMES)
    made = living(model, nobody, end, None, Shares(still, still, still))
    assert torch.equal(made[0], given)
    # the disc, a part of the place here, goes left as the camera pans to the right
    columns = [float((frame[32, :, 0] > 200).nonzero().float().mean()) for frame in made[:2]]
    assert columns[0] - columns[1] > 4
