"""The narrator's recordings as `starter/f5` has them, one file a speaker, and the batches that it learns from.

Notable: a row of a batch is up to three seconds of a speaker, then another sentence of the same speaker, cut so that
all rows are of one length.

P phones · S tokens · H mel bands of a token · K numbers of a token · T frames of 10 ms · M envelope bands
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.codec.folding import Folding, whole_frames
from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.errors import MissingError
from soundstage.models.f5 import Aligned, AlignedConfig, f5_starter, hear
from soundstage.text.symbols import SYMBOLS

DATA = Path("runs/narrator")
RUNS = Path("runs/f5")
REFERENCE = (25, 75)
"""Tokens of a reference in training, from and to; any length works afterwards."""
STATISTICS = "folding.npz"


@dataclass(frozen=True)
class Sentence:
    """One recording as the network has it: S tokens, P phones."""

    heard: NDArray[np.float16]
    """[S, H] mel."""
    tokens: NDArray[np.float16]
    """[S, K] what is to be made."""
    phones: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    durations: NDArray[np.uint16]
    """[P] frames; their sum is S tokens."""


@dataclass(frozen=True)
class Corpus:
    """All sentences in memory: `order` lists them by length, `of` gives each speaker's own."""

    sentences: Sequence[Sentence]
    owner: NDArray[np.int64]
    order: NDArray[np.int64]
    lengths: NDArray[np.int64]
    """Tokens of the sentences in that order."""
    of: Sequence[NDArray[np.int64]]


def frames(recording: Recording, stack: int) -> Tensor:
    """[1, T, M + 2] of a recording, see `codec.folding.whole_frames`."""
    return whole_frames(torch.from_numpy(recording.envelope), torch.from_numpy(recording.f0), stack)


def prepared(recording: Recording, folding: Folding) -> Sentence:
    """A recording as the network has it; its last phone fills the last token."""
    made = frames(recording, folding.stack)
    missing = made.shape[1] - len(recording.f0)
    samples = torch.from_numpy(np.pad(recording.samples, (0, missing * narrator.HOP)))
    durations = recording.durations.copy()
    durations[-1] += missing
    return Sentence(
        hear(samples[None], folding.stack)[0].numpy().astype(np.float16),
        folding.fold(made)[0].numpy().astype(np.float16), recording.phones, recording.flags, durations,
    )  # fmt: skip


def shards(data: Path = DATA) -> list[Path]:
    """The narrator's. Raises MissingError when there are none."""
    if paths := sorted(data.glob("*.npz")):
        return paths
    raise MissingError(f"no narrator data in {data}", "make it first: python -m soundstage.recipes.voice data")


def measured(paths: Sequence[Path], file: Path = RUNS / STATISTICS, config: AlignedConfig | None = None) -> Folding:
    """The folding whose directions were measured on some speakers, or are read from `file`."""
    config = config or f5_starter(len(SYMBOLS))
    folding = Folding(config.bands, config.stack, config.components)
    if not file.exists():
        some = [narrator.load(path) for path in paths[:: max(1, len(paths) // 60)]]
        sure = [each for speaker, found in some if speaker.base not in narrator.UNSURE for each in found[::3]]
        folding.fit(torch.cat([frames(each, config.stack)[0] for each in sure]))
        file.parent.mkdir(parents=True, exist_ok=True)
        _written(file, {name: tensor.numpy() for name, tensor in folding.state_dict().items()})
    with np.load(file, allow_pickle=False) as held:
        folding.load_state_dict({name: torch.from_numpy(held[name]) for name in held.files})
    return folding


def save(path: Path, sentences: Sequence[Sentence]) -> None:
    """Sentences end to end in one file, atomically."""
    arrays = {
        name: np.concatenate([getattr(each, name) for each in sentences])
        for name in ("heard", "tokens", "phones", "flags", "durations")
    }
    sizes = {"sizes": np.array([(len(each.tokens), len(each.phones)) for each in sentences])}
    _written(path, arrays | sizes)


def _written(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.npz")
    np.savez(partial, allow_pickle=False, **arrays)
    partial.replace(path)


def load(path: Path) -> list[Sentence]:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as held:
        parts = {name: held[name] for name in held.files}
    ends = parts.pop("sizes").cumsum(0)
    starts = np.concatenate((np.zeros((1, 2), ends.dtype), ends[:-1]))
    return [
        Sentence(
            parts["heard"][s:t], parts["tokens"][s:t], parts["phones"][p:q], parts["flags"][p:q],
            parts["durations"][p:q],
        )
        for (s, p), (t, q) in zip(starts.tolist(), ends.tolist(), strict=True)
    ]  # fmt: skip


def corpus(folder: Path = RUNS / "features") -> Corpus:
    """Every speaker's sentences. Raises MissingError when there are none."""
    sentences: list[Sentence] = []
    owner: list[int] = []
    for path in sorted(folder.glob("*.npz")):
        found = load(path)
        sentences += found
        owner += [owner[-1] + 1 if owner else 0] * len(found)
    if not sentences:
        raise MissingError(f"no features in {folder}", "make them first: python -m soundstage.recipes.f5 features")
    owners = np.array(owner)
    lengths = np.array([len(each.tokens) for each in sentences])
    order = np.argsort(lengths, kind="stable")
    return Corpus(
        sentences, owners, order, lengths[order], [np.flatnonzero(owners == index) for index in range(owners[-1] + 1)]
    )


def _pick(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))


def batch(found: Corpus, generator: torch.Generator, *, tokens: int = 1000, stack: int = 4, unknown: int) -> Batch:
    """Sentences of about one length, `tokens` in all, each behind a reference by the same speaker that fills its row:
    so all rows are of one length and nothing is padded.
    """
    low, high = REFERENCE
    length = len(found.sentences[found.order[_pick(len(found.order), generator)]].tokens)
    total = length + (low + high) // 2
    lengths = found.lengths
    first, last = np.searchsorted(lengths, (total - high, total - low + 1))
    count = min(max(2, tokens // total), int(last - first))
    chosen = found.order[int(first) + torch.randperm(int(last - first), generator=generator)[:count].numpy()]
    rows, references = [], []
    for index in chosen:
        told = bool(torch.rand((), generator=generator) < 0.5)
        own = found.of[int(found.owner[index])]
        others = own[own != index]
        other = found.sentences[int(others[_pick(len(others), generator)]) if len(others) else int(index)]
        sentence = found.sentences[int(index)]
        reference = total - len(sentence.tokens)
        start = _pick(max(1, len(other.tokens) - reference + 1), generator)
        rows.append(joined(clipped(other, start, reference, stack, None if told else unknown), sentence))
        references.append(reference)
    return collated(rows, references, stack)


@dataclass(frozen=True)
class Batch:
    """What `aligned_loss` needs."""

    line: Aligned
    tokens: Tensor
    asked: Tensor


def clipped(sentence: Sentence, start: int, count: int, stack: int, unknown: int | None) -> Sentence:
    """`count` tokens from `start` on, repeated where there are too few; with the phones that lie there, or as one
    phone that is `unknown`."""
    places = np.arange(start, start + count) % len(sentence.tokens)
    heard, tokens = sentence.heard[places], sentence.tokens[places]
    if unknown is not None:
        one = np.array([unknown], np.uint8)
        return Sentence(heard, tokens, one, one * 0, np.array([count * stack], np.uint16))
    owner = np.repeat(np.arange(len(sentence.phones)), sentence.durations)
    owner = owner[(places[:, None] * stack + np.arange(stack)).ravel()]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    durations = np.diff(np.append(starts, len(owner))).astype(np.uint16)
    return Sentence(heard, tokens, sentence.phones[owner[starts]], sentence.flags[owner[starts]], durations)


def joined(reference: Sentence, sentence: Sentence) -> Sentence:
    """Both as one recording, of which only the reference is heard."""
    return Sentence(
        np.concatenate((reference.heard, np.zeros_like(sentence.heard))),
        np.concatenate((reference.tokens, sentence.tokens)), np.concatenate((reference.phones, sentence.phones)),
        np.concatenate((reference.flags, sentence.flags)), np.concatenate((reference.durations, sentence.durations)),
    )  # fmt: skip


def collated(rows: Sequence[Sentence], references: Sequence[int], stack: int) -> Batch:
    """Rows of one length side by side, of whose tokens the first `references` are known. Durations count where phones
    follow the reference."""
    phones = max(len(row.phones) for row in rows)

    def ids(name: str) -> Tensor:
        padded = [np.pad(getattr(row, name).astype(np.int64), (0, phones - len(row.phones))) for row in rows]
        return torch.from_numpy(np.stack(padded))

    def tokens(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(row, name) for row in rows]).astype(np.float32))

    known = torch.tensor(references)[:, None]
    durations = ids("durations")
    line = Aligned(
        ids("phones"), ids("flags"), durations, tokens("heard"), torch.arange(len(rows[0].tokens)) < known
    )  # fmt: skip
    asked = (durations.cumsum(1) - durations >= known * stack) & (durations > 0)
    return Batch(line, tokens("tokens"), asked.float())
