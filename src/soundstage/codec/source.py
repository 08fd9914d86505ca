"""Sound from an envelope, a pitch and a voicing: pulses and noise through filters that a network corrects.

Notable: what stands between network and sound has a meaning, so it can be taught by what was measured of a recording,
and pitch is an input. `SourceFilter` is the vocoder of `starter/voice`; `SourceDecoder` reads envelope, pitch and
voicing off another network's latents first (as Period VITS does: Shirahata et al., 2023). Its noise is read by
position, so the same latents are always the same sound, piece by piece or whole.

B batch · L latent width · T latents · I frames = T · fold · S steps of a filter · M envelope bands · F bins
C width of a voice's vector · N samples = I · hop
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.nn.conv import Conv1d, ConvNeXtBlock
from soundstage.nn.norms import AdaptiveNorm
from soundstage.ops.source import (
    RANGE,
    band_interpolation,
    finer,
    frames_of,
    minimum_phase,
    pulse_train,
    white_noise,
)
from soundstage.ops.stft import overlap_add

NOISE = 2**17
"""Samples after which a decoder's noise repeats: five seconds at 24 kHz."""
PITCH = (3.5, 6.5)
"""Range of the log pitch that is sounded, 33 to 665 Hz."""


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """The shape of a decoder. The filters' own network has `filter_width` and `filter_depth`."""

    latent: int
    width: int
    depth: int
    rate: int
    hop: int  # samples a latent
    fold: int = 1  # frames a latent, at which envelope, pitch and voicing are told
    bands: int = 100
    filter_width: int = 192
    filter_depth: int = 5
    fft: int = 1024
    sub: int = 2  # filters a frame
    condition: int = 0  # width of a voice's vector; 0: none is heard
    relief: float = 0.0  # how much further apart peaks and valleys are drawn: what regression smoothed over


class SourceFilter(nn.Module):
    """Envelope, pitch and voicing, pulses and noise to a waveform."""

    def __init__(self, bands: int, rate: int, hop: int, *, width: int, depth: int, fft: int, sub: int) -> None:
        super().__init__()
        self.hop, self.fft, self.sub = hop, fft, sub
        self.into = nn.Conv1d(bands + 2, width, 5, padding=2)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(depth))
        self.out = nn.Linear(width, 2 * bands * sub)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.zeros_(self.out.bias)
        self.register_buffer("spread", band_interpolation(bands, rate, fft // 2 + 1), persistent=False)

    @property
    def ahead(self) -> int:
        """Frames behind it that a frame's sound depends on: the network's reach, and one for the finer envelope."""
        return 3 + 3 * len(self.blocks)

    @property
    def behind(self) -> int:
        """Frames before it that a frame's sound depends on: the filters' tails beside."""
        return self.ahead + 1 + -(-self.fft // self.hop)

    def forward(
        self, features: Tensor, envelope: Tensor, pulses: Tensor, noise: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """features [B, I, M + 2] standardised, envelope [B, I, M] log power, pulses and noise [B, N] to [B, N].

        In a batch of unlike lengths a mask [B, I] of ones and zeros says which frames exist; behind them the envelope
        must hold its last value.
        """
        exists = None if mask is None else mask[:, None]
        x = self.into(features.transpose(1, 2) if exists is None else features.transpose(1, 2) * exists)
        for block in self.blocks:
            x = block(x, mask=exists)
        bend = functional.layer_norm(x.transpose(1, 2), x.shape[1:2])
        voiced, rough = self.out(bend).unflatten(-1, (self.sub, -1)).flatten(1, 2).chunk(2, -1)
        spread: Tensor = self.spread  # type: ignore[assignment]
        size = self.hop // self.sub
        shape = finer(envelope, self.sub)
        buzz = frames_of(pulses, size, self.fft)
        harmonic = minimum_phase((0.5 * shape + voiced) @ spread)  # [B, S, F]
        breath = ((0.5 * shape + rough) @ spread).clamp(*RANGE).exp()
        spectrum = buzz * harmonic + frames_of(noise, size, self.fft) * breath
        if mask is not None:
            spectrum = spectrum * mask.repeat_interleave(self.sub, 1)[..., None]
        whole = overlap_add(torch.fft.irfft(spectrum, self.fft).transpose(1, 2), size)
        return whole[:, size : size + pulses.shape[1]]  # a filter's tail that would outlast the end is cut


class Told(NamedTuple):
    """What a decoder reads off latents, at every frame."""

    envelope: Tensor  # [B, I, M] log power
    pitch: Tensor  # [B, I] log Hz, of unvoiced frames too
    voiced: Tensor  # [B, I] logit


class SourceDecoder(nn.Module):
    """Latents [B, L, T], and a voice's vector [B, C] where it is built for one, to samples [B, T · hop].

    `centre` and `scale` of envelope and log pitch are measured before training.
    """

    def __init__(self, config: SourceConfig) -> None:
        super().__init__()
        self.config = config
        width, condition = config.width, config.condition or None
        self.stem = Conv1d(config.latent, width, 5, causal=False)
        self.stem_norm = nn.LayerNorm(width, 1e-6) if condition is None else AdaptiveNorm(width, condition)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, hidden=2 * width, scale=1 / config.depth, condition=condition)
            for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(width, 1e-6)
        self.told = nn.Linear(width, config.fold * (config.bands + 2))
        self.filters = SourceFilter(
            config.bands, config.rate, self.step, width=config.filter_width, depth=config.filter_depth,
            fft=config.fft, sub=config.sub,
        )  # fmt: skip
        for name, start in (("centre", -6.0), ("scale", 2.0)):
            self.register_buffer(name, torch.full((config.bands,), start))
        for name, start in (("pitch_centre", 4.9), ("pitch_scale", 0.3)):
            self.register_buffer(name, torch.tensor([start]))
        self.register_buffer("noise", white_noise(NOISE), persistent=False)

    @property
    def reach(self) -> int:
        """Latents to either side that a latent's samples depend on, but for the phase of the pulses."""
        return 2 + 3 * len(self.blocks) + -(-self.filters.behind // self.config.fold)

    @property
    def step(self) -> int:
        """Samples a frame."""
        return self.config.hop // self.config.fold

    def tell(self, x_BLT: Tensor, condition_BC: Tensor | None = None, mask_B1T: Tensor | None = None) -> Told:
        """What the latents mean. In a batch of unlike lengths the mask is one where there is a latent."""
        x = self.stem(x_BLT).transpose(1, 2)
        x = (self.stem_norm(x) if condition_BC is None else self.stem_norm(x, condition_BC)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, condition_BC, mask=mask_B1T)
        told = self.told(self.norm(x.transpose(1, 2))).float()
        told = told.reshape(len(told), -1, self.config.bands + 2)  # the frames of a latent one after another
        envelope = told[..., :-2] * cast(Tensor, self.scale) + cast(Tensor, self.centre)
        pitch = told[..., -2] * cast(Tensor, self.pitch_scale) + cast(Tensor, self.pitch_centre)
        return Told(envelope, pitch, told[..., -1])

    def features(self, envelope: Tensor, pitch: Tensor, voiced: Tensor) -> Tensor:
        """What the filters' network reads, [B, I, M + 2], standardised; voicing in 0…1."""
        shape = (envelope - cast(Tensor, self.centre)) / cast(Tensor, self.scale)
        tune = (pitch - cast(Tensor, self.pitch_centre)) / cast(Tensor, self.pitch_scale)
        return torch.cat((shape, tune[..., None], voiced[..., None]), -1)

    def sound(self, envelope: Tensor, pitch: Tensor, voiced: Tensor, noise: Tensor | None = None) -> Tensor:
        """Log envelope [B, I, M], log pitch and voicing in 0…1 [B, I] to samples; noise [B, N] of one's own for
        training.
        """
        pulses = pulse_train(pitch.exp(), self.step, self.config.rate)
        noise = self._noise(0, pulses) if noise is None else noise
        features = self.features(envelope, pitch, voiced)
        return self.filters(features, envelope, pulses, noise)  # type: ignore[no-any-return]

    def forward(self, x_BLT: Tensor, condition_BC: Tensor | None = None) -> Tensor:
        """The waveform."""
        told = settled(self.tell(x_BLT, condition_BC), self.config.relief)
        return self.sound(*told)

    def chunks(self, x_BLT: Tensor, frames: int, condition_BC: Tensor | None = None) -> Iterator[Tensor]:
        """The waveform in pieces of `frames` latents, in order: joined, they are `forward`'s.

        What is told, a small share of the work, is told at once, since the pulses' phase is a sum over all the past.
        """
        with torch.inference_mode():
            told = settled(self.tell(x_BLT, condition_BC), self.config.relief)
            pulses = pulse_train(told.pitch.exp(), self.step, self.config.rate)
            features = self.features(*told)
        size, total = frames * self.config.fold, features.shape[1]
        for start in range(0, total, size):
            stop = min(start + size, total)
            low, high = max(0, start - self.filters.behind), min(total, stop + self.filters.ahead)
            t, n = slice(low, high), slice(low * self.step, high * self.step)
            with torch.inference_mode():
                noise = self._noise(n.start, pulses[:, n])
                piece = self.filters(features[:, t], told.envelope[:, t], pulses[:, n], noise)
            yield piece[:, (start - low) * self.step : (stop - low) * self.step]

    def _noise(self, start: int, like_BN: Tensor) -> Tensor:
        """As much of the decoder's noise as there are samples, from a position on."""
        place = (start + torch.arange(like_BN.shape[1], device=like_BN.device)) % NOISE
        return cast(Tensor, self.noise)[place].expand(len(like_BN), -1)


def settled(told: Told, relief: float = 0.0) -> Told:
    """As it is sounded: formants in relief, pitch within its range, voiced or not."""
    return Told(drawn_apart(told.envelope, relief), told.pitch.clamp(*PITCH), (told.voiced > 0).float())


def drawn_apart(envelope: Tensor, relief: float) -> Tensor:
    """A log envelope [B, I, M] whose peaks and valleys stand out by so much more."""
    return envelope + relief * (envelope - smoothed(envelope)) if relief else envelope


def smoothed(envelope: Tensor) -> Tensor:
    """Of [B, I, M], the mean over 15 bands around each."""
    return functional.avg_pool1d(functional.pad(envelope, (7, 7), mode="replicate"), 15, 1)
