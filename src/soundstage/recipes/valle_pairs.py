"""What `starter/valle` learns from: the narrator's sentences as codes, each behind a stretch of the same speaker.

Notable: the codec is heard once. A prompt is cut at phones from another sentence of the speaker, and now and then its
words are kept from the model (`UNSAID` stands for all its phones), so that a recording without a text can be cloned.

K books · N frames of all sentences · B batch · P phones · T frames
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.errors import MissingError
from soundstage.tasks.speak_valle import UNSAID, marked

Encode = Callable[[Recording], NDArray[np.integer]]  # to codes [K, T]
UNSAID_SHARE = 0.35
"""How many prompts come without their words."""
SHORTEST, LONGEST_PROMPT = 25, 75
"""Frames of a prompt."""


def encode_shards(
    source: Path, target: Path, encode: Encode, stamp: str, *, log: Callable[[str], object] = print
) -> None:
    """Every narrator shard in `source` as codes in `target`; what stands there with the same `stamp` is kept."""
    target.mkdir(parents=True, exist_ok=True)
    paths = sorted(source.glob("*.npz"))
    if not paths:
        raise MissingError(f"no narrator data in {source}", "make it first: python -m soundstage.recipes.voice data")
    for count, path in enumerate(paths, 1):
        place = target / path.name
        if place.exists() and _stamp(place) == stamp:
            continue
        speaker, recordings = narrator.load(path)
        if speaker.base in narrator.UNSURE:
            continue
        codes = [encode(recording) for recording in recordings]
        lasting = [frames_of(r.durations, c.shape[1]) for r, c in zip(recordings, codes, strict=True)]
        partial = place.with_name(f".{place.name}.{os.getpid()}.npz")
        np.savez(
            partial,
            allow_pickle=False,
            codes=np.concatenate(codes, 1).astype(np.int16),
            frames=np.array([c.shape[1] for c in codes], np.int32),
            phones=np.concatenate([marked(r.phones, r.flags) for r in recordings]).astype(np.int16),
            durations=np.concatenate(lasting).astype(np.int16),
            counts=np.array([len(r.phones) for r in recordings], np.int32),
            stamp=np.frombuffer(json.dumps(stamp).encode(), np.uint8),
        )
        partial.replace(place)
        log(f"{path.stem}: {count} of {len(paths)} speakers")


def _stamp(path: Path) -> str:
    with np.load(path, allow_pickle=False) as kept:
        return str(json.loads(kept["stamp"].tobytes()))


def frames_of(durations: NDArray[np.integer], frames: int) -> NDArray[np.int64]:
    """Durations [P] in the narrator's 10 ms as frames of a codec, `frames` in all and each at least one."""
    ends: NDArray[np.int64] = np.round(durations.cumsum() / durations.sum() * frames).astype(np.int64)
    index = np.arange(len(ends))
    ends = np.maximum.accumulate(np.maximum(ends, 1) - index) + index  # no phone is lost; those behind it wait
    ends = np.minimum(ends, frames - index[::-1])
    return np.diff(ends, prepend=0)


@dataclass(frozen=True)
class Corpus:
    """All sentences end to end; sentence i has the frames and phones between `at[i]` and `at[i + 1]`."""

    codes: NDArray[np.int16]  # [K, N]
    phones: NDArray[np.int16]
    durations: NDArray[np.int16]
    frame_at: NDArray[np.int64]
    phone_at: NDArray[np.int64]
    owner: NDArray[np.int64]
    order: NDArray[np.int64]  # by length
    names: Sequence[str]  # of the speakers

    def of(self, sentence: int) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
        """Codes [K, T], phones [P] and durations [P]."""
        t, p = slice(*self.frame_at[sentence : sentence + 2]), slice(*self.phone_at[sentence : sentence + 2])
        return self.codes[:, t], self.phones[p], self.durations[p]


def corpus(folder: Path) -> Corpus:
    """Read what `encode_shards` wrote. Raises MissingError when there is nothing."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise MissingError(f"no codes in {folder}", "make them first: python -m soundstage.recipes.valle data")
    parts: dict[str, list[NDArray[np.generic]]] = {}
    owner: list[NDArray[np.int64]] = []
    for index, path in enumerate(paths):
        with np.load(path, allow_pickle=False) as kept:
            for name in ("codes", "frames", "phones", "durations", "counts"):
                parts.setdefault(name, []).append(kept[name])
            owner.append(np.full(len(kept["frames"]), index))
    joined = {name: np.concatenate(values, -1) for name, values in parts.items()}
    frames, counts = joined["frames"].astype(np.int64), joined["counts"].astype(np.int64)
    return Corpus(
        joined["codes"], joined["phones"], joined["durations"], np.append(0, frames.cumsum()),
        np.append(0, counts.cumsum()), np.concatenate(owner), np.argsort(frames, kind="stable"),
        [path.stem for path in paths],
    )  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Sentences of about one length, each behind its prompt.

    `phones` [B, P] and `codes` [B, K, T] are padded with 0; `place` [B, T] is the phone of each frame, `last` whether
    it is that phone's last, `prompt` [B, T] whether it is of the prompt, `told` whether its phone is known.
    """

    phones: Tensor
    codes: Tensor
    place: Tensor
    last: Tensor
    prompt: Tensor
    told: Tensor
    phones_real: Tensor
    frames_real: Tensor


def draw(found: Corpus, generator: torch.Generator, tokens: int) -> Batch:
    """About `tokens` phones and frames."""
    middle = _pick(len(found.order), generator)
    length = int(np.diff(found.frame_at)[found.order[middle]])
    count = max(2, round(tokens / (1.35 * length + 150)))
    reach = max(4 * count, 60)
    low = max(0, min(middle - reach // 2, len(found.order) - reach))
    chosen = found.order[low + torch.randperm(min(reach, len(found.order)), generator=generator)[:count].numpy()]
    return joined([(*prompt_for(found, int(index), generator), *found.of(int(index))) for index in chosen])


Row = tuple[
    NDArray[np.int16], NDArray[np.int16], NDArray[np.int16], NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]
]


def prompt_for(
    found: Corpus, sentence: int, generator: torch.Generator
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """Codes, phones and durations of a stretch of 1 to 3 seconds by the speaker of a sentence, from another sentence.

    A prompt without words has the one phone UNSAID.
    """
    own = np.flatnonzero(found.owner == found.owner[sentence])
    others = own[own != sentence] if len(own) > 1 else own
    codes, phones, durations = found.of(int(others[_pick(len(others), generator)]))
    want = SHORTEST + _pick(LONGEST_PROMPT + 1 - SHORTEST, generator)
    codes, phones, durations = stretch(codes, phones, durations, want, _pick(1 << 30, generator))
    if float(torch.rand((), generator=generator)) < UNSAID_SHARE:
        return codes, np.array([UNSAID], np.int16), np.array([codes.shape[1]], np.int16)
    return codes, phones, durations


def stretch(
    codes: NDArray[np.int16], phones: NDArray[np.int16], durations: NDArray[np.int16], frames: int, chance: int
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    """At most `frames` frames of whole phones, from one that `chance` chooses among those that leave as many."""
    ends = durations.astype(np.int64).cumsum()
    starts = ends - durations
    able = np.flatnonzero(ends[-1] - starts >= frames)
    first = int(able[chance % len(able)]) if len(able) else 0
    stop = max(first + 1, int(np.searchsorted(ends, starts[first] + frames, "right")))
    return codes[:, starts[first] : ends[stop - 1]], phones[first:stop], durations[first:stop]


def joined(rows: Sequence[Row]) -> Batch:
    """Prompts and sentences (codes, phones, durations of each) as one batch."""
    count, books = len(rows), len(rows[0][0])
    most_phones = max(len(row[1]) + len(row[4]) for row in rows)
    most_frames = max(row[0].shape[1] + row[3].shape[1] for row in rows)
    phones, codes = (
        torch.zeros(count, most_phones, dtype=torch.long),
        torch.zeros(count, books, most_frames, dtype=torch.long),
    )
    place = torch.zeros(count, most_frames, dtype=torch.long)
    last, prompt, told = (torch.zeros(count, most_frames) for _ in range(3))
    phones_real, frames_real = torch.zeros_like(phones, dtype=torch.bool), torch.zeros_like(place, dtype=torch.bool)
    for row, (a_codes, a_phones, a_lasting, b_codes, b_phones, b_lasting) in enumerate(rows):
        both = np.concatenate((a_phones, b_phones)).astype(np.int64)
        lasting = np.concatenate((a_lasting, b_lasting)).astype(np.int64)
        p, t, behind = len(both), int(lasting.sum()), a_codes.shape[1]
        phones[row, :p], phones_real[row, :p] = torch.from_numpy(both), True
        codes[row, :, :t] = torch.from_numpy(np.concatenate((a_codes, b_codes), 1).astype(np.int64))
        place[row, :t], frames_real[row, :t] = torch.from_numpy(np.repeat(np.arange(p), lasting)), True
        last[row, torch.from_numpy(lasting.cumsum() - 1)] = 1
        prompt[row, :behind] = 1
        told[row, :t] = 1
        if both[0] == UNSAID:
            told[row, :behind] = 0
    return Batch(phones, codes, place, last, prompt, told, phones_real, frames_real)


def _pick(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))
