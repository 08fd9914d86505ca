"""The starter's voice as an engine of the task `speak`: phones in, samples and the length of every phone out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.voice import How, Score, VoiceModel, Wanted, generate_many, plan, stream
from soundstage.tasks.said import Manner, Said, by_phones, rests_of, with_rests
from soundstage.text.phonemes import Frontend, Spoken
from soundstage.text.prosody import STYLES, prosody
from soundstage.weights import Loaded


@cache
def frontend() -> Frontend:
    """The English front end, whose lexicon is read once."""
    return Frontend()


class StarterVoice:
    """Family `voice`."""

    dtypes = ("float32",)
    languages = ("en",)
    follows_markup = True
    blends = True

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(VoiceModel, loaded.module)
        self.rate: int = self.model.config.rate
        self.names = tuple(str(name) for name in loaded.card.config["names"])
        self.device = self.model.table.device

    def read(self, text: str) -> list[Spoken]:
        """English sentences with their phones."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Every manner that the task knows."""

    def speaker(self, voice: Voice | None) -> Tensor:
        """A row of the table of names, or what the speaker encoder hears in a reference."""
        if voice is None:
            return self.model.table[0]
        if voice.reference is not None:
            return self._listen(voice.reference)
        if voice.blend:
            mixed = torch.stack([share * self.speaker(part) for part, share in voice.blend]).sum(0)
            return functional.layer_norm(mixed, mixed.shape)
        name = (voice.name or "").strip().lower()
        if name not in self.names:
            raise InputError(
                "voice", f"there is no voice {voice.name!r}", f"use {', '.join(self.names)}, or a recording"
            )
        return self.model.table[self.names.index(name)]

    @torch.inference_mode()
    def _listen(self, reference: Audio) -> Tensor:
        samples = heard(reference.mono().resampled(self.rate).samples[0], self.rate)
        return self.model.listen(torch.from_numpy(samples).to(self.device)[None])[0]

    @torch.inference_mode()
    def say(self, sentence: Spoken, speaker: Tensor, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        score = self._score(sentence, speaker, manner, generator)
        samples = self.model.sound(score.envelope, score.f0, score.voiced, score.noise)[0]
        return by_phones(sentence, samples.float().cpu().numpy(), (score.durations * self.model.config.hop).tolist())

    @torch.inference_mode()
    def say_many(
        self,
        sentences: Sequence[Spoken],
        speakers: Sequence[Tensor],
        manner: Manner,
        generators: Sequence[torch.Generator],
    ) -> list[Said]:
        """See `BatchEngine.say_many`."""
        wanted = [
            Wanted(*self._ids(sentence), speaker, generator, self._how(sentence, manner))
            for sentence, speaker, generator in zip(sentences, speakers, generators, strict=True)
        ]
        made = generate_many(self.model, wanted)
        hop = self.model.config.hop
        return [
            by_phones(sentence, samples.float().cpu().numpy(), (durations * hop).tolist())
            for sentence, (samples, durations) in zip(sentences, made, strict=True)
        ]

    def pieces(
        self, sentence: Spoken, speaker: Tensor, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: the vocoder works piece by piece."""
        score = self._score(sentence, speaker, manner, generator)
        rests = rests_of(sentence, (score.durations * self.model.config.hop).tolist())
        made = (piece.float().cpu().numpy() for piece in stream(self.model, score))
        return with_rests(made, rests, self.rate)

    @torch.inference_mode()
    def _score(self, sentence: Spoken, speaker: Tensor, manner: Manner, generator: torch.Generator) -> Score:
        phones, flags = self._ids(sentence)
        return plan(self.model, phones, flags, speaker, generator=generator, **self._how(sentence, manner))

    def _ids(self, sentence: Spoken) -> tuple[Tensor, Tensor]:
        return torch.tensor(sentence.ids, device=self.device), torch.tensor(sentence.flags, device=self.device)

    def _how(self, sentence: Spoken, manner: Manner) -> How:
        """The manner of the whole, and what the rules and markup ask of every phone."""
        asked, style = prosody(sentence), STYLES[manner.style]
        bend, keep, stretch, gain = (
            torch.tensor(values, device=self.device) for values in (asked.bend, asked.keep, asked.stretch, asked.gain)
        )
        return How(
            speed=manner.speed * style.speed, semitones=manner.pitch + style.lift, span=style.span, bend=bend,
            keep=keep, stretch=stretch, gain=gain,
        )  # fmt: skip


def heard(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """The stretches of a recording in which something sounds (within 40 dB of its loudest 25 ms), at most 30 s of them.

    Raises InputError for a silent recording.
    """
    size = rate // 40
    count = len(samples) // size
    frames = samples[: count * size].reshape(count, size)
    power = (frames**2).mean(1)
    if count == 0 or power.max() < 1e-8:
        raise InputError("voice", "the reference is silent", "give a few seconds of clear speech by one person")
    loud = frames[power > power.max() * 1e-4].reshape(-1)[: 30 * rate]
    return np.ascontiguousarray(np.tile(loud, -(-rate // len(loud))) if len(loud) < rate else loud)
