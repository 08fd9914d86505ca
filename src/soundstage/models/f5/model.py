"""F5-TTS's network: noisy mel, a reference's mel and a text to a velocity (Chen et al., 2024).

Notable: the text is padded to the mel's length and joined to it channel by channel, so there is no aligner and no
duration model; the reference's mel is infilled like a masked image. The first checkpoints (v0) rotate only the first
head and let the padding of the text speak; v1 rotates all and masks it. What does not change from step to step, `read`
makes once: the text, the reference, and their part of the first layer. Rows of unequal length give what each gives
alone: padding is masked in the convolutions, in the text's response norm and in attention.

B batch · T mel frames · M mel bands · S text tokens · E text width · D width · H heads
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.nn.conv import Conv1d
from soundstage.nn.dit import DiTBlock, FinalLayer
from soundstage.nn.embed import TimestepEmbedding, sinusoids
from soundstage.nn.transformer import QKNorm
from soundstage.ops.rope import Rope, rope


@dataclass(frozen=True, kw_only=True)
class F5Config:
    """The shape of the network. Token ids run from 0 to `vocabulary` − 1, and −1 fills up; a vocabulary of none is that
    of a network whose text comes as features.
    """

    width: int
    depth: int
    heads: int
    hidden: int
    vocabulary: int
    text: int = 512
    text_depth: int = 4
    text_hidden: int = 1024
    bands: int = 100
    turned: int | None = None  # heads that rotate; None: all of them
    masked: bool = True  # frames behind the text get nothing from it
    qk_norm: QKNorm = "none"
    heard: int | None = None  # channels of the reference; None: the mel's own bands
    condition: int | None = None  # channels of the time's vector; None: `width`


def f5_v1_base(vocabulary: int = 2545) -> F5Config:
    """F5TTS_v1_Base, 336 M parameters."""
    return F5Config(width=1024, depth=22, heads=16, hidden=2048, vocabulary=vocabulary)


def f5_base(vocabulary: int = 2545) -> F5Config:
    """F5TTS_Base, the first release."""
    return F5Config(width=1024, depth=22, heads=16, hidden=2048, vocabulary=vocabulary, turned=1, masked=False)


def f5_v1_small(vocabulary: int = 2545) -> F5Config:
    """F5TTS_v1_Small, 158 M parameters."""
    return F5Config(width=768, depth=18, heads=12, hidden=1536, vocabulary=vocabulary)


def f5_small(vocabulary: int = 2545) -> F5Config:
    """F5TTS_Small, of the first release."""
    return F5Config(width=768, depth=18, heads=12, hidden=1536, vocabulary=vocabulary, turned=1, masked=False)


class Read(NamedTuple):
    """A text and a reference, read for frames of noise: all that stays the same from step to step.

    `given` [B, T, D] is what they add to the first layer; `real` [B, T, 1] is 1 on the frames of each row and None
    where all rows have T; `vector` [B, C] is added to the time's.
    """

    given: Tensor
    real: Tensor | None = None
    vector: Tensor | None = None

    def beside(self, other: Read) -> Read:
        """Both along the batch, this one first."""
        real, vector = (
            None if mine is None or theirs is None else torch.cat((mine, theirs))
            for mine, theirs in ((self.real, other.real), (self.vector, other.vector))
        )
        return Read(torch.cat((self.given, other.given)), real, vector)


class TextBlock(nn.Module):
    """ConvNeXt V2 (Woo et al., 2023): its response norm compares each channel's energy over time with the others'."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.depthwise = Conv1d(width, width, 7, groups=width, causal=False)
        self.norm = nn.LayerNorm(width, 1e-6)
        self.rise, self.fall = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.gain, self.bias = nn.Parameter(torch.zeros(hidden)), nn.Parameter(torch.zeros(hidden))

    def forward(self, x_BTE: Tensor, real_BT1: Tensor | None = None) -> Tensor:
        """[B, T, E] to the same; the energy is that of the real frames."""
        h = self.norm(self.depthwise(x_BTE.transpose(1, 2)).transpose(1, 2))
        h = F.gelu(self.rise(h))
        energy = torch.linalg.vector_norm(h if real_BT1 is None else h * real_BT1, dim=1, keepdim=True)
        response = energy / (energy.mean(-1, keepdim=True) + 1e-6)
        return x_BTE + self.fall(h + self.gain * (h * response) + self.bias)  # type: ignore[no-any-return]


class TextEmbedding(nn.Module):
    """Tokens, one a frame from the first frame on, to features of every frame."""

    def __init__(self, vocabulary: int, width: int, depth: int, hidden: int, *, masked: bool) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary + 1, width)  # row 0 is the filler's
        self.blocks = nn.ModuleList(TextBlock(width, hidden) for _ in range(depth))
        self.masked = masked

    def forward(self, ids_BS: Tensor, frames: int, real_BT1: Tensor | None, *, null: bool = False) -> Tensor:
        """[B, frames, E]. `null`: a text of as many tokens that says nothing, for guidance."""
        rows = F.pad(ids_BS + 1, (0, frames - ids_BS.shape[1]))
        keep = (rows != 0).unsqueeze(-1) if self.masked else real_BT1
        x = self.table(torch.zeros_like(rows) if null else rows)
        if self.blocks:
            x = x + sinusoids(torch.arange(frames, device=x.device), x.shape[-1]).to(x.dtype)
            x = x if keep is None else x * keep
            for block in self.blocks:
                x = block(x, real_BT1)
                x = x if keep is None else x * keep
        elif real_BT1 is not None:
            x = x * real_BT1
        return x  # type: ignore[no-any-return]


class F5(nn.Module):
    """Mel [B, T, M] at time t to its velocity towards speech."""

    def __init__(self, config: F5Config) -> None:
        super().__init__()
        self.config = config
        width, condition = config.width, config.condition
        self.time = TimestepEmbedding(condition or width, spread=True)
        self.text: TextEmbedding | None = None
        if config.vocabulary:
            self.text = TextEmbedding(
                config.vocabulary, config.text, config.text_depth, config.text_hidden, masked=config.masked
            )
        self.join = nn.Linear(config.bands + (config.heard or config.bands) + config.text, width)
        self.place = nn.ModuleList(Conv1d(width, width, 31, groups=16, causal=False) for _ in range(2))
        self.blocks = nn.ModuleList(
            DiTBlock(width, config.heads, condition=condition, hidden=config.hidden, qk_norm=config.qk_norm)
            for _ in range(config.depth)
        )
        self.final = FinalLayer(width, config.bands, condition=condition)

    def read(
        self, ids_BS: Tensor, reference_BTM: Tensor, frames_B: Tensor | None = None, *, null: bool = False
    ) -> Read:
        """What `forward` needs of a text and of a reference that is zero where speech is to be made.

        `ids_BS` are filled up with −1. `frames_B` are the frames of each row where they differ. `null` reads neither.
        Raises InputError for a text of more tokens than its row has frames, and for ids outside the vocabulary.
        """
        if self.text is None:
            raise InputError("text", "this network has no vocabulary", "give it features, with `joined`")
        tokens_B, frames = (ids_BS >= 0).sum(1), reference_BTM.shape[1]
        if ids_BS.numel() and (int(ids_BS.min()) < -1 or int(ids_BS.max()) >= self.config.vocabulary):
            raise InputError("text", "an id is outside the vocabulary", f"ids run to {self.config.vocabulary - 1}")
        if bool((tokens_B > (frames if frames_B is None else frames_B)).any()):
            raise InputError("frames", f"fewer than the text's {int(tokens_B.max())} tokens", "ask for more frames")
        real = None
        if frames_B is not None and bool((frames_B != frames).any()):
            at = torch.arange(frames, device=reference_BTM.device)
            real = (at < frames_B[:, None]).unsqueeze(-1).to(reference_BTM.dtype)
        text = self.text(ids_BS[:, :frames], frames, real, null=null)
        reference = torch.zeros_like(reference_BTM) if null else reference_BTM
        return self.joined(reference, text, real)

    def joined(
        self, reference_BTH: Tensor, text_BTE: Tensor, real: Tensor | None = None, vector: Tensor | None = None
    ) -> Read:
        """What `forward` needs, of a text that is features of every frame already."""
        given = F.linear(
            torch.cat((reference_BTH, text_BTE), -1), self.join.weight[:, self.config.bands :], self.join.bias
        )
        return Read(given, real, vector)

    def forward(self, x_BTM: Tensor, t_B: Tensor, read: Read) -> Tensor:
        """[B, T, M] to the same; `t_B` in 0 (noise) to 1 (speech), one for each row or [1] for all."""
        config = self.config
        x = F.linear(x_BTM, self.join.weight[:, : config.bands]) + read.given
        x = self._placed(x, read.real)
        mask = None if read.real is None else (read.real > 0).transpose(1, 2).unsqueeze(1)
        table = head_rope(x.shape[1], config.width // config.heads, config.heads, config.turned, x.device)
        time = self.time(t_B).to(x.dtype)
        time = time if read.vector is None else time + read.vector
        for block in self.blocks:
            x = block(x, time, mask=mask, rope=table)
        return self.final(x, time)  # type: ignore[no-any-return]

    def _placed(self, x_BTD: Tensor, real_BT1: Tensor | None) -> Tensor:
        """Two wide convolutions tell each frame where it is."""
        real_B1T = None if real_BT1 is None else real_BT1.transpose(1, 2)
        h = x_BTD.transpose(1, 2)
        for conv in self.place:
            h = F.mish(conv(h if real_B1T is None else h * real_B1T))
        return x_BTD + h.transpose(1, 2)


@lru_cache(maxsize=32)
def head_rope(frames: int, head: int, heads: int, turned: int | None, device: torch.device) -> Rope:
    """The rotation of every frame; heads from `turned` on are turned by nothing."""
    with torch.inference_mode(False):  # what is kept may be used in training too
        table = rope(torch.arange(frames, device=device), head, interleaved=True)
        if turned is None or turned >= heads:
            return table
        angle = (torch.arange(heads, device=device) < turned).float()[:, None, None]
        return Rope(1 + (table.cos - 1) * angle, table.sin * angle, True)
