"""Trains `starter/valle`: codes of the narrator, the two networks, export. Every part resumes where it was stopped.

    python -m soundstage.recipes.voice data     # the narrator's speech, if it is not there yet
    python -m soundstage.recipes.valle data     # its codes by starter/speech-codec; again where that has changed
    python -m soundstage.recipes.valle ar 35    # the first book; minutes on one core
    python -m soundstage.recipes.valle nar 20   # the others
    python -m soundstage.recipes.valle export   # writes starter/valle; usable at any moment of training
    python -m soundstage.recipes.valle score    # measures it beside the narrator, writes that into its card

Notable: both networks read true codes, so they train apart, at the same time if wished. The first is made robust to its
own slips: now and then a token that it reads is another one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.evaluate.valle import evaluate
from soundstage.models.speech_codec import SpeechCodec
from soundstage.models.valle import FirstBook, OtherBooks, Place, Valle, ages, valle_starter
from soundstage.recipes.code_vectors import turned
from soundstage.recipes.f5_batches import frames
from soundstage.recipes.parts import run
from soundstage.recipes.valle_pairs import LONGEST_PROMPT, Batch, Corpus, corpus, draw, encode_shards, stretch
from soundstage.tasks.codec_shared import books_stamp, codebooks
from soundstage.tasks.speak_valle import SYMBOLS, VOICES, Prompt, write_voices
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import load, save_starter

DATA = Path("runs/narrator")
RUNS = Path("runs/valle")
STARTER = Path(__file__).parents[1] / "starter" / "valle"
CODEC = "starter/speech-codec"
TOKENS = 4000
"""Phones and frames of a batch, about."""
SLIP = 0.06
"""How often a token that the first network reads is another one of the batch."""
STAGES = (0.45, 0.3, 0.25)
"""How often each further book is learned: the first of them carry most."""
TEMPERATURE = 0.3
"""Of the first book: from 0.1 to 0.5 words are understood alike, at 0.7 fewer."""
NOTES = (
    "English at 24 kHz in the voice of a prompt of three seconds: two small transformers write the first books of "
    "starter/speech-codec, which sounds them. A pointer tells at every frame which phone is being spoken, so that no "
    "word is lost or said twice, and times are exact. Small and quick to train rather than good: it has the timbre of "
    "the synthesisers it learned from, and starter/voice is clearer. A clone takes over the colour and the pitch of "
    "its reference within the range of synthetic speakers. Melody is the narrator's: flat, without rules or styles. "
    "The two networks learned for about 30 and 25 minutes of one core, on speech by 400 speakers, and were still "
    "learning: an hour more of each, and more speakers to clone, should bring the words near to what the codec allows."
)


def encode_all() -> None:
    """The narrator's shards as codes. Raises MissingError without them or without the codec."""
    codec = cast(SpeechCodec, load(CODEC).module)
    books, stack = valle_starter(SYMBOLS).books, codec.config.stack

    def encode(recording: Recording) -> NDArray[np.integer]:
        return cast(NDArray[np.integer], codec.encode(frames(recording, stack), books)[0].numpy())

    encode_shards(DATA, RUNS / "codes", encode, books_stamp(codec, books))


def first_loss(ar: FirstBook, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy of the first book's tokens, and of each frame being its phone's last, where the phone is known."""
    config, goal = ar.config, batch.codes[:, 0]
    slipped = goal.flatten()[torch.randint(goal.numel(), goal.shape, generator=generator)]
    read = torch.where(torch.rand(goal.shape, generator=generator) < SLIP, slipped, goal)
    read = F.pad(read[:, :-1], (1, 0), value=config.end + 1)
    text = ar.read(batch.phones, batch.phones_real)
    found = ar(text, read, Place(batch.place, ages(batch.place)))
    weight = batch.told / batch.told.sum()
    token = (F.cross_entropy(found.tokens_BTV.float().transpose(1, 2), goal, reduction="none") * weight).sum()
    last = F.binary_cross_entropy_with_logits(found.last_BT.float(), batch.last, reduction="none")
    last = (last * weight).sum()
    right = ((found.tokens_BTV.argmax(-1) == goal) * weight).sum()
    return token + last, {"token": token.detach(), "last": last.detach(), "right": right.detach()}


def other_loss(nar: OtherBooks, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy of one further book for each sentence, from the books below it and all of the prompt's."""
    books, count = nar.config.books, len(batch.codes)
    stage = 1 + torch.multinomial(torch.tensor(STAGES), count, replacement=True, generator=generator)
    known = torch.where(batch.prompt > 0, books, stage[:, None])
    text = nar.read(batch.phones, batch.phones_real)
    frames = nar(text, batch.codes, known, stage, Place(batch.place, ages(batch.place)), mask_BT=batch.frames_real)
    wanted = batch.frames_real & (batch.prompt == 0)
    losses: dict[str, Tensor] = {}
    total = frames.new_zeros((), dtype=torch.float32)
    for book in range(1, books):
        chosen = wanted & (stage == book)[:, None]
        if bool(chosen.any()):
            logits = nar.logits(frames[chosen], book).float()
            losses[f"book{book + 1}"] = F.cross_entropy(logits, batch.codes[:, book][chosen])
            total = total + losses[f"book{book + 1}"] * (chosen.sum() / wanted.sum())
    return total, {}


def train_ar(minutes: float = 35.0, steps: int = 20_000, folder: Path = RUNS) -> None:
    """The first network."""
    found = corpus(folder / "codes")
    ar = FirstBook(valle_starter(SYMBOLS))

    def step(module: FirstBook, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return first_loss(module, draw(found, generator, TOKENS), generator)

    _train(folder / "ar", ar, step, steps, minutes, seed=1)


def train_nar(minutes: float = 20.0, steps: int = 20_000, folder: Path = RUNS) -> None:
    """The second network."""
    found, config = corpus(folder / "codes"), valle_starter(SYMBOLS)
    nar = OtherBooks(config)
    vectors = turned(torch.stack(codebooks(load(CODEC).module, config.books)), config.nar.width, config.nar.width**-0.5)
    with torch.no_grad():  # heads are tied to these
        for table, vector in zip(nar.embed, vectors, strict=True):
            cast(nn.Embedding, table).weight.copy_(vector)

    def step(module: OtherBooks, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return other_loss(module, draw(found, generator, TOKENS), generator)

    _train(folder / "nar", nar, step, steps, minutes, seed=2)


def _train(folder: Path, module: nn.Module, step: Any, steps: int, minutes: float, seed: int) -> None:
    fit(
        folder, module, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, ema=0.995, seed=seed,
        autocast=torch.bfloat16,
    )  # fmt: skip


def assembled(folder: Path = RUNS) -> Valle:
    """Both runs' averaged weights in one model. Raises MissingError when one of them has not begun."""
    model = Valle(valle_starter(SYMBOLS))
    load_ema(folder / "ar", model.ar)
    load_ema(folder / "nar", model.nar)
    return model.eval()


def prompts(found: Corpus) -> dict[str, Prompt]:
    """Three seconds of each named voice: the stretch of its sentences that is the longest within them."""
    voices = {}
    for name, speaker in narrator.cast().items():
        own = np.flatnonzero(found.owner == found.names.index(speaker.name))
        pieces = [stretch(*found.of(int(sentence)), LONGEST_PROMPT, 0) for sentence in own]
        codes, phones, lasting = max(pieces, key=lambda piece: piece[0].shape[1])
        place = np.repeat(np.arange(len(phones)), lasting)
        voices[name] = Prompt(*(torch.from_numpy(part.astype(np.int64)) for part in (codes, phones, place)))
    return voices


def data_note(found: Corpus) -> str:
    """What a model of this corpus was made from, for its card."""
    hours = found.codes.shape[1] / valle_starter(SYMBOLS).rate / 3600
    return (
        f"{hours:.1f} hours: {len(found.order):,} sentences of our own grammar, spoken by flite 2.2 (voices slt, awb "
        f"and rms, Carnegie Mellon University, BSD-like licence) as {len(found.names)} synthetic speakers, as codes "
        "of starter/speech-codec. No recording of a person."
    )


def export(target: Path = STARTER, folder: Path = RUNS) -> Card:
    """Join both runs, write weights in float16, the voices and the card."""
    model, found = assembled(folder), corpus(folder / "codes")
    voices = prompts(found)
    card = Card(
        ref="starter/valle",
        family="valle",
        task="speak",
        licence="Apache-2.0",
        commercial=True,
        data=data_note(found),
        size_mb=0,
        memory_mb=120,
        parameters=0,
        config={
            **model.config.plain(),
            "sample_rate": 24_000,
            "codec": CODEC,
            "temperature": TEMPERATURE,
            "codec_stamp": books_stamp(load(CODEC).module, model.config.books),
            "names": list(voices),
        },
        recipe="python -m soundstage.recipes.valle data|ar|nar|export|score",
        notes=NOTES,
    )
    card = save_starter(target, model, card)
    write_voices(target / VOICES, voices)
    return card


def score(target: Path = STARTER, folder: Path = RUNS / "sounds") -> Card:
    """Measure the exported starter beside its narrator and write the figures into its card."""
    table = evaluate(str(target), count=32, voices=("ada", "ben"), folder=folder)
    table.save(RUNS / "scores.json")
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"])})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = {
    "data": encode_all,
    "ar": train_ar,
    "nar": train_nar,
    "export": export,
    "score": score,
}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
