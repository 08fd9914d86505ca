"""Makes `starter/speech-codec`: codebooks that are averages of the narrator's speech, and the network that mends.

    python -m soundstage.recipes.voice data             # the narrator's speech, if it is not there yet
    python -m soundstage.recipes.speech_codec books     # 10 core-minutes
    python -m soundstage.recipes.speech_codec mend 10   # minutes on one core
    python -m soundstage.recipes.speech_codec export    # writes starter/speech-codec
    python -m soundstage.recipes.speech_codec score     # measures it, writes that into its card

T frames of 10 ms · N tokens · D components
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from soundstage.codec.kmeans import fit_books
from soundstage.codec.mender import Mender
from soundstage.data import narrator
from soundstage.evaluate.codec import evaluate
from soundstage.models.speech_codec import SpeechCodec, speech_codec_starter
from soundstage.recipes.f5_batches import frames, measured, shards
from soundstage.recipes.parts import run
from soundstage.train import checkpoint
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

RUNS = Path("runs/speech-codec")
STARTER = Path(__file__).parents[1] / "starter" / "speech-codec"
BOOKS = "books.safetensors"
EVERY = 3  # of the recordings, each so-manieth is measured
CROP, ROWS = 64, 24  # tokens of a row, rows of a batch
LEARNED = (2, 3, 4, 4, 5, 6, 6, 7, 8, 8)
"""How many books are mended, one drawn of these."""
ROUNDS, POINTS = 12, 150_000
DATA_NOTE = (
    "Sentences of our own grammar, spoken by flite 2.2 (voices slt, awb and rms, Carnegie Mellon University, BSD-like "
    "licence) as synthetic speakers. No recording of a person."
)
NOTES = (
    "Speech at 24 kHz, one voice at a time, 25 frames a second, eight codebooks of 0.25 kbit/s, of which four are "
    "enough to be understood by; the vocoder of starter/voice sounds them. The waveform is not kept, so SI-SDR says "
    "nothing. Pitch is tracked through a whole recording before it is coded: decoding is live, coding is not. Music, "
    "a room or two voices at once are not coded: starter/codec does those. It has heard only synthesisers. The "
    "mending network had eight minutes of one core."
)


def latents(codec: SpeechCodec, paths: Sequence[Path]) -> list[Tensor]:
    """[N, D] of every so-manieth recording."""
    stack = codec.config.stack
    return [
        codec.latents(frames(recording, stack))[0].T
        for speaker, recordings in map(narrator.load, paths)
        if speaker.base not in narrator.UNSURE
        for recording in recordings[::EVERY]
    ]


def make_books() -> None:
    """Directions and codebooks."""
    codec, generator = SpeechCodec(speech_codec_starter()), torch.Generator().manual_seed(1)
    paths = shards()
    codec.folding.load_state_dict(measured(paths).state_dict())
    found = torch.cat(latents(codec, paths))
    chosen = found[torch.randperm(len(found), generator=generator)[:POINTS]]
    left = fit_books(codec.quantiser, chosen, rounds=ROUNDS, generator=generator)
    print("left by each book:", " ".join(f"{share:.4f}" for share in left), flush=True)
    checkpoint.save(RUNS / BOOKS, dict(codec.state_dict()), {"points": len(chosen)})


def begun() -> SpeechCodec:
    """The codec with its books. Raises MissingError before they are made."""
    codec, path = SpeechCodec(speech_codec_starter()), RUNS / BOOKS
    checkpoint.assign(codec, checkpoint.load(path)[0], path)
    return codec.eval()


def mending_loss(codec: SpeechCodec, true_BDN: Tensor, books: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Absolute and squared errors of what the codes of some books say, in standardised frames."""
    folding = codec.folding
    with torch.no_grad():
        codes = codec.quantiser.encode(true_BDN, books)
        rounded = codec.quantiser.decode(codes)
    off = (codec.mended(codes).float().transpose(1, 2) * folding.spread - true_BDN.transpose(1, 2)) @ folding.basis
    before = (rounded - true_BDN).square().sum(1).mean() / off.shape[-1]
    return off.abs().mean() + 0.5 * off.square().mean(), {
        "left": (off.square().mean() / before).detach(), "books": torch.tensor(float(books)),
    }  # fmt: skip


def train_mender(minutes: float = 10.0, steps: int = 4000) -> None:
    """What the frames around a rounded one tell of it."""
    codec = begun()
    known = [each for each in latents(codec, shards()) if len(each) >= CROP]

    def step(module: Mender, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        picks = torch.randint(len(known), (ROWS,), generator=generator).tolist()
        places = torch.rand(ROWS, generator=generator).tolist()
        rows = [
            known[pick][int(at * (len(known[pick]) - CROP)) :][:CROP] for pick, at in zip(picks, places, strict=True)
        ]
        books = LEARNED[int(torch.randint(len(LEARNED), (), generator=generator))]
        codec.mender = module
        return mending_loss(codec, torch.stack(rows).transpose(1, 2), books)

    fit(
        RUNS / "mender", codec.mender, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, ema=0.995, seed=2,
        autocast=torch.bfloat16,
    )  # fmt: skip


def made() -> SpeechCodec:
    """The codec as the recipe left it. Raises MissingError before it was run."""
    codec = begun()
    load_ema(RUNS / "mender", codec.mender)
    return codec


def export(target: Path = STARTER) -> Card:
    """Write it in float16, and its card."""
    card = Card(
        ref="starter/speech-codec",
        family="speech_codec",
        task="codec",
        licence="Apache-2.0",
        commercial=True,
        data=DATA_NOTE,
        size_mb=0,
        memory_mb=10,
        parameters=0,
        config={**asdict(speech_codec_starter()), "shares": {"vocoder": "starter/voice"}},
        recipe="python -m soundstage.recipes.speech_codec books|mend|export|score",
        notes=NOTES,
    )
    return save_starter(target, made(), card)


def score(target: Path = STARTER, folder: Path = RUNS / "sounds") -> Card:
    """Measure the exported starter and write the figures into its card."""
    table = evaluate(str(target), folder=folder)
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"])})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = {
    "books": make_books,
    "mend": train_mender,
    "export": export,
    "score": score,
}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
