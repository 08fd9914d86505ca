"""Trains `starter/revoice`: phones heard without a voice, and envelopes drawn in one.

    python -m soundstage.recipes.revoice train [MINUTES]   # a quarter of an hour on one core
    python -m soundstage.recipes.revoice export            # writes starter/revoice; usable at any moment of training
    python -m soundstage.recipes.revoice score             # measures it on speakers never heard

It learns from the narrator's shards, which `python -m soundstage.recipes.voice data` makes.

Notable: what the listener hears is warped, coloured and hissed at, so that it learns phones rather than voices; the
envelopes that the painter is to draw are untouched.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.data import narrator
from soundstage.errors import MissingError
from soundstage.evaluate.revoice import evaluate
from soundstage.models.revoice import RevoiceModel, bleached, manner_of, revoice_starter
from soundstage.recipes.parts import run
from soundstage.text.symbols import SYMBOLS
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

DATA = Path("runs/narrator")
RUNS = Path("runs/revoice")
STARTER = Path(__file__).parents[1] / "starter" / "revoice"
QUIET = -14.0
"""Log power below which an envelope need not be exact."""
SPAN, REFERENCE = 240, 260
"""Frames of a sentence, and of the recording that tells the voice."""

DATA_NOTE = (
    "About two hours of the narrator: sentences of our own grammar, spoken by flite 2.2 (voices slt, awb and rms, "
    "Carnegie Mellon University, BSD-like licence) as some 300 synthetic speakers. No recording of a person."
)
NOTES = (
    "Turns speech into another voice: timing and melody stay, colour and height of the voice become the target's. It "
    "sounds through starter/voice's vocoder. It has heard synthetic English only; on people, rooms and other languages "
    "it was not measured. Trained for 471 steps, some five minutes of one core; a quarter of "
    "an hour, then people's recordings, are what to give it next."
)


@dataclass(frozen=True)
class Line:
    """A sentence as the networks see it."""

    mel: Tensor  # [T, E]
    envelope: Tensor  # [T, M]
    f0: Tensor  # [T]
    phones: Tensor  # [T]


def corpus(model: RevoiceModel, folder: Path = DATA, speakers: int = 300, each: int = 8) -> list[list[Line]]:
    """`each` sentences of `speakers` speakers. Raises MissingError when there are none."""
    found = []
    for path in sorted(folder.glob("*.npz"))[:speakers]:
        speaker, recordings = narrator.load(path)
        if speaker.base not in narrator.UNSURE and len(recordings) > 1:
            found.append([line_of(model, recording) for recording in recordings[-each:]])
    if not found:
        raise MissingError(f"no narrator data in {folder}", "make it first: python -m soundstage.recipes.voice data")
    return found


@torch.no_grad()
def line_of(model: RevoiceModel, recording: narrator.Recording) -> Line:
    """One recording, its mel measured."""
    mel = model.mel(torch.from_numpy(recording.samples)[None])[0]
    phones = np.repeat(recording.phones.astype(np.int64), recording.durations)
    return Line(
        mel.half(), torch.from_numpy(recording.envelope).clamp(min=QUIET).half(), torch.from_numpy(recording.f0),
        torch.from_numpy(phones),
    )  # fmt: skip


def statistics(found: Sequence[Sequence[Line]], model: RevoiceModel, path: Path = RUNS / "statistics.json") -> None:
    """Measure (or read) centre and scale of the envelope, and put them into the model."""
    if not path.exists():
        some = torch.cat([lines[0].envelope.float() for lines in found])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"centre": some.mean(0).tolist(), "scale": some.std(0).tolist()}), "utf-8")
    for name, value in json.loads(path.read_text("utf-8")).items():
        getattr(model, name).copy_(torch.tensor(value))


def batch_of(found: Sequence[Sequence[Line]], generator: torch.Generator, count: int = 16) -> dict[str, Tensor]:
    """Stretches of sentences, each with a reference by the same speaker saying something else."""

    def pick(most: int) -> int:
        return int(torch.randint(most, (), generator=generator))

    rows: dict[str, list[Tensor]] = {name: [] for name in ("mel", "envelope", "manner", "phones", "reference")}
    while len(rows["mel"]) < count:
        lines = found[pick(len(found))]
        first = pick(len(lines))
        line, other = lines[first], lines[(first + 1 + pick(len(lines) - 1)) % len(lines)]
        if len(line.f0) <= SPAN:
            continue
        manner = manner_of(line.mel.float()[None], line.f0[None])[0]  # of the whole sentence, as it will be
        mel = bleached(line.mel.float()[None])[0]
        start = pick(len(line.f0) - SPAN)
        t = slice(start, start + SPAN)
        rows["mel"].append(mel[t])
        rows["manner"].append(manner[t])
        rows["envelope"].append(line.envelope[t].float())
        rows["phones"].append(line.phones[t][::2])
        told = other.mel.float()
        told = told.repeat(-(-REFERENCE // len(told)), 1)
        at = pick(len(told) - REFERENCE + 1)
        rows["reference"].append(told[at : at + REFERENCE])
    return {name: torch.stack(values) for name, values in rows.items()}


def disguised(mel: Tensor, generator: torch.Generator) -> Tensor:
    """Mels [B, T, E] with other resonances, another colour, and hiss in their gaps."""
    count, _, bands = mel.shape
    draw = torch.rand(4, count, generator=generator)
    place = torch.arange(bands)[None] * (0.88 + 0.24 * draw[0])[:, None]
    below = place.floor().clamp(max=bands - 1).long()
    share = (place - below)[:, None].clamp(0, 1)
    low, high = (mel.gather(2, index.clamp(max=bands - 1)[:, None].expand_as(mel)) for index in (below, below + 1))
    mel = low + share * (high - low)
    knots = torch.randn(count, 1, 5, generator=generator) * 0.35
    mel = mel + functional.interpolate(knots, bands, mode="linear", align_corners=True)
    floor = mel.amin((1, 2), keepdim=True) + 1.6 * draw[1][:, None, None]
    hiss = floor + 0.3 * torch.randn(mel.shape, generator=generator)
    return torch.where((draw[2] < 0.7)[:, None, None], torch.logaddexp(3 * mel, 3 * hiss) / 3, mel)


def loss_of(model: RevoiceModel, batch: dict[str, Tensor], generator: torch.Generator) -> tuple[Tensor, dict[str, Any]]:
    """Wrong phones, and absolute and squared errors of the standardised envelope."""
    said = model.listener(disguised(batch["mel"], generator))
    heard = functional.cross_entropy(said.transpose(1, 2), batch["phones"], label_smoothing=0.05)
    shown = model.listener(batch["mel"]).detach() if int(torch.randint(2, (), generator=generator)) else said.detach()
    drawn = model.painter(shown.exp(), batch["manner"], model.ear(batch["reference"])).float()
    wrong = drawn - (batch["envelope"] - model.centre) / model.scale  # type: ignore[operator]
    shape = wrong.abs().mean() + 0.5 * wrong.square().mean()
    right = (said.argmax(-1) == batch["phones"]).float().mean()
    return heard + 2 * shape, {"phones": heard.detach(), "envelope": shape.detach(), "right": right}


def train(minutes: float = 15.0, steps: int = 2500) -> None:
    """All three networks together."""
    torch.set_num_threads(1)
    model = RevoiceModel(revoice_starter(len(SYMBOLS)))
    found = corpus(model)
    statistics(found, model)

    def step(module: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Any]]:
        return loss_of(model, batch_of(found, generator), generator)

    fit(
        RUNS / "model", model, step, steps=steps, minutes=minutes, lr=2e-3, warmup=60, ema=0.99, seed=1,
        autocast=torch.bfloat16,
    )  # fmt: skip


def export(target: Path = STARTER, scores: Sequence[dict[str, Any]] = ()) -> Card:
    """Write the averaged weights in float16 and the card."""
    config = revoice_starter(len(SYMBOLS))
    model = RevoiceModel(config)
    load_ema(RUNS / "model", model)
    card = Card(
        ref="starter/revoice",
        family="revoice",
        task="revoice",
        licence="Apache-2.0",
        commercial=True,
        data=DATA_NOTE,
        size_mb=0,
        memory_mb=60,
        parameters=0,
        config=config.plain(),
        recipe="python -m soundstage.recipes.revoice train|export|score",
        scores=tuple(scores),
        notes=NOTES,
    )
    return save_starter(target, model.eval(), card)


def score() -> Card:
    """Measure the exported model and write what was measured into its card."""
    return export(scores=evaluate().to_json()["rows"])


PARTS: Mapping[str, Callable[..., object]] = {"train": train, "export": export, "score": score}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
