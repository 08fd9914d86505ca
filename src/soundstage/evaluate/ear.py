"""The ear: small networks that hear beats, chords and key in sound alone, taught on renders whose score is known.

Notable: beats are heard in a spectrogram by a temporal convolution (after Davies & Böck, 2019). Harmony is heard on
twelve pitch classes in a circle: every layer after the fold is a convolution around that circle, so all keys are heard
alike and one key's examples teach the others. Which pulse is the beat a third network hears (`evaluate.tactus`). Taught
by `recipes.music_ear` on training pieces of the composer, played by a sound font, by our synthesis and by the starter's
player; never on what is judged. What the networks say is weighed by a few constants, which the recipe settles on pieces
of their own and keeps beside the weights.

B batch · T frames · S bands of the spectrogram · H rows of the pitch map, three a semitone · C channels
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from scipy.signal import resample_poly
from torch import Tensor, nn
from torch.nn import functional

from soundstage.errors import MissingError
from soundstage.evaluate.tactus import TactusEar
from soundstage.media.audio import Audio

RATE, SIZE, HOP = 32_000, 2048, 640  # for beats: fifty frames a second
BANDS, LOW, HIGH = 84, 40.0, 14_000.0
SLOW_RATE, SLOW_SIZE, SLOW_HOP = 8_000, 4096, 800  # for harmony: ten frames a second
OCTAVES, FINE = 6, 3
FOLD = 4  # the map begins at E1, the lowest string of a bass
LOWEST = 440 * 2 ** ((24 + FOLD - 69) / 12 - 1 / 36)  # so that the middle row of three lies on the note
TRIADS = ("major", "minor", "dim")
WEIGHTS = Path(__file__).with_name("ear.safetensors")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The constants by which what is heard is weighed."""

    doubt: float = 4.0  # nats that one frame may say for or against a beat
    lean: float = 2.0  # nats for a beat, since the ear spreads what it is not sure of
    trust: float = 0.05  # in what beats alone say about the octave
    faintest: float = 0.12  # a sound whose likeliest beats are less likely has none
    change: float = 8.0  # nats that a change of chord costs


class BeatEar(nn.Module):
    """Spectrograms [B, T, S] to logits [B, T, 2] of beat and downbeat: levels and their rise, then a temporal
    convolution whose last level reaches over five seconds to both sides."""

    def __init__(self, *, width: int = 24, levels: int = 8) -> None:
        super().__init__()
        self.bands = nn.Linear(2 * BANDS, width)
        self.wide = nn.ModuleList(
            nn.Conv1d(width, 2 * width, 5, padding=2 * 2**level, dilation=2**level) for level in range(levels)
        )
        self.narrow = nn.ModuleList(nn.Conv1d(2 * width, width, 1) for _ in range(levels))
        self.out = nn.Conv1d(width, 2, 1)

    def forward(self, heard_BTS: Tensor) -> Tensor:
        """[B, T, 2]."""
        before = functional.pad(heard_BTS, (0, 0, 2, 0))[:, : heard_BTS.shape[1]]
        x = self.bands(torch.cat([heard_BTS, 2 * functional.relu(heard_BTS - before)], 2)).transpose(1, 2)
        for wide, narrow in zip(self.wide, self.narrow, strict=True):
            x = x + narrow(functional.silu(wide(x)))
        logits: Tensor = self.out(functional.silu(x)).transpose(1, 2)
        return logits


class HarmonyEar(nn.Module):
    """Pitch maps [B, T, H] to logits of triads [B, T, 36] and of keys [B, 24]."""

    def __init__(self, *, front: int = 3, width: int = 24) -> None:
        super().__init__()
        self.front = nn.Conv2d(1, front, (1, 3), stride=(1, FINE))
        self.fold = nn.Conv2d(front * OCTAVES, width, (1, 12))
        self.round = nn.Conv2d(width, width, (3, 12), padding=(2, 0), dilation=(2, 1))
        self.chord = nn.Conv2d(width, len(TRIADS), (1, 12))
        self.home = nn.Conv2d(3 * (width + len(TRIADS)), width, (1, 12))
        self.key = nn.Conv2d(width, 2, (1, 12))

    def forward(self, heard_BTH: Tensor, frames_B: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """([B, T, 36], [B, 24]); `frames_B` says how many frames of each row are not padding."""
        x = functional.silu(self.front(heard_BTH[:, None]))  # [B, C, T, 72]
        x = x.view(*x.shape[:3], OCTAVES, 12).permute(0, 1, 3, 2, 4).flatten(1, 2)  # [B, 6C, T, 12]
        x = functional.silu(self.fold(_around(x)))
        x = x + functional.silu(self.round(_around(x)))
        chords = self.chord(_around(x))
        told = torch.cat([x, _chances(chords)], 1)
        count = torch.full((len(x),), x.shape[2]) if frames_B is None else frames_B
        keys = self.key(_around(functional.silu(self.home(_around(_pooled(told, count))))))
        return chords.permute(0, 2, 1, 3).flatten(2), keys.flatten(1)


def _around(x_BCTP: Tensor) -> Tensor:
    """Padded so that a kernel of twelve goes once around the circle of pitch classes."""
    return torch.cat([x_BCTP, x_BCTP[..., :11]], -1)


def _chances(chords_BCTP: Tensor) -> Tensor:
    return chords_BCTP.transpose(1, 2).flatten(2).softmax(2).view(len(chords_BCTP), -1, len(TRIADS), 12).transpose(1, 2)


def _pooled(x_BCTP: Tensor, frames_B: Tensor) -> Tensor:
    """Means over the whole, its first and its last three seconds, as channels [B, 3C, 1, 12]."""
    at = torch.arange(x_BCTP.shape[2], device=x_BCTP.device)[None]
    count = frames_B.to(x_BCTP.device)[:, None]
    short = 3 * SLOW_RATE // SLOW_HOP
    masks = [at < count, (at < count) & (at < short), (at < count) & (at >= count - short)]
    means = []
    for mask in masks:
        share = mask.float() / mask.sum(1, keepdim=True).clamp(min=1)
        means.append(torch.einsum("bctp,bt->bcp", x_BCTP, share))
    return torch.cat(means, 1)[:, :, None]


@lru_cache(maxsize=4)
def _triangles(rate: int, size: int, centres: tuple[float, ...]) -> NDArray[np.float32]:
    """Triangular filters [bands, size/2 + 1] from each centre's lower neighbour to its upper one, in Hz."""
    hz = np.arange(size // 2 + 1) * rate / size
    bank = np.zeros((len(centres) - 2, len(hz)), np.float32)
    for row, (low, middle, high) in enumerate(zip(centres, centres[1:], centres[2:], strict=False)):
        low, high = min(low, middle - rate / size), max(high, middle + rate / size)
        bank[row] = np.clip(np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle)), 0, None)
    return np.asarray(bank / bank.sum(axis=1, keepdims=True), np.float32)


def _magnitudes(wave: NDArray[np.float32], size: int, hop: int) -> NDArray[np.float32]:
    """[T, size/2 + 1], frames centred on multiples of `hop`."""
    padded = np.pad(wave, (size // 2, size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    window = np.hanning(size).astype(np.float32)
    blocks = [np.abs(np.fft.rfft(frames[i : i + 256] * window, axis=1)) for i in range(0, len(frames), 256)]
    return np.concatenate(blocks).astype(np.float32)


def spectrogram(audio: Audio) -> NDArray[np.float32]:
    """[T, S]: log spectrum in bands of a tenth of an octave, fifty frames a second, 0 to about 1."""
    return compressed(levels(audio))


def levels(audio: Audio) -> NDArray[np.float32]:
    """[T, S]: magnitudes in the bands of `spectrogram`."""
    centres = tuple(np.geomspace(LOW, HIGH, BANDS + 2).tolist())
    return _magnitudes(audio.mono().resampled(RATE).samples[0], SIZE, HOP) @ _triangles(RATE, SIZE, centres).T


def compressed(bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logs of magnitudes, after the loudest frames but a few."""
    return np.asarray(np.log1p(bands * (60 / max(float(np.quantile(bands.max(axis=1), 0.95)), 1e-6))) / 4, np.float32)


def pitch_map(audio: Audio) -> NDArray[np.float32]:
    """[T, H]: log spectrum from E1 over six octaves in thirds of a semitone, ten frames a second, 0 to about 1."""
    wave = audio.mono().resampled(RATE).samples[0]
    slow = resample_poly(wave, 1, RATE // SLOW_RATE).astype(np.float32)
    rows = np.arange(-1, 12 * FINE * OCTAVES + 1)
    centres = tuple((LOWEST * 2 ** (rows / (12 * FINE))).tolist())
    rows_TH = _magnitudes(slow, SLOW_SIZE, SLOW_HOP) @ _triangles(SLOW_RATE, SLOW_SIZE, centres).T
    return compressed(rows_TH)


class Ear(NamedTuple):
    """The trained networks, and what is settled of them."""

    beat: BeatEar
    harmony: HarmonyEar
    tactus: TactusEar
    settled: Settled


@dataclass(frozen=True)
class Heard:
    """What the ear makes of a sound.

    `beats` [T, 2] are the chances of a beat and of a downbeat, fifty frames a second; `chords` [T, 36] the log chances
    of the triads (twelve roots of each kind of `TRIADS` in turn), ten a second; `keys` [24] the log chances of the
    major keys, then the minor ones, from C; `spectrum` [T, S] what beats were heard in, `by` whose
    hearing it is.
    """

    beats: NDArray[np.float64]
    chords: NDArray[np.float64]
    keys: NDArray[np.float64]
    spectrum: NDArray[np.float32]
    by: Ear


def untrained() -> Ear:
    """Networks of the ear's sizes that have heard nothing yet."""
    return Ear(BeatEar(), HarmonyEar(), TactusEar(bands=BANDS + 1), Settled())


@lru_cache(maxsize=1)
def ear() -> Ear:
    """The trained ear. Raises MissingError without its weights."""
    if not WEIGHTS.is_file():
        raise MissingError(f"the ear {WEIGHTS.name}", "train it: python -m soundstage.recipes.music_ear")
    return restored(load_file(WEIGHTS))


def restored(tensors: Mapping[str, Tensor]) -> Ear:
    """An ear from the tensors of its file: "beat.…", "harmony.…", "tactus.…", and a number for each of "settled.…"."""
    made = untrained()
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        part, _, key = name.partition(".")
        parts.setdefault(part, {})[key] = tensor.float()
    for name in ("beat", "harmony", "tactus"):
        network: nn.Module = getattr(made, name)
        network.load_state_dict(parts[name])
        network.eval()
    settled = Settled(**{name: round(float(value), 4) for name, value in parts["settled"].items()})
    return made._replace(settled=settled)


@torch.inference_mode()
def hear(audio: Audio) -> Heard:
    """What the ear makes of a sound of any length and rate. Raises MissingError without the ear's weights."""
    return heard(ear(), spectrogram(audio), pitch_map(audio))


@torch.inference_mode()
def heard(by: Ear, spectrum_TS: NDArray[np.float32], pitches_TH: NDArray[np.float32]) -> Heard:
    """What an ear makes of a sound's two spectra."""
    beats = by.beat(torch.from_numpy(spectrum_TS)[None])[0].sigmoid()
    chords, keys = by.harmony(torch.from_numpy(pitches_TH)[None])
    turned = _from_c(chords[0].log_softmax(1)), _from_c(keys[0].log_softmax(0))
    return Heard(beats.double().numpy(), turned[0].double().numpy(), turned[1].double().numpy(), spectrum_TS, by)


def _from_c(x: Tensor) -> Tensor:
    """From the map's circle, which begins at `FOLD`, to one that begins at C."""
    return x.reshape(*x.shape[:-1], -1, 12).roll(FOLD, -1).flatten(-2)
