"""A text with what markup says of it: how stretches are delivered, how some are read, where it rests, what is marked.

Notable: a `Passage` is a text like any other, so whoever knows nothing of markup reads it as one. What markup says is
held beside it by character: the scanner of `text.normalise` looks there, and every engine gets what it can do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

LONGEST_PAUSE = 10.0
"""Seconds of a silence that a text may ask for; longer ones are cut to it."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How a stretch is said, on top of how the whole is: a factor of speed, semitones, dB, whether it is stressed."""

    rate: float = 1.0
    pitch: float = 0.0
    volume: float = 0.0
    strong: bool = False

    def then(self, inner: Delivery) -> Delivery:
        """This one, and inside it another."""
        return Delivery(
            rate=self.rate * inner.rate,
            pitch=self.pitch + inner.pitch,
            volume=self.volume + inner.volume,
            strong=self.strong or inner.strong,
        )


PLAIN = Delivery()


@dataclass(frozen=True, kw_only=True)
class Token:
    """Some text as written, the words it is spoken as, and what stands after it."""

    written: str = ""
    spoken: tuple[str, ...] = ()
    given: str = ""
    """A pronunciation from the text itself: our phones, ARPAbet or IPA."""
    mark: str = ""
    """"," for a short break after it, "." "?" or "!" for the sentence's end, else empty."""
    silence: float = 0.0
    """Seconds of rest after it."""
    strong: bool = False
    """Whether it is emphasised: `*so*`, or SO among small letters."""
    delivery: Delivery = PLAIN
    shown: str = ""
    """What was written with the punctuation around it, as subtitles show it."""
    before: tuple[str, ...] = ()
    """Names of marks at its beginning."""
    after: tuple[str, ...] = ()
    """Names of marks at its end."""

    def rested(self, seconds: float) -> Token:
        """With so much more silence after it."""
        return replace(self, silence=min(self.silence + seconds, LONGEST_PAUSE))


@dataclass(frozen=True)
class Insert:
    """Characters `start` to `end` of a passage are read as this token; without any, it is a rest or a named mark."""

    start: int
    end: int
    token: Token


class Passage(str):
    """A text whose inserts and deliveries are known by character; `deliveries` hold from their character on.

    `words` are a user's own pronunciations, `language` the one asked for; empty is the model's own.
    """

    inserts: tuple[Insert, ...]
    deliveries: tuple[tuple[int, Delivery], ...]
    words: Mapping[str, tuple[str, ...]]
    language: str

    def __new__(
        cls,
        text: str,
        inserts: tuple[Insert, ...] = (),
        deliveries: tuple[tuple[int, Delivery], ...] = (),
        words: Mapping[str, tuple[str, ...]] | None = None,
        language: str = "",
    ) -> Self:
        """See the class."""
        made = super().__new__(cls, text)
        made.inserts, made.deliveries, made.words, made.language = inserts, deliveries, words or {}, language
        return made

    def with_words(self, words: Mapping[str, tuple[str, ...]], language: str) -> Passage:
        """The same, read with a user's pronunciations in a language."""
        return Passage(self, self.inserts, self.deliveries, words, language)

    def delivery(self, at: int) -> Delivery:
        """How the character is said."""
        index = bisect_right(self.deliveries, at, key=lambda change: change[0])
        return self.deliveries[index - 1][1] if index else PLAIN
