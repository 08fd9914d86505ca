"""The smooth spectral envelope of a voice: what shapes its sound, without the harmonics of its pitch.

Notable: the window is three periods long and the spectrum is smoothed over two thirds of the pitch, so that neither
its time nor its place between the harmonics shows; a lifter takes out what is left of them and gives back the relief
that smoothing took (CheapTrick: Morise, Speech Communication 67, 2015).

N samples · T frames · F bins = size / 2 + 1
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

UNVOICED = 500.0
"""Hz that stand for the pitch where there is none."""
RECOVERY = -0.15
"""Share by which the lifter sharpens what was smoothed; Morise's own."""


def spectral_envelope(samples: Tensor, f0: Tensor, rate: int, hop: int, size: int = 2048, most: int = 512) -> Tensor:
    """Power [T, F] of samples [N] at pitches f0 [T] Hz, 0 where unvoiced; frame t is centred on sample t · hop.

    White noise of variance 1 has a power of about 1. The window must fit: f0 above 3 · rate / size.
    """
    pitch = torch.where(f0 > 3.05 * rate / size, f0, UNVOICED).double()
    half = math.ceil(1.5 * rate / float(pitch.min()))
    padded = functional.pad(samples.double(), (half, half + hop))
    frames = padded.unfold(0, 2 * half + 1, hop)[: len(f0)]
    if len(frames) < len(f0):
        frames = functional.pad(frames, (0, 0, 0, len(f0) - len(frames)))
    parts = [_of(frames[at : at + most], pitch[at : at + most], rate, size, half) for at in range(0, len(f0), most)]
    return torch.cat(parts).float()


def _of(frames: Tensor, pitch: Tensor, rate: int, size: int, half: int) -> Tensor:
    """Of frames [T, 2 · half + 1]."""
    time = torch.arange(-half, half + 1, dtype=torch.float64) / rate
    phase = time * pitch[:, None] / 1.5
    window = torch.where(phase.abs() < 1, 0.5 + 0.5 * torch.cos(math.pi * phase), 0.0)
    window = window / window.square().sum(1, keepdim=True).sqrt()
    cut = frames * window
    cut = cut - window * (cut.sum(1, keepdim=True) / window.sum(1, keepdim=True))  # no constant part
    power = torch.fft.rfft(cut, size).abs().square() + 1e-12
    power = _smoothed(_mended_below(power, pitch, rate, size), pitch, rate, size)
    quefrency = torch.arange(size // 2 + 1, dtype=torch.float64) / rate
    turn = pitch[:, None] * quefrency
    lifter = torch.sinc(turn) * (1 - 2 * RECOVERY + 2 * RECOVERY * torch.cos(2 * math.pi * turn))
    cepstrum = torch.fft.irfft(power.log(), size)
    whole = torch.cat((lifter, lifter[:, 1:-1].flip(1)), 1)
    smooth: Tensor = torch.fft.rfft(cepstrum * whole, size).real
    return smooth.clamp(-60, 60).exp()


def _mended_below(power: Tensor, pitch: Tensor, rate: int, size: int) -> Tensor:
    """Below the pitch there is no harmonic: what mirrors it above the pitch is added."""
    bins = torch.arange(power.shape[1])
    place = pitch[:, None] * size / rate - bins
    low = place.floor().clamp(0, power.shape[1] - 2).long()
    share = (place - low).clamp(0, 1)
    mirror = power.gather(1, low) * (1 - share) + power.gather(1, low + 1) * share
    return torch.where(place > 0, power + mirror, power)


def _smoothed(power: Tensor, pitch: Tensor, rate: int, size: int) -> Tensor:
    """The mean over a band of two thirds of the pitch around every bin; spectra go on mirrored at both ends."""
    reach = int(float(pitch.max()) / 3 * size / rate) + 2
    wide = functional.pad(power[:, None], (reach, reach), mode="reflect")[:, 0]
    total = functional.pad(wide.cumsum(1), (1, 0))  # total[k] is the sum of bins before k
    shift = (pitch / 3 * size / rate)[:, None]

    def upto(place: Tensor) -> Tensor:
        low = place.floor().clamp(0, total.shape[1] - 2).long()
        share = place - low
        return total.gather(1, low) * (1 - share) + total.gather(1, low + 1) * share

    centre = torch.arange(power.shape[1], dtype=torch.float64) + reach + 0.5
    return (upto(centre + shift) - upto(centre - shift)) / (2 * shift)
