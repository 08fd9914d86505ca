"""The note player: an instrument, a pitch and a velocity to the sound of one note (after DDSP, Engel et al., 2020).

Notable: the network never makes samples. It maps a note and the time since its onset and release to the log
amplitudes of
up to 80 partials and of 40 noise bands, every 4 ms; banks of oscillators and noise turn them to sound. Decay is
built in as
a slope in the log domain, so a held note dies away beyond the lengths heard in training. Partials of ensembles
(strings,
choir) are widened by a slow random modulation whose depth is learned (bandwidth enhancement; Fitz & Haken, 2002). The
frequencies of partials (inharmonic strings, bars, drum modes) are measured from the training notes and kept as a table.

N notes · F frames · K partials · M noise bands · V voices (timbres) · T samples
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.ops.oscillators import band_matrix, filtered_noise, oscillator_bank

PITCHES = 128
SINCE = tuple(0.001 * 2**i for i in range(13))  # time constants of the onset features, s
AFTER = tuple(0.004 * 2**i for i in range(10))  # and of the release features
WIDENINGS = 8


def concert_pitch(pitch: Tensor) -> Tensor:
    """Frequency in Hz of MIDI pitches."""
    return 440.0 * torch.exp2((pitch - 69.0) / 12.0)


class Modulated(nn.Module):
    """A residual layer over frames, scaled and shifted by the note (FiLM)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.film = nn.Linear(width, 2 * width)
        self.layer = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)

    def forward(self, x_NFW: Tensor, note_NW: Tensor) -> Tensor:
        """[N, F, W] to the same."""
        scale, shift = self.film(note_NW)[:, None].chunk(2, dim=-1)
        moved: Tensor = self.layer(functional.silu(self.norm(x_NFW) * (1 + scale) + shift))
        return x_NFW + moved


class NotePlayer(nn.Module):
    """Voice, pitch, velocity, time → partials and noise → sound."""

    stretch_VPK: Tensor
    modes_DK: Tensor
    bands_MB: Tensor
    smooth: Tensor

    def __init__(
        self, *, voices: int, drums: int, partials: int, bands: int, width: int, depth: int, hop: int, rate: int
    ) -> None:
        super().__init__()
        self.hop, self.rate, self.partials, self.pitched = hop, rate, partials, voices - drums
        self.voice = nn.Embedding(voices, 32)
        self.cell = nn.Embedding(voices * PITCHES, 16)
        nn.init.zeros_(self.cell.weight)
        self.note = nn.Sequential(nn.Linear(32 + 16 + 8, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.time = nn.Linear(len(SINCE) + len(AFTER) + 2, width)
        self.blocks = nn.ModuleList(Modulated(width) for _ in range(depth))
        self.head = nn.Linear(width, partials + bands)
        self.rates = nn.Linear(width, partials + 2)
        self.widening = nn.Linear(width, WIDENINGS)
        with torch.no_grad():
            self.head.weight.mul_(0.3)
            falling = -4.0 - torch.log(torch.arange(1.0, partials + 1))
            self.head.bias.copy_(torch.cat([falling, torch.full((bands,), -8.0)]))
        # Cents that a partial stands above its harmonic; NaN-free: unused partials lie above hearing and stay silent.
        self.register_buffer("stretch_VPK", torch.zeros(self.pitched, PITCHES, partials))
        self.register_buffer("modes_DK", torch.zeros(drums, partials))  # octaves above 20 Hz
        self.register_buffer("bands_MB", band_matrix(bands, hop + 1, rate), persistent=False)
        hann = torch.hann_window(25, periodic=False)[None, None]
        self.register_buffer("smooth", hann / hann.square().sum().sqrt(), persistent=False)

    def frequencies(self, voice_N: Tensor, pitch_N: Tensor) -> Tensor:
        """Frequency [N, K] in Hz of every partial."""
        order = torch.arange(1, self.partials + 1, device=voice_N.device)
        tuned = voice_N.clamp(max=self.pitched - 1)
        harmonic = concert_pitch(pitch_N.float())[:, None] * order
        harmonic = harmonic * torch.exp2(self.stretch_VPK[tuned, pitch_N].float() / 1200)
        modes = 20 * torch.exp2(self.modes_DK[(voice_N - self.pitched).clamp(min=0)].float())
        return torch.where((voice_N >= self.pitched)[:, None], modes, harmonic)

    def describe(self, voice_N: Tensor, pitch_N: Tensor, velocity_N: Tensor) -> Tensor:
        """What is constant over a note, [N, width]."""
        pitch, loud = pitch_N.float()[:, None], velocity_N.float()[:, None] / 127
        turn = 2 * math.pi * pitch / torch.tensor([12.0, 24.0], device=pitch.device)
        facts = [(pitch - 64) / 32, loud, loud.square(), loud.sqrt(), turn.sin(), turn.cos()]
        cell = self.cell(voice_N * PITCHES + pitch_N)
        known: Tensor = self.note(torch.cat([self.voice(voice_N), cell, *facts], dim=1))
        return known

    def envelopes(self, note_NW: Tensor, frame_NF: Tensor, held_N: Tensor) -> tuple[Tensor, Tensor]:
        """Amplitudes of partials [N, F, K] and of noise bands [N, F, M] at frames counted from the onset."""
        t = frame_NF * (self.hop / self.rate)
        after = (t - held_N[:, None]).clamp(min=0)
        since = t.clamp(min=0)
        taus, ends = torch.tensor(SINCE, device=t.device), torch.tensor(AFTER, device=t.device)
        released = (after > 0).to(t.dtype)[..., None]
        fading = torch.exp(-after[..., None] / ends) * released
        features = [torch.exp(-since[..., None] / taus), fading, released, torch.log1p(since * 50)[..., None] / 5]
        x = self.time(torch.cat(features, dim=2))
        for block in self.blocks:
            x = block(x, note_NW)
        slopes = functional.softplus(self.rates(note_NW) - 1.0)[:, None]
        slope_K, slope_M, let_go = slopes[..., : self.partials], slopes[..., -2:-1], slopes[..., -1:]
        level = self.head(x)
        fall = 4 * let_go * after[..., None]
        partial = level[..., : self.partials] - slope_K * since[..., None] - fall
        noise = level[..., self.partials :] - 4 * slope_M * since[..., None] - fall
        sounding = (t >= 0)[..., None]
        return partial.clamp(-18, 1).exp() * sounding, noise.clamp(-18, 1).exp() * sounding

    def widen(self, partial_NFK: Tensor, note_NW: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Complex envelopes whose slow random part has the depth learned for the note, real and imaginary."""
        depth_NG = torch.sigmoid(self.widening(note_NW) - 4)
        group = torch.arange(self.partials, device=partial_NFK.device) + 1
        group = (torch.log2(group.float()) * (WIDENINGS - 1) / math.log2(self.partials)).round().long()
        notes, frames, partials = partial_NFK.shape
        depth = depth_NG[:, group[:partials]][:, None]
        pad = self.smooth.shape[-1] - 1
        draw = torch.randn(2 * notes * partials, 1, frames + pad, generator=generator, device=partial_NFK.device)
        slow = functional.conv1d(draw, self.smooth).view(2, notes, partials, frames).transpose(2, 3)
        steady, moving = (1 - depth).sqrt(), (depth / 2).sqrt()
        return partial_NFK * (steady + moving * slow[0]), partial_NFK * (moving * slow[1])

    def forward(
        self,
        voice_N: Tensor,
        pitch_N: Tensor,
        velocity_N: Tensor,
        held_N: Tensor,
        first_N: Tensor,
        *,
        frames: int,
        generator: torch.Generator,
        vibrato_N: Tensor | None = None,
    ) -> Tensor:
        """Sound [N, (frames − 1)·hop] from frame `first_N` of each note on; `held_N` in seconds, `vibrato_N` in
        cents."""
        note = self.describe(voice_N, pitch_N, velocity_N)
        frame = first_N[:, None] + torch.arange(frames, device=voice_N.device)
        partial, noise = self.envelopes(note, frame.to(note.dtype), held_N)
        frequency = self.frequencies(voice_N, pitch_N)
        audible = frequency < 0.47 * self.rate
        partial = partial * audible[:, None]
        if (
            not self.training
        ):  # partials rise in frequency: those above hearing for every note of the batch are left out
            used = max(1, int(audible.sum(1).max()))
            partial, frequency = partial[..., :used], frequency[:, :used]
        real, imag = self.widen(partial, note, generator)
        if vibrato_N is not None:
            real, imag = self._bent(real, imag, frequency, vibrato_N, frame)
        # Partials start at fixed, scattered phases: all at once would be a click. Crops keep them through `first`,
        # which differs by note; turning the envelope by the phase at the crop's start is the same thing.
        turns = frequency.double() * (first_N[:, None].double() * self.hop / self.rate)
        start = (turns - turns.floor()).to(real.dtype) + self._scatter(real.device)[: frequency.shape[1]]
        angle = 2 * math.pi * start[:, None]
        cos, sin = angle.cos(), angle.sin()
        sound = oscillator_bank(
            real * cos - imag * sin, real * sin + imag * cos, frequency, hop=self.hop, rate=self.rate
        )
        return sound + filtered_noise(noise, self.bands_MB, hop=self.hop, generator=generator)

    def _bent(
        self, real_NFK: Tensor, imag_NFK: Tensor, frequency_NK: Tensor, cents_N: Tensor, frame_NF: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Vibrato: the envelopes turned back and forth, a third of a second after the onset, slightly faster in high
        notes."""
        t = frame_NF * (self.hop / self.rate)
        swell = ((t - 0.18) / 0.35).clamp(0, 1)
        speed = 5.3 + 0.4 * torch.log2(frequency_NK[:, :1] / 440).clamp(-1, 1)
        bend = cents_N[:, None] * (math.log(2) / 1200) * swell * torch.sin(2 * math.pi * speed * t)
        turns = (bend * (self.hop / self.rate)).cumsum(1)[..., None] * frequency_NK[:, None]
        cos, sin = (2 * math.pi * turns).cos(), (2 * math.pi * turns).sin()
        return real_NFK * cos - imag_NFK * sin, real_NFK * sin + imag_NFK * cos

    def _scatter(self, device: torch.device) -> Tensor:
        golden = torch.arange(self.partials, device=device, dtype=torch.float64) ** 2 * 0.61803398875
        return (golden - golden.floor()).float()
