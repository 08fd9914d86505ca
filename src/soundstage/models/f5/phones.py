"""Phones for a small F5: what each is, how long it lasts in this voice, and how it lies over the tokens.

Notable: a stretch whose phones are not known, a reference's say, is one long phone `unknown`; so a reference needs no
words, and one with words may have them. What a voice is like is heard where a recording is known, and pooled.

B batch · P phones · T frames of 10 ms · S tokens · H mel bands of a token · E text width · V voice width
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.alignment import place_in_symbol

FLAGS = 8
MIDDLE = 1.8  # log of frames that a phone lasts


class Ear(nn.Module):
    """Mel of what is known of a recording to a vector of mean 0 and variance 1."""

    def __init__(self, heard: int, vector: int, width: int = 160) -> None:
        super().__init__()
        self.rise = nn.Linear(heard, width)
        self.layers = nn.ModuleList(ConvNeXtBlock(width, kernel=5, hidden=2 * width, scale=0.5) for _ in range(2))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(2 * width, vector)

    def forward(self, heard_BSH: Tensor, known_BS: Tensor) -> Tensor:
        """[B, V], from the tokens that are known; zeros where none is."""
        known = known_BS[..., None].to(heard_BSH.dtype)
        x = (F.gelu(self.rise(heard_BSH)) * known).transpose(1, 2)
        for layer in self.layers:
            x = layer(x, mask=known.transpose(1, 2))
        x = self.norm(x.transpose(1, 2)).float() * known
        count = known.sum(1).clamp_min(1.0)
        mean = x.sum(1) / count
        spread = (((x - mean[:, None]).square() * known).sum(1) / count + 1e-5).sqrt()
        vector: Tensor = self.out(torch.cat((mean, spread), -1))
        return F.layer_norm(vector, vector.shape[-1:]) * known.amax(1)


class PhoneReader(nn.Module):
    """Phones to features and to log durations; with durations to features of tokens of `stack` frames."""

    def __init__(self, symbols: int, width: int, depth: int, vector: int, stack: int) -> None:
        super().__init__()
        self.stack, self.unknown = stack, symbols
        self.table = nn.Embedding(symbols + 1, width)
        self.flags = nn.Embedding(FLAGS, width)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, hidden=2 * width, condition=vector, scale=0.3) for _ in range(depth)
        )
        self.lasting = nn.ModuleList(
            ConvNeXtBlock(width, kernel=3, hidden=2 * width, condition=vector, scale=0.3) for _ in range(2)
        )
        self.lasting_out = nn.Linear(width, 1)
        self.place = nn.Linear(4, width)
        self.fold = nn.Linear(stack * width, width)
        for table in (self.table, self.flags):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, phones_BP: Tensor, flags_BP: Tensor, vector_BV: Tensor) -> tuple[Tensor, Tensor]:
        """Ids and flags, 0 = padding, to features [B, P, E] and log durations in frames [B, P]."""
        mask = (phones_BP > 0)[:, None].to(vector_BV.dtype)
        x = (self.table(phones_BP) + self.flags(flags_BP)).transpose(1, 2) * mask
        for block in self.blocks:
            x = block(x, vector_BV, mask=mask)
        y = x
        for block in self.lasting:
            y = block(y, vector_BV, mask=mask)
        return x.transpose(1, 2), self.lasting_out(y.transpose(1, 2))[..., 0] + MIDDLE

    def laid(self, features_BPE: Tensor, durations_BP: Tensor, tokens: int) -> Tensor:
        """[B, tokens, E]: every frame's phone and the frame's place in it, the frames of a token together."""
        ends = durations_BP.cumsum(1)
        time = torch.arange(tokens * self.stack, device=ends.device).expand(len(ends), -1).contiguous()
        index = torch.searchsorted(ends, time, right=True).clamp_max(ends.shape[1] - 1)
        place = place_in_symbol(durations_BP, index)
        x = features_BPE.gather(1, index[..., None].expand(-1, -1, features_BPE.shape[-1])) + self.place(place)
        x = x * (time < ends[:, -1:])[..., None]
        return self.fold(x.unflatten(1, (tokens, self.stack)).flatten(2))  # type: ignore[no-any-return]


def whole_frames(lengths_P: Tensor, stack: int) -> Tensor:
    """Positive lengths [P] to whole numbers of at least 1 that keep their running sum within about half a frame.

    The last is drawn out until all fill whole tokens.
    """
    ends = lengths_P.cumsum(0).round().long()
    lasting = (ends - F.pad(ends[:-1], (1, 0))).clamp_min(1)
    lasting[-1] += -lasting.sum() % stack
    return lasting
