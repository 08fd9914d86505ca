"""Source and filter: pulses at a pitch, spectra of frames, filters of minimum phase, and the bands they are told in.

Notable: pulses are a closed sum of cosines, so they are band-limited at any pitch; filters are minimum phase by folding
the cepstrum, so nothing sounds before its cause.

B batch · T frames · N samples = T · hop · M bands · F bins
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from soundstage.ops.mel import hz_to_mel, mel_to_hz

RANGE = (-14.0, 6.0)
"""Of log gains."""


def pulse_train(f0: Tensor, hop: int, rate: int) -> Tensor:
    """Pulses at pitch f0 [B, T] Hz, [B, T · hop]; between frames the pitch moves on straight lines. No gradient."""
    with torch.no_grad():
        points = functional.pad(f0[:, None].double(), (0, 1), mode="replicate")
        size = f0.shape[1] * hop + 1
        samples = functional.interpolate(points, size, mode="linear", align_corners=True)[:, 0, :-1]
        phase = (samples / rate).cumsum(-1)
        phase = (phase - phase.round()).float()
        return harmonics(phase, (rate / 2 / samples.float()).floor().clamp(min=1))


def harmonics(phase: Tensor, count: Tensor) -> Tensor:
    """The sum of the first `count` cosines at unit power: pulses of flat spectrum. `phase` in cycles, −½…½."""
    angle = math.pi * phase
    below = angle.sin()
    near = below.abs() < 1e-4
    ratio = torch.where(near, 2 * count + 1, ((2 * count + 1) * angle).sin() / torch.where(near, 1.0, below))
    return (ratio - 1) * 0.5 * (2 / count).sqrt()


def white_noise(samples: int, seed: int = 24) -> Tensor:
    """White noise [N] of unit power, always the same: a table to read by position."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(samples).astype(np.float32))


def finer(x_BTM: Tensor, times: int) -> Tensor:
    """Frames [B, T · times, M] between frames [B, T, M], on straight lines."""
    if times == 1:
        return x_BTM
    return functional.interpolate(x_BTM.transpose(1, 2), scale_factor=float(times), mode="linear").transpose(1, 2)


def frames_of(samples: Tensor, hop: int, fft: int) -> Tensor:
    """Spectra [B, T, F] of frames of two hops centred on every hop's first sample, of samples [B, T · hop]."""
    window = torch.hann_window(2 * hop, device=samples.device)
    padded = functional.pad(samples, (hop, 0))
    spectra: Tensor = torch.fft.rfft(padded.unfold(-1, 2 * hop, hop) * window, fft)
    return spectra


def minimum_phase(log_gain: Tensor) -> Tensor:
    """Log gains [..., F] to the complex spectrum of the minimum-phase filter with these gains, by the cepstrum."""
    bins = log_gain.shape[-1]
    cepstrum = torch.fft.irfft(log_gain.clamp(*RANGE))
    folded = torch.cat((cepstrum[..., :1], 2 * cepstrum[..., 1 : bins - 1], cepstrum[..., bins - 1 : bins]), -1)
    spectrum = torch.fft.rfft(folded, 2 * (bins - 1))
    return torch.polar(spectrum.real.exp(), spectrum.imag)


def band_interpolation(bands: int, rate: int, bins: int) -> Tensor:
    """[M, F] weights that draw a line through the centres of mel bands, flat beyond the outer ones."""
    edges = np.linspace(0, hz_to_mel(rate / 2, "htk"), bands + 2)
    centres = mel_to_hz(edges, "htk")[1:-1]
    frequency = np.linspace(0, rate / 2, bins).clip(centres[0], centres[-1])
    rows = [np.interp(frequency, centres, row) for row in np.eye(bands)]
    return torch.from_numpy(np.stack(rows).astype(np.float32))
