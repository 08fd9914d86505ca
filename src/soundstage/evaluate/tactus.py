"""Which of the pulses that a piece has is its beat: a small network that hears the music on a pulse's own grid.

Notable: a spectrogram is resampled to twelve cells a beat of the pulse in question, so that a groove looks the same at
every tempo, and the same groove counted in halves or thirds looks like another one. Where the chord changes stands on
the grid too: without drums little else tells a beat from its half. A pulse is judged as a whole, each by itself; the
beat is the likeliest of those that stand a simple ratio apart.

P pulses · L cells, twelve a beat · T frames · S bands, of levels, of rises, and one for changes of chord · C channels
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

CELLS = 12  # a beat: sixteenths, triplets, and swing near enough
STRIDE = 3  # cells a sixteenth
CHANGE = 2.5  # frames to both sides that a change of chord takes
MIDDLE = 100.0  # beats a minute at which a pulse is neither quick nor slow


class TactusEar(nn.Module):
    """Pulses as `on_grid` lays them [P, L, S], and their tempi, to a logit each [P]: a temporal convolution over
    sixteenths that reaches four bars to both sides, and what it finds on average and at most."""

    def __init__(self, *, bands: int, width: int = 32, levels: int = 5) -> None:
        super().__init__()
        self.bands = nn.Linear(bands, width)
        self.sixteenths = nn.Conv1d(width, width, 2 * STRIDE + 1, stride=STRIDE, padding=STRIDE)
        self.wide = nn.ModuleList(
            nn.Conv1d(width, 2 * width, 5, padding=2 * 2**level, dilation=2**level) for level in range(levels)
        )
        self.narrow = nn.ModuleList(nn.Conv1d(2 * width, width, 1) for _ in range(levels))
        self.hidden = nn.Linear(2 * width + 2, width)
        self.out = nn.Linear(width, 1)

    def forward(self, laid_PLS: Tensor, cells_P: Tensor, bpm_P: Tensor) -> Tensor:
        """[P]; `cells_P` says how many cells of each row are not padding, a multiple of `CELLS`."""
        place = torch.arange(laid_PLS.shape[1], device=laid_PLS.device)[None, None]
        x = functional.silu(self.bands(laid_PLS)).transpose(1, 2) * (place < cells_P[:, None, None])
        x = functional.silu(self.sixteenths(x))
        count = cells_P[:, None, None] // STRIDE
        real = place[..., : x.shape[2]] < count
        for wide, narrow in zip(self.wide, self.narrow, strict=True):
            x = x + narrow(functional.silu(wide(x * real)))
        mean = (x * real).sum(2) / count[:, :, 0]
        most = x.masked_fill(~real, -torch.inf).amax(2)
        pace = torch.log2(bpm_P / MIDDLE)[:, None]
        logits: Tensor = self.out(functional.silu(self.hidden(torch.cat([mean, most, pace, pace**2], 1))))
        return logits[:, 0]


def changes_of(chords_T: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the chord changes, in frames of the chords; those below zero are not known, and change nothing."""
    known = np.flatnonzero(chords_T >= 0)
    at = np.flatnonzero(np.diff(chords_T[known]))
    return np.asarray((known[at] + known[at + 1]) / 2)


def summed(spectrum_TS: NDArray[np.float32], changes: NDArray[np.float64]) -> NDArray[np.float32]:
    """[T + 1, S]: running sums of a spectrogram's levels and of their rises, both in half as many bands, and of the
    changes of chord, in frames, from which `on_grid` takes its means."""
    wide = spectrum_TS.reshape(len(spectrum_TS), -1, 2).mean(axis=2)
    before = np.pad(wide, ((2, 0), (0, 0)))[: len(wide)]
    near = np.abs(np.arange(len(wide))[:, None] - changes[None]).min(axis=1, initial=np.inf) <= CHANGE
    both = np.concatenate([wide, 2 * np.maximum(wide - before, 0), near[:, None]], axis=1)
    return np.pad(np.cumsum(both, axis=0, dtype=np.float64), ((1, 0), (0, 0))).astype(np.float32)


def on_grid(sums: NDArray[np.float32], period: float, first: float) -> NDArray[np.float32]:
    """[L, S]: means in the cells of a pulse, each centred on its place; whole beats only, of `period` frames from
    frame `first` on. Empty where there is none."""
    cell = period / CELLS
    frames = len(sums) - 1
    beats = max(0, math.floor((frames - first) / period))
    edges = np.clip(first + 0.5 + (np.arange(beats * CELLS + 1) - 0.5) * cell, 0, frames).astype(np.float32)
    below = np.minimum(edges.astype(np.int64), frames - 1)
    at = sums[below] + (edges - below)[:, None].astype(np.float32) * (sums[below + 1] - sums[below])
    return np.asarray(np.diff(at, axis=0) / np.maximum(np.diff(edges), 0.1)[:, None], np.float32)


def judged(net: nn.Module, laid: Sequence[Tensor], bpms: Sequence[float], *, batches: int = 3) -> Tensor:
    """The network's logits of pulses of different lengths, each [L, S], in few batches of those most alike: [P]."""
    order = sorted(range(len(laid)), key=lambda index: len(laid[index]))
    size = math.ceil(len(laid) / batches)
    logits = []
    for rows in (order[first : first + size] for first in range(0, len(laid), size)):
        x = nn.utils.rnn.pad_sequence([laid[row] for row in rows], batch_first=True)
        told = torch.tensor([len(laid[row]) for row in rows]), torch.tensor([bpms[row] for row in rows])
        logits.append(net(x, told[0], told[1].float()))
    return torch.cat(logits)[torch.tensor(np.argsort(order))]
