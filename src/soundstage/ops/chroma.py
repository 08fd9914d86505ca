"""Chroma: how much of each of the twelve pitch classes sounds, and which of them leads.

Notable: the filters are Ellis' (2007): a bump of a semitone around each pitch class in every octave, octaves weighted
around the fifth. As MusicGen hears a melody: a transform of 16 384 samples every 4096, and of each frame only the class
that leads; 30 s at 32 kHz are 235 frames. Silence is led by C.

T samples · N frames = 1 + T // hop · F bins = size / 2 + 1 · M pitch classes
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.ops.stft import stft

CLASSES = 12
A0 = 27.5  # Hz


def melody(samples: Tensor, rate: int, *, size: int = 16_384, hop: int = 4096) -> Tensor:
    """One-hot [..., N, M] of the pitch class that leads in every frame of samples [..., T], C first."""
    return F.one_hot(chroma(samples, rate, size=size, hop=hop).argmax(-1), CLASSES).to(samples)


def chroma(samples: Tensor, rate: int, *, size: int = 16_384, hop: int = 4096) -> Tensor:
    """The power [..., N, M] of each pitch class over that of the strongest. Less than a frame is centred in silence."""
    if (short := size - samples.shape[-1]) > 0:
        samples = F.pad(samples, (short // 2, short - short // 2))
    power = stft(samples, size, hop).abs().square() / torch.hann_window(size, device=samples.device).square().sum()
    classes = (filters(rate, size).to(power) @ power).transpose(-1, -2)
    return F.normalize(classes, p=math.inf, dim=-1, eps=1e-6)


@lru_cache(maxsize=8)
def filters(rate: int, size: int) -> Tensor:
    """The weight [M, F] of every bin of a transform for every pitch class."""
    with torch.inference_mode(False):  # what is kept may be used in training too
        hertz = torch.arange(1, size, dtype=torch.float64) * rate / size
        pitch = CLASSES * (hertz / A0).log2()  # semitones above it
        pitch = torch.cat((pitch[:1] - 1.5 * CLASSES, pitch))  # 0 Hz: any place between the classes
        width = torch.cat((pitch.diff().clamp(min=1.0), pitch.new_ones(1)))
        away = pitch - torch.arange(CLASSES, dtype=torch.float64).unsqueeze(1)
        away = (away + 10.5 * CLASSES).remainder(CLASSES) - CLASSES / 2
        bumps = (-0.5 * (2 * away / width).square()).exp()
        bumps = bumps / torch.linalg.vector_norm(bumps, dim=0)
        bumps = bumps * (-0.5 * ((pitch / CLASSES - 5) / 2).square()).exp()
        halves: Tensor = bumps.roll(-3, 0)[:, : size // 2 + 1].float()
        return halves
