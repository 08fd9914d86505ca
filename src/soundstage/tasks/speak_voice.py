"""The starter's voice as an engine of the task `speak`: phones in, samples and the length of every phone out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.voice import Score, VoiceModel, plan, stream
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
        asked, style = prosody(sentence), STYLES[manner.style]
        phones, flags = (torch.tensor(values, device=self.device) for values in (sentence.ids, sentence.flags))
        bend, keep, stretch, gain = (
            torch.tensor(values, device=self.device) for values in (asked.bend, asked.keep, asked.stretch, asked.gain)
        )
        return plan(
            self.model, phones, flags, speaker, speed=manner.speed * style.speed, semitones=manner.pitch + style.lift,
            span=style.span, bend=bend, keep=keep, stretch=stretch, gain=gain, generator=generator,
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
