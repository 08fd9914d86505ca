"""Phones to envelope, pitch and voicing, and the ear that turns a recording into a speaker.

B batch · P phones · T frames of 10 ms · S steps of two frames · M envelope bands · F frequency bins · N samples · W
width
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.models.voice.config import VoiceConfig
from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.alignment import place_in_symbol

EDGE = 40
"""Phones counted from either end of a sentence."""


class SpeakerEncoder(nn.Module):
    """Log mel of a recording [B, T, M] to a speaker vector [B, V] of mean 0 and variance 1."""

    def __init__(self, bands: int, vector: int, width: int = 128) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(source, width, 5, stride=stride, padding=2)
            for source, stride in ((bands, 2), (width, 2), (width, 2), (width, 1))
        )
        self.out = nn.Linear(2 * width, vector)

    def forward(self, mel: Tensor) -> Tensor:
        """Statistics over time make the length free; at least 8 frames."""
        x = mel.transpose(1, 2)
        for layer in self.layers:
            x = functional.gelu(layer(x), approximate="tanh")
            x = functional.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)
        spread = (x.var(-1, unbiased=False) + 1e-5).sqrt()
        vector: Tensor = self.out(torch.cat((x.mean(-1), spread), -1))
        return functional.layer_norm(vector, vector.shape[-1:])


class Acoustic(nn.Module):
    """Phones to durations, and with durations to envelope, pitch and voicing;
    all standardised by the model's statistics.
    """

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        width, vector = config.width, config.speaker
        self.phone = nn.Embedding(config.symbols, width)
        self.flag = nn.Embedding(8, width)
        self.from_start = nn.Embedding(EDGE, width)
        self.from_end = nn.Embedding(EDGE, width)
        self.text = nn.ModuleList(ConvNeXtBlock(width, condition=vector) for _ in range(config.text_layers))
        self.duration = nn.ModuleList(ConvNeXtBlock(width, kernel=3, condition=vector) for _ in range(2))
        self.duration_out = nn.Linear(width, 1)
        self.place = nn.Linear(4, width)
        self.fold = nn.Linear(2 * width, width)
        self.frames = nn.ModuleList(ConvNeXtBlock(width, condition=vector) for _ in range(config.frame_layers))
        self.out = nn.Linear(width, 2 * (config.bands + 2))
        for table in (self.phone, self.flag, self.from_start, self.from_end):
            nn.init.normal_(table.weight, std=0.1)

    def encode(self, phones: Tensor, flags: Tensor, vector: Tensor) -> tuple[Tensor, Tensor]:
        """phones, flags int64 [B, P], 0 = padding. Returns features [B, W, P] and log durations in frames [B, P]."""
        mask = (phones > 0)[:, None].float()
        order = torch.arange(phones.shape[1], device=phones.device)
        length = (phones > 0).sum(1, keepdim=True)
        x = self.phone(phones) + self.flag(flags)
        x = x + self.from_start(order.clamp(max=EDGE - 1)) + self.from_end((length - 1 - order).clamp(0, EDGE - 1))
        x = x.transpose(1, 2) * mask
        for block in self.text:
            x = block(x, vector, mask=mask)
        y = x
        for block in self.duration:
            y = block(y, vector, mask=mask)
        return x, self.duration_out(y.transpose(1, 2))[..., 0] + 1.8

    def decode(self, text: Tensor, durations: Tensor, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """text [B, W, P], durations int64 [B, P] to envelope [B, T, M], log pitch [B, T], voicing logit [B, T];
        T is even.
        """
        index, place, mask = self.layout(durations)
        x = text.transpose(1, 2).gather(1, index[..., None].expand(-1, -1, text.shape[1])) + self.place(place)
        x = self.fold((x * mask[..., None]).unflatten(1, (-1, 2)).flatten(2)).transpose(1, 2)  # [B, W, S]
        steps = mask[:, ::2][:, None]
        for block in self.frames:
            x = block(x, vector, mask=steps)
        y = functional.layer_norm(x.transpose(1, 2), x.shape[1:2])
        y = self.out(y).unflatten(-1, (2, -1)).flatten(1, 2)  # [B, T, M + 2]
        return y[..., :-2], y[..., -2], y[..., -1]

    @staticmethod
    def layout(durations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """For every frame: the index of its phone [B, T], its place in it [B, T, 4], and whether it exists [B, T]."""
        ends = durations.cumsum(1)
        total = ends[:, -1:]
        time = (
            torch.arange(int(total.max() + 1) // 2 * 2, device=durations.device).expand(len(durations), -1).contiguous()
        )
        index = torch.searchsorted(ends, time, right=True).clamp(max=durations.shape[1] - 1)
        return index, place_in_symbol(durations, index), (time < total).float()
