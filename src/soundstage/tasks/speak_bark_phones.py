"""A Bark whose text is phones and tags, as our starter's is, as an engine of the task `speak`.

Notable: its tokens tell which symbol they belong to, so words and phones have times (to 20 ms) without an aligner, and
`[laughs]` is a symbol between two pauses like any phone. It clones a recording through its own tokeniser and the
codec that it shares with other starters.

N samples · P symbols · T semantic tokens
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.decode import Sampler
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.bark import Bark, VoicePrompt, generate, symbol_starts
from soundstage.tasks.codec_shared import CODECS, central
from soundstage.tasks.said import Manner, Said, by_phones
from soundstage.tasks.speak_voice import frontend, heard
from soundstage.text.phonemes import Phone, Spoken
from soundstage.text.symbols import CONTENT, PAUSE, STARTS_WORD, STRESSED
from soundstage.weights import Loaded
from soundstage.weights.bark import read_voice

VOICES = "speaker_embeddings"
TAG = re.compile(r"\[([a-z][a-z ]{2,30})\]", re.I)
PROMPT = 3.0  # seconds of a voice that are continued
LONGEST = 62  # symbols said at once; it learned from sentences of at most five seconds


@dataclass(frozen=True)
class Temperatures:
    """How freely each stage chooses."""

    semantic: float = 0.7
    coarse: float = 0.7
    fine: float = 0.5


@dataclass(frozen=True)
class Symbol:
    """One symbol of the text front end: its name, its flags, and the phone of the sentence whose time it counts to."""

    name: str
    flags: int
    phone: int


class PhoneBark:
    """Family `bark`, where the card says that its text is phones."""

    dtypes = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Bark, loaded.module)
        config = loaded.card.config
        self.symbols: Mapping[str, int] = {name: index for index, name in enumerate(config["symbols"])}
        self.tags = frozenset(str(name) for name in config["tags"])
        self.names = tuple(str(name) for name in config["names"])
        self.codec = str(config["shares"]["codec"])
        self.rate = int(config["rate"])
        self.how = Temperatures(**config.get("temperatures", {}))
        self.central = bool(config.get("central", False))
        self.device = self.model.semantic.head.weight.device
        self.folder: Path = loaded.files["card.json"].parent

    def read(self, text: str) -> list[Spoken]:
        """English sentences with their phones, whose written stretch keeps its tags."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Nothing can be set."""
        manner.refuse(**dict.fromkeys(("speed", "pitch", "style"), "Bark chooses its own"))

    def speaker(self, voice: Voice | None) -> VoicePrompt:
        """A named voice's few seconds, or those of a recording."""
        if voice is not None and voice.reference is not None:
            return self.listen(voice.reference)
        name = (self.names[0] if voice is None else voice.name or "").strip().lower()
        if name not in self.names:
            raise InputError("voice", f"there is no voice {name!r}", f"use {', '.join(self.names)}, or a recording")
        return read_voice(self.folder / VOICES / f"{name}.npz")

    def listen(self, reference: Audio) -> VoicePrompt:
        """What a recording sounds like in tokens and codes."""
        tokeniser = self.model.tokeniser
        if tokeniser is None:
            raise InputError("voice", "this model does not clone a recording", f"use {', '.join(self.names)}")
        samples = heard(reference.mono().resampled(self.rate).samples[0], self.rate)
        size = tokeniser.config.samples
        sound = torch.from_numpy(samples[: round(PROMPT * self.rate) // size * size].copy()).to(self.device)
        sound = sound[: len(sound) // size * size]
        with runtime.use(self.codec, CODECS) as shared:
            codes = shared.codes_of(samples[: len(sound)], self.model.config.books)[0]
            tokens = tokeniser.encode(sound[None])[0]
        return VoicePrompt(semantic_S=tokens, coarse_KT=codes[: self.model.config.coarse_books], fine_KT=codes)

    def pieces(
        self, sentence: Spoken, speaker: VoicePrompt, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: a sentence at a time."""
        return self.say(sentence, speaker, manner, generator).pieces(self.rate)

    def say(self, sentence: Spoken, speaker: VoicePrompt, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        sentence, symbols = spelled(sentence, self.tags)
        lengths = np.zeros(len(sentence.phones), np.int64)
        sounds: list[NDArray[np.float32]] = []
        for stretch in stretches(symbols):
            sound, ends = self._sound(stretch, speaker, generator)
            for symbol, start, end in zip(stretch, [0, *ends], ends, strict=False):
                lengths[symbol.phone] += end - start
            sounds.append(sound)
        return by_phones(sentence, np.concatenate(sounds), lengths.tolist())

    def ids(self, symbols: Sequence[Symbol]) -> torch.Tensor:
        """Ids [1, P] of the text front end."""
        count = len(self.symbols)
        manners = [(symbol.flags & STRESSED > 0) + 2 * (symbol.flags & CONTENT > 0) for symbol in symbols]
        ids = [self.symbols[symbol.name] + count * manner for symbol, manner in zip(symbols, manners, strict=True)]
        return torch.tensor([ids], device=self.device)

    def _sound(
        self, symbols: Sequence[Symbol], speaker: VoicePrompt, generator: torch.Generator
    ) -> tuple[NDArray[np.float32], list[int]]:
        """Samples [N] of some symbols, and the sample at which each ends."""
        draws = [
            Sampler(generator=generator, temperature=t) for t in (self.how.semantic, self.how.coarse, self.how.fine)
        ]
        refine: Choose | list[Choose] = draws[2]
        if self.central:
            with runtime.use(self.codec, CODECS) as shared:
                refine = central(shared.model, self.model.config.coarse_books, self.model.config.books)
        spoken = generate(
            self.model,
            self.ids(symbols),
            draws[0],
            voice=speaker,
            acoustic=draws[1],
            refine=refine,
            on_stage=lambda *_: runtime.check_cancelled(),
        )
        tokens = spoken.semantic_BT[0, : int(spoken.tokens_B[0])]
        with runtime.use(self.codec, CODECS) as shared:
            sound = shared.sound_of(spoken.fine_BKT)
        samples = self.rate / self.model.config.semantic_rate  # of a token
        starts = symbol_starts(self.model.config, tokens)
        edges = [round(start * samples) for start in [*starts[1:], float(len(tokens))]]
        return sound, [min(edge, len(sound)) for edge in edges[:-1]] + [len(sound)]


def spelled(sentence: Spoken, tags: frozenset[str]) -> tuple[Spoken, list[Symbol]]:
    """The symbols of a sentence with its tags, each between two pauses; and the sentence with a pause for each of them.

    A tag that the model does not know is passed over.
    """
    phones = list(sentence.phones)
    symbols = [Symbol(phone.symbol, phone.flags, index) for index, phone in enumerate(phones)]
    written = sentence.sentence.written
    for match in reversed(list(TAG.finditer(written))):
        name = match[1].lower()
        if name not in tags:
            continue
        before = _tokens(written[: match.start()])
        last = max((index for index, phone in enumerate(phones) if 0 <= phone.token < before), default=-1)
        if last + 1 == len(phones) or phones[last + 1].symbol != PAUSE:
            phones.insert(last + 1, Phone(PAUSE, 0, -1))
            symbols = [replace(each, phone=each.phone + (each.phone > last)) for each in symbols]
            place = next((at for at, each in enumerate(symbols) if each.phone > last), len(symbols))
            symbols.insert(place, Symbol(PAUSE, 0, last + 1))
        place = max(at for at, each in enumerate(symbols) if each.phone == last + 1 and each.name == PAUSE) + 1
        place = min(place, 1 + next(at for at, each in enumerate(symbols) if each.phone == last + 1))
        symbols[place:place] = [Symbol(name, 0, last + 1), Symbol(PAUSE, 0, last + 1)]
    return replace(sentence, phones=tuple(phones)), symbols


def stretches(symbols: Sequence[Symbol], longest: int = LONGEST) -> list[list[Symbol]]:
    """Symbols in parts that are not too long, parted at pauses or else between words; a pause stands at either end."""
    parts: list[list[Symbol]] = []
    left = list(symbols)
    while len(left) > longest:
        pauses = [at for at in range(longest // 3, longest) if left[at].name == PAUSE]
        starts = [at for at in range(longest // 2, longest) if left[at].flags & STARTS_WORD]
        cut = pauses[-1] + 1 if pauses else starts[-1] if starts else longest
        edge = Symbol(PAUSE, 0, left[cut - 1].phone)
        parts.append([*left[:cut], *([] if left[cut - 1].name == PAUSE else [edge])])
        left = left[cut:] if left[cut].name == PAUSE else [edge, *left[cut:]]
    return [*parts, left]


def _tokens(text: str) -> int:
    """How many written words a text has."""
    try:
        return sum(len(each.sentence.tokens) for each in frontend().read(text))
    except InputError:
        return 0
