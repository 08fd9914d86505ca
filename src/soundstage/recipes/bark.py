"""Trains `starter/bark`: data, tokeniser, semantic, coarse, fine, export, score. Every part resumes where it stopped.

    python -m soundstage.recipes.bark data         # sentences of the narrator, half with an event; 10 core-minutes
    python -m soundstage.recipes.bark tokeniser    # 5 core-minutes
    python -m soundstage.recipes.bark semantic     # 12 core-minutes; needs no codec
    python -m soundstage.recipes.bark coarse       # 45 core-minutes; this and the following need starter/speech-codec
    python -m soundstage.recipes.bark fine         # 6 core-minutes
    python -m soundstage.recipes.bark_listener     # 4 core-minutes; the judge of laughs, sighs and hums
    python -m soundstage.recipes.bark export       # writes starter/bark with its voices
    python -m soundstage.recipes.bark score        # measures it, writes that into its card

Notable: Bark's three stages at a hundredth of its size, with three things that make them easy to learn: semantic
tokens that were taught what is said (`models.bark.tokeniser`), a pointer that keeps them to the text, and the units of
their time beside the coarse tokens (`models.bark.guide`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data import narrator, paralinguistics
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import HOP, RATE
from soundstage.data.paralinguistics import KINDS
from soundstage.evaluate.bark import evaluate
from soundstage.models.bark import Bark, Tokeniser, VoicePrompt
from soundstage.models.bark.model import CausalModel, FineModel
from soundstage.models.speech_codec import SpeechCodec
from soundstage.recipes import bark_stages as stages
from soundstage.recipes import bark_tokeniser
from soundstage.recipes.bark_corpus import FOLD, Line, line, lines
from soundstage.recipes.f5_batches import frames
from soundstage.recipes.parts import run
from soundstage.tasks.codec_shared import CODECS, SharedCodec, codebooks
from soundstage.tasks.speak_bark_phones import VOICES
from soundstage.text.symbols import SYMBOLS
from soundstage.train.loop import CHECKPOINT, fit, load_ema
from soundstage.weights.bark import write_voice
from soundstage.weights.card import Card
from soundstage.weights.load import load, save_starter

NARRATOR = Path("runs/narrator")
RUNS = Path("runs/bark")
DATA = RUNS / "data"
STARTER = Path(__file__).parents[1] / "starter" / "bark"
CODEC = "starter/speech-codec"
T = TypeVar("T")
TEMPERATURES = {"semantic": 0.5, "coarse": 0.2, "fine": 0.1}
DATA_NOTE = (
    "Sentences of our own grammar, spoken by flite 2.2 (voices slt, awb and rms, Carnegie Mellon University, BSD-like "
    "licence) as synthetic speakers; in half of them a laugh, a sigh, a hum, a gasp or a cleared throat, synthesised "
    "from the same speakers' own vowels (data/paralinguistics.py). No recording of a person."
)
NOTES = (
    "English at 24 kHz through starter/speech-codec. [laughs], [sighs], [hums], [gasps] and [clears throat] are made "
    "where they are written. Words and phones have times, to 20 ms. A clone takes over the colour and pitch of three "
    "seconds of a recording, within the range of synthetic speakers."
)


@dataclass(frozen=True)
class Corpus:
    """Lines with their tokens (and codes), `order` by length, `of` each speaker."""

    lines: Sequence[Line]
    order: NDArray[np.int64]
    of: Sequence[NDArray[np.int64]]


def made_tokeniser() -> Tokeniser:
    """The trained tokeniser, as it stands. Raises MissingError before its training."""
    tokeniser = stages.untrained().tokeniser
    assert tokeniser is not None
    return load_ema(RUNS / "tokeniser", tokeniser)  # type: ignore[return-value]


def _kept(name: str, found: Sequence[T], make: Callable[[T], NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """What `make` gives of all, [..., length], kept in a file while it still gives so for a few of them."""
    path = RUNS / f"{name}.npz"
    if path.exists():
        with np.load(path) as kept:
            lengths, values = kept["lengths"], kept["values"].astype(np.int64)
        rows = np.split(values, np.cumsum(lengths)[:-1], -1)
        some = range(0, len(found), max(1, len(found) // 4))
        if len(rows) == len(found) and all(_alike(rows[index], make(found[index])) for index in some):
            return rows
    rows = [make(each) for each in found]
    partial_ = RUNS / f".{name}.npz"
    np.savez(partial_, lengths=[row.shape[-1] for row in rows], values=np.concatenate(rows, -1).astype(np.int16))
    partial_.replace(path)
    return rows


def _alike(a: NDArray[np.int64], b: NDArray[np.int64]) -> bool:
    """Whether nearly all is the same: weights that went through float16 turn a few codes."""
    return a.shape == b.shape and float((a == b).mean()) > 0.95


@torch.inference_mode()
def corpus(*, codes: bool) -> Corpus:
    """Every line with its tokens, and with its codes if asked. Raises MissingError when a part before is missing."""
    found = lines(DATA)
    tokeniser = made_tokeniser()
    units = tokeniser.config.units

    def tokens(each: Line) -> NDArray[np.int64]:
        return (tokeniser.encode(each.sound()[None])[0] % units).numpy().astype(np.int64)

    for each, row in zip(found, _kept("tokens", found, tokens), strict=True):
        each.tokens = row + units * each.begun()
    if codes:
        codec, books = cast(SpeechCodec, shared().model), stages.bark_starter().books

        def code(recording: Recording) -> NDArray[np.int64]:
            return codec.encode(frames(recording, FOLD), books)[0].numpy()

        recordings = [each for path in sorted(DATA.glob("*.npz")) for each in narrator.load(path)[1]]
        for each, row in zip(found, _kept("codes", recordings, code), strict=True):
            each.codes = row
    speakers = np.array([each.speaker for each in found])
    order = np.argsort([each.length for each in found], kind="stable")
    fitting = np.array([index for index in order if stages.fits(stages.bark_starter(), found[index])])
    return Corpus(found, fitting, [np.flatnonzero(speakers == speaker) for speaker in np.unique(speakers)])


def begun() -> Bark:
    """The stages before training, their codes already near those that sound like them."""
    return stages.informed(stages.untrained(), torch.stack(codebooks(shared().model, stages.BOOKS)))


@cache
def shared() -> SharedCodec:
    """The codec whose codes are learned."""
    loaded = load(CODEC)
    return CODECS[loaded.card.family](loaded)  # type: ignore[no-any-return]


def make_data() -> None:
    """Sentences with and without events, from the narrator's shards."""
    paralinguistics.make(NARRATOR, DATA)


def train_tokeniser(minutes: float = 9.0, steps: int = 3000) -> None:
    """Units that tell symbols, melody and a rough spectrum."""
    found = lines(DATA)

    def step(module: Tokeniser, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return bark_tokeniser.loss(module, *bark_tokeniser.stretches(module, found, 16, generator), generator)

    module = stages.untrained().tokeniser
    assert module is not None
    fit(
        RUNS / "tokeniser", module, step, steps=steps, minutes=minutes, lr=3e-3, warmup=50, ema=0.99, seed=1,
        autocast=torch.bfloat16,
    )  # fmt: skip


def train_semantic(minutes: float = 12.0, steps: int = 6000) -> None:
    """Text to semantic tokens."""
    known, config = corpus(codes=False), stages.bark_starter()

    def step(module: CausalModel, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        batch = stages.semantic_batch(config, known.lines, known.order, known.of, 1200, generator)
        return stages.semantic_loss(config, module, batch)

    fit(
        RUNS / "semantic", stages.untrained().semantic, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100,
        ema=0.99, seed=2, autocast=torch.bfloat16,
    )  # fmt: skip


def train_coarse(minutes: float = 15.0, steps: int = 6000) -> None:
    """Semantic tokens to the first two books."""
    known, config = corpus(codes=True), stages.bark_starter()

    def step(module: CausalModel, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return stages.coarse_loss(config, module, stages.coarse_batch(config, known.lines, known.of, 2, generator))

    fit(
        RUNS / "coarse", begun().coarse, step, steps=steps, minutes=minutes, lr=2e-3, warmup=40,
        ema=0.99, seed=3, autocast=torch.bfloat16,
    )  # fmt: skip


def train_fine(minutes: float = 6.0, steps: int = 6000) -> None:
    """The first two books to all."""
    known, config = corpus(codes=True), stages.bark_starter()

    def step(module: FineModel, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return stages.fine_loss(
            config, module, stages.fine_batch(config, known.lines, known.of, 5, generator), index, generator
        )

    fit(
        RUNS / "fine", begun().fine, step, steps=steps, minutes=minutes, lr=2e-3, warmup=40, ema=0.99,
        seed=4, autocast=torch.bfloat16,
    )  # fmt: skip


def trained() -> Bark:
    """The stages as they stand, each that has been trained; the others as they were born."""
    model = stages.untrained()
    for name in ("tokeniser", "semantic", "coarse", "fine"):
        if (RUNS / name / CHECKPOINT).exists():
            load_ema(RUNS / name, getattr(model, name))
    return model.eval()


def prompt_of(line: Line) -> VoicePrompt:
    """A recording as the voice that is continued."""
    return VoicePrompt(
        semantic_S=torch.from_numpy(line.tokens.astype(np.int16)),
        coarse_KT=torch.from_numpy(line.codes[:2].astype(np.int16)),
        fine_KT=torch.from_numpy(line.codes.astype(np.int16)),
    )


@torch.inference_mode()
def voices(model: Bark) -> dict[str, VoicePrompt]:
    """What each voice with a name is continued from: a whole sentence of two to three seconds without an event."""
    out = {}
    tokeniser = model.tokeniser
    assert tokeniser is not None
    for name, speaker in narrator.cast().items():
        recordings = narrator.load(NARRATOR / f"{speaker.name}.npz")[1]
        fitting = [each for each in recordings if 2.2 <= len(each.f0) * HOP / RATE <= 3.0 and "," not in each.text]
        longest = max(fitting, key=lambda each: len(each.f0))
        chosen = line(longest, 0)
        chosen.tokens = (tokeniser.encode(chosen.sound()[None])[0] % tokeniser.config.units).numpy()
        chosen.tokens = chosen.tokens + tokeniser.config.units * chosen.begun()
        codec = cast(SpeechCodec, shared().model)
        chosen.codes = codec.encode(frames(longest, FOLD), model.config.books)[0].numpy()
        out[name] = prompt_of(chosen)
    return out


def export(target: Path = STARTER) -> Card:
    """Join the averaged weights of the runs; write them in float16, the card, and the voices."""
    model = trained()
    config = {
        **asdict(model.config),
        "text": "phones",
        "symbols": [*SYMBOLS, *KINDS],
        "tags": list(KINDS),
        "names": list(narrator.cast()),
        "rate": RATE,
        "shares": {"codec": CODEC},
        "temperatures": TEMPERATURES,
        "central": True,
    }
    card = Card(
        ref="starter/bark",
        family="bark",
        task="speak",
        licence="Apache-2.0",
        commercial=True,
        data=DATA_NOTE,
        size_mb=0,
        memory_mb=120,
        parameters=0,
        config=json.loads(json.dumps(config)),
        recipe="python -m soundstage.recipes.bark data|tokeniser|semantic|coarse|fine|export|score",
        notes=NOTES,
    )
    saved = save_starter(target, model, card)
    (target / VOICES).mkdir(exist_ok=True)
    for name, prompt in voices(model).items():
        write_voice(target / VOICES / f"{name}.npz", prompt)
    return saved


def score(target: Path = STARTER, folder: Path = RUNS / "sounds") -> Card:
    """Measure the exported starter and write the figures into its card."""
    table = evaluate(str(target), folder=folder)
    table.save(RUNS / "scores.json")
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"])})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "data": make_data,
        "tokeniser": train_tokeniser,
        "semantic": train_semantic,
        "coarse": train_coarse,
        "fine": train_fine,
        "export": export,
        "score": score,
    }
)


if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
