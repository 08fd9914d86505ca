"""Where everybody is and what the camera sees, over time, as tensors: what the networks that draw are told.

Units as in `render.scene`: x in frame widths, y in frame heights.

F frames
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from soundstage.render.motion import CENTRE, View


class Poses(NamedTuple):
    """One actor over time, all [F]: x, y of the anchor, side of the box, clockwise degrees, height over the ground,
    gait phase; `flip` faces left.
    """

    x: Tensor
    y: Tensor
    scale: Tensor
    angle: Tensor
    lift: Tensor
    phase: Tensor
    flip: Tensor


class Views(NamedTuple):
    """The camera over time, all [F], as `render.motion.View` tells it."""

    x: Tensor
    y: Tensor
    zoom: Tensor
    lens: Tensor
    roll: Tensor
    orbit: Tensor

    @classmethod
    def of(cls, path: Sequence[View], device: torch.device | None = None) -> Views:
        """Of the views of frames."""
        return cls(*(torch.tensor([getattr(view, name) for view in path], device=device) for name in cls._fields))

    def during(self, frames: slice) -> Views:
        """Some of the frames."""
        return Views(*(value[frames] for value in self))

    @property
    def scale(self) -> Tensor:
        """How much larger than at rest what stands on the ground is seen."""
        return self.zoom * self.lens

    def at_parallax(self, parallax: float) -> Views:
        """What a plane sees that moves at `parallax` of the ground's rate; the same law as the renderer's."""
        return self._replace(
            x=self.x * parallax - self.orbit * (1 - parallax),
            y=self.y * parallax,
            zoom=1 + (self.zoom - 1) * (0.35 + 0.65 * parallax),
            orbit=torch.zeros_like(self.orbit),
        )


def under_camera(poses: Poses, views: Views) -> Poses:
    """Poses in the picture to poses in the frame."""
    return poses._replace(
        x=CENTRE[0] + (poses.x - views.x - CENTRE[0]) * views.scale,
        y=CENTRE[1] + (poses.y - views.y - CENTRE[1]) * views.scale - poses.lift * views.scale,
        scale=poses.scale * views.scale,
        lift=poses.lift * views.scale,
    )
