"""Subtitle cues from the times of the spoken words: what stands on the screen while it is heard.

Notable: a cue shows the script's own words, never later or earlier than they sound (80 ms at most); where lines break
is the rule of `media.cues`.
"""

from __future__ import annotations

from dataclasses import replace

from soundstage.media.cues import cues_of
from soundstage.media.speech import Speech, Word
from soundstage.media.subtitles import Cue


def line_cues(text: str, speech: Speech, start: float, speaker: str | None = None) -> list[Cue]:
    """The cues of one line that starts at `start` seconds. Silent speech (no words) has none."""
    return cues_of([replace(word, speaker=speaker or "") for word in timed_words(text, speech)], start)


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
