"""What is sung in a piece of music, when, and by whom: lines and words with their times, and the singer.

Notable: a cloned voice's recording is not kept here, only what it is called and the statement of whoever it belongs to,
so a project that is passed on does not pass on the means to sing with somebody's voice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from soundstage.errors import InputError
from soundstage.media.speech import Word, check_order
from soundstage.media.subtitles import Cue


@dataclass(frozen=True, kw_only=True)
class Song:
    """The `lines` in the order in which they are sung, and every one of their `words` with its times in seconds.

    `voice` is the singer's name (empty: the model's own choice), `model` whose voice it is, `manner` the style of
    singing and `seed` what it was drawn with; `consent` holds the statements to cloned voices. Raises InputError when
    the words are not those of the lines.
    """

    lines: tuple[str, ...]
    counts: tuple[int, ...]
    """Words of each line as they are sung: a figure is as many as it takes to say it."""
    words: tuple[Word, ...]
    model: str
    manner: str
    voice: str = ""
    consent: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("lines", "counts", "words", "consent"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if len(self.counts) != len(self.lines) or sum(self.counts) != len(self.words) or min(self.counts) < 1:
            raise InputError("lines", f"have {sum(self.counts)} words, {len(self.words)} are sung", "give those sung")
        check_order("words", [word.start for word in self.words])

    def of_line(self, index: int) -> slice:
        """Where the words of a line, counted from 0, stand among all."""
        start = sum(self.counts[:index])
        return slice(start, start + self.counts[index])

    @property
    def cues(self) -> tuple[Cue, ...]:
        """Every line from its first word's beginning to its last one's end."""
        found = []
        for index, text in enumerate(self.lines):
            words = self.words[self.of_line(index)]
            found.append(Cue(words[0].start, max(words[-1].end, words[0].start + 0.01), text))
        return tuple(found)

    @property
    def traits(self) -> dict[str, Any]:
        """What a file made of it shall say: whose cloned voice sings, and who agreed."""
        return {"voice": self.voice or "a clone", "consent": "; ".join(self.consent)} if self.consent else {}

    def facts(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> Song:
        """The song of what `facts` gave. Raises InputError for anything else."""
        try:
            return cls(**{**facts, "words": tuple(Word(**word) for word in facts["words"])})
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("song", f"is not a whole one ({error})", "give what a song's facts are") from error
