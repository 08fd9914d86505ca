"""How to say and what was said: samples with the times of words and phones, and how sentences become one value.

Notable: an engine knows either the length of every phone, or of every word, or nothing; whoever knows nothing is
aligned by `soundstage.tasks.align`. Silences that a text asks for are put in where the word before them ends. What is
too loud is bent below full scale sample by sample, so a text is as loud whole, live, or in parts.

N samples
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media import Audio, Mark, Phoneme, Speech, Word
from soundstage.media.watermark import Marker
from soundstage.text.phonemes import Spoken
from soundstage.text.symbols import PAUSE

KNEE, LOUDEST = 0.85, 0.98  # of full scale: where samples begin to be bent, and what they stay below
FADE = 0.01  # seconds in which a word's loudness changes
Side = Literal["left", "right"]
Span = tuple[int, int]  # first sample and the one behind the last


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How something is to be said: a `style` of `text.prosody`, a factor of speed, semitones of pitch, a language.

    The language is empty where none is asked for.
    """

    style: str = "neutral"
    speed: float = 1.0
    pitch: float = 0.0
    language: str = ""

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
    speaker: str = ""
    """Who is shown as saying it, where several speak."""

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


def by_words(
    sentence: Spoken,
    samples: NDArray[np.float32],
    words: Mapping[int, Span],
    phones: tuple[tuple[str, int, int], ...] = (),
) -> Said:
    """Said with the span of every word that is known, and of phones where they are."""
    rests = [(0, sentence.sentence.lead)] if sentence.sentence.lead else []
    for index, token in enumerate(sentence.sentence.tokens):
        if token.silence and index in words:
            rests.append((words[index][1], token.silence))
    return Said(sentence, samples, words, phones, tuple(rests))


class Part(NamedTuple):
    """Some of a speech as it follows what came before: samples [N] with their rests, and times from its beginning."""

    samples: NDArray[np.float32]
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    marks: tuple[Mark, ...]


def laid(sentences: Iterable[Said], rate: int, gap: float, marker: Marker | None = None) -> Iterator[Part]:
    """Sentences one after another, `gap` seconds apart, with the silences asked for; each but the first leads with it.

    Nothing is kept: a text of any length is laid out in the memory of one sentence.
    """
    at = 0  # samples so far
    for index, said in enumerate(sentences):
        sound: list[NDArray[np.float32]] = []
        if index:
            sound.append(np.zeros(round(gap * rate), np.float32))
            at += len(sound[-1])
        places = np.array([place for place, _ in said.rests], np.int64)
        lengths = np.array([round(seconds * rate) for _, seconds in said.rests], np.int64)
        begin = 0
        for place, length in zip(places.tolist(), lengths.tolist(), strict=True):
            sound += [said.samples[begin:place], np.zeros(length, np.float32)]
            begin = place
        sound.append(said.samples[begin:])
        starts, ends = (partial(_at, at, places, lengths, rate, side) for side in ("right", "left"))
        words, marks = _timed(said, starts, ends)
        phonemes = [Phoneme(symbol, starts(start), ends(end)) for symbol, start, end in said.phones]
        at += len(said.samples) + int(lengths.sum())
        whole = np.concatenate(sound)
        if marker is not None:
            whole = marker.piece(whole)
        yield Part(limited(whole), tuple(words), tuple(phonemes), tuple(marks))
    if marker is not None:
        yield Part(limited(marker.end()), (), (), ())


def _timed(said: Said, starts: Callable[[int], float], ends: Callable[[int], float]) -> tuple[list[Word], list[Mark]]:
    words: list[Word] = []
    marks: list[Mark] = []
    last = starts(0)
    for index, token in enumerate(said.sentence.sentence.tokens):
        if (span := said.words.get(index)) is not None:
            word = Word(token.written, starts(span[0]), ends(span[1]), said.speaker, token.shown)
            words.append(word)
            first, last = word.start, word.end
        else:
            first = last
        marks += [Mark(name, first) for name in token.before] + [Mark(name, last) for name in token.after]
    return words, marks


def join(
    sentences: Iterable[Said],
    rate: int,
    text: str,
    gap: float,
    cast: Mapping[str, str] | None = None,
    marker: Marker | None = None,
) -> Speech:
    """What `laid` yields as one value."""
    parts = list(laid(sentences, rate, gap, marker))
    whole = np.concatenate([part.samples for part in parts])
    whole.flags.writeable = False  # so that the value need not copy it
    return Speech(
        Audio(whole[None], rate),
        tuple(word for part in parts for word in part.words),
        tuple(phoneme for part in parts for phoneme in part.phonemes),
        text,
        tuple(mark for part in parts for mark in part.marks),
        cast or {},
    )


def limited(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples below full scale: those beyond the knee are bent towards `LOUDEST`, the others are as they were."""
    size = np.abs(samples)
    if float(size.max(initial=0.0)) <= KNEE:
        return samples
    room = LOUDEST - KNEE
    bent = KNEE + room * np.tanh((size - KNEE) / room)
    return np.where(size > KNEE, np.copysign(bent, samples), samples).astype(np.float32)


def louder(said: Said, rate: int) -> Said:
    """With the volume that markup asks of its words; for models that cannot be asked for it."""
    tokens = said.sentence.sentence.tokens
    asked = [(span, tokens[index].delivery.volume) for index, span in sorted(said.words.items())]
    if not any(volume for _, volume in asked):
        return said
    gains = np.full(len(said.samples), asked[0][1], np.float64)
    for (start, _), volume in asked[1:]:
        gains[start:] = volume
    size = max(1, round(FADE * rate))
    smooth = np.convolve(
        np.pad(gains, (size // 2, size - 1 - size // 2), mode="edge"), np.full(size, 1 / size), "valid"
    )
    return replace(said, samples=(said.samples * 10 ** (smooth / 20)).astype(np.float32))


def _at(
    before: int, places: NDArray[np.int64], lengths: NDArray[np.int64], rate: int, side: Side, sample: int
) -> float:
    """Seconds at which a sample of a sentence is heard: a rest at it comes before a start ("right"), after an end."""
    rested = int(lengths[: int(np.searchsorted(places, sample, side))].sum())
    return (before + sample + rested) / rate
