"""XTTS v2 as an engine of the task `speak`: seventeen languages in the voice of a few seconds.

Notable: a text's language is what `speak` was told, or a tag in the text (`[de] Guten Tag.`), or heard out of it.
English goes through the front end and has its words aligned; in other languages words share the sound by their letters.
Without a voice, the first of the checkpoint's own speaks, or one of the starter's is taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from soundstage import runtime
from soundstage.decode import Sampler
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.models.xtts import Heard, Xtts, listen, speak, stream
from soundstage.tasks.align import TEACHER, align
from soundstage.tasks.said import Manner, Said, Span, by_words
from soundstage.tasks.speak_voice import StarterVoice, frontend
from soundstage.text.languages import LANGUAGES, named, sentences, shortened, spoken, stretches
from soundstage.text.phonemes import Spoken
from soundstage.weights import Loaded
from soundstage.weights.xtts import SPEAKERS, read_speakers

TEMPERATURE, TOP_K, TOP_P, REPETITION = 0.75, 50, 0.85, 10.0
EXAMPLE = "The harbour was quiet this morning, and the boats lay side by side."
QUIET = 0.01  # of the peak, under which nothing sounds


@dataclass(frozen=True)
class Line(Spoken):
    """A sentence and its language."""

    language: str = "en"


class XttsSpeaker:
    """Family `xtts`."""

    dtypes = ("float32",)
    languages = (*LANGUAGES, "zh")
    blends = True

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Xtts, loaded.module)
        self.rate: int = self.model.config.rate
        path = loaded.files.get("vocab.json")
        if path is None:
            raise MissingError(f"{loaded.card.ref} has no vocab.json", "put the checkpoint's vocabulary beside it")
        self.tokenizer = Tokenizer.from_file(str(path))
        voices = loaded.files.get(SPEAKERS)
        self.voices = {} if voices is None else read_speakers(voices, self.model.config)
        self.names = tuple(self.voices)
        self.like = self.model.head.weight

    def read(self, text: str) -> list[Spoken]:
        """Sentences of each language, none longer than XTTS takes. Raises InputError when there is nothing to say."""
        found: list[Spoken] = []
        for code, stretch in stretches(text, named(getattr(text, "language", ""))):
            if code == "en":
                found += _english(stretch)
            else:
                found += [Line(sentence, (), code) for sentence in sentences(stretch, code)]
        if not found:
            raise InputError("text", "has no words to say", "give some words")
        return found

    def check(self, manner: Manner) -> None:
        """Any speed and language; melody and style are the reference's."""
        manner.refuse(**dict.fromkeys(("pitch", "style"), "XTTS takes it from the reference"))

    def speaker(self, voice: Voice | None) -> Heard:
        """A voice of the checkpoint by its name, what is heard in up to 30 seconds, or a mean of such."""
        if voice is not None and voice.blend:
            parts = [(self.speaker(part), share) for part, share in voice.blend]
            return Heard(
                torch.stack([share * heard.style_BLD for heard, share in parts]).sum(0),
                torch.stack([share * heard.speaker_BC for heard, share in parts]).sum(0),
            )
        if voice is None:
            heard = next(iter(self.voices.values())) if self.voices else self._listen(self._borrowed())
        elif voice.reference is not None:
            heard = self._listen(voice.reference)
        else:
            heard = self._named(str(voice.name))
        return heard.to(self.like)

    def _named(self, name: str) -> Heard:
        known = {each.casefold(): heard for each, heard in self.voices.items()}
        if name.strip().casefold() not in known:
            listed = ", ".join(self.names[:8]) + (", …" if len(self.names) > 8 else "")
            raise InputError(
                "voice",
                f"there is no voice {name[:40]!r}",
                f"use {listed}, or a recording" if listed else "give a recording",
            )
        return known[name.strip().casefold()]

    def _borrowed(self) -> Audio:
        """The starter saying the example."""
        with runtime.use(TEACHER, {"voice": StarterVoice}) as starter:
            (sentence,) = starter.read(EXAMPLE)
            said = starter.say(sentence, starter.speaker(None), Manner(), runtime.generator(0))
            return Audio(said.samples[None], starter.rate)

    def _listen(self, reference: Audio) -> Heard:
        samples = reference.mono().resampled(self.model.config.heard_rate).samples[0]
        if float(np.abs(samples).max(initial=0.0)) < 1e-4:
            raise InputError("voice", "the reference is silent", "give a few seconds of clear speech by one person")
        return listen(self.model, [torch.tensor(samples, device=self.like.device)])

    def say(self, sentence: Spoken, speaker: Heard, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        made = speak(
            self.model, speaker, self.ids(sentence), _sampler(generator), speed=manner.speed,
            on_step=lambda *_: runtime.check_cancelled(),
        )  # fmt: skip
        sound = made[0].float().cpu().numpy()
        code = _code(sentence)
        if code == "en":
            return by_words(sentence, sound, *align(sound, self.rate, sentence))
        return by_words(sentence, sound, spread(sound, sentence, code))

    def pieces(
        self, sentence: Spoken, speaker: Heard, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: twenty codes at a time; a sentence that rests inside is made whole."""
        if any(token.silence for token in sentence.sentence.tokens):
            yield from self.say(sentence, speaker, manner, generator).pieces(self.rate)
            return
        yield np.zeros(round(sentence.sentence.lead * self.rate), np.float32)
        for piece in stream(
            self.model, speaker, self.ids(sentence), _sampler(generator), speed=manner.speed,
            on_step=lambda *_: runtime.check_cancelled(),
        ):  # fmt: skip
            yield piece.float().cpu().numpy()

    def ids(self, sentence: Spoken) -> torch.Tensor:
        """The tokens [1, S] of a sentence in its language."""
        code = _code(sentence)
        text = spoken(sentence.sentence.readable, code) if code == "en" else sentence.sentence.readable
        found = self.tokenizer.encode(f"[{code}]{text}".replace(" ", "[SPACE]")).ids
        return torch.tensor([found], device=self.like.device)


def spread(samples: NDArray[np.float32], sentence: Spoken, code: str) -> dict[int, Span]:
    """The stretch that sounds, shared by the words by their letters as they are spoken."""
    loud = np.flatnonzero(np.abs(samples) > QUIET * np.abs(samples).max(initial=0.0))
    if not len(loud):
        return {}
    sizes = [len(spoken(token.written, code)) + 1 for token in sentence.sentence.tokens]
    first, length = int(loud[0]), int(loud[-1]) + 1 - int(loud[0])
    ends = [first + round(length * so_far / sum(sizes)) for so_far in accumulate(sizes)]
    return {index: (start, end) for index, (start, end) in enumerate(zip([first, *ends], ends, strict=False))}


def _english(text: str) -> list[Spoken]:
    """The front end's sentences, the too long ones parted. None for a text without words."""
    try:
        found = frontend().read(text)
    except InputError as error:
        if "no words" not in error.problem:
            raise
        return []  # there may be some in another language
    out: list[Spoken] = []
    for each in found:
        if len(each.sentence.readable) <= LANGUAGES["en"].cap:
            out.append(Line(each.sentence, each.phones))
        else:
            out += [part for piece in shortened(each.sentence.written, LANGUAGES["en"].cap) for part in _parts(piece)]
    return out


def _parts(piece: str) -> list[Spoken]:
    return [Line(each.sentence, each.phones) for each in frontend().read(piece)] if any(map(str.isalnum, piece)) else []


def _code(sentence: Spoken) -> str:
    return sentence.language if isinstance(sentence, Line) else "en"


def _sampler(generator: torch.Generator) -> Sampler:
    return Sampler(generator=generator, temperature=TEMPERATURE, top_k=TOP_K, top_p=TOP_P, repetition=REPETITION)
