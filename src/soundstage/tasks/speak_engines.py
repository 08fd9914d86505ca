"""What the task `speak` needs of a model, and the engine of each family that can do it.

Notable: an engine says one sentence of phones at a time and knows no text and no files; pauses, times and joining are
the task's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.voice import VoiceModel, generate
from soundstage.text.phonemes import Spoken
from soundstage.text.symbols import STRESSED
from soundstage.weights import Loaded

RISE = 5.0
"""Semitones by which a question that wants yes or no ends higher."""


class SpeechEngine(Protocol):
    """One model that speaks."""

    rate: int
    names: tuple[str, ...]

    def vector(self, voice: Voice | None) -> Tensor:
        """What the model knows a speaker by; None is its first voice. Raises InputError for a voice it cannot use."""

    def say(
        self, sentence: Spoken, vector: Tensor, *, speed: float, pitch: float, generator: torch.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Mono samples, and how many of them each phone of the sentence has; their sum is the number of samples."""


class StarterVoice:
    """Family `voice`."""

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(VoiceModel, loaded.module)
        self.rate: int = self.model.config.rate
        self.names = tuple(str(name) for name in loaded.card.config["names"])
        self.device = self.model.table.device

    def vector(self, voice: Voice | None) -> Tensor:
        """A row of the table of names, or what the speaker encoder hears in a reference."""
        if voice is None:
            return self.model.table[0]
        if voice.reference is not None:
            return self._listen(voice.reference)
        name = (voice.name or "").strip().lower()
        if name not in self.names:
            raise InputError(
                "voice", f"there is no voice {voice.name!r}", f"use {', '.join(self.names)}, or Voice.clone(file)"
            )
        return self.model.table[self.names.index(name)]

    @torch.inference_mode()
    def _listen(self, reference: Audio) -> Tensor:
        samples = heard(reference.mono().resampled(self.rate).samples[0], self.rate)
        return self.model.listen(torch.from_numpy(samples).to(self.device)[None])[0]

    def say(
        self, sentence: Spoken, vector: Tensor, *, speed: float, pitch: float, generator: torch.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """See `SpeechEngine.say`."""
        phones, flags = (torch.tensor(values, device=self.device) for values in (sentence.ids, sentence.flags))
        samples, frames = generate(
            self.model, phones, flags, vector, speed=speed, semitones=pitch, bend=melody(sentence), generator=generator
        )
        return samples.float().cpu().numpy(), (frames * self.model.config.hop).cpu().numpy()


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


ENGINES: Mapping[str, Callable[[Loaded], SpeechEngine]] = {"voice": StarterVoice}
