"""VITS as an engine of the task `speak`: letters or IPA, as the checkpoint's own tokenizer reads them.

Notable: a symbol's frames are a part of what the network predicts, so the times of words cost nothing. Checkpoints that
read espeak's IPA are given that of our own English front end. Other languages are split into words as they are written.
The starter reads the front end's phones themselves, each with its flags, so that its times are those of phones too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.codec.hifigan import Generator
from soundstage.errors import InputError, MissingError
from soundstage.media import Voice
from soundstage.models.vits import Plan, Vits, plan, stream, with_blanks
from soundstage.tasks.align import align
from soundstage.tasks.said import Manner, Said, Span, by_phones, by_words, with_rests
from soundstage.tasks.speak_voice import frontend
from soundstage.text.normalise import plain
from soundstage.text.phonemes import Spoken
from soundstage.text.symbols import PAUSE, STRESSED
from soundstage.weights import Loaded

ESPEAK = {
    "aa": "ɑː", "ao": "ɔː", "er": "ɚ", "iy": "iː", "uw": "uː", "ae": "æ", "ah": "ʌ", "aw": "aʊ", "ax": "ə", "ay": "aɪ",
    "eh": "ɛ", "ey": "eɪ", "ih": "ɪ", "ow": "oʊ", "oy": "ɔɪ", "uh": "ʊ", "b": "b", "ch": "tʃ", "d": "d", "dh": "ð",
    "f": "f", "g": "ɡ", "hh": "h", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "ng": "ŋ", "p": "p", "r": "ɹ",
    "s": "s", "sh": "ʃ", "t": "t", "th": "θ", "v": "v", "w": "w", "y": "j", "z": "z", "zh": "ʒ",
}  # fmt: skip
"""Our phones as espeak writes American English; a stressed `er` is ɜː, an unstressed final `iy` is i."""
ENGLISH = ("", "eng", "en", "en-us", "en-gb")
Symbol = tuple[str, int]  # as the vocabulary has it, and the token it belongs to (−1: none)


class VitsSpeaker:
    """Family `vits`. In bfloat16 only HiFi-GAN computes so, which is nearly all the work."""

    dtypes = ("float32", "bfloat16")

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Vits, loaded.module)
        if next(self.model.parameters()).dtype == torch.bfloat16:
            self.model.float()
            if isinstance(self.model.decoder, Generator):
                self.model.decoder.bfloat16()
        self.rate: int = self.model.config.rate
        self.device = next(self.model.parameters()).device
        self.vocabulary: dict[str, int] = _json(loaded, "vocab.json")
        rules = _json(loaded, "tokenizer_config.json") if "tokenizer_config.json" in loaded.files else {}
        self.blanks = bool(rules.get("add_blank", True))
        self.phonemes = bool(rules.get("phonemize", True))
        self.phones = rules.get("alphabet") == "phones"
        self.names = tuple(str(name) for name in rules.get("voices", ()))
        self.romanised = bool(rules.get("is_uroman", False))
        self.language = str(rules.get("language") or "")
        self.languages = ("en", "eng") if self.language in ENGLISH else (self.language,)
        if self.phonemes and self.language not in ENGLISH:
            raise InputError("model", f"reads phonemes of {self.language!r}", "use a checkpoint for letters or English")

    def read(self, text: str) -> list[Spoken]:
        """English with its numbers in words; any other language as it is written."""
        if self.language in ENGLISH:
            return frontend().read(text)
        found = [Spoken(sentence, ()) for sentence in plain(text)]
        if not found:
            raise InputError("text", "has no words to say", "give some words")
        return found

    def check(self, manner: Manner) -> None:
        """Any speed; melody and style are its own."""
        manner.refuse(pitch="this model's pitch cannot be set", style="this model has one style")

    def speaker(self, voice: Voice | None) -> int | None:
        """The number of a voice: None where the model has one only."""
        count = self.model.config.speakers
        if voice is not None and voice.reference is not None:
            raise InputError("voice", "this model does not clone", "give the number of a voice, or use starter/voice")
        if count < 2:
            if voice is not None:
                raise InputError("voice", "this model has one voice", "leave it out")
            return None
        name = "0" if voice is None else str(voice.name).strip().lower()
        if name in self.names:
            return self.names.index(name)
        if self.names and voice is not None:
            raise InputError("voice", f"there is no voice {voice.name!r}", f"use {', '.join(self.names)}")
        if not name.isdigit() or int(name) >= count:
            raise InputError("voice", f"there is no voice {name!r}", f"give a number from 0 to {count - 1}")
        return int(name)

    def say(self, sentence: Spoken, speaker: int | None, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        made, words = self._planned(sentence, speaker, manner, generator)
        with torch.inference_mode():
            samples = self.model.decoder(made.latents, made.voice)[0]
        return self._said(sentence, samples.float().cpu().numpy(), made, words)

    def pieces(
        self, sentence: Spoken, speaker: int | None, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: the decoder works piece by piece."""
        made, words = self._planned(sentence, speaker, manner, generator)
        rests = self._said(sentence, np.zeros(0, np.float32), made, words).rests
        return with_rests((piece[0].float().cpu().numpy() for piece in stream(self.model, made)), rests, self.rate)

    def _said(self, sentence: Spoken, samples: NDArray[np.float32], made: Plan, words: dict[int, Span]) -> Said:
        if self.phones:
            return by_phones(sentence, samples, (made.durations[0] * self.model.config.hop).tolist())
        if len(samples) and sentence.phones:  # letters have no phones; these are heard
            return by_words(sentence, samples, words, align(samples, self.rate, sentence).phones)
        return by_words(sentence, samples, words)

    def _planned(
        self, sentence: Spoken, speaker: int | None, manner: Manner, generator: torch.Generator
    ) -> tuple[Plan, dict[int, Span]]:
        symbols = [each for each in self.symbols(sentence) if each[0] in self.vocabulary]
        if not any(token >= 0 for _, token in symbols):
            written = sentence.sentence.written[:40]
            raise InputError("text", f"nothing of {written!r} is in the model's alphabet", self._remedy())
        ids = torch.tensor([[self.vocabulary[symbol] for symbol, _ in symbols]], device=self.device)
        ids = with_blanks(ids) if self.blanks else ids
        made = plan(self.model, ids, speaker=speaker, speed=manner.speed * self.model.config.speed, generator=generator)
        ends = (made.durations[0].cumsum(0) * self.model.config.hop).tolist()
        step, first = (2, 1) if self.blanks else (1, 0)
        words: dict[int, Span] = {}
        for index, (_, token) in enumerate(symbols):
            at = first + step * index
            if token >= 0:
                start = words.get(token, (ends[at - 1] if at else 0, 0))[0]
                words[token] = (start, ends[at])
        return made, words

    def symbols(self, sentence: Spoken) -> list[Symbol]:
        """Letters or IPA with the token of each; words are kept apart by a space, marks stand by themselves."""
        if self.phones:
            return [(f"{phone.symbol}.{phone.flags}", phone.token) for phone in sentence.phones]
        return _ipa(sentence) if self.phonemes else self._letters(sentence)

    def _letters(self, sentence: Spoken) -> list[Symbol]:
        out: list[Symbol] = []
        for index, token in enumerate(sentence.sentence.tokens):
            text = " ".join(token.spoken) if self.language in ENGLISH else token.written.lower()
            if self.language == "ron":
                text = text.replace("ț", "ţ")
            out += [(" ", -1)] * bool(out)
            out += [(character, index) for character in re.sub(r"\s+", " ", text)]
            out += [(token.mark, -1)] * bool(token.mark)
        return out

    def _remedy(self) -> str:
        if self.romanised:
            return "write it in Latin letters: this checkpoint was trained on romanised text"
        return "write it in the language of the checkpoint"


def _ipa(sentence: Spoken) -> list[Symbol]:
    out: list[Symbol] = []
    tokens = sentence.sentence.tokens
    last = -1
    for phone in sentence.phones:
        if phone.symbol == PAUSE:
            continue
        if phone.token != last and last >= 0:
            out += [(tokens[last].mark, -1)] * bool(tokens[last].mark)
        new_word = bool(phone.flags & 2)
        out += [(" ", -1)] * (new_word and bool(out))
        last = phone.token
        stressed = bool(phone.flags & STRESSED)
        ipa = "ɜː" if phone.symbol == "er" and stressed else ESPEAK[phone.symbol]
        out += [(character, phone.token) for character in ("ˈ" * stressed + ipa)]
    out += [(tokens[last].mark, -1)] * bool(last >= 0 and tokens[last].mark)
    return out


def _json(loaded: Loaded, name: str) -> dict[str, Any]:
    path: Path | None = loaded.files.get(name)
    if path is None:
        raise MissingError(f"{loaded.card.ref} has no {name}", "put the checkpoint's tokenizer beside its weights")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
