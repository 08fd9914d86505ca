"""How to say and what was said: samples with the times of words and phones, and how sentences become one value.

Notable: an engine knows either the length of every phone, or of every word, or nothing; whoever knows nothing is
aligned by `soundstage.tasks.align`. Silences that a text asks for are put in where the word before them ends.

N samples
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media import Audio, Phoneme, Speech, Word
from soundstage.text.phonemes import Spoken
from soundstage.text.symbols import PAUSE

LOUDEST = 0.98  # of full scale
Side = Literal["left", "right"]
Span = tuple[int, int]  # first sample and the one behind the last


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How something is to be said: a `style` of `text.prosody`, a factor of speed, semitones of pitch."""

    style: str = "neutral"
    speed: float = 1.0
    pitch: float = 0.0

    def refuse(self, **why: str) -> None:
        """Raises InputError for each of these fields that is not as it would be unasked, saying why."""
        for name, problem in why.items():
            plain = getattr(Manner(), name)
            if getattr(self, name) != plain:
                raise InputError(name, problem, f"leave it at {plain}, or use starter/voice")


@dataclass(frozen=True)
class Said:
    """One sentence: samples [N], where its words (by their token's index) and phones lie in them, and its rests."""

    sentence: Spoken
    samples: NDArray[np.float32]
    words: Mapping[int, Span]
    phones: tuple[tuple[str, int, int], ...] = ()
    rests: tuple[tuple[int, float], ...] = ()
    """Sample at which, and seconds for which, there is silence."""

    def pieces(self, rate: int) -> Iterator[NDArray[np.float32]]:
        """Its sound with its rests, for who listens while it is made."""
        return with_rests([self.samples], self.rests, rate)


def rests_of(sentence: Spoken, lengths: Sequence[int]) -> tuple[tuple[int, float], ...]:
    """The silences asked for, by the length in samples of every phone."""
    ends = accumulate(lengths)
    return tuple((end, phone.silence) for phone, end in zip(sentence.phones, ends, strict=True) if phone.silence)


def with_rests(
    pieces: Iterable[NDArray[np.float32]], rests: Sequence[tuple[int, float]], rate: int
) -> Iterator[NDArray[np.float32]]:
    """Pieces of one sentence with its silences between them, at the sample where each belongs."""
    left, at = list(rests), 0
    for piece in pieces:
        begin = 0
        while left and left[0][0] < at + len(piece):
            place, seconds = left.pop(0)
            yield piece[begin : place - at]
            yield np.zeros(round(seconds * rate), np.float32)
            begin = place - at
        yield piece[begin:]
        at += len(piece)
    for _, seconds in left:
        yield np.zeros(round(seconds * rate), np.float32)


def by_phones(sentence: Spoken, samples: NDArray[np.float32], lengths: Sequence[int]) -> Said:
    """Said with the length in samples of every phone of the sentence, pauses too."""
    words: dict[int, Span] = {}
    phones: list[tuple[str, int, int]] = []
    at = 0
    for phone, length in zip(sentence.phones, lengths, strict=True):
        if phone.symbol != PAUSE:
            phones.append((phone.symbol, at, at + length))
            words[phone.token] = (words.get(phone.token, (at, at))[0], at + length)
        at += length
    return Said(sentence, samples, words, tuple(phones), rests_of(sentence, lengths))


def by_words(sentence: Spoken, samples: NDArray[np.float32], words: Mapping[int, Span]) -> Said:
    """Said with the span of every word that is known."""
    rests = [(0, sentence.sentence.lead)] if sentence.sentence.lead else []
    for index, token in enumerate(sentence.sentence.tokens):
        if token.silence and index in words:
            rests.append((words[index][1], token.silence))
    return Said(sentence, samples, words, (), tuple(rests))


def join(parts: Sequence[Said], rate: int, text: str, gap: float) -> Speech:
    """Sentences one after another, `gap` seconds apart, with the silences asked for, as one value with its times."""
    sound: list[NDArray[np.float32]] = []
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    at = 0  # samples so far
    for index, part in enumerate(parts):
        if index:
            sound.append(np.zeros(round(gap * rate), np.float32))
            at += len(sound[-1])
        places = np.array([place for place, _ in part.rests], np.int64)
        lengths = np.array([round(seconds * rate) for _, seconds in part.rests], np.int64)
        begin = 0
        for place, length in zip(places.tolist(), lengths.tolist(), strict=True):
            sound += [part.samples[begin:place], np.zeros(length, np.float32)]
            begin = place
        sound.append(part.samples[begin:])
        starts, ends = (partial(_at, at, places, lengths, rate, side) for side in ("right", "left"))
        tokens = part.sentence.sentence.tokens
        words += [
            Word(tokens[token].written, starts(start), ends(end)) for token, (start, end) in sorted(part.words.items())
        ]
        phonemes += [Phoneme(symbol, starts(start), ends(end)) for symbol, start, end in part.phones]
        at += len(part.samples) + int(lengths.sum())
    whole = np.concatenate(sound)
    peak = float(np.abs(whole).max(initial=0.0))
    return Speech(Audio((whole * min(1.0, LOUDEST / (peak + 1e-9)))[None], rate), tuple(words), tuple(phonemes), text)


def _at(
    before: int, places: NDArray[np.int64], lengths: NDArray[np.int64], rate: int, side: Side, sample: int
) -> float:
    """Seconds at which a sample of a sentence is heard: a rest at it comes before a start ("right"), after an end."""
    rested = int(lengths[: int(np.searchsorted(places, sample, side))].sum())
    return (before + sample + rested) / rate
