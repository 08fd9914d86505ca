"""Wan 2.1's video transformer: noisy latents, a time and a text to a velocity (Wan team, 2025).

Notable: the modulation is one projection shared by all blocks plus a small table in each; queries and keys are normed
over all heads together; positions turn time, height and width apart. Text keys do not depend on the time, so `read`
makes them once for all steps. The network's own time runs from 0, data, to 1000, noise, and its velocity points to the
noise; `velocity` turns both round to this package's convention.

B batch · C latent channels · F, H, W latent frames, height, width · N tokens · D width · S text tokens · P patch values
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.flow import Velocity
from soundstage.nn.embed import sinusoids
from soundstage.nn.transformer import Attention, FeedForward, KeyValue
from soundstage.ops.rope import Rope, axial_rope


@dataclass(frozen=True, kw_only=True)
class WanConfig:
    """The shape of the transformer; `width / heads` is the head width, whose channels time and space share."""

    width: int
    depth: int
    heads: int
    hidden: int
    channels: int = 16
    out: int = 16
    text: int = 4096
    frequencies: int = 256
    patch: tuple[int, int, int] = (1, 2, 2)
    eps: float = 1e-6


def wan_1_3b() -> WanConfig:
    """Wan 2.1 T2V 1.3B."""
    return WanConfig(width=1536, depth=30, heads=12, hidden=8960)


def wan_14b() -> WanConfig:
    """Wan 2.1 T2V 14B."""
    return WanConfig(width=5120, depth=40, heads=40, hidden=13824)


class Read(NamedTuple):
    """A text, read: the keys and values of each block, and what is added to their scores ([1, 1, 1, S], or none)."""

    keys: list[KeyValue]
    bias: Tensor | None = None


class WanBlock(nn.Module):
    """Self-attention and feed-forward under the modulation, and an ungated look at the text between them."""

    def __init__(self, width: int, heads: int, hidden: int, eps: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, qk_norm="whole", eps=eps)
        self.cross = Attention(width, heads, context=width, qk_norm="whole", eps=eps)
        self.cross_norm = nn.LayerNorm(width, eps)
        self.feed = FeedForward(width, hidden, activation="gelu-tanh")
        self.table = nn.Parameter(torch.randn(1, 6, width) / math.sqrt(width))
        self.eps = eps

    def forward(self, x_BND: Tensor, text: KeyValue, bias: Tensor | None, modulation_B6D: Tensor, rope: Rope) -> Tensor:
        """[B, N, D] to the same; a modulation of one row holds for the whole batch."""
        shift, scale, gate, feed_shift, feed_scale, feed_gate = (self.table + modulation_B6D).unbind(1)
        seen = self.attention(shifted_norm(x_BND, shift, scale, self.eps), rope=rope)
        x_BND = torch.addcmul(x_BND, seen, gate.unsqueeze(1))
        x_BND = x_BND + self.cross(self.cross_norm(x_BND), text, mask=bias)
        made = self.feed(shifted_norm(x_BND, feed_shift, feed_scale, self.eps))
        return torch.addcmul(x_BND, made, feed_gate.unsqueeze(1))


class Wan(nn.Module):
    """Latents [B, C, F, H, W] to the network's own velocity, of the same shape."""

    def __init__(self, config: WanConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.patch = nn.Conv3d(config.channels, width, config.patch, config.patch)
        self.time_rise, self.time_out = nn.Linear(config.frequencies, width), nn.Linear(width, width)
        self.modulation = nn.Linear(width, 6 * width)
        self.text_rise, self.text_out = nn.Linear(config.text, width), nn.Linear(width, width)
        self.blocks = nn.ModuleList(
            WanBlock(width, config.heads, config.hidden, config.eps) for _ in range(config.depth)
        )
        self.table = nn.Parameter(torch.randn(1, 2, width) / math.sqrt(width))
        self.out = nn.Linear(width, config.out * math.prod(config.patch))

    def read(self, text_BSC: Tensor, padding: int = 0) -> Read:
        """Each block's keys and values of the text encoder's states [B, S, C], for all steps.

        Wan pads its texts with zeros to 512 tokens and looks at all of them. Zeros have one key and one value, so
        `padding` of them are one token whose score is raised by log(padding): the same sum, over far fewer keys.
        """
        bias = None
        if padding:
            text_BSC = F.pad(text_BSC, (0, 0, 0, 1))
            bias = text_BSC.new_zeros(1, 1, 1, text_BSC.shape[1])
            bias[..., -1] = math.log(padding)
        text = self.text_out(F.gelu(self.text_rise(text_BSC), approximate="tanh"))
        return Read([cast(WanBlock, block).cross.keys(text) for block in self.blocks], bias)

    def forward(self, x_BCFHW: Tensor, timestep_B: Tensor, text: Tensor | Read) -> Tensor:
        """`timestep_B` in 0 (data) to 1000 (noise), one for each row or [1] for all; `text` [B, S, C] or its `read`.

        Raises InputError for sizes that the patch does not divide.
        """
        patch, sizes = self.config.patch, x_BCFHW.shape[2:]
        if any(size % step for size, step in zip(sizes, patch, strict=True)):
            raise InputError("size", f"latents of {tuple(sizes)}", f"use multiples of the patch {patch}")
        keys, bias = self.read(text) if isinstance(text, Tensor) else text
        grid = cast(tuple[int, int, int], tuple(size // step for size, step in zip(sizes, patch, strict=True)))
        rope = grid_rope(self.config.width // self.config.heads, grid, x_BCFHW.device)
        features = sinusoids(timestep_B, self.config.frequencies).to(x_BCFHW.dtype)
        time_BD = self.time_out(F.silu(self.time_rise(features)))
        modulation_B6D = self.modulation(F.silu(time_BD)).unflatten(1, (6, -1))
        x_BND = self.patch(x_BCFHW).flatten(2).transpose(1, 2).contiguous()
        for block, pair in zip(self.blocks, keys, strict=True):
            x_BND = block(x_BND, pair, bias, modulation_B6D, rope)
        shift, scale = (self.table + time_BD.unsqueeze(1)).unbind(1)
        y_BNP = self.out(shifted_norm(x_BND, shift, scale, self.config.eps))
        y: Tensor = y_BNP.reshape(len(y_BNP), *grid, *patch, self.config.out)
        return y.permute(0, 7, 1, 4, 2, 5, 3, 6).reshape(len(y), self.config.out, *sizes)


def velocity(model: Wan, text_BSC: Tensor, padding: int = 0) -> Velocity:
    """The model as a velocity from noise (t 0) to data (t 1), for the solvers of `flow`; reads the text once."""
    with torch.no_grad():
        keys = model.read(text_BSC, padding)

    def at(x: Tensor, t_B: Tensor) -> Tensor:
        back: Tensor = model(x, 1000 * (1 - t_B[:1]), keys)  # a solver's batch shares its time
        return -back

    return at


def shifted_norm(x_BND: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """layer norm · (1 + scale) + shift; one kernel where a single row [1, D] holds for the batch."""
    width = x_BND.shape[-1:]
    if len(shift) == 1:
        return F.layer_norm(x_BND, width, 1 + scale[0], shift[0], eps)
    return torch.addcmul(shift.unsqueeze(1), F.layer_norm(x_BND, width, eps=eps), 1 + scale.unsqueeze(1))


@lru_cache(maxsize=16)
def grid_rope(head: int, grid: tuple[int, int, int], device: torch.device) -> Rope:
    """The rotation of every token of a grid: a third of the head's channels each, what is left over goes to time."""
    side = 2 * (head // 6)
    with torch.inference_mode(False):  # what is kept may be used in training too
        axes = torch.meshgrid(*(torch.arange(size, device=device) for size in grid), indexing="ij")
        return axial_rope([axis.flatten() for axis in axes], [head - 2 * side, side, side])
