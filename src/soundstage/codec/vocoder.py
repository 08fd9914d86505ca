"""A vocoder that draws spectra, not samples: ConvNeXt blocks and an inverse STFT head (Vocos: Siuzdak, 2024).

Notable: all layers run at the frame rate; the one step to samples is the transform. Frames that cover a hop each give
N · hop samples; frames centred on every hop's start and on the end (`centre`, as in `ops.stft`) give (N − 1) · hop.

B batch · M mel bands · N frames · D width · T samples
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from soundstage.nn.conv import Conv1d, ConvNeXtBlock
from soundstage.nn.norms import AdaptiveNorm
from soundstage.ops.stft import istft


@dataclass(frozen=True, kw_only=True)
class VocoderConfig:
    """The shape of a vocoder that decodes another network's frames."""

    latent: int
    width: int
    depth: int
    size: int  # samples of a frame's transform
    hop: int
    condition: int = 0  # width of a voice's vector; 0: none is heard


class SpectrumHead(nn.Module):
    """Frames [B, D, N] to samples [B, T]: log magnitude and phase of each bin, then overlap-add."""

    def __init__(self, width: int, size: int, hop: int, *, centre: bool = False) -> None:
        super().__init__()
        self.size, self.hop, self.centre = size, hop, centre
        self.out = nn.Linear(width, size + 2)

    def spectrum(self, x_BDN: Tensor) -> Tensor:
        """Complex [B, F, N]."""
        log_magnitude, phase = self.out(x_BDN.transpose(1, 2)).transpose(1, 2).float().chunk(2, 1)
        # The clamp keeps one wild frame of early training from being heard, and felt, by all.
        return torch.polar(log_magnitude.exp().clamp_max(1e2), phase)

    def forward(self, x_BDN: Tensor) -> Tensor:
        """The waveform; half the overhang of a window is cut at both ends, half a window where frames are centred."""
        if self.centre:
            return istft(self.spectrum(x_BDN), self.size, self.hop)
        whole = istft(self.spectrum(x_BDN), self.size, self.hop, centre=False)
        start = (self.size - self.hop) // 2
        return whole[:, start : start + self.hop * x_BDN.shape[-1]]


class Vocoder(nn.Module):
    """Mel [B, M, N] to samples [B, N · hop], or [B, (N − 1) · hop] where frames are centred.

    With `condition` its norms are adaptive, and forward takes a condition [B, C].
    """

    def __init__(
        self,
        bands: int,
        width: int,
        depth: int,
        size: int,
        hop: int,
        *,
        hidden: int | None = None,
        kernel: int = 7,
        centre: bool = False,
        condition: int | None = None,
    ) -> None:
        super().__init__()
        self.reach = (kernel // 2) * (depth + 1) + math.ceil(size / hop)
        self.stem = Conv1d(bands, width, kernel, causal=False)
        self.stem_norm = nn.LayerNorm(width, 1e-6) if condition is None else AdaptiveNorm(width, condition)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, hidden=hidden, kernel=kernel, scale=1 / depth, condition=condition)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width, 1e-6)
        self.head = SpectrumHead(width, size, hop, centre=centre)

    def forward(self, mel_BMN: Tensor, condition_BC: Tensor | None = None) -> Tensor:
        """The waveform."""
        x = self.stem(mel_BMN).transpose(1, 2)
        x = (self.stem_norm(x) if condition_BC is None else self.stem_norm(x, condition_BC)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, condition_BC)
        return self.head(self.norm(x.transpose(1, 2)).transpose(1, 2))  # type: ignore[no-any-return]

    def chunks(self, mel_BMN: Tensor, frames: int, condition_BC: Tensor | None = None) -> Iterator[Tensor]:
        """The waveform in pieces of `frames` frames, in order: joined, they are `forward`'s (of uncentred frames)."""
        total, hop = mel_BMN.shape[-1], self.head.hop
        for start in range(0, total, frames):
            stop, left = min(start + frames, total), max(0, start - self.reach)
            with torch.inference_mode():
                piece = self(mel_BMN[..., left : min(total, stop + self.reach)], condition_BC)
            yield piece[:, (start - left) * hop : (stop - left) * hop]
