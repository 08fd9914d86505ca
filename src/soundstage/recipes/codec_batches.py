"""What `starter/codec` learns from in memory maps, speech and music, and the batches that are cut of it.

B batch · T samples · F frames of 10 ms · I fine frames of 5 ms · M bands
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data import narrator
from soundstage.errors import MissingError
from soundstage.ops.mel import mel_filterbank
from soundstage.recipes import codec_music

SPEECH = Path("runs/narrator")
RUNS = Path("runs/codec")
RATE, HOP = 24_000, 240  # of the narrator's measurements
FRAMES = 48
"""Frames of codes in a crop."""
COUNT = 8
SPOKEN = 0.72
"""The share of speech in a batch."""
QUIET = -14.0
"""Log power below which silences need not be told apart."""


@dataclass(frozen=True)
class Corpus:
    """All that is trained on, in memory maps: speech end to end with what was measured of it, and music."""

    samples: NDArray[np.int16]
    pitch: NDArray[np.float32]
    """[F] log Hz every 10 ms, unvoiced gaps bridged."""
    voiced: NDArray[np.bool_]
    envelope: NDArray[np.float16]
    """[F, M] log power."""
    music: Sequence[NDArray[np.int16]]


def corpus(every: int = 3) -> Corpus:
    """Read, or on the first call gather, the data; of the speakers only each `every`th. Raises MissingError."""
    parts = {name: RUNS / f"speech-{name}.npy" for name in ("samples", "pitch", "voiced", "envelope")}
    music = codec_music.load(RUNS / "music")
    if not music:
        raise MissingError("no music to train on", "make it first: python -m soundstage.recipes.codec data")
    if not all(path.exists() for path in parts.values()):
        paths = [path for path in sorted(SPEECH.glob("*.npz")) if not path.name.startswith(".")][::every]
        if not paths:
            raise MissingError("no speech to train on", "make it first: python -m soundstage.recipes.voice data")
        found: dict[str, list[NDArray[np.generic]]] = {name: [] for name in parts}
        for path in paths:
            for recording in narrator.load(path)[1]:
                found["samples"].append(np.round(recording.samples * 32767).astype(np.int16))
                found["pitch"].append(_bridged(recording.f0))
                found["voiced"].append(recording.f0 > 0)
                found["envelope"].append(recording.envelope.astype(np.float16))
        for name, path in parts.items():
            partial = path.with_name(f".{path.name}")
            np.save(partial, np.concatenate(found[name]), allow_pickle=False)
            partial.replace(path)
    arrays = {name: np.load(path, mmap_mode="r") for name, path in parts.items()}
    return Corpus(**arrays, music=music)


def _bridged(f0: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log pitch with its unvoiced gaps bridged."""
    voiced = np.flatnonzero(f0 > 0)
    if len(voiced) == 0:
        return np.full(len(f0), np.log(120.0), np.float32)
    return np.interp(np.arange(len(f0)), voiced, np.log(f0[voiced])).astype(np.float32)


@dataclass(frozen=True)
class Batch:
    """Crops [B, T] with what is true of them at every fine frame; of music, pitch and voicing are not asked."""

    samples: Tensor
    envelope: Tensor  # [B, I, M] log power
    pitch: Tensor  # [B, I] log Hz at the end of the frame
    voiced: Tensor  # [B, I]
    spoken: Tensor  # [B, 1]


def batch(found: Corpus, generator: torch.Generator, bands: int = 100) -> Batch:
    """Crops of speech and music at varied loudness."""
    frames, length = 2 * FRAMES, FRAMES * 2 * HOP
    samples, envelope = torch.zeros(COUNT, length), torch.zeros(COUNT, frames + 1, bands)
    pitch, voiced, spoken = torch.zeros(COUNT, frames + 1), torch.zeros(COUNT, frames + 1), torch.zeros(COUNT, 1)
    for row, (kind, where, gain) in enumerate(torch.rand(COUNT, 3, generator=generator).double().tolist()):
        loud = 10 ** ((12 * gain - 9) / 20) if gain < 0.9 else 1.0
        if kind < SPOKEN:
            first = int(where * (len(found.pitch) - frames - 1))
            part = slice(first, first + frames + 1)
            samples[row] = _floats(found.samples[first * HOP : first * HOP + length])
            envelope[row] = torch.from_numpy(found.envelope[part].astype(np.float32))
            pitch[row] = torch.from_numpy(found.pitch[part].copy())
            voiced[row] = torch.from_numpy(found.voiced[part].astype(np.float32))
            spoken[row] = 1
            envelope[row] += 2 * float(np.log(loud))
        else:
            wave = found.music[int(torch.randint(len(found.music), (), generator=generator))]
            first = int(where * (len(wave) - length))
            samples[row] = _floats(wave[first : first + length])
        samples[row] *= loud
    played = spoken[:, 0] == 0
    if played.any():
        envelope[played] = band_power(samples[played], bands)
    return Batch(
        samples.clamp(-1, 1),
        _at_fine(envelope, 0.0).clamp_min(QUIET),
        _at_fine(pitch[..., None], 0.5)[..., 0],
        _at_fine(voiced[..., None], 0.5)[..., 0].round(),
        spoken,
    )


def _floats(samples: NDArray[np.int16]) -> Tensor:
    return torch.from_numpy(samples.astype(np.float32) / 32768)


def _at_fine(x_BFC: Tensor, later: float) -> Tensor:
    """Measurements [B, F + 1, C] every 10 ms, read every 5 ms from `later` frames on, on a line between."""
    count = 2 * (x_BFC.shape[1] - 1)
    at = torch.arange(count) / 2 + later
    low = at.floor().long()
    share = (at - low)[None, :, None]
    return x_BFC[:, low] * (1 - share) + x_BFC[:, (low + 1).clamp_max(x_BFC.shape[1] - 1)] * share


def band_power(samples_BT: Tensor, bands: int, size: int = 1024) -> Tensor:
    """Log power [B, F + 1, M] of mel bands every 10 ms, on the scale of the narrator's envelopes."""
    window = torch.hann_window(size)
    power = torch.stft(samples_BT, 2 * size, HOP, size, window=window, return_complex=True).abs().square()
    bank = mel_filterbank(RATE, 2 * size, bands, scale="htk", area=False)  # every band holds a bin
    power = (bank / bank.sum(1, keepdim=True)) @ power / window.square().sum()
    return (power + 1e-9).log().transpose(1, 2)
