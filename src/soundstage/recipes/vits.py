"""Trains `starter/vits`: one network from phones to samples, end to end, with a jury at the end. Every part resumes.

    python -m soundstage.recipes.voice data      # the narrator's recordings, as for starter/voice
    python -m soundstage.recipes.vits warm       # latents, prior, durations, what the decoder tells
    python -m soundstage.recipes.vits duel       # goes on from there by ear, against a jury of discriminators
    python -m soundstage.recipes.vits export     # writes starter/vits; usable at any moment of training
    python -m soundstage.recipes.vits score      # measures it beside the narrator, writes that into its card

Notable: the narrator knows how long every phone lasts, so no alignment is searched for, and what is drawn from the
prior can be held to the recording as well (as in NaturalSpeech: Tan et al., 2022). Most steps do only that, at half the
work. The filters that make sound of envelope and pitch begin as those of `starter/voice`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.codec.source import SourceDecoder
from soundstage.evaluate.voice import evaluate
from soundstage.models.vits import Vits, VitsConfig, vits_starter
from soundstage.models.voice import VoiceModel
from soundstage.recipes.parts import run
from soundstage.recipes.vits_batches import (
    FLAGS,
    Corpus,
    batch,
    corpus,
    names,
    samples_by_speaker,
    vocabulary,
)
from soundstage.recipes.vits_losses import KL, duel_loss, foreseen_loss, warm_loss
from soundstage.text.symbols import SYMBOLS
from soundstage.train import checkpoint
from soundstage.train.discriminators import Jury
from soundstage.train.loop import CHECKPOINT, fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import load, save_starter

RUNS = Path("runs/vits")
STARTER = Path(__file__).parents[1] / "starter" / "vits"
RISE = 400
"""Steps in which the divergence comes to its weight."""
NARROW = -1.5
"""Log deviation that posterior and prior begin with."""
BOTH, EACH = 150, 3
"""Steps at the start that hear the speech; of those behind them each so manieth does, the others read only."""
LISTEN = 9
"""Each so manieth step of `warm` sounds segments."""
SLOW = 1.05
"""A duration is rounded up to frames, half of one too much on average; `speed` takes that back."""

DATA_NOTE = (
    "3.6 hours: 4,216 sentences of our own grammar, spoken by flite 2.2 (voices slt, awb and rms, Carnegie Mellon "
    "University, BSD-like licence) as 199 synthetic speakers, nine of them with names and drawn nine times as often: a "
    "part of what starter/voice learned from. The filters began as that starter's, and its ear placed the speakers. No "
    "recording of a person."
)
NOTES = (
    "VITS, small: a text encoder with a prior over frames, a flow, a posterior used in training and to convert a "
    "voice, and a decoder that says envelope, pitch and voicing, of which pulses and noise are shaped by the filters "
    "of starter/voice. English at 24 kHz in nine voices, flat like the synthesisers it learned from; it does not "
    "clone, and has one style. It is there so that the family can be tried, taught and tested offline; starter/voice "
    "is clearer. Trained for some twenty minutes of one core in all, not in one run, and without the duel against a "
    "jury; it was still improving: an hour, then the duel, should bring it near to starter/voice."
)


def starter(speakers: int) -> VitsConfig:
    """The shape that is trained; the nine named speakers' is shipped."""
    return vits_starter(len(SYMBOLS) * FLAGS, speakers)


def fresh(found: Corpus) -> Vits:
    """An untrained model whose decoder has the filters, and the statistics, of `starter/voice`.

    Its table of voices is what that starter's ear hears of them, so that speakers who are alike begin alike.
    """
    voice = cast(VoiceModel, load("starter/voice").module)
    with torch.random.fork_rng():
        torch.manual_seed(6)
        model = Vits(starter(found.speakers))
        phones, flags = (0.3 * torch.randn(count, 1, model.config.width) for count in (len(SYMBOLS), FLAGS))
    lend(cast(SourceDecoder, model.decoder), voice)
    with torch.no_grad():
        # A phone is much the same however it is flagged, so its symbols begin alike.
        model.text.embed.weight.copy_((phones + flags.transpose(0, 1)).flatten(0, 1))
        cast(Tensor, model.text.out.bias)[model.config.latent :] = NARROW
        cast(Tensor, model.posterior.out.conv.bias)[model.config.latent :] = NARROW
    table = cast(nn.Embedding, model.voices).weight
    table.data.copy_(heard_apart(voice, samples_by_speaker(found), table.shape[1]))
    return model


@torch.inference_mode()
def heard_apart(voice: VoiceModel, samples: Sequence[Tensor], width: int) -> Tensor:
    """Vectors [K, width] of recordings [N], one a speaker: what differs most in what an ear hears, of unit spread."""
    heard = torch.cat([voice.listen(each[None]) for each in samples])
    away = heard - heard.mean(0)
    _, directions = torch.linalg.eigh(away.T @ away)
    table = away @ directions.flip(1)[:, :width]
    table = table / table.square().mean().sqrt()
    return functional.pad(table, (0, width - table.shape[1]))


def lend(decoder: SourceDecoder, voice: VoiceModel) -> None:
    """Give a decoder the filters of a voice of the same bands and frames, and what they expect to hear."""
    decoder.filters.load_state_dict(voice.vocoder.state_dict())
    for name in ("centre", "scale", "pitch_centre", "pitch_scale"):
        cast(Tensor, getattr(decoder, name)).copy_(getattr(voice, name))


class Duel(nn.Module):
    """Who speaks and who judges, so that one optimiser trains both."""

    def __init__(self, speakers: int) -> None:
        super().__init__()
        self.speaker = Vits(starter(speakers))
        self.jury = Jury(width=12)


def warm(minutes: float = 60.0, steps: int = 20_000) -> None:
    """The speaker alone, its filters held still: it comes to be understood."""
    found = corpus()
    speaker = fresh(found)
    cast(SourceDecoder, speaker.decoder).filters.requires_grad_(False)

    def step(speaker: Vits, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        if index >= BOTH and index % EACH:
            return foreseen_loss(speaker, batch(found, generator, 1600), generator)
        risen, listened = min(1.0, index / RISE), index % LISTEN == 0
        return warm_loss(speaker, batch(found, generator, 1600), generator, kl=KL * risen, listened=listened)

    fit(
        RUNS / "warm", speaker, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, decay="linear",
        ema=0.99, seed=1, autocast=torch.bfloat16,
    )  # fmt: skip


def duel(minutes: float = 15.0, steps: int = 20_000) -> None:
    """The jury joins and the filters learn: blur that a regression forgives is heard. MissingError before `warm`."""
    found = corpus()
    both = Duel(found.speakers)
    load_ema(RUNS / "warm", both.speaker)

    def step(module: Duel, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return duel_loss(module.speaker, module.jury, batch(found, generator, 1000), generator)

    fit(
        RUNS / "duel", both, step, steps=steps, minutes=minutes, lr=3e-4, warmup=50, ema=0.98, seed=2,
        autocast=torch.bfloat16,
    )  # fmt: skip


def trained(runs: Path = RUNS) -> Vits:
    """The averaged weights of the furthest run, with the voices that have names. MissingError where there is none."""
    named = len(names())
    last = runs / ("duel" if (runs / "duel" / CHECKPOINT).exists() else "warm")
    tensors, _ = checkpoint.load(last / CHECKPOINT)
    prefix = "ema.speaker." if last.name == "duel" else "ema."
    state = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    state["voices.weight"] = state["voices.weight"][:named]
    speaker = Vits(starter(named))
    speaker.load_state_dict(state)
    return speaker.eval()


def export(target: Path = STARTER, runs: Path = RUNS) -> Card:
    """The averaged weights of the furthest run, with vocabulary and names, as a starter."""
    rules = {"alphabet": "phones", "add_blank": False, "phonemize": False, "voices": names()}
    target.mkdir(parents=True, exist_ok=True)
    (target / "vocab.json").write_text(json.dumps(vocabulary()) + "\n", encoding="utf-8")
    (target / "tokenizer_config.json").write_text(json.dumps(rules, indent=2) + "\n", encoding="utf-8")
    card = Card(
        ref="starter/vits", family="vits", task="speak", licence="Apache-2.0", commercial=True, data=DATA_NOTE,
        size_mb=0, memory_mb=120, parameters=0, config={**asdict(starter(len(names()))), "speed": SLOW},
        recipe="python -m soundstage.recipes.vits warm|duel|export|score", notes=NOTES,
    )  # fmt: skip
    return save_starter(target, trained(runs), card)


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
