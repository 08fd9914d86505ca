"""A video transformer over causal latents (Latte: Ma et al., 2024; CogVideoX; Wan), told where everything is.

Notable: a flow's network says what the finished latents are, as what a linear filter that knows each channel's power
would say, mended (cf. EDM: Karras et al., 2022): so it begins as a denoiser, and little of a narrow token is spent on
the noise. Blocks see the whole window, or frames and time in turn, with the
same number of weights. Given latents (a first picture, a last one, the end of the window before) are seen beside the
noise.

B batch · D latent channels · T latent frames · H, W cells of a frame, S = H · W · N width
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundstage.codec.vae3d import Vae3d
from soundstage.models.video_dit.config import VideoDitConfig
from soundstage.models.video_dit.told import WORLD, Actors, Layouts, Told, ends, in_world
from soundstage.nn.dit import DiTBlock, FinalLayer
from soundstage.nn.embed import TimestepEmbedding
from soundstage.ops.rope import Rope, axial_rope

TURNED = (16, 24, 24)  # channels of a head of 64 that turn with time, height and width


class Dit(nn.Module):
    """Noisy latents to what they seem to become; one that learns velocities says those of diffusion."""

    power: Tensor

    def __init__(self, config: VideoDitConfig) -> None:
        super().__init__()
        self.register_buffer("power", torch.ones(config.latent))  # mean square of each channel
        self.config = config
        c, width = config, config.width
        words = (len(c.places), len(c.times), len(c.weathers), c.layouts)
        self.unsaid = words
        self.hour = nn.ModuleList(nn.Embedding(count + 1, c.condition) for count in words)
        self.time = TimestepEmbedding(c.condition)
        self.mix = nn.Linear(c.condition, c.condition)
        self.actors = Actors(c.subjects, c.actions, c.colours, c.actor_width, width)
        self.layouts = Layouts(len(c.places), c.layouts, c.remembered)
        self.stem = nn.Linear(2 * c.latent + 2 + WORLD + 8 * c.remembered, width)
        self.near = Near(width)
        self.blocks = nn.ModuleList(
            DiTBlock(width, c.heads, condition=c.condition, hidden=c.hidden, qk_norm="head") for _ in range(c.depth)
        )
        self.last = Near(width)
        self.head = FinalLayer(width, c.latent, condition=c.condition)

    def forward(
        self, z_BDTHW: Tensor, t_B: Tensor, told: Told, given_BDTHW: Tensor, known_BT: Tensor, alone: bool
    ) -> Tensor:
        """[B, D, T, H, W] to the same. `t` is the share of data, 0 noise and 1 data; `known` marks latent frames that
        are `given`; `alone`, whether the first is a single frame's.
        """
        batch, _, frames, rows, columns = z_BDTHW.shape
        at = ends(told.views.x.shape[1], self.config.vae.time, alone, z_BDTHW.device)
        mark = known_BT.to(z_BDTHW)[:, None, :, None, None].expand(-1, 1, -1, rows, columns)
        lone = torch.zeros_like(mark)
        lone[:, :, 0] = float(alone)
        power, t = self.power.view(1, -1, 1, 1, 1), t_B.view(-1, 1, 1, 1, 1)
        spread = (t.square() * power + (1 - t).square()).sqrt()
        given = given_BDTHW * power.rsqrt() * mark
        filtered = t * power / spread.square() * z_BDTHW  # nothing where all is noise: that only disturbs
        seen = torch.cat((filtered * power.rsqrt(), given, mark, lone), 1).flatten(3).permute(0, 2, 3, 1)
        world = torch.cat((in_world(told.views, at, rows, columns), self.layouts(told, at, rows, columns)), -1)
        shown = torch.where(told.who < 0, 0, told.who)
        x = self.stem(torch.cat((seen, world.to(seen)), -1)) + self.actors(told, shown, at, rows, columns)
        x = self.near(x, rows, columns)
        condition = self.time(t_B) + sum(table(told.hour[:, i]) for i, table in enumerate(self.hour))
        condition = self.mix(nn.functional.silu(condition))
        whole, within, along = _turns(frames, rows, columns, self.config.width // self.config.heads, x.device)
        for index, block in enumerate(self.blocks):
            if self.config.looks == "full":
                x = block(x.flatten(1, 2), condition, rope=whole).view_as(x)
            elif index % 2 == 0:
                x = block(x.flatten(0, 1), condition.repeat_interleave(frames, 0), rope=within).view_as(x)
            else:
                turned = x.transpose(1, 2)
                turned = block(
                    turned.flatten(0, 1), condition.repeat_interleave(rows * columns, 0), rope=along
                ).view_as(turned)
                x = turned.transpose(1, 2)
        x = self.last(x, rows, columns)
        said: Tensor = self.head(x.flatten(1, 2), condition)
        said = said.view(batch, frames, rows, columns, -1).permute(0, 4, 1, 2, 3)
        if self.config.learns == "v":
            return said
        return filtered + (1 - t) * power.sqrt() / spread * said


class Near(nn.Module):
    """Each token mixed with its eight neighbours in the frame, added to it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, groups=width)
        nn.init.zeros_(self.conv.weight)

    def forward(self, x_BTSN: Tensor, rows: int, columns: int) -> Tensor:
        """[B, T, S, N] to the same."""
        batch, frames, _, width = x_BTSN.shape
        x = x_BTSN.reshape(batch * frames, rows, columns, width).permute(0, 3, 1, 2)
        return x_BTSN + self.conv(x).permute(0, 2, 3, 1).reshape_as(x_BTSN)  # type: ignore[no-any-return]


def _turns(frames: int, rows: int, columns: int, head: int, device: torch.device) -> tuple[Rope, Rope, Rope]:
    """Rotations of a whole window's tokens, of those of a frame, and of those along time."""
    widths = [head * share // 64 // 2 * 2 for share in TURNED]
    t, y, x = torch.meshgrid(
        *(torch.arange(count, device=device) for count in (frames, rows, columns)), indexing="ij"
    )  # fmt: skip
    still = torch.zeros(rows * columns, device=device)
    time = torch.arange(frames, device=device)
    within = axial_rope([still, y[0].flatten(), x[0].flatten()], widths)
    along = axial_rope([time, time * 0, time * 0], widths)
    return axial_rope([t.flatten(), y.flatten(), x.flatten()], widths), within, along


class VideoDit(nn.Module):
    """The transformer and its autoencoder."""

    def __init__(self, config: VideoDitConfig) -> None:
        super().__init__()
        self.config = config
        self.vae = Vae3d(config.vae)
        self.dit = Dit(config)
