"""Plans motion: where the camera and each subject are over time, by flow matching over a short sequence of track
tokens.

Notable: six tokens a second, each holding the camera and three subjects at that moment; the camera is kept apart from
the subjects' paths, so what stands on the ground stays on it whatever the camera does. Of a plan the engine keeps the
clip's middle, who stands where and how large: how it moves from there is law.

B batch · T tokens, RATE a second · D width · V = 3 + SLOTS · 8 values of a token
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage import flow
from soundstage.models.layered.reader import SLOTS
from soundstage.nn.dit import DiTBlock, FinalLayer
from soundstage.nn.embed import TimestepEmbedding, sinusoids

RATE = 6  # tokens a second
LONGEST = 10.0  # seconds trained on
CAMERA, ROLE = 3, 8
VALUES = CAMERA + SLOTS * ROLE
CENTRE = torch.tensor([0.0, 0.0, 0.0] + [0.5, 0.7, -1.0, 0.0, 0.0, 0.0, 0.0, 0.9] * SLOTS)
SPREAD = torch.tensor([0.25, 0.1, 0.2] + [0.35, 0.2, 0.35, 12.0, 0.08, 0.7, 0.7, 0.6] * SLOTS)


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """A plan of motion: camera [T, 3] as x, y, zoom − 1; roles [SLOTS, T, 8] as x, y, log scale, angle, lift, sin,
    cos, cycles a second.
    """

    camera: Tensor
    roles: Tensor


class Tracker(nn.Module):
    """The velocity of tracks [B, T, V]; conditions are class numbers of the scene [B, K] and of each role [B, SLOTS,
    R]; the last class is "none".
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, width: int, depth: int, heads: int, scene: Sequence[int], role: Sequence[int]) -> None:
        super().__init__()
        self.scene = nn.ModuleList(nn.Embedding(count + 1, width) for count in scene)
        self.role = nn.ModuleList(nn.Embedding(count + 1, width) for count in role)
        self.slot = nn.ModuleList(nn.Linear(width, width) for _ in range(SLOTS))
        self.time, self.length = TimestepEmbedding(width), TimestepEmbedding(width, scale=100.0)
        self.mix = nn.Sequential(nn.SiLU(), nn.Linear(width, width))
        self.stem = nn.Linear(VALUES, width)
        self.blocks = nn.ModuleList(DiTBlock(width, heads, hidden=3 * width) for _ in range(depth))
        self.head = FinalLayer(width, VALUES)
        self.register_buffer("centre", CENTRE.clone(), persistent=False)
        self.register_buffer("spread", SPREAD.clone(), persistent=False)

    def track(self, x_BTV: Tensor, t_B: Tensor, scene_BK: Tensor, role_BSR: Tensor) -> Tensor:
        """The finished track that x at time t seems to become."""
        tokens = x_BTV.shape[1]
        h = torch.stack([table(scene_BK[:, i]) for i, table in enumerate(self.scene)]).sum(0)
        roles = F.silu(torch.stack([table(role_BSR[..., i]) for i, table in enumerate(self.role)]).sum(0))
        h = h + sum(slot(roles[:, i]) for i, slot in enumerate(self.slot))
        seconds = t_B.new_full(t_B.shape, (tokens - 1) / RATE / LONGEST)
        condition = self.mix(h + self.time(t_B) + self.length(seconds))
        place = torch.arange(tokens, device=x_BTV.device)
        share = place / max(1, tokens - 1)
        y = self.stem(x_BTV) + 0.5 * (sinusoids(place, h.shape[1]) + sinusoids(share * 100, h.shape[1])).to(x_BTV)
        for block in self.blocks:
            y = block(y, condition)
        return self.head(y, condition)  # type: ignore[no-any-return]

    def forward(self, x_BTV: Tensor, t_B: Tensor, scene_BK: Tensor, role_BSR: Tensor) -> Tensor:
        """The velocity at x and t: from x to the finished track in the time that is left."""
        return (self.track(x_BTV, t_B, scene_BK, role_BSR) - x_BTV) / (1 - t_B).clamp_min(0.04).reshape(-1, 1, 1)

    def normal(self, values_BTV: Tensor) -> Tensor:
        """Values in their own units to about unit spread."""
        return (values_BTV - self.centre) / self.spread

    def plan(self, noise_TV: Tensor, scene_K: Tensor, role_SR: Tensor, *, steps: int) -> Tracks:
        """Tracks of T tokens from noise [T, V]."""
        x = flow.euler(lambda x, t: self(x, t, scene_K[None], role_SR[None]), noise_TV[None], flow.linear(steps))[0]
        values = x * self.spread + self.centre
        camera, roles = values[:, :CAMERA], values[:, CAMERA:]
        roles = roles.reshape(-1, SLOTS, ROLE).transpose(0, 1).clone()
        roles[..., :3] = smooth(roles[..., :3])
        return Tracks(camera=smooth(camera), roles=roles)


def smooth(values: Tensor) -> Tensor:
    """Binomial smoothing along time [..., T, V] by (1 4 6 4 1) / 16, ends extrapolated in line, so a steady path
    keeps its course.
    """
    tokens = values.shape[-2]
    if tokens < 5:
        return values
    first, last = values[..., :1, :], values[..., -1:, :]
    ahead = torch.cat((2 * first - values[..., 1:3, :].flip(-2), values, 2 * last - values[..., -3:-1, :].flip(-2)), -2)
    kernel = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=values.device) / 16
    return sum(kernel[i] * ahead[..., i : i + tokens, :] for i in range(5))  # type: ignore[return-value]
