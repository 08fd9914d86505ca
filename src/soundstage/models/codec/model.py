"""Soundstage's own codec: what a voice does in the first books, the waveform in the others; 24 kHz, live.

Notable: it is made to be learned in minutes. The first books say envelope, pitch and voicing, from which pulses and
noise are shaped, so that few and regular codes are speech already and a language model has an easy time; the others
say the waveform, and its share of the sound replaces that of the pulses. Everything is causal: a frame of codes is
known `ahead` samples after its end, its sound half a window later.

B batch · T samples · N frames of codes · K codebooks · D width · M bands · I fine frames
"""

from __future__ import annotations

import copy
from functools import reduce
from typing import NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.rvq import ResidualQuantiser
from soundstage.codec.vq import VectorQuantiser
from soundstage.errors import InputError
from soundstage.models.codec.config import CodecConfig
from soundstage.models.codec.ear import Ear
from soundstage.models.codec.source import Lapped, Throat
from soundstage.nn.conv import Conv1d, ConvNeXtBlock, Stream
from soundstage.ops.mel import hz_to_mel, mel_to_hz

QUIET = 1e-4
"""Loudness below which the wave is not brought to unit loudness."""
LEVEL = -4.0
"""Log loudness about which that of waves lies."""


class Said(NamedTuple):
    """What the first books say, at every fine frame."""

    hidden: Tensor  # [B, D, N]
    envelope: Tensor  # [B, I, M] log power
    pitch: Tensor  # [B, I] log Hz
    voiced: Tensor  # [B, I] logit
    buzz: Tensor  # [B, I, M] log gains of pulses
    breath: Tensor  # [B, I, M] log gains of noise


class Books(nn.Module):
    """Two stacks of residual codebooks: the voice's, then the wave's."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.voice = ResidualQuantiser(config.code_width, config.voice_books, config.codes)
        self.wave = ResidualQuantiser(config.coefficients + 1, config.wave_books, config.codes)

    def encode(self, voice_BDN: Tensor, wave_BDN: Tensor, books: int | None = None) -> Tensor:
        """Codes [B, K, N] of the first `books` books."""
        first, rest = self._parts(books)
        codes = [self.voice.encode(voice_BDN, first)]
        return torch.cat([*codes, self.wave.encode(wave_BDN, rest)] if rest else codes, 1)

    def decode(self, codes_BKN: Tensor) -> tuple[Tensor, Tensor | None]:
        """Latents of the voice and, where there are codes of it, of the wave."""
        first, rest = self._parts(codes_BKN.shape[1])
        # Summed book by book: the same rounding for any number of frames.
        voice = reduce(torch.add, [self._read(self.voice, k, codes_BKN[:, k]) for k in range(first)])
        wave = [self._read(self.wave, k, codes_BKN[:, first + k]) for k in range(rest)]
        return voice, reduce(torch.add, wave) if rest else None

    @staticmethod
    def _read(stack: ResidualQuantiser, book: int, codes_BN: Tensor) -> Tensor:
        return cast(VectorQuantiser, stack.books[book]).decode(codes_BN)

    def _parts(self, books: int | None) -> tuple[int, int]:
        first, most = len(self.voice.books), len(self.voice.books) + len(self.wave.books)
        books = most if books is None else books
        if not 1 <= books <= most:
            raise InputError("books", f"{books} of {most} codebooks", f"choose from 1 to {most}")
        return min(first, books), max(0, books - first)


class Listener(nn.Module):
    """Samples [B, 1, T] to latents of the voice [B, D, N] and of the wave [B, C + 1, N], before the codebooks."""

    def __init__(self, config: CodecConfig, lapped: Lapped) -> None:
        super().__init__()
        self.ear = Ear(config.hop, config.ahead, config.fine)
        self.heard, self.heard_norm = nn.Linear(self.ear.width, config.width), nn.LayerNorm(config.width)
        self.blocks = _blocks(config.listen_depth, config.width, config.hidden, config.kernel)
        self.norm = nn.LayerNorm(config.width)
        self.voice = nn.Linear(config.width, config.code_width)
        self.lapped = lapped

    def forward(self, samples_B1T: Tensor, stream: Stream | None = None) -> tuple[Tensor, Tensor]:
        """With a stream, those of the frames that these samples complete."""
        frames = self.ear.frames(samples_B1T[:, 0], stream)
        x = self.heard_norm(self.heard(self.ear(frames))).transpose(1, 2)
        for block in self.blocks:
            x = block(x, stream=stream)
        voice = self.voice(self.norm(x.transpose(1, 2))).transpose(1, 2).float()
        return voice, shape_and_gain(self.lapped(frames).float()).transpose(1, 2)


def shape_and_gain(wave_BNC: Tensor) -> Tensor:
    """Lapped coefficients at unit loudness and, last, their log loudness, [B, N, C + 1].

    The loudness weighs as much as it costs: an error in it is as far as what it does to the coefficients.
    """
    loud = wave_BNC.square().mean(-1, keepdim=True).sqrt() + QUIET
    return torch.cat((wave_BNC / loud, wave_BNC.shape[-1] ** 0.5 * (loud.log() - LEVEL)), -1)


def coefficients(wave_BNC: Tensor) -> Tensor:
    """The inverse of `shape_and_gain`."""
    shape, gain = wave_BNC[..., :-1], wave_BNC[..., -1:]
    loud: Tensor = (gain / shape.shape[-1] ** 0.5 + LEVEL).clamp(-12, 4).exp()
    return shape * loud


class Teller(nn.Module):
    """Latents of the voice [B, D, N] to envelope, pitch and voicing at every fine frame.

    `centre` and `scale` of envelope and log pitch are measured before training.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        width, fine, bands = config.width, config.fine_width, config.bands
        self.into, self.into_norm = Conv1d(config.code_width, width, 3), nn.LayerNorm(width)
        self.blocks = _blocks(config.speak_depth, width, config.hidden, config.kernel)
        self.finer = Finer(width, fine, config)
        self.told = nn.Linear(fine, bands + 2)
        self.bent = nn.Linear(fine, 2 * bands)  # by how much the filters are not the envelope
        nn.init.zeros_(self.bent.weight)
        nn.init.zeros_(self.bent.bias)
        for name in ("centre", "scale"):
            self.register_buffer(name, torch.full((bands,), float(name == "scale")))
            self.register_buffer(f"pitch_{name}", torch.tensor([float(name == "scale")]))

    def forward(self, voice_BDN: Tensor, stream: Stream | None = None) -> Said:
        """Live or of a whole signal."""
        hidden = self.into_norm(self.into(voice_BDN, stream).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden, stream=stream)
        x = self.finer(hidden, stream)
        told, bent = (part if part.dtype == torch.float64 else part.float() for part in (self.told(x), self.bent(x)))
        envelope = told[..., :-2] * cast(Tensor, self.scale) + cast(Tensor, self.centre)
        pitch = told[..., -2] * cast(Tensor, self.pitch_scale) + cast(Tensor, self.pitch_centre)
        voiced = told[..., -1]
        buzz, breath = (0.5 * envelope + part for part in bent.chunk(2, -1))
        share = voiced.sigmoid()[..., None]
        buzz = buzz + share.clamp_min(1e-4).log()
        breath = breath + 0.5 * (1 - share.square()).clamp_min(1e-3).log()
        return Said(hidden, envelope, pitch, voiced, buzz, breath)


class Tracer(nn.Module):
    """Latents of the wave [B, C + 1, N], beside what the voice says, to the waveform of the low frequencies.

    Also the log gains [B, I, M] of what it leaves to pulses and noise.
    """

    def __init__(self, config: CodecConfig, lapped: Lapped) -> None:
        super().__init__()
        self.fine, self.bands = config.fine, config.bands
        self.hushed = nn.Linear(config.width, config.fine * config.bands)
        self.lapped = lapped
        nn.init.zeros_(self.hushed.weight)
        top = config.coefficients * config.rate / 2 / config.hop
        centres = mel_to_hz(np.linspace(0, hz_to_mel(config.rate / 2, "htk"), config.bands + 2), "htk")[1:-1]
        below = torch.from_numpy(centres < top).float().repeat(config.fine)
        with torch.no_grad():
            self.hushed.bias.copy_(torch.where(below > 0, 2.5, -5.0))

    def forward(self, wave_BCN: Tensor, hidden_BDN: Tensor, stream: Stream | None = None) -> tuple[Tensor, Tensor]:
        """Samples [B, T] and log gains."""
        hidden = hidden_BDN.transpose(1, 2)
        hush = -F.softplus(self.hushed(hidden).float()).reshape(len(hidden), -1, self.bands)
        return self.lapped.back(coefficients(wave_BCN.transpose(1, 2)), stream or Stream(ending=True)), hush


class Finer(nn.Module):
    """Frames [B, D, N] to fine frames [B, I, fine_width]."""

    def __init__(self, width: int, fine_width: int, config: CodecConfig) -> None:
        super().__init__()
        self.width = fine_width
        self.spread = nn.Linear(width, config.fine * fine_width)
        self.block = _blocks(1, fine_width, config.fine_hidden, config.kernel)[0]
        self.norm = nn.LayerNorm(fine_width)

    def forward(self, x_BDN: Tensor, stream: Stream | None = None) -> Tensor:
        """Live or of a whole signal."""
        x = self.spread(x_BDN.transpose(1, 2))
        x = x.reshape(len(x), -1, self.width).transpose(1, 2)
        return self.norm(self.block(x, stream=stream).transpose(1, 2))  # type: ignore[no-any-return]


class Codec(nn.Module):
    """Samples to codes and back; `encode` and `decode` are for use, the rest for training."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        late = config.hop // 2
        lapped = Lapped(config.hop, config.coefficients, late=late)
        self.listener, self.quantiser, self.teller = Listener(config, lapped), Books(config), Teller(config)
        self.tracer = Tracer(config, lapped)
        self.throat = Throat(config.rate, config.step, config.fft, config.bands, late=late)
        self._exact: tuple[object, Teller] | None = None

    def sound(self, said: Said, wave_BDN: Tensor | None, stream: Stream | None = None) -> Tensor:
        """What is said, and the latents of the wave where there are any, to samples [B, 1, N · hop]."""
        live, buzz, breath = stream or Stream(ending=True), said.buzz, said.breath
        if wave_BDN is None:
            return self.throat(said.pitch.exp(), buzz.float(), breath.float(), live).unsqueeze(1)  # type: ignore[no-any-return]
        wave, hush = self.tracer(wave_BDN, said.hidden.float(), live)
        made = self.throat(said.pitch.exp(), buzz.float() + hush, breath.float() + hush, live)
        return (made + wave).unsqueeze(1)  # type: ignore[no-any-return]

    def exact(self) -> Teller:
        """The teller in double precision.

        The phase of the pulses is a sum over all the past: in float32, chunks of other lengths would round otherwise
        and drift apart.
        """
        now = [(parameter.data_ptr(), parameter._version) for parameter in self.teller.parameters()]
        if self._exact is None or self._exact[0] != now:
            self._exact = (now, copy.deepcopy(self.teller).double())
        return self._exact[1]

    @torch.inference_mode()
    def encode(self, samples_B1T: Tensor, books: int | None = None, stream: Stream | None = None) -> Tensor:
        """Codes [B, K, N] of the first `books` books, N = ceil(T / hop).

        With a stream, those of the frames that these samples complete (maybe none). Raises InputError for samples or
        books that the codec does not have.
        """
        if samples_B1T.ndim != 3 or samples_B1T.shape[1] != 1 or (stream is None and samples_B1T.shape[-1] == 0):
            shape = tuple(samples_B1T.shape)
            raise InputError("samples", f"have shape {shape}", "give [batch, 1, time] with at least one sample")
        voice, wave = self.listener(samples_B1T, stream)
        return self.quantiser.encode(voice, wave, books)

    @torch.inference_mode()
    def decode(self, codes_BKN: Tensor, stream: Stream | None = None, *, length: int | None = None) -> Tensor:
        """Samples [B, 1, N · hop], or the first `length` of them; as many books are read as there are codes."""
        voice, wave = self.quantiser.decode(codes_BKN)
        return self.sound(self.exact()(voice.double(), stream or Stream()), wave, stream)[..., :length]


def _blocks(depth: int, width: int, hidden: int, kernel: int) -> nn.ModuleList:
    return nn.ModuleList(
        ConvNeXtBlock(width, hidden=hidden, kernel=kernel, causal=True, scale=1 / (depth + 1)) for _ in range(depth)
    )
