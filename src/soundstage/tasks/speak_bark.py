"""Bark as an engine of the task `speak`: sentences as they are written, tags and all, one after another in one voice.

Notable: what the first sentence was said with is the voice of the next, so that a text of any length keeps it. Several
texts are said together where their voices allow: the causal stages in one batch, for their time goes into reading the
weights, the fine one, which computes, and the codec one by one. Each row and each stage draws for itself, so a sentence
is the same whoever it is said with, but where two tokens tie within rounding. Bark has no times; its words are aligned.

B batch · S text tokens
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from soundstage import runtime
from soundstage.decode import Sampler, rowwise
from soundstage.errors import InputError, MissingError
from soundstage.media import Voice
from soundstage.models.bark import Bark, VoicePrompt, coarse, fine, semantic, wave
from soundstage.models.bark import Spoken as Tokens
from soundstage.models.bark.stages import frame_counts, token_counts
from soundstage.nn.packed import pack
from soundstage.tasks.align import align
from soundstage.tasks.cast import Line
from soundstage.tasks.said import Manner, Said, by_words
from soundstage.tasks.speak_bark_phones import PhoneBark
from soundstage.tasks.speak_voice import frontend
from soundstage.text.phonemes import Spoken
from soundstage.weights import Loaded
from soundstage.weights.bark import read_voice

TEMPERATURE, REFINEMENT = 0.7, 0.5
VOICES = "speaker_embeddings"
BATCH = 8  # sentences that are said together


@dataclass
class Narrator:
    """Who speaks a text: a preset, or what the first sentence sounded like."""

    prompt: VoicePrompt | None
    name: str | None = None  # of a preset


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
        if self.device.type == "cpu":
            self.model = pack(self.model.float(), half=first.dtype == torch.float16)
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
        return Narrator(read_voice(single if single.is_file() else single.with_suffix("")), name)

    def pieces(
        self, sentence: Spoken, speaker: Narrator, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: a sentence at a time."""
        return self.say(sentence, speaker, manner, generator).pieces(self.rate)

    def say(self, sentence: Spoken, speaker: Narrator, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        return self.say_many([sentence], [speaker], manner, [generator])[0]

    def together(self, lines: Sequence[Line]) -> list[list[int]]:
        """The places of lines that can be said at once, group by group in their order: those of one voice.

        Who has no voice yet has one after the first line, and says the others alone.
        """
        groups: dict[str | None, list[list[int]]] = {}
        met: set[int] = set()
        order: list[list[int]] = []
        for place, line in enumerate(lines):
            speaker = cast(Narrator, line.speaker)
            alone = speaker.name is None and (speaker.prompt is not None or id(speaker) in met)
            met.add(id(speaker))
            fitting = [] if alone else groups.setdefault(speaker.name, [])
            if alone or not fitting or len(fitting[-1]) == BATCH:
                fitting.append([])
                order.append(fitting[-1])
            fitting[-1].append(place)
        return order

    def say_many(
        self,
        sentences: Sequence[Spoken],
        speakers: Sequence[Narrator],
        manner: Manner,
        generators: Sequence[torch.Generator],
    ) -> list[Said]:
        """See `SpeechEngine.say_many`; the speakers are of one preset, or have no voice yet."""
        texts = [re.sub(r"\s+", " ", sentence.sentence.readable) for sentence in sentences]
        ids = [self.tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        made = self._tokens(ids, speakers[0].prompt, generators)
        said = []
        for sentence, speaker, spoken in zip(sentences, speakers, made, strict=True):
            speaker.prompt = speaker.prompt or spoken.voice()
            samples, _ = wave(self.model, spoken)
            sound = samples[0, 0].float().cpu().numpy()
            said.append(by_words(sentence, sound, *align(sound, self.rate, sentence)))
        return said

    def _tokens(
        self, ids: Sequence[Sequence[int]], voice: VoicePrompt | None, generators: Sequence[torch.Generator]
    ) -> list[Tokens]:
        """What is said in tokens, a batch of one for each text."""
        length = max(len(row) for row in ids)
        text_BS = torch.tensor(
            [[*row, *[0] * (length - len(row))] for row in ids], dtype=torch.long, device=self.device
        )
        mask_BS = torch.arange(length, device=self.device) < torch.tensor(
            [[len(row)] for row in ids], device=self.device
        )
        first, second, third = zip(*(self._draws(generator) for generator in generators), strict=True)
        semantic_BT = semantic(
            self.model, text_BS, rowwise(first), mask_BS=mask_BS, voice=voice,
            on_step=lambda *_: runtime.check_cancelled(),
        )  # fmt: skip
        coarse_BKT = coarse(
            self.model, semantic_BT, rowwise(second), voice=voice, on_window=lambda *_: runtime.check_cancelled()
        )
        tokens_B = token_counts(self.model.config, semantic_BT)
        frames_B = frame_counts(self.model.config, tokens_B)
        rows = []
        for row, (tokens, frames) in enumerate(zip(tokens_B.tolist(), frames_B.tolist(), strict=True)):
            one, cut = slice(row, row + 1), coarse_BKT[row : row + 1, :, :frames]
            codes = fine(self.model, cut, third[row], voice=voice, on_window=lambda *_: runtime.check_cancelled())
            rows.append(Tokens(semantic_BT[one, :tokens], cut, codes, tokens_B[one], frames_B[one]))
        return rows

    @staticmethod
    def _draws(generator: torch.Generator) -> tuple[Sampler, Sampler, Sampler]:
        """How each stage chooses, with draws of its own: what one takes does not move the next."""
        seeds = torch.randint(2**62, (3,), generator=generator, device=generator.device).tolist()
        first, second, third = (
            Sampler(generator=torch.Generator(generator.device).manual_seed(seed), temperature=temperature)
            for seed, temperature in zip(seeds, (TEMPERATURE, TEMPERATURE, REFINEMENT), strict=True)
        )
        return first, second, third


bark.dtypes = BarkSpeaker.dtypes  # type: ignore[attr-defined]
