"""Bark as an engine of the task `speak`: sentences as they are written, tags and all, one after another in one voice.

Notable: what the first sentence was said with is the voice of the next, so that a text of any length keeps it. Bark has
no times; its words are aligned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from soundstage import runtime
from soundstage.decode import Sampler
from soundstage.errors import InputError, MissingError
from soundstage.media import Voice
from soundstage.models.bark import Bark, VoicePrompt, generate, wave
from soundstage.nn.packed import pack
from soundstage.tasks.align import align
from soundstage.tasks.said import Manner, Said, by_words
from soundstage.tasks.speak_bark_phones import PhoneBark
from soundstage.tasks.speak_voice import frontend
from soundstage.text.phonemes import Spoken
from soundstage.weights import Loaded
from soundstage.weights.bark import read_voice

TEMPERATURE, REFINEMENT = 0.7, 0.5
VOICES = "speaker_embeddings"


@dataclass
class Narrator:
    """Who speaks a text: a preset, or what the first sentence sounded like."""

    prompt: VoicePrompt | None


def bark(loaded: Loaded) -> BarkSpeaker | PhoneBark:
    """The engine of a Bark, by what its card says its text is made of."""
    return PhoneBark(loaded) if loaded.card.config.get("text") == "phones" else BarkSpeaker(loaded)


class BarkSpeaker:
    """Family `bark`, where text is WordPiece. In float16, a CPU keeps the weights so and sums in float32."""

    dtypes = ("float32", "float16")

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Bark, loaded.module)
        if self.model.codec is None:
            raise MissingError(f"{loaded.card.ref} has no codec", "use a whole checkpoint of Bark")
        self.rate = self.model.codec.config.rate
        first = next(self.model.parameters())
        self.device = first.device
        if first.dtype == torch.float16 and self.device.type == "cpu":
            self.model = pack(self.model.float())
        path = loaded.files.get("tokenizer.json")
        if path is None:
            raise MissingError(f"{loaded.card.ref} has no tokenizer.json", "put the checkpoint's tokenizer beside it")
        self.tokenizer = Tokenizer.from_file(str(path))
        self.folder = path.parent

    def read(self, text: str) -> list[Spoken]:
        """Sentences whose written stretch keeps its tags."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Nothing can be set."""
        manner.refuse(**dict.fromkeys(("speed", "pitch", "style"), "Bark chooses its own"))

    def speaker(self, voice: Voice | None) -> Narrator:
        """A preset by its name, such as v2/en_speaker_6; None lets Bark choose one and keeps to it."""
        if voice is None:
            return Narrator(None)
        if voice.reference is not None:
            raise InputError("voice", "Bark does not clone a recording", "give a preset, such as v2/en_speaker_6")
        name = str(voice.name)
        if not re.fullmatch(r"[\w/-]+", name):
            raise InputError("voice", f"{name!r} is no preset's name", "give one such as v2/en_speaker_6")
        single: Path = self.folder / VOICES / f"{name}.npz"
        return Narrator(read_voice(single if single.is_file() else single.with_suffix("")))

    def pieces(
        self, sentence: Spoken, speaker: Narrator, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: a sentence at a time."""
        return self.say(sentence, speaker, manner, generator).pieces(self.rate)

    def say(self, sentence: Spoken, speaker: Narrator, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        text = re.sub(r"\s+", " ", sentence.sentence.readable)
        ids = torch.tensor([self.tokenizer.encode(text, add_special_tokens=False).ids], device=self.device)
        spoken = generate(
            self.model,
            ids,
            Sampler(generator=generator, temperature=TEMPERATURE),
            voice=speaker.prompt,
            refine=Sampler(generator=generator, temperature=REFINEMENT),
            on_stage=lambda *_: runtime.check_cancelled(),
        )
        speaker.prompt = speaker.prompt or spoken.voice()
        samples, _ = wave(self.model, spoken)
        sound = samples[0, 0].float().cpu().numpy()
        return by_words(sentence, sound, *align(sound, self.rate, sentence))


bark.dtypes = BarkSpeaker.dtypes  # type: ignore[attr-defined]
