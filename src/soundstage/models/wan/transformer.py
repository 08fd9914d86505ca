"""Wan 2.1's video transformer: noisy latents, a time, a text and perhaps pictures to a velocity (Wan team, 2025).

Notable: the modulation is one projection shared by all blocks plus a small table in each; queries and keys are normed
over all heads together; positions turn time, height and width apart. What starts from a picture sees it twice: as
channels beside the noise, and as an image encoder's tokens, which have keys and values of their own. Keys do not
depend on the time, so `read` makes them once for all steps. Times, tables and norms stay float32 in a model of bfloat16
(`weights.wan` says which), as they were trained. The network's own time runs from 0, data, to 1000, noise, and its
velocity points to the noise; `velocity` turns both round to this package's convention.

B batch · C latent channels · F, H, W latent frames, height, width · N tokens · D width · S text tokens · P patch values
M image tokens · I width of the image encoder
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.flow import Velocity
from soundstage.nn.embed import sinusoids
from soundstage.nn.linear import Linear
from soundstage.nn.norms import RMSNorm
from soundstage.nn.transformer import Attention, FeedForward, KeyValue
from soundstage.ops.attention import attention
from soundstage.ops.rope import Rope, axial_rope


@dataclass(frozen=True, kw_only=True)
class WanConfig:
    """The shape of the transformer; `width / heads` is the head width, whose channels time and space share.

    `image` is the width of an image encoder's states, where the model looks at pictures; `places` counts the tokens of
    a first and a last picture together, where it tells the two apart.
    """

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
    image: int | None = None
    places: int | None = None


def wan_1_3b() -> WanConfig:
    """Wan 2.1 T2V 1.3B."""
    return WanConfig(width=1536, depth=30, heads=12, hidden=8960)


def wan_14b() -> WanConfig:
    """Wan 2.1 T2V 14B."""
    return WanConfig(width=5120, depth=40, heads=40, hidden=13824)


def wan_i2v_14b() -> WanConfig:
    """Wan 2.1 I2V 14B, at 480p and at 720p: beside 16 channels of noise, 4 say what is given and 16 hold it."""
    return WanConfig(width=5120, depth=40, heads=40, hidden=13824, channels=36, image=1280)


def wan_flf2v_14b() -> WanConfig:
    """Wan 2.1 FLF2V 14B: between a first and a last frame."""
    return WanConfig(width=5120, depth=40, heads=40, hidden=13824, channels=36, image=1280, places=514)


class Read(NamedTuple):
    """A text, read: the keys and values of each block, and what is added to their scores ([1, 1, 1, S], or none).

    `image` has those of pictures, for the models that look at any.
    """

    keys: list[KeyValue]
    bias: Tensor | None = None
    image: list[KeyValue] | None = None


class ImageKeys(nn.Module):
    """An image's own keys and values for a block's look at the text."""

    def __init__(self, width: int, heads: int, eps: float) -> None:
        super().__init__()
        self.kv, self.k = Linear(width, 2 * width), RMSNorm(width, eps)
        self.head = width // heads

    def forward(self, image_BMD: Tensor) -> KeyValue:
        """[B, M, D] to keys and values by head."""
        k, v = self.kv(image_BMD).chunk(2, -1)
        return KeyValue(by_head(self.k(k), self.head), by_head(v, self.head))


class ImageRead(nn.Module):
    """An image encoder's states to tokens: norm, two layers, norm; a first and a last image get `places`."""

    def __init__(self, image: int, width: int, places: int | None) -> None:
        super().__init__()
        self.places = None if places is None else nn.Parameter(torch.zeros(1, places, image))
        self.norm, self.rise = nn.LayerNorm(image), nn.Linear(image, image)
        self.out, self.out_norm = nn.Linear(image, width), nn.LayerNorm(width)

    def forward(self, image_BMI: Tensor) -> Tensor:
        """[B, M, I] to [B, M, D]. Raises InputError where a first and a last image are due and others are given."""
        if self.places is not None:
            if image_BMI.shape[1] != self.places.shape[1]:
                raise InputError(
                    "image", f"{image_BMI.shape[1]} tokens for {self.places.shape[1]} places", "give a first and a last"
                )
            image_BMI = image_BMI + self.places.to(image_BMI.dtype)
        h = self.out(F.gelu(self.rise(in_full(self.norm, image_BMI))))
        return in_full(self.out_norm, h)


class WanBlock(nn.Module):
    """Self-attention and feed-forward under the modulation, and an ungated look at text and image between them."""

    def __init__(self, width: int, heads: int, hidden: int, eps: float, *, image: bool = False) -> None:
        super().__init__()
        self.attention = Attention(width, heads, qk_norm="whole", eps=eps)
        self.cross = Attention(width, heads, context=width, qk_norm="whole", eps=eps)
        self.image = ImageKeys(width, heads, eps) if image else None
        self.cross_norm = nn.LayerNorm(width, eps)
        self.feed = FeedForward(width, hidden, activation="gelu-tanh")
        self.table = nn.Parameter(torch.randn(1, 6, width) / math.sqrt(width))
        self.eps = eps

    def forward(
        self,
        x_BND: Tensor,
        text: KeyValue,
        bias: Tensor | None,
        modulation_B6D: Tensor,
        rope: Rope,
        image: KeyValue | None = None,
    ) -> Tensor:
        """[B, N, D] to the same; a modulation of one row holds for the whole batch."""
        shift, scale, gate, feed_shift, feed_scale, feed_gate = (self.table + modulation_B6D).unbind(1)
        seen = self.attention(shifted_norm(x_BND, shift, scale, self.eps), rope=rope)
        x_BND = gated(x_BND, seen, gate)
        x_BND = x_BND + self._look(in_full(self.cross_norm, x_BND), text, bias, image)
        made = self.feed(shifted_norm(x_BND, feed_shift, feed_scale, self.eps))
        return gated(x_BND, made, feed_gate)

    def _look(self, x_BND: Tensor, text: KeyValue, bias: Tensor | None, image: KeyValue | None) -> Tensor:
        """At the text, or at text and image with one query: the two results are summed before they are projected."""
        cross = self.cross
        if image is None:
            return cross(x_BND, text, mask=bias)  # type: ignore[no-any-return]
        assert cross.qk is not None
        q = by_head(cross.qk.apply_to(cross.qk.q, cross.q(x_BND)), cross.head)
        y = attention(q, text.k, text.v, mask=bias) + attention(q, image.k, image.v)
        return cross.out(y.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


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
        self.image = None if config.image is None else ImageRead(config.image, width, config.places)
        self.blocks = nn.ModuleList(
            WanBlock(width, config.heads, config.hidden, config.eps, image=config.image is not None)
            for _ in range(config.depth)
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

    def look(self, image_BMI: Tensor) -> list[KeyValue]:
        """Each block's keys and values of an image encoder's states, for all steps: `read(…)._replace(image=look(…))`.

        Raises InputError for a model that looks at none, and for one image where the model is made for two.
        """
        if self.image is None:
            raise InputError("image", "this model looks at none", "take one made for it (I2V), or leave it out")
        tokens = self.image(image_BMI)
        return [cast(ImageKeys, block.image)(tokens) for block in self.blocks]

    def forward(self, x_BCFHW: Tensor, timestep_B: Tensor, text: Tensor | Read) -> Tensor:
        """`timestep_B` in 0 (data) to 1000 (noise), one for each row or [1] for all; `text` [B, S, C] or its `read`.

        Raises InputError for sizes that the patch does not divide.
        """
        patch, sizes = self.config.patch, x_BCFHW.shape[2:]
        if any(size % step for size, step in zip(sizes, patch, strict=True)):
            raise InputError("size", f"latents of {tuple(sizes)}", f"use multiples of the patch {patch}")
        keys, bias, image = self.read(text) if isinstance(text, Tensor) else text
        grid = cast(tuple[int, int, int], tuple(size // step for size, step in zip(sizes, patch, strict=True)))
        rope = grid_rope(self.config.width // self.config.heads, grid, x_BCFHW.device)
        features = sinusoids(timestep_B, self.config.frequencies).to(self.time_rise.weight.dtype)
        time_BD = self.time_out(F.silu(self.time_rise(features))).to(x_BCFHW.dtype)
        modulation_B6D = self.modulation(F.silu(time_BD)).unflatten(1, (6, -1))
        x_BND = self.patch(x_BCFHW).flatten(2).transpose(1, 2).contiguous()
        seen: Sequence[KeyValue | None] = [None] * len(keys) if image is None else image
        for block, pair, picture in zip(self.blocks, keys, seen, strict=True):
            x_BND = block(x_BND, pair, bias, modulation_B6D, rope, picture)
        shift, scale = (self.table + time_BD.unsqueeze(1)).unbind(1)
        y_BNP = self.out(shifted_norm(x_BND, shift, scale, self.config.eps))
        y: Tensor = y_BNP.reshape(len(y_BNP), *grid, *patch, self.config.out)
        return y.permute(0, 7, 1, 4, 2, 5, 3, 6).reshape(len(y), self.config.out, *sizes)


def velocity(
    model: Wan,
    text: Tensor | Read,
    padding: int = 0,
    *,
    condition: Tensor | None = None,
    clock: Callable[[Tensor], Tensor] | None = None,
) -> Velocity:
    """The model as a velocity from noise (t 0) to data (t 1), for the solvers of `flow`; reads the text once.

    `condition` [B, C', F, H, W] stands beside the noise, as channels. `clock` says which timestep the network is told
    at a time; 1000 · (1 − t) unless given. Whatever the model works in, what comes out is like `x`.
    """
    like = model.patch.weight.dtype
    with torch.no_grad():
        keys = model.read(text, padding) if isinstance(text, Tensor) else text

    def at(x: Tensor, t_B: Tensor) -> Tensor:
        one = t_B[:1]  # a solver's batch shares its time
        told = 1000 * (1 - one) if clock is None else clock(one)
        given = x if condition is None else torch.cat((x, condition), 1)
        back: Tensor = model(given.to(like), told, keys)
        return -back.to(x.dtype)

    return at


def shifted_norm(x_BND: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """layer norm · (1 + scale) + shift, in the modulation's precision.

    One kernel where a single row [1, D] holds for the batch.
    """
    width, x = x_BND.shape[-1:], x_BND.to(shift.dtype)
    if len(shift) == 1:
        return F.layer_norm(x, width, 1 + scale[0], shift[0], eps).to(x_BND.dtype)
    return torch.addcmul(shift.unsqueeze(1), F.layer_norm(x, width, eps=eps), 1 + scale.unsqueeze(1)).to(x_BND.dtype)


def gated(x_BND: Tensor, made_BND: Tensor, gate_BD: Tensor) -> Tensor:
    """x + made · gate, in the gate's precision."""
    wide = gate_BD.dtype
    return torch.addcmul(x_BND.to(wide), made_BND.to(wide), gate_BD.unsqueeze(1)).to(x_BND.dtype)


def in_full(norm: nn.Module, x: Tensor) -> Tensor:
    """A norm in the precision of its weights."""
    return norm(x.to(cast(Tensor, norm.weight).dtype)).to(x.dtype)  # type: ignore[no-any-return]


def by_head(x_BSD: Tensor, head: int) -> Tensor:
    """[B, S, D] to [B, heads, S, head]."""
    return x_BSD.view(*x_BSD.shape[:-1], -1, head).transpose(1, 2)


@lru_cache(maxsize=16)
def grid_rope(head: int, grid: tuple[int, int, int], device: torch.device) -> Rope:
    """The rotation of every token of a grid: a third of the head's channels each, what is left over goes to time."""
    side = 2 * (head // 6)
    with torch.inference_mode(False):  # what is kept may be used in training too
        axes = torch.meshgrid(*(torch.arange(size, device=device) for size in grid), indexing="ij")
        return axial_rope([axis.flatten() for axis in axes], [head - 2 * side, side, side])
