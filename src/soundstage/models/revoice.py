"""Another voice for what is already spoken: what was said is heard without who said it, and drawn in a new colour.

Notable: between the two halves stand the probabilities of phones, loudness, voicing and a pitch without its height,
and nothing else, so no voice slips through. The second half draws the envelope of those same phones in any voice that
its ear hears in a recording. Drawn in both voices, the difference alone can be laid on the real envelope: then all
that the phones do not tell stays as it was spoken.

B batch · T frames of 10 ms, an even number · S steps of two frames · M envelope bands · E ear bands · P phones
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.mel import mel_filterbank
from soundstage.ops.stft import stft

LOUD = 4.0
"""Natural log of power under the loudest frame above which a frame counts as spoken."""


@dataclass(frozen=True, kw_only=True)
class RevoiceConfig:
    """Everything that rebuilds the model; sizes are widths of the networks."""

    symbols: int
    rate: int = 24000
    hop: int = 240
    bands: int = 100
    ear_bands: int = 80
    ear_fft: int = 1024
    ear_top: float = 8000.0
    heard_width: int = 160
    heard_layers: int = 6
    drawn_width: int = 192
    drawn_layers: int = 5
    speaker: int = 96

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> RevoiceConfig:
        """From a card's plain dictionary."""
        return cls(**{key: config[key] for key in cls.__dataclass_fields__ if key in config})

    def plain(self) -> dict[str, object]:
        """As a dictionary for a card."""
        return asdict(self)


def revoice_starter(symbols: int) -> RevoiceConfig:
    """The shipped size, about 2.5 M parameters."""
    return RevoiceConfig(symbols=symbols)


def revoice_tiny(symbols: int) -> RevoiceConfig:
    """A toy of the same shape for tests."""
    return RevoiceConfig(symbols=symbols, heard_width=16, heard_layers=1, drawn_width=16, drawn_layers=1, speaker=8)


class Listener(nn.Module):
    """What is said: log mel [B, T, E] without its mean colour to log probabilities of phones [B, S, P]."""

    def __init__(self, config: RevoiceConfig) -> None:
        super().__init__()
        width = config.heard_width
        self.into = nn.Conv1d(config.ear_bands, width, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(config.heard_layers))
        self.out = nn.Linear(width, config.symbols)

    def forward(self, mel: Tensor) -> Tensor:
        """T is even."""
        x = self.into(mel.transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        said: Tensor = self.out(functional.layer_norm(x.transpose(1, 2), x.shape[1:2]))
        return said.float().log_softmax(-1)


class Ear(nn.Module):
    """Who speaks: log mel [B, T, E] of any length from 8 frames to a vector [B, V] of mean 0 and variance 1."""

    def __init__(self, bands: int, vector: int, width: int = 112) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(source, width, 5, stride=stride, padding=2)
            for source, stride in ((bands, 2), (width, 2), (width, 1))
        )
        self.out = nn.Linear(2 * width, vector)

    def forward(self, mel: Tensor) -> Tensor:
        """Mean and spread over time make the length free."""
        x = mel.transpose(1, 2)
        for layer in self.layers:
            x = functional.gelu(layer(x), approximate="tanh")
            x = functional.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)
        spread = (x.float().var(-1, unbiased=False) + 1e-5).sqrt()
        vector: Tensor = self.out(torch.cat((x.mean(-1), spread.to(x)), -1))
        return functional.layer_norm(vector.float(), vector.shape[-1:])


class Painter(nn.Module):
    """How that sounds in a voice: phones [B, S, P], manner [B, T, 3] and a vector [B, V] to an envelope [B, T, M]."""

    def __init__(self, config: RevoiceConfig) -> None:
        super().__init__()
        width = config.drawn_width
        self.into = nn.Conv1d(config.symbols + 6, width, 3, padding=1)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width, condition=config.speaker) for _ in range(config.drawn_layers))
        self.out = nn.Linear(width, 2 * config.bands)

    def forward(self, said: Tensor, manner: Tensor, vector: Tensor) -> Tensor:
        """Standardised log envelope; `manner` is loudness, voicing and pitch, each about 0 and 1."""
        x = torch.cat((said, manner.reshape(len(manner), -1, 6)), -1)  # [B, S, P + 6]
        x = self.into(x.transpose(1, 2))
        for block in self.blocks:
            x = block(x, vector)
        y: Tensor = self.out(functional.layer_norm(x.transpose(1, 2), x.shape[1:2]))
        return y.reshape(len(y), 2 * y.shape[1], -1)


class RevoiceModel(nn.Module):
    """The whole: listener, ear and painter, and the statistics that they work in."""

    def __init__(self, config: RevoiceConfig) -> None:
        super().__init__()
        self.config = config
        self.listener = Listener(config)
        self.ear = Ear(config.ear_bands, config.speaker)
        self.painter = Painter(config)
        for name, start in (("centre", -6.0), ("scale", 2.0)):
            self.register_buffer(name, torch.full((config.bands,), start))
        bank = mel_filterbank(config.rate, config.ear_fft, config.ear_bands, high=config.ear_top, scale="htk")
        self.register_buffer("bank", bank.T.contiguous(), persistent=False)

    def mel(self, samples: Tensor) -> Tensor:
        """Log mel [B, T, E] of recordings at any level [B, N]; each is set to one loudness first. T is N // hop."""
        config = self.config
        samples = samples * (0.07 / samples.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-5))
        spectrum = stft(samples, config.ear_fft, config.hop, pad="constant")
        power = spectrum.abs().square().transpose(1, 2) @ self.bank  # type: ignore[operator]
        return ((power + 1e-5).log()[:, : samples.shape[-1] // config.hop] + 4) / 3

    def vector(self, samples: Tensor) -> Tensor:
        """Who speaks in recordings [B, N]: [B, V]."""
        return self.ear(self.mel(samples))  # type: ignore[no-any-return]

    def said(self, mel: Tensor) -> Tensor:
        """Probabilities of phones [B, S, P] in a mel [B, T, E]; its mean colour is taken out, for it is the room's."""
        return self.listener(bleached(mel)).exp()  # type: ignore[no-any-return]

    def envelope(self, said: Tensor, manner: Tensor, vector: Tensor) -> Tensor:
        """Natural log of the power envelope [B, T, M]."""
        return self.painter(said, manner, vector).float() * self.scale + self.centre  # type: ignore[no-any-return]


def bleached(mel: Tensor) -> Tensor:
    """A mel [B, T, E] without the mean colour of its louder half."""
    level = mel.mean(-1, keepdim=True)
    loud = (level > level.amax(1, keepdim=True) - LOUD / 3).to(mel)
    return mel - (mel * loud).sum(1, keepdim=True) / loud.sum(1, keepdim=True).clamp(min=1)


def manner_of(mel: Tensor, f0: Tensor) -> Tensor:
    """Loudness, voicing and pitch [B, T, 3] of a mel [B, T, E] and pitches [B, T] Hz, 0 where there is no voice.

    Loudness is against the mean of what is loud, pitch in quarters of an e-fold around the median, so that
    a recording's level and a speaker's height are gone.
    """
    level = mel.mean(-1)
    loud = (level > level.amax(1, keepdim=True) - LOUD / 3).to(level)
    level = level - (level * loud).sum(1, keepdim=True) / loud.sum(1, keepdim=True).clamp(min=1)
    voiced = f0 > 0
    height = torch.stack([row[row > 0].median() if bool((row > 0).any()) else row.new_tensor(120.0) for row in f0])
    pitch = torch.where(voiced, (f0.clamp(min=20) / height[:, None]).log() * 4, 0.0)
    return torch.stack((level, voiced.to(level), pitch.clamp(-3, 3)), -1)
