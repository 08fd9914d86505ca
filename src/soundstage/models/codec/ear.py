"""What the encoder hears: the waveform of every frame at unit loudness, and its levels four times a frame.

B batch · T samples · N frames of codes · S samples of a frame with its surroundings · F features
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.conv import Stream

FLOOR = 1e-3
"""Magnitude below which nothing is heard."""


class Ear(nn.Module):
    """Samples [B, T] to ceil(T / hop) frames with their surroundings, and those to features [B, N, F]."""

    def __init__(self, hop: int, ahead: int, fine: int) -> None:
        super().__init__()
        self.hop, self.ahead, self.fine = hop, ahead, fine
        self.reach = hop + 2 * ahead  # samples that one frame sees
        self.step = hop // fine
        self.short = 4 * self.step
        self.first = ahead - (self.short - self.step) // 2  # of the first short window, within the frame
        if self.first < 0:
            raise ValueError(f"a look-ahead of {ahead} samples does not cover a window of {self.short}")
        self.register_buffer("window", torch.hann_window(self.short), persistent=False)
        self.width = self.reach + fine * (self.short // 2 + 1)

    def forward(self, frames_BNS: Tensor) -> Tensor:
        """Frames as `frames` cuts them to features."""
        batch, count = frames_BNS.shape[:2]
        if count == 0:
            return frames_BNS.new_zeros(batch, 0, self.width)
        loud = frames_BNS.square().mean(-1, keepdim=True).sqrt()
        stop = self.first + self.short + (self.fine - 1) * self.step
        parts = frames_BNS[..., self.first : stop].unfold(-1, self.short, self.step)
        levels = (torch.fft.rfft(parts * cast(Tensor, self.window)).abs() + FLOOR).log()
        return torch.cat((frames_BNS / (loud + FLOOR), 0.5 * (levels.flatten(2) + 3)), -1)

    def frames(self, samples_BT: Tensor, stream: Stream | None = None) -> Tensor:
        """The whole frames [B, N, S] that these samples complete; the rest waits in the stream.

        Without a stream the samples are a whole signal.
        """
        stream = stream or Stream(ending=True)
        past = stream.memory.get(self)
        if past is None:
            past = samples_BT.new_zeros(len(samples_BT), self.ahead)
        x_BT = torch.cat((past, samples_BT), -1)
        if stream.ending:
            left = -(-(x_BT.shape[-1] - self.ahead) // self.hop)
            if left > 0:
                x_BT = F.pad(x_BT, (0, max(0, (left - 1) * self.hop + self.reach - x_BT.shape[-1])))
        count = max(0, (x_BT.shape[-1] - self.reach) // self.hop + 1)
        stream.memory[self] = x_BT[:, count * self.hop :]
        if count == 0:
            return x_BT.new_zeros(len(x_BT), 0, self.reach)
        return x_BT.unfold(-1, self.reach, self.hop)
