"""Trains `starter/vits`: one network from phones to samples, end to end, with a jury at the end. Every part resumes.

    python -m soundstage.recipes.voice data      # the narrator's recordings, as for starter/voice
    python -m soundstage.recipes.vits warm       # spectra, prior and durations: an hour of one core
    python -m soundstage.recipes.vits duel       # goes on from there against a jury of discriminators
    python -m soundstage.recipes.vits export     # writes starter/vits; usable at any moment of training
    python -m soundstage.recipes.vits score      # measures it beside the narrator, writes that into its card

Notable: the narrator knows how long every phone lasts, so no alignment is searched for, and the flow learns from the
first step on. The decoder draws spectra, which costs a tenth of HiFi-GAN, and so does its training.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import HOP
from soundstage.errors import MissingError
from soundstage.evaluate.voice import evaluate
from soundstage.models.vits import Trained, Vits, VitsConfig, spectrogram, vits_starter
from soundstage.recipes.parts import run
from soundstage.text.symbols import SYMBOLS
from soundstage.train.discriminators import Jury
from soundstage.train.loop import fit, load_ema
from soundstage.train.losses import drawn_kl, mel_loss, spectral_loss
from soundstage.train.vits import cut, losses
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

DATA = Path("runs/narrator")
RUNS = Path("runs/vits")
STARTER = Path(__file__).parents[1] / "starter" / "vits"
FLAGS = 8
"""Ways in which a phone may be flagged: stressed, first of its word, part of a word with meaning."""
SEGMENT = 40
"""Frames a row that are decoded in a step."""
SIZE = 1024
SLOW = 1.05
"""A duration is rounded up to frames, half of one too much on average; `speed` takes that back."""
DATA_NOTE = (
    "1.4 hours: the nine named speakers of flite 2.2 (voices slt, awb and rms, Carnegie Mellon University, BSD-like "
    "licence) that starter/voice learned from too, saying sentences of our own grammar. No recording of a person."
)
NOTES = (
    "VITS, small: a text encoder with a prior, a flow, a posterior used in training only, and a decoder that draws "
    "spectra. English at 24 kHz in nine voices; it does not clone, and has one style. It is there so that the family "
    "can be tried, taught and tested offline; starter/voice is clearer."
)


@dataclass(frozen=True)
class Corpus:
    """The named speakers' recordings, shortest first, and the number of the speaker of each."""

    recordings: Sequence[Recording]
    owner: Sequence[int]


def names() -> tuple[str, ...]:
    """The voices, in the order of the model's table."""
    return tuple(speaker.name for speaker in narrator.NAMED if speaker.base not in narrator.UNSURE)


def corpus(folder: Path = DATA) -> Corpus:
    """Read the named speakers' shards. Raises MissingError when there are none."""
    if not (folder / f"{names()[0]}.npz").exists():
        raise MissingError(f"no narrator data in {folder}", "make it first: python -m soundstage.recipes.voice data")
    found = [
        (recording, index)
        for index, name in enumerate(names())
        for recording in narrator.load(folder / f"{name}.npz")[1]
        if len(recording.f0) > SEGMENT
    ]
    found.sort(key=lambda pair: len(pair[0].f0))
    return Corpus([recording for recording, _ in found], [owner for _, owner in found])


def symbol(phone: int, flags: int) -> int:
    """The id of a phone with its flags."""
    return phone * FLAGS + flags


def vocabulary() -> dict[str, int]:
    """Every symbol by the name that the engine gives it."""
    return {f"{phone}.{flags}": symbol(index, flags) for index, phone in enumerate(SYMBOLS) for flags in range(FLAGS)}


def starter() -> VitsConfig:
    """The shape that is shipped."""
    return vits_starter(len(SYMBOLS) * FLAGS, len(names()))


def batch(found: Corpus, generator: torch.Generator, frames: int = 2400) -> dict[str, Tensor]:
    """Sentences of about one length, `frames` in all, with the lengths of their phones."""
    middle = int(torch.randint(len(found.recordings), (), generator=generator))
    count = max(2, min(16, frames // len(found.recordings[middle].f0)))
    reach = min(max(6 * count, 80), len(found.recordings))
    low = max(0, min(middle - reach // 2, len(found.recordings) - reach))
    chosen = (low + torch.randperm(reach, generator=generator)[:count]).tolist()
    rows = [found.recordings[index] for index in chosen]
    phones, time = max(len(row.phones) for row in rows), max(len(row.f0) for row in rows)
    out = {name: torch.zeros(count, phones, dtype=torch.long) for name in ("ids", "durations")}
    out["samples"] = torch.zeros(count, time * HOP)
    for index, row in enumerate(rows):
        ids = row.phones.astype(np.int64) * FLAGS + row.flags
        out["ids"][index, : len(ids)] = torch.from_numpy(ids)
        out["durations"][index, : len(ids)] = torch.from_numpy(row.durations.astype(np.int64))
        out["samples"][index, : len(row.samples)] = torch.from_numpy(row.samples)
    out["symbols"] = torch.tensor([len(row.phones) for row in rows])
    out["frames"] = torch.tensor([len(row.f0) for row in rows])
    out["speaker"] = torch.tensor([found.owner[index] for index in chosen])
    return out


def passed(speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator) -> Trained:
    """A training pass with the durations that the narrator tells."""
    voices = cast(nn.Embedding, speaker.voices)
    return speaker(  # type: ignore[no-any-return]
        rows["ids"], rows["symbols"], spectrogram(rows["samples"], SIZE, HOP), rows["frames"], segment=SEGMENT,
        generator=generator, voice_BC=voices(rows["speaker"]), durations_BS=rows["durations"],
    )  # fmt: skip


def warm_loss(
    speaker: Vits, rows: dict[str, Tensor], generator: torch.Generator
) -> tuple[Tensor, dict[str, float | Tensor]]:
    """Spectra of the decoded segment, divergence from the prior, durations."""
    made = passed(speaker, rows, generator)
    real = cut(rows["samples"], made.starts * HOP, made.made.shape[-1])
    parts = {
        "mel": mel_loss(made.made, real, speaker.config.rate),
        "spectrum": spectral_loss(made.made, real),
        "kl": drawn_kl(made.latent, made.log_deviation, made.prior_mean, made.prior_log_deviation, made.frame_mask),
        "duration": made.duration_loss,
    }
    total = 15 * parts["mel"] + 5 * parts["spectrum"] + 0.1 * parts["kl"] + parts["duration"]
    return total, {name: part.detach() for name, part in parts.items()}


class Duel(nn.Module):
    """Who speaks and who judges, so that one optimiser trains both."""

    def __init__(self) -> None:
        super().__init__()
        self.speaker = Vits(starter())
        self.jury = Jury(width=12)


def warm(minutes: float = 60.0, steps: int = 20_000) -> None:
    """The speaker alone: it comes to be understood."""
    found = corpus()

    def step(speaker: Vits, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float | Tensor]]:
        return warm_loss(speaker, batch(found, generator), generator)

    fit(
        RUNS / "warm",
        Vits(starter()),
        step,
        steps=steps,
        minutes=minutes,
        lr=1e-3,
        warmup=100,
        ema=0.995,
        seed=1,
        autocast=torch.bfloat16,
    )


def duel(minutes: float = 40.0, steps: int = 20_000) -> None:
    """The jury joins: hiss and blur that spectra alone forgive are heard. Raises MissingError before `warm`."""
    found, both = corpus(), Duel()
    load_ema(RUNS / "warm", both.speaker)

    def step(module: Duel, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        rows = batch(found, generator, 1600)
        made = passed(module.speaker, rows, generator)
        return losses(made, rows["samples"], module.jury, rate=module.speaker.config.rate, size=SIZE, hop=HOP)

    fit(
        RUNS / "duel",
        both,
        step,
        steps=steps,
        minutes=minutes,
        lr=3e-4,
        warmup=100,
        ema=0.995,
        seed=2,
        autocast=torch.bfloat16,
    )


def export(target: Path = STARTER) -> Card:
    """The averaged weights of the furthest run, with vocabulary and names, as a starter."""
    both = Duel()
    if (RUNS / "duel").exists():
        load_ema(RUNS / "duel", both)
    else:
        load_ema(RUNS / "warm", both.speaker)
    rules = {"alphabet": "phones", "add_blank": False, "phonemize": False, "voices": names()}
    target.mkdir(parents=True, exist_ok=True)
    (target / "vocab.json").write_text(json.dumps(vocabulary()) + "\n", encoding="utf-8")
    (target / "tokenizer_config.json").write_text(json.dumps(rules, indent=2) + "\n", encoding="utf-8")
    card = Card(
        ref="starter/vits", family="vits", task="speak", licence="Apache-2.0", commercial=True, data=DATA_NOTE,
        size_mb=0, memory_mb=120, parameters=0, config={**asdict(starter()), "speed": SLOW},
        recipe="python -m soundstage.recipes.vits warm|duel|export|score", notes=NOTES,
    )  # fmt: skip
    return save_starter(target, both.speaker, card)


def score(target: Path = STARTER) -> Card:
    """Measure the exported starter beside its narrator and write the figures into its card."""
    table = evaluate(str(target), count=32, voices=("ada", "ben"), folder=RUNS / "sounds", clones=0, melody=False)
    table.save(RUNS / "scores.json")
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"])})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = {"warm": warm, "duel": duel, "export": export, "score": score}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
