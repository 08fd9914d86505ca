"""Trains MusicLM at a size for two cores: pieces, the three makers of tokens, the three stages. Every part resumes.

    python -m soundstage.recipes.musiclm data 500     # pieces; half of them by the sound font, where it is
    python -m soundstage.recipes.musiclm books        # what spectra are like, and the codec's books
    python -m soundstage.recipes.musiclm mulan 20     # sound and captions in one space; minutes on one core
    python -m soundstage.recipes.musiclm semantic 15  # the network that guesses hidden stretches
    python -m soundstage.recipes.musiclm mend 8       # what rounding did
    python -m soundstage.recipes.musiclm vocoder 40   # samples of spectra
    python -m soundstage.recipes.musiclm tokens       # all pieces in tokens
    python -m soundstage.recipes.musiclm semantic_stage 35
    python -m soundstage.recipes.musiclm coarse 40
    python -m soundstage.recipes.musiclm fine 20
    python -m soundstage.recipes.musiclm export       # writes starter/musiclm
    python -m soundstage.recipes.musiclm score        # measures it, writes that into its card

Notable: parts between `books` and `tokens` do not need each other, nor do the stages, so that two cores learn two of
them side by side. No stage ever sees a caption.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.evaluate.musiclm import evaluate
from soundstage.models.musiclm import MusicLM, MusicLMConfig, Stage, musiclm_starter
from soundstage.recipes.musiclm_batches import Batch, make_pieces, pieces, token_batch
from soundstage.recipes.musiclm_makers import (
    RUNS,
    begun,
    corpus,
    make_books,
    make_tokens,
    train_mender,
    train_mulan,
    train_semantic,
    train_vocoder,
)
from soundstage.recipes.parts import run
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

STARTER = Path(__file__).parents[1] / "starter" / "musiclm"
HELD_OUT = 40  # pieces by the composer's test rules
NULL = 0.1  # how often a stage is asked for nothing
SLIP = 0.05  # how often a code that a stage reads is another one of the batch
DATA_NOTE = (
    "Pieces of our own composer, half of them played by our own synthesis, half by FluidSynth with the sound font "
    "FluidR3 (MIT); captions of our own grammar, for MuLan alone. No recording, no music of anybody."
)
NOTES = (
    "Music at 24 kHz, mono, without a score or stems: a MusicLM small enough for two cores. It knows sixteen styles of "
    "a General MIDI orchestra; tempo, key and line-up follow the words only roughly, and starter/music keeps them "
    "exactly. It may hold a tone for seconds, or fall silent. It shows the family, not its quality."
)


def make_data(count: float = 500, folder: Path = RUNS, config: MusicLMConfig | None = None) -> None:
    """The pieces, and some by the test rules."""
    rate = (config or musiclm_starter()).rate
    make_pieces(folder / "test", "test", max(2, min(HELD_OUT, round(count / 4))), rate)
    make_pieces(folder / "train", "train", round(count), rate)


def stage_loss(
    stage: Stage, codes_BKT: Tensor, asked_BQ: Tensor, told_BJT: Tensor, generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy of every code. Now and then it is asked for nothing, and a code that it reads is another one."""
    told_B = torch.rand(len(codes_BKT), generator=generator) >= NULL
    other = codes_BKT.roll(1, 0).roll(int(torch.randint(codes_BKT.shape[-1], (), generator=generator)), -1)
    read = torch.where(torch.rand(codes_BKT.shape, generator=generator) < SLIP, other, codes_BKT)
    logits = stage(stage.front(asked_BQ, told_B), read, told_BJT).float()
    losses = F.cross_entropy(logits.movedim(-1, 1), codes_BKT, reduction="none").mean((0, 2))
    right = (logits.argmax(-1) == codes_BKT).float().mean()
    return losses.mean(), {"right": right, **{f"book{k + 1}": loss.detach() for k, loss in enumerate(losses)}}


def train_stage(
    name: str, minutes: float, steps: int = 20_000, folder: Path = RUNS, config: MusicLMConfig | None = None,
    *, rows: int = 8, log: Callable[[str], object] = print,
) -> None:  # fmt: skip
    """One of the three: `semantic`, `coarse` or `fine`."""
    model, found = begun(folder, config, tokens=True), corpus(folder)
    shape, coarse, second = (
        getattr(model.config, f"{name}_stage"),
        model.config.acoustic.coarse,
        model.config.tokens(1.0),
    )

    def lesson(batch: Batch) -> tuple[Tensor, Tensor]:
        if name == "semantic":
            return batch.semantic[:, None], batch.codes.new_zeros(len(batch.codes), 0, batch.semantic.shape[1])
        if name == "coarse":
            return batch.codes[:, :coarse], model.coarse_told(batch.semantic)
        return batch.codes[:, coarse:], model.fine_told(batch.codes[:, :coarse])

    def step(stage: Stage, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        batch = token_batch(found, rows, stage.frames, second, generator)
        codes, told = lesson(batch)
        return stage_loss(stage, codes, batch.asked, told, generator)

    stage: Stage = getattr(model, f"{name}_stage")
    assert stage.frames == model.config.tokens(shape.seconds)
    fit(
        folder / f"{name}_stage", stage, step, steps=steps, minutes=minutes, lr=1.5e-3, warmup=100, ema=0.995, seed=7,
        log=log,
    )  # fmt: skip


def made(folder: Path = RUNS, config: MusicLMConfig | None = None) -> MusicLM:
    """The model as the recipe left it, without what only training needs. Raises MissingError before it."""
    model = begun(folder, config, tokens=True)
    for name in ("semantic", "coarse", "fine"):
        load_ema(folder / f"{name}_stage", getattr(model, f"{name}_stage"))
    lean = MusicLM(replace(model.config, semantic=replace(model.config.semantic, depth=0)))
    kept = lean.state_dict().keys()
    lean.load_state_dict({name: tensor for name, tensor in model.state_dict().items() if name in kept})
    return lean.eval()


def export(target: Path = STARTER, folder: Path = RUNS, config: MusicLMConfig | None = None) -> Card:
    """Write it in float16, and its card."""
    model = made(folder, config)
    shape: dict[str, Any] = asdict(model.config)
    card = Card(
        ref="starter/musiclm", family="musiclm", task="compose", licence="Apache-2.0", commercial=True, data=DATA_NOTE,
        size_mb=0, memory_mb=150, parameters=0, config=shape, notes=NOTES,
        recipe="python -m soundstage.recipes.musiclm data|books|…|export|score",
    )  # fmt: skip
    return save_starter(target, model, card)


def score(target: Path = STARTER, folder: Path = RUNS, count: int = 24) -> Card:
    """Measure the exported model and write the figures into its card."""
    config = MusicLMConfig.of(Card.load(target).config)
    real = [(piece.sheet, piece.audio(config.rate)) for piece in pieces(folder / "test", "test")]
    (folder / "sounds").mkdir(exist_ok=True)
    table = evaluate(str(target), count, folder=folder / "sounds", real=real)
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"])})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = {
    "data": make_data,
    "books": make_books,
    "mulan": train_mulan,
    "semantic": train_semantic,
    "mend": train_mender,
    "vocoder": train_vocoder,
    "tokens": make_tokens,
    "semantic_stage": partial(train_stage, "semantic"),
    "coarse": partial(train_stage, "coarse"),
    "fine": partial(train_stage, "fine"),
    "export": export,
    "score": score,
}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
