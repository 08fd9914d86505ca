"""VALL-E as an engine of the task `speak`: phones in, tokens of a codec out, in the voice of three seconds of prompt.

Notable: a voice is a prompt: the codes of a stretch of speech, with its phones where they are known. The named voices
of the starter lie beside its weights; a recording becomes one through the codec. With a pointer the times of phones are
counted; without, words are aligned.

R frames of a prompt · K books · N samples
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.decode import Sampler
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.models.valle import Line, Valle, generate
from soundstage.tasks.align import align
from soundstage.tasks.codec_shared import CODECS, SharedCodec, books_stamp
from soundstage.tasks.said import Manner, Said, by_phones, by_words, rests_of, with_rests
from soundstage.tasks.speak_voice import frontend, heard
from soundstage.text.phonemes import Spoken
from soundstage.text.symbols import IDS, PAUSE, STARTS_WORD
from soundstage.weights import Loaded

PHONES = 42
"""Phones of the starter's alphabet; their flags make eight kinds of each."""
UNSAID = 8 * PHONES
"""The one phone of a prompt without words."""
SYMBOLS = UNSAID + 1
VOICES = "voices.npz"
PROMPT = 3.0  # seconds
LEVEL, LOUDEST = 0.07, 0.97  # of the narrator: root mean square, and peak
LONGEST = 84  # phones in one go
TEMPERATURE, TOP_P = 0.7, 0.9


@dataclass(frozen=True)
class Prompt:
    """A voice: codes [K, R], and the symbols [P] and places [R] of its phones."""

    codes: Tensor
    phones: Tensor
    place: Tensor


def marked(
    phones: NDArray[np.integer] | Sequence[int], flags: NDArray[np.integer] | Sequence[int]
) -> NDArray[np.int64]:
    """Phones with their flags as one symbol each."""
    if len(IDS) > PHONES:
        raise ValueError("the alphabet has grown: train anew")
    return np.asarray(phones, np.int64) + PHONES * np.asarray(flags, np.int64)


class ValleSpeaker:
    """Family `valle`."""

    dtypes = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Valle, loaded.module)
        config = loaded.card.config
        self.books = self.model.config.books
        self.rate = int(config.get("sample_rate", 24_000))
        self.hop = round(self.rate / self.model.config.rate)
        self.device = next(self.model.parameters()).device
        place = loaded.files.get(VOICES)
        beside: Path | None = None if place is None else place.parent / "codec"
        self.codec = (
            str(beside) if beside is not None and beside.is_dir() else str(config.get("codec", "starter/codec"))
        )
        self.stamp = str(config.get("codec_stamp", ""))
        self.temperature = float(config.get("temperature", TEMPERATURE))
        self.voices = {} if place is None else read_voices(place)
        self.names = tuple(self.voices)
        if self.model.config.symbols != SYMBOLS:
            raise InputError("model", f"{loaded.card.ref} reads other phones", f"its text must have {SYMBOLS} symbols")

    def read(self, text: str) -> list[Spoken]:
        """English sentences with their phones."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Any speed; melody and style are the prompt's."""
        manner.refuse(**dict.fromkeys(("pitch", "style"), "VALL-E takes it from the voice"))

    def speaker(self, voice: Voice | None) -> Prompt:
        """A named voice (None is the first), or a recording's first three seconds."""
        if voice is not None and voice.reference is not None:
            return self._listen(voice.reference)
        if not self.voices:
            raise MissingError(f"this model has no {VOICES}", "give a recording, or put the file beside its weights")
        name = next(iter(self.voices)) if voice is None else (voice.name or "").strip().lower()
        if name not in self.voices:
            raise InputError("voice", f"there is no voice {name!r}", f"use {', '.join(self.voices)}, or a recording")
        return _on(self.voices[name], self.device)

    def _listen(self, reference: Audio) -> Prompt:
        samples = heard(reference.mono().resampled(self.rate).samples[0], self.rate)[: round(PROMPT * self.rate)]
        level = float(np.sqrt(np.mean(samples**2)))
        samples = samples * min(LEVEL / level, LOUDEST / float(np.abs(samples).max()))
        with self._open() as codec:
            codes = codec.codes_of(samples, self.books)[0].to(self.device)
        place = torch.zeros(codes.shape[-1], dtype=torch.long, device=self.device)
        return Prompt(codes, torch.tensor([UNSAID], device=self.device), place)

    @contextmanager
    def _open(self) -> Iterator[SharedCodec]:
        """The codec, if its books are those that the model learned to write."""
        with runtime.use(self.codec, CODECS) as codec:
            if self.stamp not in ("", books_stamp(codec.model, self.books)):
                raise InputError("model", f"it was trained on other books than {self.codec} has", "train it anew")
            self.stamp = ""  # once is enough
            yield codec

    def say(self, sentence: Spoken, speaker: Prompt, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        return self._sound(sentence, *self._codes(sentence, speaker, manner, generator))

    def _sound(self, sentence: Spoken, codes: Tensor, lengths: list[int] | None) -> Said:
        with self._open() as codec:
            sound = codec.sound_of(codes[None])
        if lengths is None:
            return by_words(sentence, sound, *align(sound, self.rate, sentence))
        return by_phones(sentence, sound, lengths)

    def pieces(
        self, sentence: Spoken, speaker: Prompt, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: the codec works piece by piece, where it can and times are known."""
        codes, lengths = self._codes(sentence, speaker, manner, generator)
        if lengths is None:
            yield from self._sound(sentence, codes, None).pieces(self.rate)
            return
        with self._open() as codec:
            yield from with_rests(codec.pieces_of(codes[None]), rests_of(sentence, lengths), self.rate)

    def _codes(
        self, sentence: Spoken, speaker: Prompt, manner: Manner, generator: torch.Generator
    ) -> tuple[Tensor, list[int] | None]:
        """Codes [K, T] of a sentence, part by part where it is long, and the samples of each phone where known."""
        choose = Sampler(generator=generator, temperature=self.temperature, top_p=TOP_P)
        codes: list[Tensor] = []
        lengths: list[int] = []
        pointed = self.model.config.pointer
        for first, stop in parts([phone.symbol for phone in sentence.phones], sentence.flags):
            runtime.check_cancelled()
            symbols = torch.from_numpy(marked(sentence.ids[first:stop], sentence.flags[first:stop])).to(self.device)
            line = Line(
                phones_BP=torch.cat((speaker.phones, symbols))[None],
                prompt_BKR=speaker.codes[None],
                start=len(speaker.phones),
                place_BR=speaker.place[None] if pointed else None,
            )
            spoken = generate(self.model, line, choose, pace=manner.speed, on_step=lambda *_: runtime.check_cancelled())
            codes.append(spoken.codes_BKT[0])
            if spoken.place_BT is not None:
                lengths += (self.hop * spoken.place_BT[0].bincount(minlength=stop - first)).tolist()
        return torch.cat(codes, -1), lengths if pointed else None


def parts(symbols: Sequence[str], flags: Sequence[int], most: int = LONGEST) -> list[tuple[int, int]]:
    """A sentence's phones in runs of at most `most`: cut before a pause where there is one, else before a word."""
    cuts, first = [0], 0
    while len(symbols) - first > most:
        inside = range(first + most // 3, first + most + 1)
        pauses = [at for at in inside if symbols[at] == PAUSE and at < len(symbols) - 1]
        words = [at for at in inside if flags[at] & STARTS_WORD]
        first = (pauses or words or [first + most])[-1]
        cuts.append(first)
    return list(zip(cuts, [*cuts[1:], len(symbols)], strict=True))


def read_voices(path: Path) -> dict[str, Prompt]:
    """The named voices of a model, in their order. Raises InputError for a file that holds none."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            names = [str(name) for name in kept["names"]]
            return {name: Prompt(*(_ids(kept[f"{name}.{part}"]) for part in PARTS)) for name in names}
    except (KeyError, ValueError, OSError) as error:
        raise InputError("model", f"{path} holds no voices ({error})", "fetch or make the file again") from None


def write_voices(path: Path, voices: dict[str, Prompt]) -> None:
    """Keep named voices as `read_voices` reads them; atomically."""
    arrays: dict[str, Any] = {"names": np.array(list(voices))}
    for name, prompt in voices.items():
        for part in PARTS:
            arrays[f"{name}.{part}"] = getattr(prompt, part).cpu().numpy().astype(np.int16)
    partial = path.with_name(f".{path.name}.partial.npz")
    np.savez_compressed(partial, allow_pickle=False, **arrays)
    partial.replace(path)


PARTS = ("codes", "phones", "place")


def _ids(array: NDArray[np.integer]) -> Tensor:
    return torch.from_numpy(array.astype(np.int64))


def _on(prompt: Prompt, device: torch.device) -> Prompt:
    return Prompt(*(getattr(prompt, part).to(device) for part in PARTS))
