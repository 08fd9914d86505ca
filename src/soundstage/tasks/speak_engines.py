"""What the task `speak` needs of a model, and the engine of each family that can do it.

Notable: an engine splits a text its own way and says one sentence at a time; pauses, times and joining are the task's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.media import Voice
from soundstage.tasks.said import Manner, Said
from soundstage.tasks.speak_bark import bark
from soundstage.tasks.speak_f5 import F5Engine
from soundstage.tasks.speak_transformers import TransformersSpeaker
from soundstage.tasks.speak_valle import ValleSpeaker
from soundstage.tasks.speak_vits import VitsSpeaker
from soundstage.tasks.speak_voice import StarterVoice
from soundstage.tasks.speak_xtts import XttsSpeaker
from soundstage.text.phonemes import Spoken
from soundstage.weights import Loaded


class SpeechEngine(Protocol):
    """One model that speaks.

    What it may have besides: `names`, its voices by name, which speakers of a dialogue are given in order;
    `languages`, where it speaks another than English, as `en`; `follows_markup`, true where `say` follows the rate,
    pitch and volume of every word (else the task gives it the mean rate of a sentence, and sees to the volume);
    `blends`, true where `speaker` takes mixtures of voices; `say_many`, see `BatchEngine`; with it
    `together`, which lines can be said at once, in groups and in order (else those of like length).
    """

    rate: int

    def read(self, text: str) -> list[Spoken]:
        """The sentences of a text, as the model wants them. Raises InputError when there is nothing to say.

        The text is a `text.passage.Passage`, which knows what markup says, a user's words, and the language asked for.
        """

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


class BatchEngine(SpeechEngine, Protocol):
    """One that says several sentences at once."""

    def say_many(
        self,
        sentences: Sequence[Spoken],
        speakers: Sequence[Any],
        manner: Manner,
        generators: Sequence[torch.Generator],
    ) -> list[Said]:
        """Each as `say` says it alone, within rounding."""


ENGINES: Mapping[str, Callable[[Loaded], SpeechEngine]] = {
    "bark": bark,
    "f5": F5Engine(),
    "transformers": TransformersSpeaker,
    "valle": ValleSpeaker,
    "vits": VitsSpeaker,
    "voice": StarterVoice,
    "xtts": XttsSpeaker,
}
