"""Sung syllables as files write them, as words that people read, and as the lines that they sing.

Notable: in a score "hel-" goes on with the next syllable, "_" holds the one before and "" is no singing at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from soundstage.media.score import HELD, Note, Score, Track

REST = 1.0
"""Beats of rest that end a line."""
LONGEST = 10
"""Words after which a line ends at the latest."""


class SungWord(NamedTuple):
    """A word and the notes that it is sung on, by their syllables."""

    text: str
    notes: tuple[tuple[Note, ...], ...]

    @property
    def start(self) -> float:
        """The beat on which it begins."""
        return self.notes[0][0].start

    @property
    def end(self) -> float:
        """The beat on which it ends."""
        return max(note.end for syllable in self.notes for note in syllable)


def clean(text: str) -> str:
    """A syllable fit for a note: without control characters and outer spaces; a lone hyphen or a line holds."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return HELD if plain in {"-", "_", "—", "–"} else plain


def words(track: Track) -> tuple[SungWord, ...]:
    """The words that a track sings, in order; syllables joined at their hyphens, held notes with the one they hold."""
    out: list[SungWord] = []
    text, notes = "", list[tuple[Note, ...]]()
    going_on = False
    for note in sorted((n for n in track.notes if n.syllable), key=lambda n: (n.start, n.pitch)):
        if note.syllable == HELD:
            if notes:
                notes[-1] = (*notes[-1], note)
            continue
        if notes and not going_on:
            out.append(SungWord(text, tuple(notes)))
            text, notes = "", []
        going_on = note.syllable.endswith("-")
        text += note.syllable[:-1] if going_on else note.syllable
        notes.append((note,))
    if notes:
        out.append(SungWord(text, tuple(notes)))
    return tuple(out)


def singer(score: Score) -> Track | None:
    """The track with the most syllables, the first among equals; None when nobody sings."""
    sung = [track for track in score.tracks if track.sung]
    return max(sung, key=lambda track: sum(bool(note.syllable) for note in track.notes), default=None)


def lines(score: Score, track: Track, written: Sequence[str] | None = None) -> tuple[tuple[SungWord, ...], ...]:
    """The words of a track in lines: as `written` has them where its words are those sung, else as they breathe.

    A line ends before a rest, a new section and after a full stop, and has no more than ten words.
    """
    sung = words(track)
    if written:
        counts = [len(line.split()) for line in written if line.split()]
        asked = [bare(word) for line in written for word in line.split()]
        if [bare(word.text) for word in sung for _ in word.text.split()] == asked and len(sung) == len(asked):
            edges = [sum(counts[:index]) for index in range(len(counts) + 1)]
            return tuple(sung[a:b] for a, b in pairwise(edges))
    out: list[list[SungWord]] = []
    for word in sung:
        before = out[-1][-1] if out else None
        if before is None or _breathes(score, before, word) or len(out[-1]) >= LONGEST:
            out.append([])
        out[-1].append(word)
    return tuple(tuple(line) for line in out)


def _breathes(score: Score, before: SungWord, word: SungWord) -> bool:
    """Whether a line ends between two words."""
    if word.start - before.end > REST - 1e-6 or before.text.endswith((".", "!", "?", ";")):
        return True
    edges = [score.beat_of_bar(section.start_bar) for section in score.sections]
    return any(before.start + 1e-6 < edge <= word.start + 1e-6 for edge in edges)


def bare(word: str) -> str:
    """A word without its case and punctuation, for comparing."""
    return re.sub(r"[^\w]", "", word.lower())
