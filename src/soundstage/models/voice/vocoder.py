"""Envelope, pitch and voicing to sound: pulses and noise through filters that a network corrects.

Notable: pitch is a free input, and filters are minimum phase by folding the cepstrum.

B batch · P phones · T frames of 10 ms · S steps of two frames · M envelope bands · F frequency bins · N samples · W
width
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.models.voice.config import VoiceConfig
from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.mel import hz_to_mel, mel_to_hz
from soundstage.ops.stft import overlap_add


class Vocoder(nn.Module):
    """Envelope, pitch and voicing to a waveform: a pulse train and noise through filters that a network corrects."""

    def __init__(self, config: VoiceConfig) -> None:
        super().__init__()
        width = config.vocoder_width
        self.rate, self.hop, self.fft, self.sub = config.rate, config.hop, config.fft, config.sub
        self.into = nn.Conv1d(config.bands + 2, width, 5, padding=2)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(config.vocoder_layers))
        self.out = nn.Linear(width, 2 * config.bands * config.sub)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.zeros_(self.out.bias)
        self.register_buffer(
            "spread", band_interpolation(config.bands, config.rate, config.fft // 2 + 1), persistent=False
        )

    def forward(
        self, features: Tensor, envelope: Tensor, pulses: Tensor, noise: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """features [B, T, M + 2] standardised, envelope [B, T, M] log power, pulses and noise [B, N = T · hop] to
        [B, N]. In a batch of unlike lengths a mask [B, T] of ones and zeros says which frames exist; behind them the
        envelope must hold its last value.
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
        harmonic = minimum_phase((0.5 * shape + voiced) @ spread)  # [B, T · sub, F]
        breath = ((0.5 * shape + rough) @ spread).clamp(-14, 6).exp()
        spectrum = buzz * harmonic + frames_of(noise, size, self.fft) * breath
        if mask is not None:
            spectrum = spectrum * mask.repeat_interleave(self.sub, 1)[..., None]
        whole = overlap_add(torch.fft.irfft(spectrum, self.fft).transpose(1, 2), size)
        return whole[:, size : size + pulses.shape[1]]  # a filter's tail that would outlast the end is cut


def pulse_train(f0: Tensor, hop: int, rate: int) -> Tensor:
    """Band-limited pulses of flat spectrum and unit power at pitch f0 [B, T] Hz, [B, T · hop] (a closed sum of
    cosines).
    """
    with torch.no_grad():
        points = functional.pad(f0[:, None].double(), (0, 1), mode="replicate")
        size = f0.shape[1] * hop + 1
        samples = functional.interpolate(points, size, mode="linear", align_corners=True)[:, 0, :-1]
        phase = (samples / rate).cumsum(-1)
        phase = (phase - phase.round()).float()  # in cycles, −½…½
        count = (rate / 2 / samples.float()).floor().clamp(min=1)
        angle = math.pi * phase
        below = angle.sin()
        near = below.abs() < 1e-4
        ratio = torch.where(near, 2 * count + 1, ((2 * count + 1) * angle).sin() / torch.where(near, 1.0, below))
        return (ratio - 1) * 0.5 * (2 / count).sqrt()


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
    """Log gains [..., F] to the complex spectrum of the minimum-phase filter with these gains."""
    bins = log_gain.shape[-1]
    cepstrum = torch.fft.irfft(log_gain.clamp(-14, 6))
    folded = torch.cat((cepstrum[..., :1], 2 * cepstrum[..., 1 : bins - 1], cepstrum[..., bins - 1 : bins]), -1)
    spectrum = torch.fft.rfft(folded, 2 * (bins - 1))
    return torch.polar(spectrum.real.exp(), spectrum.imag)


def band_interpolation(bands: int, rate: int, bins: int) -> Tensor:
    """[M, F] weights that draw a line through the band centres, flat beyond the outer ones."""
    edges = np.linspace(0, hz_to_mel(rate / 2, "htk"), bands + 2)
    centres = torch.from_numpy(mel_to_hz(edges, "htk"))[1:-1]
    frequency = torch.linspace(0, rate / 2, bins, dtype=torch.float64).clamp(float(centres[0]), float(centres[-1]))
    upper = torch.searchsorted(centres, frequency).clamp(1, bands - 1)
    share = (frequency - centres[upper - 1]) / (centres[upper] - centres[upper - 1])
    weights = torch.zeros(bands, bins, dtype=torch.float64)
    weights[upper, torch.arange(bins)] = share
    weights[upper - 1, torch.arange(bins)] = 1 - share
    return weights.float()
