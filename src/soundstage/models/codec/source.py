"""Sound from pitch and spectra, live: pulses and noise through filters, spectra laid over each other.

Notable: every part keeps what it must remember in the `Stream`, so that chunks joined are the whole; the noise is a
fixed table read by position, so that the same codes are always the same sound.

B batch · N fine frames · T samples = N · hop · M bands · F bins · S samples of a window
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from soundstage.nn.conv import Stream
from soundstage.ops.source import band_interpolation, harmonics, minimum_phase, white_noise
from soundstage.ops.stft import overlap_add

NOISE = 2**17
"""Samples after which the noise repeats, five seconds."""


class Pulses(nn.Module):
    """Band-limited pulses of flat spectrum and unit power (a closed sum of cosines), [B, N · hop].

    `pitch` [B, N] Hz is that at the end of each frame; it moves on a line from one to the next. No gradient passes.
    """

    def __init__(self, rate: int, hop: int) -> None:
        super().__init__()
        self.rate, self.hop = rate, hop

    @torch.no_grad()
    def forward(self, pitch_BN: Tensor, stream: Stream) -> Tensor:
        """The train goes on where the stream's last ended."""
        pitch = pitch_BN.double()
        memory = stream.memory.get(self)  # phase in cycles, and the last pitch
        if memory is None:
            memory = torch.stack((torch.zeros_like(pitch[:, 0]), pitch[:, 0]), 1)
        before = torch.cat((memory[:, 1:], pitch[:, :-1]), 1)
        share = torch.arange(1, self.hop + 1, dtype=torch.float64, device=pitch.device) / self.hop
        hertz = (before[..., None] + (pitch - before)[..., None] * share).flatten(1)
        phase = memory[:, :1] + (hertz / self.rate).cumsum(-1)
        phase = phase - phase.round()  # −½…½
        stream.memory[self] = torch.stack((phase[:, -1], pitch[:, -1]), 1)
        return harmonics(phase.float(), (self.rate / 2 / hertz).floor().clamp(min=1).float())


class Noise(nn.Module):
    """White noise [B, T] of unit power, the same at the same place of every signal."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", white_noise(NOISE), persistent=False)

    def forward(self, batch: int, samples: int, stream: Stream) -> Tensor:
        """`samples` more of it."""
        table = cast(Tensor, self.table)
        at = stream.memory.get(self, torch.zeros((), dtype=torch.long))
        stream.memory[self] = (at + samples) % NOISE
        place = (int(at) + torch.arange(samples, device=table.device)) % NOISE
        return table[place].expand(batch, samples)


class Frames(nn.Module):
    """Samples [B, N · hop] to the spectra [B, N, F] of windows of two hops, each ending with its hop."""

    def __init__(self, hop: int, fft: int) -> None:
        super().__init__()
        self.hop, self.fft = hop, fft
        self.register_buffer("window", torch.hann_window(2 * hop), persistent=False)

    def forward(self, samples_BT: Tensor, stream: Stream) -> Tensor:
        """The first window sees silence before the first sample."""
        past = stream.memory.get(self)
        past = samples_BT.new_zeros(len(samples_BT), self.hop) if past is None else past
        x_BT = torch.cat((past, samples_BT), -1)
        stream.memory[self] = x_BT[:, -self.hop :]
        frames = x_BT.unfold(-1, 2 * self.hop, self.hop) * cast(Tensor, self.window)
        return cast(Tensor, torch.fft.rfft(frames, self.fft))


class Overlap(nn.Module):
    """Frames [B, N, S], each a hop after the last, summed to [B, N · hop].

    The first begins `early` samples before the sound does. Live, the sound comes `late` samples late, at least
    `early`, and the last of it when the stream ends.
    """

    def __init__(self, size: int, hop: int, *, early: int, late: int) -> None:
        super().__init__()
        self.size, self.hop, self.late, self.shift = size, hop, late, late - early

    def forward(self, frames_BNS: Tensor, stream: Stream) -> Tensor:
        """What these frames complete."""
        batch, count, _ = frames_BNS.shape
        memory = stream.memory.get(self)
        if memory is None:
            memory = frames_BNS.new_zeros(batch, self.size - self.hop + self.shift)
        total = memory
        if count:
            laid = overlap_add(frames_BNS.transpose(1, 2), self.hop)
            total = torch.cat((laid.new_zeros(batch, self.shift), laid), -1)
            total = torch.cat((total[:, : memory.shape[1]] + memory, total[:, memory.shape[1] :]), -1)
        done = count * self.hop
        stream.memory[self] = total[:, done:]
        begun = self in stream.begun
        if stream.ending and (count or begun):
            done += self.late
        first = self.late if count and not begun else 0
        if count:
            stream.begun.add(self)
        return total[:, first:done]


class Throat(nn.Module):
    """Pitch [B, N] Hz and the log gains [B, N, M] of pulses and of noise to samples [B, N · hop]."""

    def __init__(self, rate: int, hop: int, fft: int, bands: int, *, late: int) -> None:
        super().__init__()
        self.hop = hop
        self.pulses, self.noise = Pulses(rate, hop), Noise()
        self.buzz_frames, self.breath_frames = Frames(hop, fft), Frames(hop, fft)
        self.overlap = Overlap(fft, hop, early=hop, late=late)
        self.register_buffer("spread", band_interpolation(bands, rate, fft // 2 + 1), persistent=False)

    def forward(self, pitch_BN: Tensor, buzz_BNM: Tensor, breath_BNM: Tensor, stream: Stream) -> Tensor:
        """Both filters are of minimum phase, so that nothing sounds before its cause."""
        batch, count = pitch_BN.shape
        if count == 0:
            return self.overlap(buzz_BNM.new_zeros(batch, 0, self.overlap.size), stream)  # type: ignore[no-any-return]
        pulses = self.buzz_frames(self.pulses(pitch_BN, stream), stream)
        noise = self.breath_frames(self.noise(batch, count * self.hop, stream), stream)
        spread = cast(Tensor, self.spread)
        spectrum = pulses * minimum_phase(buzz_BNM @ spread) + noise * minimum_phase(breath_BNM @ spread)
        return self.overlap(torch.fft.irfft(spectrum, self.overlap.size), stream)  # type: ignore[no-any-return]


class Lapped(nn.Module):
    """The lowest coefficients of a lapped cosine transform (MDCT; Princen and Bradley, 1986), and back.

    Frames of two hops overlap by half under a sine window, so that all the coefficients would give the very sound.
    """

    def __init__(self, hop: int, coefficients: int, *, late: int) -> None:
        super().__init__()
        at = torch.arange(2 * hop, dtype=torch.float64) + 0.5
        bins = torch.arange(coefficients, dtype=torch.float64) + 0.5
        basis = (math.pi / hop * (at[:, None] + hop / 2) * bins).cos() * math.sqrt(2 / hop)
        basis = (math.pi / (2 * hop) * at).sin()[:, None] * basis
        self.register_buffer("basis", basis.float(), persistent=False)
        self.overlap = Overlap(2 * hop, hop, early=hop // 2, late=late)

    def forward(self, frames_BNS: Tensor) -> Tensor:
        """Frames [B, N, 2 hop], each beginning half a hop early, to coefficients [B, N, C]."""
        return frames_BNS @ cast(Tensor, self.basis)

    def back(self, coefficients_BNC: Tensor, stream: Stream) -> Tensor:
        """Coefficients to samples [B, N · hop]."""
        return self.overlap(coefficients_BNC @ cast(Tensor, self.basis).T, stream)  # type: ignore[no-any-return]
