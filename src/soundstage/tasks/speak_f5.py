"""F5-TTS as an engine of the task `speak`: it goes on in the voice of a reference whose words are known.

Notable: how long a sentence lasts is our own rule, not the published one, which loses or drags texts of a word or two
(`models.f5.duration`). Without a voice it takes over one of the starter's. The mel becomes sound through Vocos: the
folder `vocoder` beside the weights, or the public one. Its words are aligned, for it has no times of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.models.f5 import F5, AlignedF5, Heard, Line, generate, levelled, listen, paced_frames, spoken
from soundstage.models.f5.infill import HOP, RATE
from soundstage.models.vocos import Vocos, decode
from soundstage.tasks.align import TEACHER, align
from soundstage.tasks.said import Manner, Said, by_words
from soundstage.tasks.speak_f5_aligned import EXAMPLE, AlignedSpeaker
from soundstage.tasks.speak_voice import StarterVoice, frontend
from soundstage.text.normalise import Sentence, Token
from soundstage.text.phonemes import Phone, Spoken
from soundstage.text.symbols import PAUSE
from soundstage.weights import Loaded

VOCODER = "charactr/vocos-mel-24khz"
LONGEST = 12.0  # seconds of a reference
PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", ";": ","})


@dataclass(frozen=True)
class Prompt:
    """A reference ready to be continued: its mel, what it says, how fast, and the gain it was raised by."""

    mel: Tensor  # [1, R, M]
    text: str
    line: Line
    heard: Heard
    frames: int
    gain: float


class F5Speaker:
    """Family `f5`, of letters: the published checkpoints."""

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(F5, loaded.module)
        self.rate = RATE
        path = loaded.files.get("vocab.txt")
        if path is None:
            raise MissingError(f"{loaded.card.ref} has no vocab.txt", "put the checkpoint's vocabulary beside it")
        lines = path.read_text("utf-8").split("\n")
        self.vocabulary = {symbol: index for index, symbol in enumerate(lines) if symbol}
        beside: Path = path.parent / "vocoder"
        self.vocoder = str(beside) if beside.is_dir() else VOCODER
        first = next(self.model.parameters())
        self.device, self.dtype = first.device, first.dtype

    def read(self, text: str) -> list[Spoken]:
        """English sentences, said as they are written."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Any speed; melody and style are the reference's."""
        manner.refuse(**dict.fromkeys(("pitch", "style"), "F5 takes it from the reference"))

    def speaker(self, voice: Voice | None) -> Prompt:
        """A reference with its words; a name is one of the starter's voices. Raises InputError without its words."""
        if voice is None or voice.reference is None:
            return self._prompt(self._borrowed(voice), EXAMPLE)
        if not voice.text.strip():
            raise InputError(
                "voice", "F5 must know what the reference says", "use Voice.clone(file, text=…), or a .txt beside it"
            )
        return self._prompt(*_cut(voice.reference, voice.text.strip()))

    def _borrowed(self, voice: Voice | None) -> Audio:
        """The starter saying the example."""
        with runtime.use(TEACHER, {"voice": StarterVoice}) as starter:
            (sentence,) = starter.read(EXAMPLE)
            said = starter.say(sentence, starter.speaker(voice), Manner(), runtime.generator(0))
            return Audio(said.samples[None], starter.rate)

    @torch.inference_mode()
    def _prompt(self, reference: Audio, text: str) -> Prompt:
        samples, gain = levelled(torch.tensor(reference.mono().resampled(RATE).samples, device=self.device))
        text = text if text.endswith((".", "!", "?", ",")) else f"{text}."
        return Prompt(
            listen(samples).to(self.dtype), f"{text} ", line_of(text), spoken(samples[0]), samples.shape[-1] // HOP,
            float(gain),
        )  # fmt: skip

    def pieces(
        self, sentence: Spoken, speaker: Prompt, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: a sentence at a time."""
        return self.say(sentence, speaker, manner, generator).pieces(self.rate)

    def say(self, sentence: Spoken, speaker: Prompt, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        ids = torch.tensor([self.ids(speaker.text + sentence.sentence.readable)], device=self.device)
        frames = paced_frames(
            speaker.frames, speaker.heard, speaker.line, line_of(sentence.sentence.readable), speed=manner.speed
        )
        mel = generate(
            self.model, ids, speaker.mel, max(frames, ids.shape[1]), generator=generator,
            on_step=lambda *_: runtime.check_cancelled(),
        )  # fmt: skip
        with runtime.use(self.vocoder, {"vocos": MelVocoder}) as vocoder:
            samples = vocoder(mel[:, speaker.frames :].float())
        sound = (samples / speaker.gain).cpu().numpy()
        return by_words(sentence, sound, *align(sound, RATE, sentence))

    def ids(self, text: str) -> list[int]:
        """A text in the vocabulary's numbers, letter by letter; what it does not know is 0.

        Raises InputError for Chinese, whose syllables it would have to be told.
        """
        text = text.translate(PLAIN)
        if any("\u4e00" <= character <= "\u9fff" for character in text):
            raise InputError("text", "Chinese must be written in pinyin", "give Latin letters")
        return [self.vocabulary.get(character, 0) for character in text]


@dataclass(frozen=True)
class F5Engine:
    """Family `f5`: makes the engine of a model of letters, or of our own, whose text is phones with their times."""

    dtypes: tuple[str, ...] = ("float32", "bfloat16")

    def __call__(self, loaded: Loaded) -> F5Speaker | AlignedSpeaker:
        """The engine of what was loaded."""
        return AlignedSpeaker(loaded) if isinstance(loaded.module, AlignedF5) else F5Speaker(loaded)


class MelVocoder:
    """Vocos as a function of a mel [1, N, M]: samples [T]."""

    dtypes = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Vocos, loaded.module)

    def __call__(self, mel_BNM: Tensor) -> Tensor:
        """Samples [T] of one mel."""
        like: Any = next(self.model.parameters())
        return decode(self.model, mel_BNM.transpose(1, 2).to(like.device))[0]


def line_of(text: str) -> Line:
    """The phones of a text and the pauses inside it."""
    phones = [phone.symbol for each in frontend().read(text) for phone in each.phones]
    groups = [group for group in "".join("." if p == PAUSE else "x" for p in phones).split(".") if group]
    return Line(phones=sum(map(len, groups)), pauses=len(groups) - 1)


def _cut(reference: Audio, text: str) -> tuple[Audio, str]:
    """A reference and its words, both cut behind the last word that ends within the longest that F5 was trained on."""
    if reference.seconds <= LONGEST:
        return reference, text
    sentences = frontend().read(text)
    tokens: list[Token] = []
    phones: list[Phone] = []
    for each in sentences:
        phones += [replace(p, token=p.token + len(tokens) if p.token >= 0 else -1) for p in each.phones]
        tokens += each.sentence.tokens
    whole = Spoken(Sentence(tuple(tokens)), tuple(phones))
    spans = align(reference.mono().samples[0], reference.rate, whole).words
    inside = [index for index, (_, end) in spans.items() if end <= LONGEST * reference.rate]
    if not inside:
        raise InputError("voice", f"the reference lasts {reference.seconds:.0f} s", f"give at most {LONGEST:.0f} s")
    last = max(inside)
    return reference.cut(0, spans[last][1] / reference.rate), " ".join(token.written for token in tokens[: last + 1])
