"""CogVideoX's transformer: noisy latents, a timestep and a text to a velocity of diffusion (Yang et al., 2024).

Notable: text and video are one sequence, text first, in every attention; only their norms are modulated apart. The
text turns by no angle, so one table of rotations serves all tokens. A text's projection is the same at every step and
is made once (`read`); in the last block the text is looked at and no longer changed. Where the whole batch shares one
time, a norm and its modulation are one kernel.

B batch · F, C, H, W latent frames, channels, height, width · S text tokens · N video tokens · T = S + N · D width
P patch values · E head width
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.models.cogvideox.config import TransformerConfig
from soundstage.models.cogvideox.positions import Grid, turns, waves
from soundstage.nn.embed import sinusoids
from soundstage.nn.linear import Linear
from soundstage.nn.transformer import FeedForward
from soundstage.ops.attention import attention
from soundstage.ops.rope import Rope, rotate

OFFSET = 2.0  # the second time, at which 1.5's image-to-video network was trained


class Read(NamedTuple):
    """A text, projected for all steps."""

    text_BSD: Tensor


class JointAttention(nn.Module):
    """Attention over text and video together, its queries and keys layer-normed a head."""

    def __init__(self, width: int, heads: int, *, bias: bool) -> None:
        super().__init__()
        self.head = width // heads
        self.qkv = Linear(width, 3 * width, bias=bias)
        self.out = Linear(width, width)
        self.q_norm, self.k_norm = nn.LayerNorm(self.head, 1e-6), nn.LayerNorm(self.head, 1e-6)

    def forward(self, x_BTD: Tensor, rope: Rope | None, first: int = 0) -> Tensor:
        """[B, T, D] to [B, T − first, D]: only the tokens from `first` on ask."""
        # Copied once into the order that attention reads: its products then take a tenth less.
        qkv = self.qkv(x_BTD).view(*x_BTD.shape[:2], 3, -1, self.head).permute(2, 0, 3, 1, 4).contiguous()
        q, k, v = self.q_norm(qkv[0, :, :, first:]), self.k_norm(qkv[1]), qkv[2]
        if rope is not None:
            q, k = rotate(q, rope.rows(first, len(rope.cos))), rotate(k, rope)
        return self.out(attention(q, k, v).transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class JointBlock(nn.Module):
    """Attention and feed-forward, text and video each shifted, scaled and gated by the time."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.width
        self.norm, self.feed_norm = nn.LayerNorm(width, config.eps), nn.LayerNorm(width, config.eps)
        self.attention = JointAttention(width, config.heads, bias=config.bias)
        self.feed = FeedForward(width, 4 * width, activation="gelu-tanh")
        self.modulation = nn.Linear(config.time, 12 * width)

    def forward(
        self, text_BSD: Tensor, video_BND: Tensor, time: Tensor, rope: Rope | None, *, last: bool
    ) -> tuple[Tensor, Tensor]:
        """Text and video to the same; `time`, activated, has one row or one for each of the batch.

        The `last` block leaves the text as it is, for nobody reads it after.
        """
        first, then = self.modulation(time).view(len(time), 12, -1).split(6, 1)
        shift, scale, gate, text_shift, text_scale, text_gate = first.unbind(1)
        texts = text_BSD.shape[1]
        normed = modulated(self.norm, text_BSD, text_shift, text_scale), modulated(self.norm, video_BND, shift, scale)
        seen = self.attention(torch.cat(normed, 1), rope, texts if last else 0)
        if not last:
            text_BSD = torch.addcmul(text_BSD, seen[:, :texts], text_gate.unsqueeze(1))
            seen = seen[:, texts:]
        video_BND = torch.addcmul(video_BND, seen, gate.unsqueeze(1))
        shift, scale, gate, text_shift, text_scale, text_gate = then.unbind(1)
        fed = modulated(self.feed_norm, video_BND, shift, scale)
        if last:
            return text_BSD, torch.addcmul(video_BND, self.feed(fed), gate.unsqueeze(1))
        made = self.feed(torch.cat((modulated(self.feed_norm, text_BSD, text_shift, text_scale), fed), 1))
        return (
            torch.addcmul(text_BSD, made[:, :texts], text_gate.unsqueeze(1)),
            torch.addcmul(video_BND, made[:, texts:], gate.unsqueeze(1)),
        )


class Transformer(nn.Module):
    """Latents [B, F, C, H, W], for image to video with the picture's after them, to [B, F, out, H, W]."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        values = config.span * config.patch**2
        # 1.5 has a bias here whatever its config says.
        self.patch = nn.Linear(config.channels * values, width, bias=config.patch_bias or config.patch_time is not None)
        self.text = nn.Linear(config.text, width)
        self.time_rise, self.time_out = nn.Linear(width, config.time), nn.Linear(config.time, config.time)
        if config.offset:
            self.offset_rise, self.offset_out = (nn.Linear(config.time, config.time) for _ in range(2))
        if config.positions == "learned":
            trained = self._grid((config.frames - 1) // config.pace + 1, *config.grid)
            self.places = nn.Parameter(torch.zeros(1, config.tokens + trained[0] * trained[1] * trained[2], width))
        self.blocks = nn.ModuleList(JointBlock(config) for _ in range(config.depth))
        self.norm, self.final_norm = nn.LayerNorm(width, config.eps), nn.LayerNorm(width, config.eps)
        self.modulation = nn.Linear(config.time, 2 * width)
        self.out = nn.Linear(width, config.out * values)

    def read(self, text_BSC: Tensor) -> Read:
        """The projection of the text encoder's states [B, S, C], for all steps."""
        return Read(self.text(text_BSC))

    def forward(self, x_BFCHW: Tensor, timestep_B: Tensor, text: Tensor | Read, offset: float = OFFSET) -> Tensor:
        """`timestep_B` in 0 to 999, one for each row or [1] for all; `text` [B, S, C] or its `read`.

        Raises InputError for sizes that the patch does not divide, or that learned positions do not know.
        """
        config = self.config
        (text_BSD,) = self.read(text) if isinstance(text, Tensor) else text
        frames, height, width = x_BFCHW.shape[1], *x_BFCHW.shape[3:]
        if frames % config.span or height % config.patch or width % config.patch:
            patch = (config.span, config.patch, config.patch)
            raise InputError("size", f"latents of {(frames, height, width)}", f"use multiples of the patch {patch}")
        grid = self._grid(frames, height, width)
        video_BND = self.patch(patchify(x_BFCHW, config.span, config.patch))
        if config.positions == "learned" and self._trained(frames, height, width, text_BSD.shape[1]):
            places = self.places.to(video_BND)
            text_BSD, video_BND = text_BSD + places[:, : config.tokens], video_BND + places[:, config.tokens :]
        elif config.positions != "turned":
            video_BND = video_BND + waves(config, grid, x_BFCHW.device).to(video_BND)
        rope = None
        if config.positions != "waves":
            rope = turns(config, grid, text_BSD.shape[1], x_BFCHW.device)
        time = F.silu(self._time(timestep_B, offset, x_BFCHW.dtype))
        for index, block in enumerate(self.blocks):
            text_BSD, video_BND = block(text_BSD, video_BND, time, rope, last=index == config.depth - 1)
        shift, scale = self.modulation(time).chunk(2, -1)
        y_BNP = self.out(modulated(self.final_norm, self.norm(video_BND), shift, scale))
        return unpatchify(y_BNP, grid, config.span, config.patch)

    def _grid(self, frames: int, height: int, width: int) -> Grid:
        patch = self.config.patch
        return frames // self.config.span, height // patch, width // patch

    def _time(self, timestep_B: Tensor, offset: float, dtype: torch.dtype) -> Tensor:
        config = self.config
        time = self.time_out(F.silu(self.time_rise(sinusoids(timestep_B, config.width).to(dtype))))
        if config.offset:
            second = sinusoids(timestep_B.new_full((1,), offset, dtype=torch.float32), config.time).to(dtype)
            time = time + self.offset_out(F.silu(self.offset_rise(second)))
        return time  # type: ignore[no-any-return]

    def _trained(self, frames: int, height: int, width: int, texts: int) -> bool:
        """Whether learned positions are there for a clip of that length; for another, waves stand in for them."""
        config = self.config
        if (height, width) != config.grid:
            trained = " × ".join(str(side) for side in config.grid)
            raise InputError("size", f"latents of {height} × {width}", f"learned positions know {trained} only")
        if texts != config.tokens:
            raise InputError("text", f"{texts} tokens", f"pad it to {config.tokens}")
        return (frames - 1) * config.pace + 1 == config.frames


def modulated(norm: nn.LayerNorm, x_BTD: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """norm(x) · (1 + scale) + shift; one kernel where a single row [1, D] holds for the batch."""
    if len(shift) == 1:
        gain = 1 + scale[0]
        return F.layer_norm(x_BTD, norm.normalized_shape, norm.weight * gain, norm.bias * gain + shift[0], norm.eps)
    return torch.addcmul(shift.unsqueeze(1), cast(Tensor, norm(x_BTD)), 1 + scale.unsqueeze(1))


def patchify(x_BFCHW: Tensor, span: int, patch: int) -> Tensor:
    """[B, F, C, H, W] to [B, N, P], the values of a patch by channel, frame, row and column."""
    batch, frames, channels, height, width = x_BFCHW.shape
    x = x_BFCHW.reshape(batch, frames // span, span, channels, height // patch, patch, width // patch, patch)
    return x.permute(0, 1, 4, 6, 3, 2, 5, 7).flatten(4).flatten(1, 3)


def unpatchify(y_BNP: Tensor, grid: Grid, span: int, patch: int) -> Tensor:
    """The way back, [B, N, P] to [B, F, C, H, W]."""
    y = y_BNP.reshape(len(y_BNP), *grid, -1, span, patch, patch)
    return y.permute(0, 1, 5, 4, 2, 6, 3, 7).flatten(6).flatten(4, 5).flatten(1, 2)
