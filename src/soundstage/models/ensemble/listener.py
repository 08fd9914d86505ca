"""The listener: which of the orchestra's instruments a second of sound is, by a small network that knows FluidSynth.

Notable: it lies beside the starter and never hears the neural player in training, so it can both judge that player and
say what plays in a recording.

B batch · M mel bands · F frames · C classes · E embedding
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from soundstage.errors import MissingError
from soundstage.media.audio import Audio
from soundstage.ops.mel import mel_filterbank

RATE, SIZE, HOP, BANDS = 32_000, 1024, 512, 64
EXCERPT = 1.0  # seconds that are judged at a time
WEIGHTS = "listener.safetensors"


class Listener(nn.Module):
    """Log-mel excerpts [B, M, F] to logits [B, C]: five convolutions, mean and maximum over time."""

    def __init__(self, *, classes: int, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        sizes = (1, width // 2, width, width, 2 * width)
        for before, after in pairwise(sizes):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(4, after), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.pitch = nn.Linear(2 * width * (BANDS // 16), 3 * width)
        self.out = nn.Sequential(nn.SiLU(), nn.Linear(6 * width, classes))

    def embed(self, mel_BMF: Tensor) -> Tensor:
        """[B, E]: what it hears, before it names it."""
        heard = self.body(mel_BMF[:, None]).flatten(1, 2).transpose(1, 2)
        heard = self.pitch(heard)
        return torch.cat([heard.mean(1), heard.amax(1)], dim=1)

    def forward(self, mel_BMF: Tensor) -> Tensor:
        """[B, C]."""
        logits: Tensor = self.out(self.embed(mel_BMF))
        return logits


@lru_cache(maxsize=1)
def _bank() -> NDArray[np.float32]:
    bank = mel_filterbank(RATE, SIZE, BANDS, low=40.0, high=14_000.0)
    return np.asarray(bank.numpy(), np.float32).reshape(BANDS, -1)


def excerpt_mel(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-mel [M, F] of mono samples, its loudest point at 0 and its floor at −1."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, SIZE)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(SIZE).astype(np.float32), axis=1)) ** 2
    decibels = 10 * np.log10(power.astype(np.float32) @ _bank().T + 1e-12).T
    level: NDArray[np.float32] = np.maximum((decibels - decibels.max()) / 75, -1).astype(np.float32)
    return level


def excerpts(sound: Audio, most: int = 8) -> NDArray[np.float32]:
    """Log-mels [B, M, F] of the loudest seconds of a sound, which may overlap by half."""
    wave = sound.mono().resampled(RATE).samples[0]
    size = round(EXCERPT * RATE)
    wave = np.pad(wave, (0, max(0, size - len(wave))))
    starts = np.arange(0, len(wave) - size + 1, size // 2)
    power = np.array([np.mean(wave[s : s + size] ** 2) for s in starts])
    chosen = [s for s in starts[np.argsort(-power)][:most] if np.mean(wave[s : s + size] ** 2) > 0.02 * power.max()]
    return np.stack([excerpt_mel(wave[s : s + size]) for s in chosen])


@torch.inference_mode()
def chances(listener: Listener, sound: Audio) -> Tensor:
    """Of each class [C], from the mean over excerpts."""
    logits: Tensor = listener(torch.from_numpy(excerpts(sound)))
    return logits.log_softmax(1).mean(0).softmax(0)


def load_listener(files: Sequence[Path] | Path, classes: int) -> Listener:
    """The listener that lies beside a starter. Raises MissingError when it does not."""
    path = files / WEIGHTS if isinstance(files, Path) else next((p for p in files if p.name == WEIGHTS), Path(WEIGHTS))
    if not path.is_file():
        raise MissingError(f"the listener {WEIGHTS}", "train it: python -m soundstage.recipes.music_judge")
    listener = Listener(classes=classes)
    listener.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return listener.eval()
