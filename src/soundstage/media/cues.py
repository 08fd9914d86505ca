"""Words with times as subtitle cues that can be read: at most two rows, broken where a reader would.

Notable: a cue is on the screen while its words are heard; long lines break at a pause or a punctuation mark, and a cue
of two rows breaks where it looks best.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from soundstage.media.speech import Word
from soundstage.media.subtitles import Cue

ROW = 38
"""Letters in a row."""
LONGEST = 2 * ROW
"""Letters of a cue: two rows."""
LINGER = 0.03
"""Seconds that a cue stays after its last word."""
REST = 0.6
"""Seconds of silence after which the screen is emptied."""


def cues_of(words: Sequence[Word], start: float = 0.0) -> list[Cue]:
    """The cues of words that are heard from `start` seconds on: by speaker, by stretch without a rest, by length."""
    cues: list[Cue] = []
    for speaker, said in groupby(words, key=lambda word: word.speaker):
        for stretch in _stretches(list(said)):
            for group in _groups(stretch):
                rows = _rows(" ".join(word.shown or word.text for word in group))
                end = max(group[-1].end + LINGER, group[0].start + 0.2)
                cues.append(Cue(start + group[0].start, start + end, rows, speaker or None))
    return [_before(cue, later) for cue, later in zip(cues, [*cues[1:], None], strict=False)]


def _stretches(words: Sequence[Word]) -> list[list[Word]]:
    """Words with no long silence, and no end of a sentence where a cue would be full, between them."""
    found: list[list[Word]] = []
    for word in words:
        if found and word.start - found[-1][-1].end < REST and not _full(found[-1], word):
            found[-1].append(word)
        else:
            found.append([word])
    return found


def _full(words: Sequence[Word], following: Word) -> bool:
    """Whether these words end a sentence, and the next would make them too long for one cue."""
    shown = " ".join(word.shown or word.text for word in (*words, following))
    return (words[-1].shown or words[-1].text).rstrip("\"')")[-1:] in (".", "?", "!") and len(shown) > ROW


def _groups(words: Sequence[Word]) -> list[list[Word]]:
    """Words in cues: at most two rows, broken after a sentence, a comma, or the longest pause near the middle."""
    letters = len(" ".join(word.shown or word.text for word in words))
    if not words:
        return []
    if letters <= LONGEST:
        return [list(words)]
    best, at = -1.0, len(words) // 2
    for index in range(2, len(words) - 1):
        before = len(" ".join(word.shown or word.text for word in words[:index]))
        mark = {".": 1.0, "?": 1.0, "!": 1.0, ",": 0.6, ";": 0.7, ":": 0.6}.get(
            (words[index - 1].shown or words[index - 1].text)[-1:], 0.0
        )
        pause = min(0.5, max(0.0, words[index].start - words[index - 1].end))
        score = mark + pause + 1.2 * (1 - abs(before / letters - 0.5) * 2)
        if score > best:
            best, at = score, index
    return [*_groups(words[:at]), *_groups(words[at:])]


def _rows(text: str) -> str:
    """One row, or two of about the same length."""
    if len(text) <= ROW:
        return text
    spaces = [index for index, letter in enumerate(text) if letter == " "]
    if not spaces:
        return text
    middle = min(spaces, key=lambda index: abs(index - len(text) / 2) - (4 if text[index - 1] in ".,;:!?" else 0))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _before(cue: Cue, later: Cue | None) -> Cue:
    """The cue, over before the next one of its line begins."""
    return cue if later is None or cue.end <= later.start else Cue(cue.start, later.start, cue.text, cue.speaker)
