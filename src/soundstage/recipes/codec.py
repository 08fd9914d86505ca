"""Trains `starter/codec`: data, codes, sound, export. Every part resumes where it was stopped.

    python -m soundstage.recipes.voice data       # the narrator's speech, if it is not there yet
    python -m soundstage.recipes.codec data       # 85 pieces of our composer; 5 core-minutes
    python -m soundstage.recipes.codec codes 30   # encoder, the voice's codebooks, a decoder by what can be measured
    python -m soundstage.recipes.codec wave       # the wave's codebooks; a minute
    python -m soundstage.recipes.codec sound 30   # only the decoder, by how it sounds: the codes stay what they are
    python -m soundstage.recipes.codec export     # writes starter/codec; usable at any moment of training
    python -m soundstage.recipes.codec score      # measures it, writes that into its card

Notable: pitch, voicing and envelope are known, so the codes are learned by regression, without making a sound of them;
what a regression cannot say, the filters' details, is learned afterwards by ear.

B batch · T samples · F frames · M bands
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from soundstage.codec.vq import perplexity
from soundstage.evaluate.codec import evaluate
from soundstage.models.codec import Codec, Said, codec_starter, shape_and_gain
from soundstage.nn.conv import Stream
from soundstage.ops.mel import mel_filterbank
from soundstage.recipes import codec_music
from soundstage.recipes.codec_batches import QUIET, RATE, RUNS, Batch, Corpus, batch, corpus
from soundstage.recipes.parts import run
from soundstage.train import checkpoint
from soundstage.train.loop import fit, load_ema
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

STARTER = Path(__file__).parents[1] / "starter" / "codec"
PREFIXES = (1, 2, 2, 3, 3, 4, 5, 6, 6, 6)
"""How many books of the voice a batch is decoded from, one drawn of these."""
SPECTRA = ((2048, 128), (1024, 80), (512, 48), (256, 24))
"""Window and mel bands of the resolutions at which sound is compared."""
HEARD = (2, 3, 3, 4, 6, 6, 8, 10, 12, 12)
"""How many books are listened to."""
WARM = 150
"""Steps without codebooks at the start: they begin on latents that mean something."""

DATA_NOTE = (
    "Three hours of speech (sentences of our own grammar, spoken by flite 2.2, Carnegie Mellon University, BSD-like "
    "licence, as 175 synthetic speakers) and 85 pieces of our composer, 36 minutes, with a single instrument of each, "
    "rendered by FluidSynth with the MIT font FluidR3. No recording of a person or of a band."
)
NOTES = (
    "24 kHz mono, 50 frames a second, twelve codebooks of 0.5 kbit/s, causal but for 10 ms. The first six (up to "
    "3 kbit/s) say envelope, pitch and voicing, of which pulses and noise are shaped: speech keeps its "
    "melody and its colour, though a recogniser makes twice the word errors, but not its waveform: SI-SDR says nothing "
    "there. The other six say the waveform up to "
    "700 Hz. Between 3 and 6 kbit/s the waveform is still rough and speech sounds worse than at 3: take 1.5, 3 or 6. "
    "Music is coarse: a noise of the right colours up to 3 kbit/s, at 6 right below 700 Hz and noise above. It has "
    "heard only synthesisers: recordings of people, of several at once or in a noisy room lose more than the figures "
    "say, which are of unheard synthetic speakers. About 20 minutes of one core in all; longer training, a wave that "
    "reaches higher and an adversary are what to give it next."
)


def told_loss(said: Said, true: Batch, model: Codec) -> tuple[Tensor, dict[str, Tensor]]:
    """Absolute and squared errors of envelope, pitch and voicing, standardised."""
    teller = model.teller
    off = (said.envelope.clamp_min(QUIET) - true.envelope) / cast(Tensor, teller.scale)
    shape = (off.abs() + 0.5 * off.square()).mean()
    heard = true.spoken * (0.05 + 0.95 * true.voiced)
    wrong = (said.pitch - true.pitch) / cast(Tensor, teller.pitch_scale) * heard
    tune = (wrong.abs() + wrong.square()).sum() / heard.sum().clamp_min(1)
    flag = functional.binary_cross_entropy_with_logits(said.voiced, true.voiced, reduction="none").mean()
    semitones = 12 / np.log(2) * ((said.pitch - true.pitch).abs() * heard).sum() / heard.sum().clamp_min(1)
    values = {"envelope": shape.detach(), "semitones": semitones.detach(), "voicing": flag.detach()}
    return 2.5 * shape + 1.5 * tune + 0.4 * flag, values


def fresh(found: Corpus) -> Codec:
    """An untrained codec that knows centre and scale of what it will say."""
    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = Codec(codec_starter())
    some = batch_of_envelopes(found)
    with torch.no_grad():
        cast(Tensor, model.teller.centre).copy_(some.mean(0))
        cast(Tensor, model.teller.scale).copy_(some.std(0))
        pitch = found.pitch[::17][found.voiced[::17]]
        cast(Tensor, model.teller.pitch_centre).fill_(float(pitch.mean()))
        cast(Tensor, model.teller.pitch_scale).fill_(float(pitch.std()))
    return model


def batch_of_envelopes(found: Corpus) -> Tensor:
    """Envelopes [F, M] of some batches."""
    generator = torch.Generator().manual_seed(5)
    return torch.cat([batch(found, generator).envelope.flatten(0, 1) for _ in range(16)])


def train_codes(minutes: float = 30.0, steps: int = 20_000, folder: Path = RUNS / "codes") -> None:
    """Encoder, the voice's codebooks and what they say, by regression."""
    found = corpus()
    model = fresh(found)

    def step(model: Codec, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.autocast("cpu", enabled=False):
            true = batch(found, generator)
        voice, _ = model.listener(true.samples[:, None])
        commitment = used = voice.new_zeros(())
        if index >= WARM:
            books = PREFIXES[int(torch.randint(len(PREFIXES), (), generator=generator))]
            coded = model.quantiser.voice(voice, generator, books)
            voice, commitment = coded.value, coded.commitment
            used = perplexity(coded.codes[:, 0], model.config.codes)
        with torch.autocast("cpu", enabled=False):
            loss, values = told_loss(model.teller(voice), true, model)
        return loss + 0.25 * commitment, {**values, "used": used}

    fit(
        folder, model, step, steps=steps, minutes=minutes, lr=2e-3, warmup=60, ema=0.99, seed=4, betas=(0.8, 0.98),
        autocast=torch.bfloat16,
    )  # fmt: skip


@torch.no_grad()
def train_wave(steps: int = 1000, folder: Path = RUNS / "wave") -> None:
    """The wave's codebooks, by their own averages: nothing else is to be learned of it."""
    found = corpus()
    model = cast(Codec, load_ema(RUNS / "codes", Codec(codec_starter())))
    stack, listener, generator = model.quantiser.wave.train(), model.listener, torch.Generator()
    for index in range(steps):
        generator.manual_seed(1000 + index)
        wave = listener.lapped(listener.ear.frames(batch(found, generator).samples))
        heard = wave.square().mean(-1) > 1e-6
        latent = shape_and_gain(wave)[heard].T[None]
        coded = stack(latent, generator)
        if index % 50 == 49:
            left = float((latent - coded.value).square().sum() / latent.square().sum())
            print(f"wave {index + 1}/{steps}  left {left:.4f}", flush=True)
    state = {f"{part}.{name}": value for part in ("module", "ema") for name, value in model.state_dict().items()}
    scalars = {"step": steps, "seconds": 0.0, "loss": 0.0, "seed": 0}
    checkpoint.save(folder / "checkpoint.safetensors", {name: value.clone() for name, value in state.items()}, scalars)


def sound_loss(made_BT: Tensor, real_BT: Tensor, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """Log mels and log magnitudes apart, at two resolutions drawn of SPECTRA."""
    mel = level = made_BT.new_zeros(())
    for index in torch.randperm(len(SPECTRA), generator=generator)[:2].tolist():
        size, bands = SPECTRA[index]
        window, floor = torch.hann_window(size), 2e-3 * (size / 1024) ** 0.5
        made, real = (torch.stft(x, size, size // 4, window=window, return_complex=True) for x in (made_BT, real_BT))
        a, b = ((x.real.square() + x.imag.square()).clamp_min(floor**2).sqrt() for x in (made, real))
        bank = mel_filterbank(RATE, size, bands, scale="htk", area=False)
        mel = mel + ((bank @ a + floor).log() - (bank @ b + floor).log()).abs().mean() / 2
        # Above 6 kHz a bin is noise, of which only the band's level can be met.
        low = size // 4
        level = level + (a[:, :low].log() - b[:, :low].log()).abs().mean() / 2
    return 2 * mel + 0.5 * level, {"mel": mel.detach(), "level": level.detach()}


def train_sound(minutes: float = 30.0, steps: int = 20_000, folder: Path = RUNS / "sound") -> None:
    """The decoder alone by what is heard; encoder and codebooks, and so the codes, stay."""
    found = corpus()
    model = cast(Codec, load_ema(RUNS / "wave", Codec(codec_starter())))
    model.listener.requires_grad_(False)
    model.quantiser.requires_grad_(False)

    def step(model: Codec, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        books = HEARD[int(torch.randint(len(HEARD), (), generator=generator))]
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            true = batch(found, generator)
            voice, wave = model.listener(true.samples[:, None])
            codes = model.quantiser.encode(voice, wave, books)
            voice, latent = model.quantiser.decode(codes)
        said = model.teller(voice)
        with torch.autocast("cpu", enabled=False):
            pitch, live = true_pitch(said, true), Stream(ending=True)
            if latent is None:
                made = model.throat(pitch, said.buzz, said.breath, live)
            else:
                wave, hush = model.tracer(latent, said.hidden.float(), live)
                made = model.throat(pitch, said.buzz + hush, said.breath + hush, live) + wave
            cut = slice(480, -480)
            loss, values = sound_loss(made[:, cut], true.samples[:, cut], generator)
            told, more = told_loss(said, true, model)
        return loss + 0.3 * told, {**values, **more}

    fit(
        folder, model, step, steps=steps, minutes=minutes, lr=1e-3, warmup=50, ema=0.99, seed=6, betas=(0.8, 0.98),
        autocast=torch.bfloat16,
    )  # fmt: skip


def true_pitch(said: Said, true: Batch) -> Tensor:
    """Hz that the pulses have in training: the true pitch where it is known, so that filters are learned on it."""
    return torch.where(true.spoken > 0, true.pitch, said.pitch.detach()).exp()


def export(target: Path = STARTER, scores: Sequence[dict[str, Any]] = ()) -> Card:
    """The averaged weights as they now are, in float16, and the card."""
    card = Card(
        ref="starter/codec",
        family="codec",
        task="codec",
        licence="Apache-2.0",
        commercial=True,
        data=DATA_NOTE,
        size_mb=0,
        memory_mb=60,
        parameters=0,
        config=asdict(codec_starter()),
        recipe="python -m soundstage.recipes.codec data|codes|wave|sound|export|score",
        scores=tuple(scores),
        notes=NOTES,
    )
    return save_starter(target, trained(), card)


def score(target: Path = STARTER, folder: Path = RUNS / "sounds") -> Card:
    """Measure the exported starter and write the figures into its card."""
    table = evaluate(str(target), folder=folder)
    table.save(RUNS / "scores.json")
    card = Card.load(target).model_copy(update={"scores": tuple(table.to_json()["rows"])})
    card.save(target)
    return card


def trained() -> Codec:
    """The averaged weights of the last part that was begun."""
    stands = [part for part in ("sound", "wave") if (RUNS / part / "checkpoint.safetensors").exists()]
    return load_ema(RUNS / (stands[0] if stands else "wave"), Codec(codec_starter()))  # type: ignore[return-value]


def make_music() -> None:
    """Our composer's pieces, to learn from and to measure by."""
    codec_music.make(RUNS / "music", 12, "test")
    codec_music.make(RUNS / "music", 85)


PARTS: Mapping[str, Callable[..., object]] = {
    "data": make_music,
    "codes": train_codes,
    "wave": train_wave,
    "sound": train_sound,
    "export": export,
    "score": score,
}

if __name__ == "__main__":
    run(PARTS, sys.argv[1:])
