"""The ear of a small Bark: sound to semantic tokens that tell what is said and with which melody, hardly by whom.

Notable: it is supervised (as the S3 tokens of CosyVoice are): one unit alone must tell the symbol in either half of its
40 ms, how high the voice is against the speaker's own middle, and a rough spectrum without the speaker's colour. A
token is its unit and how many symbols begin with it (`begins`), so that a sequence of tokens keeps its place in the
text by counting.

B batch · N samples · F frames of 10 ms · T tokens · M mel bands · C symbols · D width
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.codec.vq import VectorQuantiser
from soundstage.errors import InputError
from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.mel import log_mel

SIZE = 1024  # of the window, in samples
FLOOR = -9.0  # natural log of amplitude under the loudest frame, below which all is silence
PARTS = 2  # of a token, each with its symbol and its pitch


@dataclass(frozen=True, kw_only=True)
class TokeniserConfig:
    """Its shape. `tones` classes of pitch (0: no voice), `rough` bands of the spectrum that a unit must tell."""

    symbols: int
    units: int = 512
    begins: int = 3  # 0, 1 or 2 symbols begin in a token
    tones: int = 8
    rough: int = 12
    rate: int = 24_000
    hop: int = 240
    bands: int = 64
    fold: int = 4  # frames a token
    width: int = 128
    near: int = 2  # blocks at 20 ms
    far: int = 3  # blocks at 40 ms
    unit_width: int = 16

    @property
    def samples(self) -> int:
        """Of one token."""
        return self.hop * self.fold


class Told(NamedTuple):
    """What a unit tells: logits of the symbol [..., PARTS, C] and the tone [..., PARTS, tones], bands [..., rough]."""

    symbols: Tensor
    tones: Tensor
    rough: Tensor


class Tokeniser(nn.Module):
    """Samples to units and back to what they tell."""

    def __init__(self, config: TokeniserConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.rise = nn.Conv1d(config.bands, width, 5, stride=2, padding=2)
        self.near = nn.ModuleList(ConvNeXtBlock(width) for _ in range(config.near))
        self.fold = nn.Conv1d(width, width, config.fold // 2, stride=config.fold // 2)
        self.whole = nn.Linear(width, width)
        self.far = nn.ModuleList(ConvNeXtBlock(width) for _ in range(config.far))
        self.down = nn.Linear(width, config.unit_width)
        self.units = VectorQuantiser(config.unit_width, config.units, decay=0.97, alive=0.2)
        self.begin = nn.Linear(width, config.begins)
        self.tell = nn.Sequential(nn.Linear(config.unit_width, width), nn.GELU())
        self.symbol = nn.Linear(width, PARTS * config.symbols)
        self.tone = nn.Linear(width, PARTS * config.tones)
        self.rough = nn.Linear(width, config.rough)

    def mel(self, samples_BN: Tensor) -> Tensor:
        """Log mel [B, M, F] of whole tokens, each band centred on the loud frames of the recording."""
        config = self.config
        spare = -samples_BN.shape[-1] % config.samples
        mel = log_mel(functional.pad(samples_BN, (0, spare)), config.rate, SIZE, config.hop, config.bands)
        return centred(mel[..., : (samples_BN.shape[-1] + spare) // config.hop])

    def hear(self, mel_BMF: Tensor) -> Tensor:
        """What is heard [B, D, T], before it is rounded to a unit."""
        x = functional.gelu(self.rise(mel_BMF))
        for block in self.near:
            x = block(x)
        x = self.fold(x)
        x = x + self.whole(x.mean(-1))[..., None]  # how high and fast the voice is on the whole
        for block in self.far:
            x = block(x)
        return x  # type: ignore[no-any-return]

    def point(self, heard_BDT: Tensor) -> Tensor:
        """What is rounded to a unit [B, U, T]: of one scale, so that the units need not run after it."""
        x = self.down(heard_BDT.transpose(1, 2))
        return functional.layer_norm(x, x.shape[-1:]).transpose(1, 2)

    def told(self, value_BTU: Tensor) -> Told:
        """What units' vectors [B, T, U] tell."""
        h = self.tell(value_BTU)
        shape, config = h.shape[:-1], self.config
        return Told(
            self.symbol(h).view(*shape, PARTS, config.symbols),
            self.tone(h).view(*shape, PARTS, config.tones),
            self.rough(h),
        )

    def read(self, units_BT: Tensor) -> Told:
        """What units tell."""
        return self.told(self.units.decode(units_BT).transpose(1, 2))

    @torch.inference_mode()
    def encode(self, samples_BN: Tensor) -> Tensor:
        """Semantic tokens [B, T] of recordings. Raises InputError for one that is shorter than a token."""
        if samples_BN.shape[-1] < self.config.samples:
            raise InputError("voice", "the recording is shorter than a token", "give some seconds of speech")
        heard = self.hear(self.mel(samples_BN))
        units = self.units.encode(self.point(heard))
        begins: Tensor = self.begin(heard.transpose(1, 2)).argmax(-1)
        return units + self.config.units * begins


def centred(mel_BMF: Tensor) -> Tensor:
    """Log mel [B, M, F] on a scale of its own recording: silence cut off, the mean of its loud frames taken out."""
    loudness = mel_BMF.mean(1, keepdim=True)
    most = loudness.amax(-1, keepdim=True)
    mel_BMF = torch.maximum(mel_BMF, most + FLOOR)
    loud = (loudness > most + FLOOR / 2).to(mel_BMF.dtype)
    mean = (mel_BMF * loud).sum(-1, keepdim=True) / loud.sum(-1, keepdim=True)
    return (mel_BMF - mean) / 2
