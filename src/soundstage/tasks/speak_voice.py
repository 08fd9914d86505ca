"""The starter's voice as an engine of the task `speak`: phones in, samples and the length of every phone out."""

from __future__ import annotations

from functools import cache
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.voice import VoiceModel, generate
from soundstage.tasks.said import Said, by_phones
from soundstage.text.phonemes import Frontend, Spoken
from soundstage.text.symbols import STRESSED
from soundstage.weights import Loaded

RISE = 5.0
"""Semitones by which a question that wants yes or no ends higher."""


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

    def check(self, *, speed: float, pitch: float) -> None:
        """Every speed and pitch that the task takes."""

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

    def say(self, sentence: Spoken, speaker: Tensor, *, speed: float, pitch: float, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        phones, flags = (torch.tensor(values, device=self.device) for values in (sentence.ids, sentence.flags))
        samples, frames = generate(
            self.model, phones, flags, speaker, speed=speed, semitones=pitch, bend=melody(sentence), generator=generator
        )
        return by_phones(sentence, samples.float().cpu().numpy(), (frames * self.model.config.hop).tolist())


def melody(sentence: Spoken) -> Tensor | None:
    """Semitones to add phone by phone:
    the narrator's questions do not rise, so a rule lets them. None where nothing changes.
    """
    if not sentence.sentence.rising:
        return None
    stressed = [index for index, phone in enumerate(sentence.phones) if phone.flags & STRESSED]
    start = stressed[-1] if stressed else 0
    bend = torch.zeros(len(sentence.phones))
    bend[start:] = torch.linspace(0.3 * RISE, RISE, len(bend) - start)
    return bend


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
