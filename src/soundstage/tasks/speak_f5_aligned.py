"""The small F5 whose text comes with its times, as an engine of the task `speak`.

Notable: a reference needs no words, and a name is a reference that the starter brings along. Times are exact, for they
are what the speech was made of. What it makes are frames of envelope, pitch and voicing, so the written rules of melody
(`text.prosody`) hold here too, and the vocoder of `starter/voice` sounds them.

P phones · T frames of 10 ms · R tokens of a reference · H mel bands of a token · N samples
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.f5 import Aligned, AlignedF5, after, fill, hear, together
from soundstage.models.f5.hearing import HOP, RATE
from soundstage.models.voice import Score, stream
from soundstage.tasks.said import Manner, Said, by_phones, rests_of, with_rests
from soundstage.tasks.speak_voice import StarterVoice, frontend, heard
from soundstage.text.phonemes import Spoken
from soundstage.text.prosody import STYLES, Prosody, prosody
from soundstage.weights import Loaded

VOCODER = "starter/voice"
EXAMPLE = "The harbour was quiet this morning, and the boats lay side by side."
LONGEST = 4.0  # seconds of a reference; training had one to three
STEPS, GUIDANCE, SWAY, HEAT = 4, 0.5, -1.0, 0.7
"""How it is sampled where the card says nothing else."""


class AlignedSpeaker:
    """Family `f5`, of phones."""

    rate = RATE
    languages = ("en",)
    follows_markup = True
    blends = True

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(AlignedF5, loaded.module)
        config = loaded.card.config
        self.names = tuple(str(name) for name in config["names"])
        self.vocoder = str(config.get("vocoder", VOCODER))
        self.steps = int(config.get("steps", STEPS))
        self.guidance = float(config.get("guidance", GUIDANCE))
        self.sway = float(config.get("sway", SWAY))
        self.heat = float(config.get("heat", HEAT))
        self.device = self.model.voices.device

    def read(self, text: str) -> list[Spoken]:
        """English sentences with their phones."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Every manner that the task knows."""

    def speaker(self, voice: Voice | None) -> Tensor:
        """What is heard of a reference, [R, H]: of a recording, of the one stored under a name, or of `starter/voice`
        saying a sentence in a mixture of voices.

        Raises InputError for an unknown name and for a silent recording.
        """
        if voice is not None and voice.reference is not None:
            return self._listen(voice.reference)
        if voice is not None and voice.blend:
            return self._listen(self._mixed(voice))
        name = self.names[0] if voice is None else (voice.name or "").strip().lower()
        if name not in self.names:
            raise InputError("voice", f"there is no voice {name!r}", f"use {', '.join(self.names)}, or a recording")
        return self.model.voices[self.names.index(name)]

    def _mixed(self, voice: Voice) -> Audio:
        with runtime.use(self.vocoder, {"voice": StarterVoice}) as starter:
            (sentence,) = starter.read(EXAMPLE)
            said = starter.say(sentence, starter.speaker(voice), Manner(), runtime.generator(0))
            return Audio(said.samples[None], starter.rate)

    @torch.inference_mode()
    def _listen(self, reference: Audio) -> Tensor:
        samples = heard(reference.mono().resampled(RATE).samples[0], RATE)[: round(LONGEST * RATE)]
        return hear(torch.from_numpy(samples).to(self.device)[None], self.model.config.stack)[0]

    def say(self, sentence: Spoken, speaker: Tensor, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        return self.say_many([sentence], [speaker], manner, [generator])[0]

    def say_many(
        self,
        sentences: Sequence[Spoken],
        speakers: Sequence[Tensor],
        manner: Manner,
        generators: Sequence[torch.Generator],
    ) -> list[Said]:
        """Several sentences, their frames made as one batch; each comes out as it would alone."""
        made = self.scores(sentences, speakers, manner, generators)
        with runtime.use(self.vocoder, {"voice": StarterVoice}) as voice, torch.inference_mode():
            sounds = [voice.model.sound(each.envelope, each.f0, each.voiced, each.noise)[0] for each in made]
        return [
            by_phones(sentence, samples.float().cpu().numpy(), (each.durations * HOP).tolist())
            for sentence, samples, each in zip(sentences, sounds, made, strict=True)
        ]

    def pieces(
        self, sentence: Spoken, speaker: Tensor, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: a sentence's frames are made at once, the vocoder works piece by piece."""
        (score,) = self.scores([sentence], [speaker], manner, [generator])
        rests = rests_of(sentence, (score.durations * HOP).tolist())
        with runtime.use(self.vocoder, {"voice": StarterVoice}) as voice:
            made = (piece.float().cpu().numpy() for piece in stream(voice.model, score))
            yield from with_rests(made, rests, self.rate)

    @torch.inference_mode()
    def scores(
        self,
        sentences: Sequence[Spoken],
        speakers: Sequence[Tensor],
        manner: Manner,
        generators: Sequence[torch.Generator],
    ) -> list[Score]:
        """What the vocoder is to sound."""
        style, rules = STYLES[manner.style], [prosody(sentence) for sentence in sentences]
        lines: list[Aligned] = []
        lengths: list[Tensor] = []
        for sentence, speaker, asked in zip(sentences, speakers, rules, strict=True):
            phones, flags = (torch.tensor(values, device=self.device) for values in (sentence.ids, sentence.flags))
            stretch = torch.tensor(asked.stretch, device=self.device)
            lengths.append(
                self.model.lasting(phones, flags, speaker, speed=manner.speed * style.speed, stretch=stretch)
            )
            lines.append(after(self.model, speaker, phones, flags, lengths[-1]))
        tokens = fill(
            self.model, together(lines), generator=generators, steps=self.steps, guidance=self.guidance, sway=self.sway,
            heat=self.heat, on_step=lambda *_: runtime.check_cancelled(),
        )  # fmt: skip
        made = []
        for row, (speaker, asked, durations, draw) in enumerate(zip(speakers, rules, lengths, generators, strict=True)):
            count = int(durations.sum())
            own = tokens[row : row + 1, len(speaker) : len(speaker) + count // self.model.config.stack]
            envelope, f0, voiced = self.model.folding.unfold(own.float())
            lift = style.lift + manner.pitch
            envelope, f0 = ruled(envelope, f0, voiced, durations, asked, span=style.span, lift=lift)
            noise = torch.randn(1, count * HOP, generator=draw, device=draw.device).to(f0.device)
            made.append(Score(envelope, f0, voiced, noise, durations))
        return made


def ruled(
    envelope: Tensor, f0: Tensor, voiced: Tensor, durations: Tensor, asked: Prosody, *, span: float, lift: float
) -> tuple[Tensor, Tensor]:
    """Envelope [1, T, M] and pitch [1, T] as the rules of melody want them, phone by phone, smoothed.

    `span` widens the pitch range around its mean, `lift` is in semitones.
    """

    def curve(values: tuple[float, ...]) -> Tensor:
        steps = torch.tensor(values, device=f0.device).repeat_interleave(durations)[None, None]
        return functional.avg_pool1d(functional.pad(steps, (4, 4), mode="replicate"), 9, 1)[:, 0]

    envelope = envelope + curve(asked.gain)[..., None] * (math.log(10) / 10)
    log = f0.log()
    centre = (log * voiced).sum() / voiced.sum() if bool(voiced.any()) else log.mean()
    log = centre + span * curve(asked.keep) * (log - centre)
    return envelope, log.exp() * 2 ** ((curve(asked.bend) + lift) / 12)
