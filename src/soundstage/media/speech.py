"""Spoken words as a value: the sound, and when each word and phoneme sounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.value import Value, restore_facts, store_facts

if TYPE_CHECKING:
    from soundstage.media.provenance import Provenance
    from soundstage.media.subtitles import Cue


def check_span(start: float, end: float) -> None:
    """Raises InputError unless 0 ≤ start ≤ end, both finite."""
    if not (isfinite(start) and isfinite(end) and 0 <= start <= end):
        raise InputError("start", f"is {start} with end {end}", "give seconds, 0 <= start <= end")


def check_order(field: str, starts: list[float]) -> None:
    """Raises InputError unless the times never go back."""
    if starts != sorted(starts):
        raise InputError(field, "are not in order of time", "sort them by start")


@dataclass(frozen=True)
class Word:
    """A spoken word with its times in seconds, and who says it where several speak."""

    text: str
    start: float
    end: float
    speaker: str = ""
    shown: str = ""
    """The word with the punctuation around it, where that is known and differs."""

    def __post_init__(self) -> None:
        check_span(self.start, self.end)


@dataclass(frozen=True)
class Phoneme:
    """A phoneme (ARPAbet or IPA symbol, as the model has it) with its times in seconds."""

    symbol: str
    start: float
    end: float

    def __post_init__(self) -> None:
        check_span(self.start, self.end)


@dataclass(frozen=True)
class Mark:
    """A named place in a speech, in seconds."""

    name: str
    time: float

    def __post_init__(self) -> None:
        check_span(self.time, self.time)


@dataclass(frozen=True)
class Turn:
    """What one speaker says without another between: times in seconds, and the words as they are shown."""

    speaker: str
    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Speech(Value):
    """Speech: `audio`, the `words` and `phonemes` with their times in seconds, and the `text` that was asked for.

    `marks` are the named places of SSML. `cast` says who lent each speaker of a dialogue a voice.
    """

    kind: ClassVar[str] = "speech"
    audio: Audio
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    text: str
    marks: tuple[Mark, ...] = ()
    cast: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not isinstance(self.audio, Audio):
            raise InputError("audio", f"is {type(self.audio).__name__}", "give an Audio")
        object.__setattr__(self, "words", tuple(self.words))
        object.__setattr__(self, "phonemes", tuple(self.phonemes))
        object.__setattr__(self, "marks", tuple(self.marks))
        object.__setattr__(self, "cast", MappingProxyType(dict(self.cast)))
        check_order("words", [word.start for word in self.words])
        check_order("phonemes", [phoneme.start for phoneme in self.phonemes])

    @property
    def seconds(self) -> float:
        """Duration of the sound."""
        return self.audio.seconds

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Who speaks when; one turn where one speaks."""
        groups = [list(words) for _, words in groupby(self.words, key=lambda word: word.speaker)]
        return tuple(
            Turn(words[0].speaker, words[0].start, words[-1].end, " ".join(word.shown or word.text for word in words))
            for words in groups
        )

    def subtitles(self, path: str | Path | None = None) -> tuple[Cue, ...]:
        """Its words as readable cues, with the names of speakers; written to a .srt, .vtt, .ass or .lrc file if given.

        Raises InputError for another suffix.
        """
        from soundstage.media.cues import cues_of
        from soundstage.media.subtitles import write_subtitles

        cues = tuple(cues_of(self.words))
        if path is not None:
            write_subtitles(cues, path)
        return cues

    def save(self, path: str | Path, provenance: Provenance | None = None, *, bits: int = 16) -> None:
        """Writes the sound, as `Audio.save` does."""
        self.audio.save(path, provenance, bits=bits)

    def store(self, folder: Path) -> None:
        """Writes audio/ and speech.json."""
        self.audio.store(folder / "audio")
        facts = {
            "text": self.text,
            "words": [asdict(word) for word in self.words],
            "phonemes": [asdict(phoneme) for phoneme in self.phonemes],
            "marks": [asdict(mark) for mark in self.marks],
            "cast": dict(self.cast),
        }
        store_facts(folder, "speech", facts)

    @classmethod
    def restore(cls, folder: Path) -> Speech:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "speech")
        words = tuple(Word(**word) for word in facts["words"])
        phonemes = tuple(Phoneme(**phoneme) for phoneme in facts["phonemes"])
        marks = tuple(Mark(**mark) for mark in facts["marks"])
        return cls(Audio.restore(folder / "audio"), words, phonemes, facts["text"], marks, facts["cast"])

    def __repr__(self) -> str:
        return f"Speech({self.text!r}, {self.seconds:.3f} s, {len(self.words)} words)"

    def _repr_html_(self) -> str:
        from soundstage.media.notebook import speech_html

        return speech_html(self)
