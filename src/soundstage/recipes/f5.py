"""Trains `starter/f5`: a small F5 on the narrator's speech. Every part resumes where it was stopped.

    python -m soundstage.recipes.voice data    # the narrator's speech; shared with starter/voice
    python -m soundstage.recipes.f5 features   # what the network hears and makes, a core-minute
    python -m soundstage.recipes.f5 train      # 40 minutes of one core; with a larger number it goes on
    python -m soundstage.recipes.f5 export     # writes starter/f5; usable at any moment of training
    python -m soundstage.recipes.f5 score      # measures it beside the narrator, writes that into its card

Notable: each row of a batch is up to three seconds of a speaker, then another sentence of the same speaker, which is
to be filled in; half of the references come without their phones, as a stranger's do. What is made are the frames that
the vocoder of `starter/voice` speaks, so no vocoder is trained here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.errors import InputError, MissingError
from soundstage.evaluate.voice import evaluate
from soundstage.models.f5 import Aligned, AlignedConfig, AlignedF5, Folding, aligned_loss, f5_starter, hear
from soundstage.models.f5.folding import QUIET
from soundstage.recipes.parts import run
from soundstage.recipes.voice import ABOUT
from soundstage.text.symbols import SYMBOLS
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

DATA = Path("runs/narrator")
RUNS = Path("runs/f5")
STARTER = Path(__file__).parents[1] / "starter" / "f5"
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
    """[1, T, M + 2] log envelope, log pitch with its gaps bridged, and voicing −1 or 1; T fills whole tokens."""
    voiced = np.flatnonzero(recording.f0 > 0)
    pitch = np.full(len(recording.f0), np.log(120.0))
    if len(voiced):
        pitch = np.interp(np.arange(len(recording.f0)), voiced, np.log(recording.f0[voiced]))
    envelope = np.maximum(recording.envelope, QUIET)
    voicing = np.where(recording.f0 > 0, 1.0, -1.0)
    joined = np.concatenate((envelope, pitch[:, None], voicing[:, None]), 1).astype(np.float32)
    return torch.from_numpy(np.pad(joined, ((0, -len(joined) % stack), (0, 0)), mode="edge"))[None]


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


def features(folder: Path = RUNS / "features", *, data: Path = DATA, log: Callable[[str], object] = print) -> None:
    """One file a speaker, from the narrator's shards; a file that stands there is kept."""
    paths = shards(data)
    folding = measured(paths)
    folder.mkdir(parents=True, exist_ok=True)
    for count, path in enumerate(paths, 1):
        if (folder / path.name).exists():
            continue
        speaker, recordings = narrator.load(path)
        if speaker.base in narrator.UNSURE:
            continue
        save(folder / path.name, [prepared(each, folding) for each in recordings])
        log(f"{speaker.name}: {count} of {len(paths)}")


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


def train(minutes: float = 40.0, steps: int = 40_000) -> None:
    """The network, its ear and its reader of phones together."""
    model = AlignedF5(f5_starter(len(SYMBOLS)))
    model.folding.load_state_dict(measured(shards()).state_dict())
    found = corpus()

    def step(module: AlignedF5, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        drawn = batch(found, generator, stack=module.config.stack, unknown=module.reader.unknown)
        return aligned_loss(module, drawn.line, drawn.tokens, drawn.asked, generator)

    fit(
        RUNS / "train", model, step, steps=steps, minutes=minutes, lr=2e-3, warmup=50, ema=0.99, seed=1,
        autocast=torch.bfloat16,
    )  # fmt: skip


DATA_NOTE = (
    "8.6 hours: 10,004 sentences of our own grammar, spoken by flite 2.2 (voices slt, awb and rms, Carnegie Mellon "
    "University, BSD-like licence) as 579 synthetic speakers, with pitch, formants, tempo and brightness varied. No "
    "recording of a person."
)
NOTES = (
    "English at 24 kHz: clear, flat, and blurrier than starter/voice, whose vocoder it speaks through. It is F5's "
    "infilling (a reference heard as it is, speech drawn from noise by flow matching, guidance, sway) at a size that "
    "one core can train: phones lie where a duration predictor puts them, so no word is lost or doubled and all times "
    "are exact. It clones from any three seconds, whose words it need not know, within the range of synthetic "
    "speakers: pitch, colour and tempo, not accent or manner. Melody and rests follow written rules "
    "(text/prosody.py). Gaps inside a recording can be filled with models.f5.fill, but it was trained on gaps that "
    "follow a reference. Trained for about 3,000 steps, some 25 minutes of one core; it was still improving."
)
HOW = {"vocoder": "starter/voice", "steps": 4, "guidance": 0.5, "sway": -1.0, "heat": 0.7}
"""How it is sampled. On 14 readings of 178 words: 4, 8 and 16 steps with guidance 0.5 had 10, 10 and 9% of the words
wrong, 4 and 8 steps without it 13 and 18%, and similarity was the same; less noise keeps a little more of the voice."""


def assembled() -> AlignedF5:
    """The averaged weights of the run so far, with the references of the named voices.

    Raises MissingError when there is no run.
    """
    model = AlignedF5(f5_starter(len(SYMBOLS)))
    load_ema(RUNS / "train", model)
    for row, speaker in enumerate(narrator.cast().values()):
        model.voices.data[row] = reference_of(load(RUNS / "features" / f"{speaker.name}.npz"), model.config.reference)
    return model


def reference_of(sentences: Sequence[Sentence], tokens: int) -> Tensor:
    """[tokens, H] from the first sentence that is long enough, its first silence left out."""
    for each in sentences:
        first = int(each.durations[0]) // 4 if len(each.durations) else 0
        if len(each.heard) >= first + tokens:
            return torch.from_numpy(each.heard[first : first + tokens].astype(np.float32))
    raise InputError("voices", f"nothing of {tokens} tokens was said", "record longer sentences")


def export(target: Path = STARTER, scores: Sequence[dict[str, Any]] = ()) -> Card:
    """Write the averaged weights in float16, the named voices' references among them, and the card."""
    model = assembled()
    card = Card(
        ref="starter/f5",
        family="f5",
        task="speak",
        licence="Apache-2.0",
        commercial=True,
        data=DATA_NOTE,
        size_mb=0,
        memory_mb=120,
        parameters=0,
        config={**model.config.plain(), **HOW, "names": list(narrator.cast()), "about": ABOUT},
        recipe="python -m soundstage.recipes.f5 features|train|export|score",
        scores=tuple(scores),
        notes=NOTES,
    )
    return save_starter(target, model, card)


def score(target: Path = STARTER, *, count: int = 32, voices: Sequence[str] = ("ada", "finn")) -> Card:
    """Measure the starter beside the narrator and write the figures into its card."""
    table = evaluate("starter/f5", count=count, voices=voices, folder=RUNS / "sounds")
    table.save(RUNS / "scores.json")
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"]), "notes": NOTES})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = {"features": features, "train": train, "export": export, "score": score}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
