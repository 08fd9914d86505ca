"""Trains `starter/voice`: data, vocoder, acoustic network, export. Every part resumes where it was stopped.

    python -m soundstage.recipes.voice data        # 9 hours of speech by 610 synthetic speakers; 25 core-minutes
    python -m soundstage.recipes.voice vocoder     # half an hour on one core
    python -m soundstage.recipes.voice acoustic    # two hours on one core
    python -m soundstage.recipes.voice polish      # a quarter of an hour: the vocoder on what the other network says
    python -m soundstage.recipes.voice export      # writes starter/voice; usable at any moment of training
    python -m soundstage.recipes.voice score       # measures it beside the narrator, writes that into its card

Notable: the two networks meet at measured quantities (envelope, pitch, voicing), so they train apart, at the same
time if wished. At the end the vocoder hears predicted envelopes too, and learns to mend what regression smoothed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from soundstage.data import narrator
from soundstage.data.narrator import Recording
from soundstage.data.narrator_sound import HOP, RATE
from soundstage.evaluate.voice import evaluate
from soundstage.models.voice import Acoustic, SpeakerEncoder, VoiceConfig, VoiceModel, relieved, voice_starter
from soundstage.recipes.parts import run
from soundstage.recipes.voice_batches import DATA, Corpus, acoustic_batch, corpus, vocoder_batch
from soundstage.text.symbols import SYMBOLS
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

RUNS = Path("runs/voice")
STARTER = Path(__file__).parents[1] / "starter" / "voice"
ABOUT = {
    "ada": "a woman, clear and neutral",
    "ben": "a man, deep and calm",
    "clara": "a young woman, bright",
    "finn": "a man with a Scottish tinge",
    "hugo": "a man, low, dry and level",
    "iris": "a woman, low and unhurried",
    "leo": "a young man, light",
    "otto": "an old man, very deep and slow",
    "sam": "a man, lighter than ben",
    "wren": "a child or a small creature",
}
DATA_NOTE = (
    "8.6 hours: 10,004 sentences of our own grammar, spoken by flite 2.2 (voices slt, awb and rms, Carnegie Mellon "
    "University, BSD-like licence) as 579 synthetic speakers, nine of them with names, with pitch, formants, "
    "tempo and brightness varied, and an octave of noise above the 8 kHz at which flite ends. The vocoder heard no "
    "other. No recording of a person."
)
NOTES = (
    "English at 24 kHz, clear and steady; a recogniser makes a twentieth more word errors than with its narrator. "
    "Nobody would take it for a person: it has the timbre of the synthesisers it learned from, and a faint hiss where "
    "they are silent above 8 kHz. Melody and rests follow written rules "
    "(text/prosody.py): questions rise, statements fall, commas wait, *this* is stressed; styles are neutral, lively "
    "and calm. A clone takes over pitch and colour of its reference within the range of synthetic speakers, not "
    "accent or manner. It cannot laugh or sing by itself; pitch is an input. Trained for about 28 (vocoder), 130 "
    "(acoustic; the first half on 292 speakers) and 15 minutes (the vocoder on predicted envelopes) of one core; more "
    "speakers to clone and recordings of people are what to give it next. Word errors "
    "were measured for three voices, on sentences of which 40 were looked at while it was made and 25 were new. The "
    "dictionary beside it was read out of flite's lexicon (Carnegie Mellon University)."
)


def statistics(found: Corpus, model: VoiceModel, path: Path = RUNS / "statistics.json") -> None:
    """Measure (or read) centre and scale of envelope, pitch and mel, and put them into the model."""
    if not path.exists():
        some = found.recordings[:: max(1, len(found.recordings) // 600)]
        envelope = np.concatenate([recording.envelope for recording in some])
        pitch = np.concatenate([np.log(recording.f0[recording.f0 > 0]) for recording in some])
        model.mel_centre.zero_()  # type: ignore[operator]
        model.mel_scale.fill_(1)  # type: ignore[operator]
        mel = torch.cat([model.mel(torch.from_numpy(recording.samples)[None])[0] for recording in some[::4]])
        values = {
            "centre": envelope.mean(0).tolist(), "scale": envelope.std(0).tolist(),
            "pitch_centre": [float(pitch.mean())],
            "pitch_scale": [float(pitch.std())], "mel_centre": [float(mel.mean())], "mel_scale": [float(mel.std())],
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    for name, value in json.loads(path.read_text(encoding="utf-8")).items():
        getattr(model, name).copy_(torch.tensor(value))


def acoustic_loss(
    model: VoiceModel, parts: nn.ModuleDict, batch: dict[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Absolute and squared errors of the standardised quantities; see the keys of the second value."""
    speaker, acoustic = cast(SpeakerEncoder, parts["speaker"]), cast(Acoustic, parts["acoustic"])
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        mel = model.mel(batch["reference"])
    vector = speaker(mel)
    text, logs = acoustic.encode(batch["phones"], batch["flags"], vector)
    envelope, pitch, voiced = acoustic.decode(text, batch["durations"], vector)
    mask, real = batch["mask"], (batch["phones"] > 0).float()
    goal = (batch["envelope"] - model.centre) / model.scale  # type: ignore[operator]
    wrong = (envelope.float() - goal) * mask[..., None]
    shape = (wrong.abs() + 0.5 * wrong.square()).sum() / (mask.sum() * goal.shape[-1])
    heard = mask * (0.1 + 0.9 * batch["voiced"])
    off = (pitch.float() - (batch["pitch"] - model.pitch_centre) / model.pitch_scale) * heard  # type: ignore[operator]
    tune = (off.abs() + off.square()).sum() / heard.sum()
    flag = functional.binary_cross_entropy_with_logits(voiced.float(), batch["voiced"], reduction="none")
    flag = (flag * mask).sum() / mask.sum()
    late = (logs.float() - batch["durations"].clamp(min=1).log()) * real
    length = (late.abs() + late.square()).sum() / real.sum()
    values = {"envelope": shape.detach(), "pitch": tune.detach(), "voicing": flag.detach(), "duration": length.detach()}
    return 2.5 * shape + tune + 0.4 * flag + 0.4 * length, values


def spectral_loss(made: Tensor, real: Tensor, sizes: Sequence[int] = (1536, 768, 384, 128)) -> Tensor:
    """Spectral convergence and log magnitude at several resolutions (Yamamoto et al., 2020), mean over them."""
    total = made.new_zeros(())
    for size in sizes:
        window = torch.hann_window(size)
        a, b = (
            torch.stft(x, size, size // 4, window=window, return_complex=True).abs().clamp(min=1e-4)
            for x in (made, real)
        )
        total = total + (a - b).norm() / b.norm() + (a.log() - b.log()).abs().mean()
    return total / len(sizes)


def vocoder_loss(
    model: VoiceModel, batch: dict[str, Tensor], generator: torch.Generator
) -> tuple[Tensor, dict[str, float]]:
    """The spectral loss of a batch's sound, but for its ends, where filters reach over the edge."""
    noise = torch.randn(batch["samples"].shape, generator=generator)
    made = model.sound(batch["envelope"], batch["f0"], batch["voiced"], noise)
    cut = slice(2 * HOP, -2 * HOP)
    return spectral_loss(made[:, cut], batch["samples"][:, cut]), {}


def train_vocoder(minutes: float = 28.0, steps: int = 6000) -> None:
    """The vocoder on measured envelope, pitch and voicing."""
    found, model = corpus(), VoiceModel(voice_starter(len(SYMBOLS)))
    statistics(found, model)

    def step(vocoder: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        return vocoder_loss(model, vocoder_batch(found.recordings, generator), generator)

    fit(RUNS / "vocoder", model.vocoder, step, steps=steps, minutes=minutes, lr=1e-3, warmup=50, ema=0.995, seed=1)


def polish(minutes: float = 15.0, steps: int = 4000, count: int = 2500) -> None:
    """The trained vocoder goes on, hearing every other time the envelope that the acoustic network predicts."""
    found = corpus()
    model, config = assembled(found)
    guessed = [
        replace(each, envelope=relieved(foreseen(model, each), config.relief, config.knots)[0].numpy())
        for each in found.recordings[:: max(1, len(found.recordings) // count)]
    ]
    model.vocoder.requires_grad_(True)

    def step(vocoder: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        return vocoder_loss(model, vocoder_batch(guessed if index % 2 else found.recordings, generator), generator)

    fit(RUNS / "polish", model.vocoder, step, steps=steps, minutes=minutes, lr=4e-4, warmup=50, ema=0.995, seed=3)


def train_acoustic(minutes: float = 130.0, steps: int = 30000) -> None:
    """The acoustic network and the speaker encoder together."""
    found, model = corpus(), VoiceModel(voice_starter(len(SYMBOLS)))
    statistics(found, model)
    parts = nn.ModuleDict({"speaker": model.speaker, "acoustic": model.acoustic})

    def step(module: nn.ModuleDict, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return acoustic_loss(model, module, acoustic_batch(found, generator))

    fit(
        RUNS / "acoustic", parts, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, ema=0.995, seed=2,
        autocast=torch.bfloat16,
    )  # fmt: skip


@torch.inference_mode()
def named_vectors(model: VoiceModel, found: Sequence[Sequence[Recording]]) -> Tensor:
    """[K, V] one vector a named voice, the mean over its first recordings, standardised again."""
    rows = []
    for recordings in found:
        samples = np.concatenate([recording.samples for recording in recordings[:12]])[: 20 * RATE]
        rows.append(model.listen(torch.from_numpy(samples)[None])[0])
    return torch.stack(rows)


QUANTILES = (0.002, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Where prediction and measurement are compared; above the middle a prediction is left as it is."""


@torch.inference_mode()
def foreseen(model: VoiceModel, recording: Recording) -> Tensor:
    """[1, T, M] the envelope that the acoustic network gives to a recording's phones, lengths and speaker."""
    vector = model.listen(torch.from_numpy(recording.samples)[None])
    phones, flags, durations = (
        torch.from_numpy(values.astype(np.int64))[None]
        for values in (recording.phones, recording.flags, recording.durations)
    )
    text, _ = model.acoustic.encode(phones, flags, vector)
    return model.render(text, durations, vector)[0][:, : len(recording.f0)]


@torch.inference_mode()
def drawn_apart(model: VoiceModel, found: Corpus, count: int = 120) -> dict[str, Any]:
    """The `knots` and the `relief` of a config: what regression smoothed over, measured on some recordings."""
    made, true, ridges = [], [], []
    for index in range(0, len(found.recordings), max(1, len(found.recordings) // count)):
        recording = found.recordings[index]
        envelope, real = foreseen(model, recording), torch.from_numpy(recording.envelope)[None]
        made.append(envelope.flatten())
        true.append(real.flatten())
        loud = real[0].mean(1) > real[0].mean(1).max() - 4
        ridges.append([float((x - _smooth(x))[0, loud].square().mean()) for x in (envelope, real)])
    at = torch.tensor(QUANTILES)
    x, y = (torch.cat(values)[::7].quantile(at).tolist() for values in (made, true))
    knots = [(x[0] - 1.0, min(y[0], x[0] - 1.0))]
    for here, there in zip(x, y, strict=True):
        if here > knots[-1][0] + 0.02:
            knots.append((here, max(there, knots[-1][1])))
    predicted, measured = np.array(ridges).mean(0)
    relief = float(np.clip(np.sqrt(measured / predicted) - 1, 0, 0.5))
    rounded = tuple((round(a, 3), round(b, 3)) for a, b in (*knots, (6.0, 6.0)))
    return {"knots": rounded, "relief": round(relief, 3)}


def _smooth(envelope: Tensor) -> Tensor:
    return functional.avg_pool1d(functional.pad(envelope, (7, 7), mode="replicate"), 15, 1)


def assembled(found: Corpus) -> tuple[VoiceModel, VoiceConfig]:
    """The averaged weights of the runs so far in one model, and its config with what is measured on it.

    Raises MissingError when the vocoder or the acoustic network has no run.
    """
    config = voice_starter(len(SYMBOLS))
    model = VoiceModel(config)
    statistics(found, model)
    load_ema(RUNS / ("polish" if (RUNS / "polish").exists() else "vocoder"), model.vocoder)
    load_ema(RUNS / "acoustic", nn.ModuleDict({"speaker": model.speaker, "acoustic": model.acoustic}))
    return model.eval(), replace(config, **drawn_apart(model, found))


def export(target: Path = STARTER, scores: Sequence[dict[str, Any]] = ()) -> Card:
    """Join the averaged weights of both runs, add the named voices, write weights in float16 and the card."""
    model, config = assembled(corpus())
    offered = narrator.cast()
    shards = [narrator.load(DATA / f"{speaker.name}.npz")[1] for speaker in offered.values()]
    model.table.data.copy_(named_vectors(model, shards))
    card = Card(
        ref="starter/voice",
        family="voice",
        task="speak",
        licence="Apache-2.0",
        commercial=True,
        data=DATA_NOTE,
        size_mb=0,
        memory_mb=160,
        parameters=0,
        config={**config.plain(), "names": list(offered), "about": ABOUT},
        recipe="python -m soundstage.recipes.voice data|vocoder|acoustic|polish|export|score",
        scores=tuple(scores),
        notes=NOTES,
    )
    return save_starter(target, model, card)


def score(target: Path = STARTER, folder: Path = RUNS / "sounds") -> Card:
    """Measure the exported starter beside its narrator and write the figures into its card."""
    table = evaluate(str(target), folder=folder)
    table.save(RUNS / "scores.json")
    rows = tuple(table.to_json()["rows"])
    card = Card.load(target).model_copy(update={"scores": rows})
    card.save(target)
    return card


PARTS: Mapping[str, Callable[..., object]] = {
    "data": partial(narrator.make, DATA),
    "vocoder": train_vocoder,
    "acoustic": train_acoustic,
    "polish": polish,
    "export": export,
    "score": score,
}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
