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

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from soundstage.data import narrator
from soundstage.errors import InputError
from soundstage.evaluate.voice import evaluate
from soundstage.models.f5 import AlignedF5, aligned_loss, f5_starter
from soundstage.recipes.f5_batches import DATA, RUNS, Sentence, batch, corpus, load, measured, prepared, save, shards
from soundstage.recipes.parts import run
from soundstage.recipes.voice import ABOUT
from soundstage.text.symbols import SYMBOLS
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

STARTER = Path(__file__).parents[1] / "starter" / "f5"


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
