"""What the task `speak` needs of a model, and the engine of each family that can do it.

Notable: an engine splits a text its own way and says one sentence at a time; pauses, times and joining are the task's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.media import Voice
from soundstage.tasks.said import Manner, Said
from soundstage.tasks.speak_bark import BarkSpeaker
from soundstage.tasks.speak_f5 import F5Speaker
from soundstage.tasks.speak_vits import VitsSpeaker
from soundstage.tasks.speak_voice import StarterVoice
from soundstage.text.phonemes import Spoken
from soundstage.weights import Loaded


class SpeechEngine(Protocol):
    """One model that speaks."""

    rate: int

    def read(self, text: str) -> list[Spoken]:
        """The sentences of a text, as the model wants them. Raises InputError when there is nothing to say."""

    def check(self, manner: Manner) -> None:
        """Raises InputError for what the model cannot do."""

    def speaker(self, voice: Voice | None) -> Any:
        """What the model knows a speaker by; None is its first voice. Raises InputError for a voice it cannot use."""

    def say(self, sentence: Spoken, speaker: Any, manner: Manner, generator: torch.Generator) -> Said:
        """Mono samples of one sentence, with the times of its words."""

    def pieces(
        self, sentence: Spoken, speaker: Any, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """The same sound as it is made, with its rests."""


ENGINES: Mapping[str, Callable[[Loaded], SpeechEngine]] = {
    "bark": BarkSpeaker,
    "f5": F5Speaker,
    "vits": VitsSpeaker,
    "voice": StarterVoice,
}
