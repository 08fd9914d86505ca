"""How well speech is understood: word and character error rates by an independent recogniser, pocketsphinx.

Notable: its English model is small and wrong on some clear speech, so a figure means something only beside that of
the narrator on the same text. Both sides are spelled out by the same front end before they are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import MissingError
from soundstage.media import Audio
from soundstage.text.normalise import sentences

RATE = 16000


@dataclass(frozen=True, kw_only=True)
class Errors:
    """Edits against the words and characters that were asked for."""

    word_errors: int
    words: int
    character_errors: int
    characters: int

    @property
    def wer(self) -> float:
        """Word error rate; above 1 when more was heard than said."""
        return self.word_errors / max(1, self.words)

    @property
    def cer(self) -> float:
        """Character error rate, spaces left out."""
        return self.character_errors / max(1, self.characters)

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            word_errors=self.word_errors + other.word_errors,
            words=self.words + other.words,
            character_errors=self.character_errors + other.character_errors,
            characters=self.characters + other.characters,
        )


NOTHING = Errors(word_errors=0, words=0, character_errors=0, characters=0)


@cache
def _decoder() -> Any:
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MissingError("pocketsphinx is not installed", "pip install 'soundstage[evaluate]'") from error
    return Decoder(samprate=RATE, loglevel="FATAL")


def recognise(audio: Audio) -> str:
    """What the recogniser hears, lower case. Raises MissingError without pocketsphinx."""
    samples = audio.mono().resampled(RATE).samples[0]
    level = float(np.abs(samples).max()) or 1.0
    padded = np.pad(samples * (0.5 / level), RATE // 5)
    decoder = _decoder()
    decoder.reinit_feat()  # forget the last speaker's cepstral mean
    decoder.start_utt()
    decoder.process_raw((padded * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found is not None else ""


def plain_words(text: str) -> list[str]:
    """Lower-case words as they are spoken, without marks."""
    return [
        word.replace(".", "").replace("'", "")
        for each in sentences(text)
        for token in each.tokens
        for word in token.spoken
    ]


def compare(said: str, heard: str) -> Errors:
    """Edits between what was to be said and what was heard."""
    a, b = plain_words(said), plain_words(heard)
    x, y = "".join(a), "".join(b)
    return Errors(word_errors=edits(a, b), words=len(a), character_errors=edits(x, y), characters=len(x))


def measure(audio: Audio, text: str) -> Errors:
    """Recognise `audio` and compare with `text`."""
    return compare(text, recognise(audio))


def edits(a: Sequence[str], b: Sequence[str]) -> int:
    """Insertions, deletions and substitutions that make one sequence the other (Levenshtein)."""
    codes: dict[str, int] = {}
    left, right = (np.array([codes.setdefault(x, len(codes)) for x in side], np.int64) for side in (a, b))
    row: NDArray[np.int64] = np.arange(len(right) + 1)
    for index, code in enumerate(left, 1):
        new = np.minimum(row[1:] + 1, row[:-1] + (right != code))
        first = np.concatenate(([index], new)) - np.arange(len(right) + 1)
        row = np.minimum.accumulate(first) + np.arange(len(right) + 1)
    return int(row[-1])
