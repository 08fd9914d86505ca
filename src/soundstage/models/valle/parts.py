"""What both networks are made of: positions, the text, the place in it that is being spoken.

B batch · P phones · T frames · D width · C condition width
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from soundstage.models.valle.config import Stack, ValleConfig
from soundstage.nn.embed import sinusoids
from soundstage.nn.norms import AdaptiveNorm
from soundstage.nn.transformer import Attention, FeedForward

AGES = 48
"""Frames that are told apart in how long a phone has lasted."""
REACH = 2
"""Phones to either side of the spoken one that its frames are told."""


class Text(NamedTuple):
    """A text as a network has read it."""

    prefix_BPD: Tensor  # what stands before the frames
    near_BPD: Tensor | None  # each phone with its neighbours, where there is a pointer
    mask_BP: Tensor | None  # True at phones, False at padding; None: no padding


def embedding(ids: int, width: int) -> nn.Embedding:
    """A table that begins small enough to be a head too."""
    table = nn.Embedding(ids, width)
    nn.init.normal_(table.weight, std=width**-0.5)
    return table


class Positions(nn.Module):
    """Sinusoids with a learned gain, counted anew in every segment."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.gain = nn.Parameter(torch.full((1,), 0.1))  # as loud as the embeddings, so that neither drowns the other

    def forward(self, start: int, count: int) -> Tensor:
        """[T, D] of the positions from `start` on: sine and cosine in turn."""
        cosines, sines = sinusoids(torch.arange(start, start + count, device=self.gain.device), self.width).chunk(2, -1)
        return self.gain * torch.stack((sines, cosines), -1).flatten(-2).to(self.gain.dtype)


class Reader(nn.Module):
    """Ids of phones to `Text`; with a pointer also what the frames of each phone are told."""

    def __init__(self, config: ValleConfig, width: int) -> None:
        super().__init__()
        self.embed = embedding(config.symbols, width)
        self.language = embedding(config.languages, width) if config.languages else None
        self.positions = Positions(width)
        self.near = nn.Conv1d(width, width, 2 * REACH + 1, padding=REACH) if config.pointer else None
        self.age = embedding(AGES, width) if config.pointer else None

    def forward(self, phones_BP: Tensor, mask_BP: Tensor | None = None, language_BP: Tensor | None = None) -> Text:
        """`language_BP` are ids for a model that has languages."""
        x_BPD = self.embed(phones_BP)
        if self.language is not None and language_BP is not None:
            x_BPD = x_BPD + self.language(language_BP)
        if mask_BP is not None:
            x_BPD = x_BPD * mask_BP.unsqueeze(-1)  # so that padding is the silence that ends a lone text
        near_BPD = None if self.near is None else self.near(x_BPD.transpose(1, 2)).transpose(1, 2)
        return Text(x_BPD + self.positions(0, x_BPD.shape[1]), near_BPD, mask_BP)

    def pointed(self, text: Text, place_BT: Tensor, age_BT: Tensor) -> Tensor:
        """What each frame is told [B, T, D]: the phone at `place` with its neighbours, and how long it has lasted."""
        if text.near_BPD is None or self.age is None:
            raise ValueError("a model without a pointer")
        told = text.near_BPD.gather(1, place_BT.unsqueeze(-1).expand(-1, -1, text.near_BPD.shape[-1]))
        return told + self.age(age_BT.clamp(max=AGES - 1))  # type: ignore[no-any-return]


class StagedBlock(nn.Module):
    """Attention and feed-forward whose norms are set by the stage."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.norm = AdaptiveNorm(stack.width, stack.width, eps=1e-5)
        self.attention = Attention(stack.width, stack.heads)
        self.feed_norm = AdaptiveNorm(stack.width, stack.width, eps=1e-5)
        self.feed = FeedForward(stack.width, stack.hidden, activation="relu")

    def forward(self, x_BTD: Tensor, stage_BC: Tensor, *, mask: Tensor | None = None) -> Tensor:
        """[B, T, D] to the same, seen from both sides."""
        x_BTD = x_BTD + self.attention(self.norm(x_BTD, stage_BC), mask=mask)
        return x_BTD + self.feed(self.feed_norm(x_BTD, stage_BC))  # type: ignore[no-any-return]


def ages(place_BT: Tensor) -> Tensor:
    """How many frames [B, T] the phone at each frame has lasted before it."""
    count = place_BT.shape[1]
    frame = torch.arange(count, device=place_BT.device)
    fresh = torch.ones_like(place_BT, dtype=torch.bool)
    fresh[:, 1:] = place_BT[:, 1:] != place_BT[:, :-1]
    return frame - torch.where(fresh, frame, 0).cummax(1).values
