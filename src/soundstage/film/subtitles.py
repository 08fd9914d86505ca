"""Subtitle cues from the times of the spoken words: what stands on the screen while it is heard.

Notable: a cue shows the script's own words, never later or earlier than they sound (80 ms at most); long lines break
at a pause or a punctuation mark, and a cue of two rows breaks where it looks best.
"""

from __future__ import annotations

from collections.abc import Sequence

from soundstage.media.speech import Speech, Word
from soundstage.media.subtitles import Cue

ROW = 38
"""Letters in a row."""
LONGEST = 2 * ROW
"""Letters of a cue: two rows."""
LINGER = 0.03
"""Seconds that a cue stays after its last word."""


def line_cues(text: str, speech: Speech, start: float, speaker: str | None = None) -> list[Cue]:
    """The cues of one line that starts at `start` seconds. Silent speech (no words) has none."""
    words = timed_words(text, speech)
    cues = []
    for group in _groups(words):
        rows = _rows(" ".join(word.text for word in group))
        end = max(group[-1].end + LINGER, group[0].start + 0.2)
        cues.append(Cue(start + group[0].start, start + end, rows, speaker))
    return [_before(cue, later) for cue, later in zip(cues, [*cues[1:], None], strict=False)]


def timed_words(text: str, speech: Speech) -> list[Word]:
    """The script's words with the times of the spoken ones: one to one, or by their share of the letters."""
    written = text.split()
    spoken = [word for word in speech.words if word.text.strip()]
    if not written or not spoken:
        return []
    if len(written) == len(spoken):
        return [Word(own, word.start, word.end) for own, word in zip(written, spoken, strict=True)]
    start, end = spoken[0].start, spoken[-1].end
    letters = [len(word) + 1 for word in written]
    timed, passed = [], 0
    for word, size in zip(written, letters, strict=True):
        first = start + (end - start) * passed / sum(letters)
        passed += size
        timed.append(Word(word, first, start + (end - start) * passed / sum(letters)))
    return timed


def _groups(words: Sequence[Word]) -> list[list[Word]]:
    """Words in cues: at most two rows, broken after a sentence, a comma, or the longest pause near the middle."""
    letters = len(" ".join(word.text for word in words))
    if not words:
        return []
    if letters <= LONGEST:
        return [list(words)]
    best, at = -1.0, len(words) // 2
    for index in range(2, len(words) - 1):
        before = len(" ".join(word.text for word in words[:index]))
        mark = {".": 1.0, "?": 1.0, "!": 1.0, ",": 0.6, ";": 0.7, ":": 0.6}.get(words[index - 1].text[-1:], 0.0)
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
