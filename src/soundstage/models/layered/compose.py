"""Moves layers under a camera: backgrounds seen through a view, sprites at their poses. Pure functions on tensors.

Notable: layers are moved, never redrawn, so nothing can flicker. Every map goes backwards, from a pixel of the frame
to a point of the layer. Units as in `render.scene`: x in frame widths, y in frame heights. Colours are premultiplied,
0…1.

F frames · D channels · H, W frame height and width · N side of a window in pixels
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.render.motion import CENTRE, turned_about
from soundstage.render.tracks import Poses, Views

ROOM = 1.6  # side of an actor's window over the side of its sprite


def seen(layer_DHW: Tensor, views: Views, height: int, width: int, margin: float) -> Tensor:
    """A panorama [D, h, w] as the camera sees it [F, D, H, W].

    The panorama's middle column is the frame's middle; its rows reach from −margin to 1 + margin frame heights.
    Beyond its edges it is mirrored, so that even a long way never ends in streaks.
    """
    rows, columns = layer_DHW.shape[-2:]
    unit = rows / (1 + 2 * margin)  # pixels of a frame height
    u = (torch.arange(width, device=layer_DHW.device) + 0.5) / width
    v = (torch.arange(height, device=layer_DHW.device) + 0.5) / height
    x = views.x[:, None] + CENTRE[0] + (u - CENTRE[0]) / views.scale[:, None]
    y = views.y[:, None] + CENTRE[1] + (v - CENTRE[1]) / views.scale[:, None]
    across = (x - 0.5) * (width / height) * unit * 2 / columns
    down = (y - 0.5) * 2 / (1 + 2 * margin)
    grid = torch.stack((across[:, None].expand(-1, height, -1), down[:, :, None].expand(-1, -1, width)), -1)
    return F.grid_sample(layer_DHW.expand(len(grid), -1, -1, -1), grid, padding_mode="reflection", align_corners=False)


def turned(frames_FDHW: Tensor, degrees_F: Tensor, size: float, height: int, width: int) -> Tensor:
    """Frames drawn `size` times too large, as a camera turned clockwise sees them, [F, D, height, width].

    The world then turns the other way.
    """
    tall, wide = frames_FDHW.shape[-2:]
    middle = turned_about(size)
    across = (torch.arange(width, device=degrees_F.device) + 0.5 - width / 2)[None, None, :]
    down = (torch.arange(height, device=degrees_F.device) + 0.5 - height / 2)[None, :, None]
    turn = torch.deg2rad(degrees_F)[:, None, None]
    x = middle[0] * wide + across * turn.cos() - down * turn.sin()
    y = middle[1] * tall + across * turn.sin() + down * turn.cos()
    grid = torch.stack((x * 2 / wide - 1, y * 2 / tall - 1), -1)
    return F.grid_sample(frames_FDHW, grid, padding_mode="border", align_corners=False)


class Windows(NamedTuple):
    """Squares of the frame round an actor: top left corners in pixels [F], and their side N."""

    left: Tensor
    top: Tensor
    side: int


def windows(poses: Poses, anchor: tuple[float, float], height: int, width: int) -> Windows:
    """Squares of whole pixels that hold the sprite and its shadow, all of one size, centred on the sprite's box."""
    x, y = _middle(poses, anchor, height, width)
    side = int(torch.ceil(ROOM * poses.scale.max() * height)) + 2
    return Windows((x - side / 2).round().long(), (y - side / 2).round().long(), side)


def _middle(poses: Poses, anchor: tuple[float, float], height: int, width: int) -> tuple[Tensor, Tensor]:
    """The middle of the sprite's box in pixels."""
    turn = torch.deg2rad(poses.angle)
    ax = torch.where(poses.flip, 1 - anchor[0], anchor[0])
    dx, dy = 0.5 - ax, 0.5 - anchor[1]
    side = poses.scale * height
    x = poses.x * width + (dx * turn.cos() - dy * turn.sin()) * side
    return x, poses.y * height + (dx * turn.sin() + dy * turn.cos()) * side


def corner(poses: Poses, anchor: tuple[float, float], height: int, width: int, frame: int) -> tuple[float, float]:
    """The top left pixel of the sprite's box in a frame, where it is not turned."""
    x, y = _middle(poses, anchor, height, width)
    half = float(poses.scale[frame]) * height / 2
    return float(x[frame]) - half, float(y[frame]) - half


def placed(
    sprites_FDSS: Tensor, poses: Poses, anchor: tuple[float, float], where: Windows, height: int, width: int
) -> Tensor:
    """Sprites laid into their windows [F, D, N, N], mirrored, turned and scaled by their poses; clear outside."""
    x, y = _middle(poses, anchor, height, width)
    pixel = torch.arange(where.side, device=x.device) + 0.5
    dx = (where.left[:, None] + pixel - x[:, None]) / (poses.scale[:, None] * height)
    dy = (where.top[:, None] + pixel - y[:, None]) / (poses.scale[:, None] * height)
    turn = torch.deg2rad(poses.angle)
    c, s = turn.cos()[:, None, None], turn.sin()[:, None, None]
    across = c * dx[:, None, :] + s * dy[:, :, None]
    down = c * dy[:, :, None] - s * dx[:, None, :]
    across = torch.where(poses.flip[:, None, None], -across, across)
    grid = torch.stack((across, down), -1) * 2
    shrink = sprites_FDSS.shape[-1] / float(poses.scale.median() * height)
    if shrink > 1.6:  # a much smaller sprite is averaged first, or its lines would break up
        sprites_FDSS = F.avg_pool2d(sprites_FDSS, int(shrink + 0.4))
    return F.grid_sample(sprites_FDSS, grid, padding_mode="zeros", align_corners=False)


def contact(poses: Poses, where: Windows, height: int, width: int, size: int) -> Tensor:
    """Where each of size × size points of the windows lies from the actor's foot on the ground, in sprite sides: [F,
    3, size, size], last the lift.
    """
    step = where.side / size
    pixel = (torch.arange(size, device=poses.x.device) + 0.5) * step
    scale = poses.scale[:, None] * height
    dx = (where.left[:, None] + pixel - poses.x[:, None] * width) / scale
    dy = (where.top[:, None] + pixel - (poses.y + poses.lift)[:, None] * height) / scale
    lift = (poses.lift / poses.scale)[:, None, None].expand(-1, size, size)
    return torch.stack((dx[:, None, :].expand_as(lift), dy[:, :, None].expand_as(lift), lift), 1)


def cut(frames_FDHW: Tensor, where: Windows) -> Tensor:
    """The windows of the frames [F, D, N, N]; beyond the frame its edge goes on."""
    height, width = frames_FDHW.shape[-2:]
    pixel = torch.arange(where.side, device=frames_FDHW.device)
    rows = (where.top[:, None] + pixel).clamp(0, height - 1)
    columns = (where.left[:, None] + pixel).clamp(0, width - 1)
    index = torch.arange(len(rows), device=frames_FDHW.device)[:, None, None]
    return frames_FDHW.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def paste(frames_FDHW: Tensor, patches_FDNN: Tensor, where: Windows) -> None:
    """Put windows back into the frames, in place."""
    height, width = frames_FDHW.shape[-2:]
    for i, patch in enumerate(patches_FDNN):
        left, top = int(where.left[i]), int(where.top[i])
        x0, x1, y0, y1 = max(0, left), min(width, left + where.side), max(0, top), min(height, top + where.side)
        if x0 < x1 and y0 < y1:
            frames_FDHW[i, :, y0:y1, x0:x1] = patch[:, y0 - top : y1 - top, x0 - left : x1 - left]
