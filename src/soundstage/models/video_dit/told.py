"""What every cell of the latents is told: where it lies in the world that the camera sees, and in whose box it is.

Notable: a cell's point is given in the coordinates of each actor's own drawing (mirrored, turned and scaled as its pose
is) and in those of the ground and of the distance. So a camera in values and a drawn path are told to the network as
exactly as to a renderer (cf. CameraCtrl: He et al., 2024), and what it must learn is how things look.

B batch · A actors · F frames · T latent frames · S cells of a frame · X numbers of a point
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from soundstage.render.motion import CENTRE
from soundstage.render.sprites import anchor_of
from soundstage.render.tracks import Poses, Views

ACTORS = 2
NOBODY = -1
FAR = 0.3  # of the ground's rate, at which the distance is told to move
NEARNESS, EDGE = 0.78, 14.0  # half a box beyond which a cell is not told of it, and how sharply that ends
TONES = (1.0, 2.0, 4.0)  # half turns over a box
WORLD_TONES = (0.5, 1.0, 2.0, 4.0)  # half turns over a frame's height
HALF_WIDTH, HALF_HEIGHT, FINE = 1.75, 0.8, 8  # of the remembered world, in frame heights, and its points a height
GAIN = 10.0  # of what is remembered: each point is seen seldom, so it must learn faster than the network
POINT = 2 * 2 * len(TONES) + 2 + 4 + 4 + 2  # numbers of a point in an actor's box
WORLD = 2 * (2 * 2 * len(WORLD_TONES) + 3) + 6 + 2


@dataclass(frozen=True, kw_only=True)
class Told:
    """A batch of scenes in numbers.

    `poses` are as the frame shows them, [B, A, F] each; `views` [B, F] each; `who` [B, A, 3] are subject, action and
    colour, NOBODY for none; `hour` [B, 4] place, time, weather and layout, each the number of its words where it is not
    said.
    """

    poses: Poses
    who: Tensor
    views: Views
    hour: Tensor

    def window(self, start: int, latents: int, time: int) -> Told:
        """The frames of some latent frames; the first frame has a latent of its own, the others share one in `time`."""
        first = 0 if start == 0 else time * (start - 1) + 1
        span = slice(first, time * (start + latents - 1) + 1)
        return replace(
            self,
            poses=Poses(*(each[..., span] for each in self.poses)),
            views=Views(*(each[..., span] for each in self.views)),
        )


def ends(frames: int, time: int, alone: bool, device: torch.device) -> Tensor:
    """First and last frame of each latent frame, [T, 2], of a window that begins with a frame `alone` or not."""
    lone = int(alone)
    first = torch.arange(lone, frames, time, device=device)
    pairs = torch.stack((first, first + time - 1), 1)
    return torch.cat((pairs.new_zeros(lone, 2), pairs))


def points(rows: int, columns: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The cells' middles, x and y [S] in frame widths and heights."""
    y, x = torch.meshgrid(
        (torch.arange(rows, device=device) + 0.5) / rows, (torch.arange(columns, device=device) + 0.5) / columns,
        indexing="ij",
    )  # fmt: skip
    return x.flatten(), y.flatten()


def in_boxes(poses: Poses, anchors_BA2: Tensor, at: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Points in the actors' boxes [B, A, T, S, 2 · POINT], at both of the frames `at` [T, 2], and how much each cell
    is told of them, 0…1 [B, A, T, S].
    """
    x, y = points(rows, columns, at.device)
    seen, near = [], []
    for end in at.unbind(1):
        pose = Poses(*(each[..., end, None] for each in poses))
        flip = pose.flip.to(pose.x.dtype)
        mirror = 1 - 2 * flip
        ax, ay = anchors_BA2[:, :, None, None, 0], anchors_BA2[:, :, None, None, 1]
        turn = torch.deg2rad(pose.angle)
        c, s = turn.cos(), turn.sin()
        side = pose.scale.clamp_min(1e-3)
        dx, dy = (x - pose.x) * (columns / rows) / side, (y - pose.y) / side
        across, down = c * dx + s * dy, c * dy - s * dx
        u, v = mirror * across - (0.5 - ax), down - (0.5 - ay)
        near.append(torch.sigmoid(EDGE * (NEARNESS - torch.maximum(u.abs(), v.abs()))))
        phase = 2 * math.pi * pose.phase
        told = [u.clamp(-1.5, 1.5), v.clamp(-1.5, 1.5), c * mirror, s, mirror, side.log() / 2, phase.cos(),
                phase.sin(), (2 * phase).cos(), (2 * phase).sin(), pose.lift / side, pose.lift]  # fmt: skip
        told += [f(math.pi * tone * w) for tone in TONES for w in (u, v) for f in (torch.sin, torch.cos)]
        seen.append(_stacked(told))
    return torch.cat(seen, -1), torch.maximum(*near)


def in_world(views: Views, at: Tensor, rows: int, columns: int) -> Tensor:
    """Points of the ground and of the distance [B, T, S, WORLD], at the last of the frames `at` [T, 2]."""
    x, y = points(rows, columns, at.device)
    told = [(x - 0.5).expand(len(views.x), len(at), -1), (y - 0.5).expand(len(views.x), len(at), -1)]
    for parallax in (1.0, FAR):
        plane = views.at_parallax(parallax)
        values = []
        for end in at.unbind(1):
            view = Views(*(each[:, end, None] for each in plane))
            values.append(
                (
                    (CENTRE[0] + (x - CENTRE[0]) / view.scale + view.x - 0.5) * (columns / rows),
                    CENTRE[1] + (y - CENTRE[1]) / view.scale + view.y - 0.5,
                    view.scale.log().expand(-1, -1, len(x)),
                )
            )
        before, after = values
        told += [*after, *(8 * (b - a) for a, b in zip(before, after, strict=True))]
        told += [f(math.pi * tone * w) for tone in WORLD_TONES for w in after[:2] for f in (torch.sin, torch.cos)]
    return _stacked(told)


def _stacked(values: Sequence[Tensor]) -> Tensor:
    """Values of shapes that broadcast, side by side in a last axis."""
    return torch.stack(torch.broadcast_tensors(*values), -1)  # type: ignore[no-untyped-call]


class Layouts(nn.Module):
    """What is remembered of every layout of every place: features on two grids of the world, one at the ground's depth
    and one far away, looked up where the camera sees them, [B, T, S, 8 · C].

    A layout that is not said has grids of its own, as has a place that is not.
    """

    def __init__(self, places: int, layouts: int, channels: int) -> None:
        super().__init__()
        self.layouts = layouts
        rows, columns = (round(2 * half * FINE) for half in (HALF_HEIGHT, HALF_WIDTH))
        shape = ((places + 1) * (layouts + 1), channels, rows, columns)
        self.near, self.far = (nn.Parameter(0.1 / GAIN * torch.randn(shape)) for _ in range(2))

    def forward(self, told: Told, at: Tensor, rows: int, columns: int) -> Tensor:
        """At the last of the frames `at`; each cell looks at four points of itself."""
        x, y = points(rows, columns, at.device)
        dx, dy = (torch.tensor(step, device=at.device) / 4 for step in ((-1, 1, -1, 1), (-1, -1, 1, 1)))
        u, v = x[:, None] + dx / columns, y[:, None] + dy / rows
        which = told.hour[:, 0] * (self.layouts + 1) + told.hour[:, 3]
        found = []
        for table, parallax in ((self.near, 1.0), (self.far, FAR)):
            plane = told.views.at_parallax(parallax)
            view = Views(*(each[:, at[:, 1], None, None] for each in plane))
            across = (CENTRE[0] + (u - CENTRE[0]) / view.scale + view.x - 0.5) * (columns / rows) / HALF_WIDTH
            down = (CENTRE[1] + (v - CENTRE[1]) / view.scale + view.y - 0.5) / HALF_HEIGHT
            grid = _stacked((across, down)).flatten(2, 3)
            seen = nn.functional.grid_sample(
                GAIN * table[which], grid.to(table), padding_mode="border", align_corners=False
            )  # [B, C, T, 4 S]
            seen = seen.view(*seen.shape[:3], len(x), 4)
            found.append(seen.permute(0, 2, 3, 4, 1).flatten(3))
        return torch.cat(found, -1)


class Actors(nn.Module):
    """Actors to what they add to the cells' tokens, [B, T, S, D]."""

    anchors: Tensor

    def __init__(
        self, subjects: Sequence[str], actions: Sequence[str], colours: Sequence[str], inner: int, width: int
    ) -> None:
        super().__init__()
        self.unsaid = (len(subjects), len(actions), len(colours))
        self.tables = nn.ModuleList(nn.Embedding(count + 1, inner) for count in self.unsaid)
        self.pair = nn.Embedding((len(subjects) + 1) * (len(actions) + 1), inner)
        self.rise = nn.Linear(2 * POINT, inner)
        self.film = nn.Linear(inner, 2 * inner)
        self.mid, self.out = nn.Linear(inner, inner), nn.Linear(inner, width)
        anchors = torch.full((len(subjects) + 1, len(actions) + 1, 2), 0.5)
        for i, subject in enumerate(subjects):
            for k, action in enumerate(actions):
                anchors[i, k] = torch.tensor(anchor_of(subject, action))
        self.register_buffer("anchors", anchors, persistent=False)

    def forward(self, told: Told, shown_BA3: Tensor, at: Tensor, rows: int, columns: int) -> Tensor:
        """`shown` are the classes that the network is told, which may be unsaid where the anchors' are not."""
        there = told.who[..., 0] != NOBODY
        known = told.who.clamp_min(0)
        point, near = in_boxes(told.poses, self.anchors[known[..., 0], known[..., 1]], at, rows, columns)
        subject, action, _ = shown_BA3.clamp_min(0).unbind(-1)
        name = self.pair(subject * (self.unsaid[1] + 1) + action)
        for table, classes in zip(self.tables, shown_BA3.clamp_min(0).unbind(-1), strict=True):
            name = name + table(classes)
        scale, shift = self.film(name)[:, :, None, None].chunk(2, -1)
        h = nn.functional.silu(self.rise(point) * (1 + scale) + shift)
        h = self.out(nn.functional.silu(self.mid(h)))
        return (h * (near * there[..., None, None])[..., None]).sum(1)  # type: ignore[no-any-return]
