"""What `starter/bark` learns from: recordings as symbols with their times, and in the end as tokens and codes.

Notable: a recording's symbols are its phones with stress and weight, its pauses and its events. Each begins with a
token, at most two with one; who counts the beginnings knows at every token which symbol is being said.

T tokens of 40 ms · P symbols · N samples · K codebooks
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.data.paralinguistics import EVENT_IDS
from soundstage.errors import MissingError
from soundstage.models.bark.tokeniser import PARTS
from soundstage.text.symbols import CONTENT, STRESSED, SYMBOLS

FOLD = 4  # frames of 10 ms a token
CLASSES = len(SYMBOLS) + len(EVENT_IDS)
MANNERS = 4  # of a symbol: stressed or not, in a word of weight or not
TONES = (-3.0, -1.0, 1.0, 3.0, 6.0, 10.0)
"""Semitones against the speaker's median that part the classes of pitch; class 0 is no voice."""


@dataclass
class Line:
    """One recording: samples as int16, what is said in it, and (once they are made) its tokens and codes."""

    speaker: int
    samples: NDArray[np.int16]
    text: NDArray[np.int64]
    """[P] ids of the text front end: symbol + CLASSES · manner."""
    begins: NDArray[np.int64]
    """[P] the token with which each symbol begins."""
    symbols: NDArray[np.int64]
    """[T, PARTS]"""
    tones: NDArray[np.int64]
    """[T, PARTS]"""
    tokens: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    codes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    mel: Tensor | None = None
    """[M, F] float16, kept when it was once made."""

    @property
    def length(self) -> int:
        """Tokens."""
        return len(self.symbols)

    def sound(self) -> Tensor:
        """Samples [N] −1…1, whole tokens."""
        return torch.from_numpy(self.samples.astype(np.float32) / 32767)

    def begun(self) -> NDArray[np.int64]:
        """[T] how many symbols begin with each token."""
        return np.bincount(self.begins, minlength=self.length)


def text_ids(phones: NDArray[np.uint8], flags: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Ids of the text front end."""
    manner = (flags & STRESSED > 0).astype(np.int64) + 2 * (flags & CONTENT > 0)
    ids: NDArray[np.int64] = phones.astype(np.int64) + CLASSES * manner
    return ids


def beginnings(durations: NDArray[np.uint16], tokens: int) -> NDArray[np.int64]:
    """The token with which each symbol begins: the nearest, but at most two begin with one."""
    starts = np.concatenate(([0], np.cumsum(durations.astype(np.int64))[:-1]))
    begins = np.minimum((starts + FOLD // 2) // FOLD, tokens - 1)
    begins[0] = 0
    for index in range(2, len(begins)):
        begins[index] = max(begins[index], begins[index - 2] + 1, begins[index - 1])
    within: NDArray[np.int64] = np.minimum(begins, tokens - 1)
    return within


def line(recording: Recording, speaker: int) -> Line:
    """A recording cut into tokens."""
    frames = len(recording.f0)
    tokens = -(-frames // FOLD)
    owner = np.repeat(np.arange(len(recording.phones)), recording.durations)
    spare = tokens * FOLD - frames
    middles = np.arange(tokens * PARTS) * (FOLD // PARTS) + FOLD // PARTS // 2
    spoken = np.isin(recording.phones, list(EVENT_IDS.values()), invert=True)[owner] & (recording.f0 > 0)
    middle = np.median(recording.f0[spoken]) if spoken.any() else 120.0
    height = 12 * np.log2(np.maximum(recording.f0, 1e-3) / middle)
    tone = np.where(recording.f0 > 0, 1 + np.searchsorted(TONES, height), 0)
    symbol = recording.phones.astype(np.int64)[owner]
    return Line(
        speaker=speaker,
        samples=np.round(np.pad(recording.samples, (0, spare * len(recording.samples) // frames)) * 32767).astype(
            np.int16
        ),
        text=text_ids(recording.phones, recording.flags),
        begins=beginnings(recording.durations, tokens),
        symbols=np.pad(symbol, (0, spare), mode="edge")[middles].reshape(tokens, PARTS),
        tones=np.pad(tone, (0, spare))[middles].reshape(tokens, PARTS).astype(np.int64),
    )


def lines(folder: Path) -> list[Line]:
    """Every recording of a folder of shards. Raises MissingError when there are none."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise MissingError(f"no data in {folder}", "make it first: python -m soundstage.recipes.bark data")
    return [line(recording, index) for index, path in enumerate(paths) for recording in narrator.load(path)[1]]


def alike(
    found: Sequence[Line], order: NDArray[np.int64], count: int, generator: torch.Generator, *, near: int
) -> list[Line]:
    """`count` lines of about `near` tokens; `order` lists them by length."""
    count = min(count, len(order))
    reach = min(len(order), 4 * count)
    middle = int(np.searchsorted([found[index].length for index in order], near)) if near else 0
    low = max(0, min(middle - reach // 2, len(order) - reach))
    chosen = order[low + torch.randperm(reach, generator=generator)[:count].numpy()]
    return [found[index] for index in chosen]
