"""The narrator's recordings in memory, and the batches that the two networks of the voice learn from.

B batch · P phones · T frames of 10 ms · M envelope bands · N samples
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
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import BANDS, HOP, RATE
from soundstage.errors import MissingError

DATA = Path("runs/narrator")
REFERENCE = 2 * RATE + RATE // 2
"""Samples of a reference recording in training; any length works afterwards."""
QUIET = -14.0
"""Log power below which the acoustic network need not be exact:
the synthesisers' silences are digital zeros, of any depth.
"""


@dataclass(frozen=True)
class Corpus:
    """All recordings in memory, longest together: `order` lists them by length, `of` gives a speaker's own."""

    recordings: Sequence[Recording]
    owner: NDArray[np.int64]
    order: NDArray[np.int64]
    of: Sequence[NDArray[np.int64]]
    """Per speaker, its recordings that are long enough to be a reference."""


def corpus(folder: Path = DATA) -> Corpus:
    """Read every shard in `folder`. Raises MissingError when there are none."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise MissingError(f"no narrator data in {folder}", "make it first: python -m soundstage.recipes.voice data")
    recordings: list[Recording] = []
    owner: list[int] = []
    for path in paths:
        speaker, found = narrator.load(path)
        if speaker.base in narrator.UNSURE:
            continue
        recordings += found
        owner += [owner[-1] + 1 if owner else 0] * len(found)
    owners = np.array(owner)
    frames = np.array([len(recording.f0) for recording in recordings])
    of = [np.flatnonzero((owners == index) & (frames > 120)) for index in range(owners[-1] + 1)]
    return Corpus(recordings, owners, np.argsort(frames, kind="stable"), of)


def full_pitch(f0: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pitch with its unvoiced gaps bridged on a logarithmic scale."""
    voiced = np.flatnonzero(f0 > 0)
    if len(voiced) == 0:
        return np.full_like(f0, 120.0)
    return np.exp(np.interp(np.arange(len(f0)), voiced, np.log(f0[voiced]))).astype(np.float32)


def _pick(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))


def acoustic_batch(found: Corpus, generator: torch.Generator, frames: int = 2000) -> dict[str, Tensor]:
    """Sentences of about one length, `frames` in all, each with a reference by the same speaker saying something
    else."""
    middle = _pick(len(found.order), generator)
    length = len(found.recordings[found.order[middle]].f0)
    count = max(2, min(20, frames // (length + 1)))
    reach = max(4 * count, 60)
    low = max(0, min(middle - reach // 2, len(found.order) - reach))
    chosen = found.order[low + torch.randperm(reach, generator=generator)[:count].numpy()]
    batch = [found.recordings[index] for index in chosen]
    phones = max(len(recording.phones) for recording in batch)
    time = (max(len(recording.f0) for recording in batch) + 1) // 2 * 2
    out = {name: torch.zeros(count, phones, dtype=torch.long) for name in ("phones", "flags", "durations")}
    out |= {name: torch.zeros(count, time) for name in ("pitch", "voiced", "mask")}
    out["envelope"] = torch.zeros(count, time, BANDS)
    out["reference"] = torch.zeros(count, REFERENCE)
    for row, (index, recording) in enumerate(zip(chosen, batch, strict=True)):
        p, t = len(recording.phones), len(recording.f0)
        for name, values in (
            ("phones", recording.phones),
            ("flags", recording.flags),
            ("durations", recording.durations),
        ):
            out[name][row, :p] = torch.from_numpy(values.astype(np.int64))
        out["pitch"][row, :t] = torch.from_numpy(np.log(full_pitch(recording.f0)))
        out["voiced"][row, :t] = torch.from_numpy((recording.f0 > 0).astype(np.float32))
        out["mask"][row, :t] = 1
        out["envelope"][row, :t] = torch.from_numpy(recording.envelope).clamp(min=QUIET)
        out["reference"][row] = _reference(found, int(found.owner[index]), int(index), generator)
    return out


def _reference(found: Corpus, speaker: int, but: int, generator: torch.Generator) -> Tensor:
    """A stretch of speech by `speaker`, not of recording `but` where there is another."""
    options = found.of[speaker]
    others = options[options != but] if len(options) > 1 else options
    samples = torch.from_numpy(found.recordings[int(others[_pick(len(others), generator)])].samples)
    if len(samples) < REFERENCE:
        samples = samples.repeat(-(-REFERENCE // len(samples)))
    start = _pick(len(samples) - REFERENCE + 1, generator)
    return samples[start : start + REFERENCE]


def vocoder_batch(
    recordings: Sequence[Recording], generator: torch.Generator, count: int = 12, frames: int = 80
) -> dict[str, Tensor]:
    """Stretches of speech with their features."""
    rows: dict[str, list[NDArray[np.float32]]] = {"samples": [], "envelope": [], "f0": [], "voiced": []}
    while len(rows["f0"]) < count:
        recording = recordings[_pick(len(recordings), generator)]
        if len(recording.f0) <= frames:
            continue
        start = _pick(len(recording.f0) - frames, generator)
        t = slice(start, start + frames)
        rows["samples"].append(recording.samples[start * HOP : (start + frames) * HOP])
        rows["envelope"].append(recording.envelope[t])
        rows["f0"].append(full_pitch(recording.f0)[t])
        rows["voiced"].append((recording.f0[t] > 0).astype(np.float32))
    return {name: torch.from_numpy(np.stack(values)) for name, values in rows.items()}
