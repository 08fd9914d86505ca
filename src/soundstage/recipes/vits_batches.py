"""What `starter/vits` learns from: the narrator's sentences as symbols, samples, envelope, pitch and voicing.

B batch · S symbols · I frames of 10 ms, whole latents of `FOLD` · M envelope bands · N samples
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import BANDS, HOP, RATE
from soundstage.errors import MissingError
from soundstage.recipes.voice_batches import DATA, QUIET, full_pitch
from soundstage.text.symbols import SYMBOLS

FLAGS = 8
"""Ways in which a phone may be flagged: stressed, first of its word, part of a word with meaning."""
FOLD = 4
"""Frames a latent."""
CROWD = 2
"""Of the speakers without a name, each so manieth is heard: they know more words than the nine with one."""
OFTEN = 9
"""How many times as often as another a sentence of a named speaker is drawn."""
SHORTEST = 64
"""Frames of the shortest sentence that is learned from."""


@dataclass(frozen=True)
class Corpus:
    """Recordings, shortest first, and the number of the speaker of each; the named ones have the first numbers."""

    recordings: Sequence[Recording]
    owner: Sequence[int]
    speakers: int


def names() -> tuple[str, ...]:
    """The voices, in the order of the model's table."""
    return tuple(speaker.name for speaker in narrator.NAMED if speaker.base not in narrator.UNSURE)


def corpus(folder: Path = DATA) -> Corpus:
    """Read the shards. Raises MissingError when there are none."""
    named = names()
    if not (folder / f"{named[0]}.npz").exists():
        raise MissingError(f"no narrator data in {folder}", "make it first: python -m soundstage.recipes.voice data")
    others = sorted(path.stem for path in folder.glob("s[0-9]*.npz"))[::CROWD]
    found: list[tuple[Recording, int]] = []
    count = 0
    for name in (*named, *others):
        speaker, recordings = narrator.load(folder / f"{name}.npz")
        if speaker.base not in narrator.UNSURE:
            pairs = [(recording, count) for recording in recordings if len(recording.f0) >= SHORTEST]
            found += pairs * (OFTEN if name in named else 1)
            count += 1
    found.sort(key=lambda pair: len(pair[0].f0))
    return Corpus([each for each, _ in found], [owner for _, owner in found], count)


def samples_by_speaker(found: Corpus, seconds: float = 8.0) -> list[Tensor]:
    """So much of each speaker, from recordings of a middle length."""
    out: list[list[Tensor]] = [[] for _ in range(found.speakers)]
    for recording, owner in list(zip(found.recordings, found.owner, strict=True))[len(found.owner) // 2 :]:
        if sum(len(each) for each in out[owner]) < seconds * RATE:
            out[owner].append(torch.from_numpy(recording.samples))
    return [torch.cat(parts)[: round(seconds * RATE)] if parts else torch.zeros(RATE) for parts in out]


def symbol(phone: int, flags: int) -> int:
    """The id of a phone with its flags."""
    return phone * FLAGS + flags


def vocabulary() -> dict[str, int]:
    """Every symbol by the name that the engine gives it."""
    return {f"{phone}.{flags}": symbol(index, flags) for index, phone in enumerate(SYMBOLS) for flags in range(FLAGS)}


def batch(found: Corpus, generator: torch.Generator, frames: int = 2400) -> dict[str, Tensor]:
    """Sentences of about one length, `frames` in all, with the lengths of their phones and what was measured of them.

    The last phone of each is drawn out until its frames fill whole latents.
    """
    middle = int(torch.randint(len(found.recordings), (), generator=generator))
    count = max(2, min(16, frames // len(found.recordings[middle].f0)))
    reach = min(max(6 * count, 80), len(found.recordings))
    low = max(0, min(middle - reach // 2, len(found.recordings) - reach))
    chosen = (low + torch.randperm(reach, generator=generator)[:count]).tolist()
    rows = [found.recordings[index] for index in chosen]
    whole = [-(-len(row.f0) // FOLD) * FOLD for row in rows]
    symbols, time = max(len(row.phones) for row in rows), max(whole)
    out = {name: torch.zeros(count, symbols, dtype=torch.long) for name in ("ids", "durations")}
    out |= {name: torch.zeros(count, time) for name in ("pitch", "voiced", "mask")}
    out["samples"] = torch.zeros(count, time * HOP)
    out["envelope"] = torch.full((count, time, BANDS), QUIET)
    for index, row in enumerate(rows):
        ids, frame = row.phones.astype(np.int64) * FLAGS + row.flags, slice(len(row.f0))
        out["ids"][index, : len(ids)] = torch.from_numpy(ids)
        out["durations"][index, : len(ids)] = torch.from_numpy(row.durations.astype(np.int64))
        out["durations"][index, len(ids) - 1] += whole[index] - len(row.f0)
        out["samples"][index, : len(row.samples)] = torch.from_numpy(row.samples)
        out["envelope"][index, frame] = torch.from_numpy(row.envelope).clamp(min=QUIET)
        out["pitch"][index, frame] = torch.from_numpy(np.log(full_pitch(row.f0)))
        out["pitch"][index, len(row.f0) :] = out["pitch"][index, len(row.f0) - 1]
        out["voiced"][index, frame] = torch.from_numpy((row.f0 > 0).astype(np.float32))
        out["mask"][index, : whole[index]] = 1
    out["symbols"] = torch.tensor([len(row.phones) for row in rows])
    out["frames"] = torch.tensor(whole)
    out["speaker"] = torch.tensor([found.owner[index] for index in chosen])
    return out
