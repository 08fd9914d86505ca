"""Words to cues: what is on the screen together, and when it goes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.media.cues import LINGER, LONGEST, REST, ROW, cues_of
from soundstage.media.speech import Word


def words(text: str, step: float = 0.3, speaker: str = "", start: float = 0.0) -> list[Word]:
    return [
        Word(word, start + step * index, start + step * index + 0.25, speaker)
        for index, word in enumerate(text.split())
    ]


def test_a_short_sentence_is_one_cue_that_ends_with_its_last_word() -> None:
    (cue,) = cues_of(words("Hello there."), start=2.0)
    assert (cue.start, cue.text, cue.speaker) == (2.0, "Hello there.", None)
    assert cue.end == pytest.approx(2.0 + 0.55 + LINGER)


def test_what_is_shown_is_the_word_with_its_marks() -> None:
    (cue,) = cues_of([Word("Hello", 0, 0.2, "", '"Hello,"'), Word("you", 0.3, 0.5)])
    assert cue.text == '"Hello," you'


def test_each_speaker_and_each_rest_begins_a_cue() -> None:
    said = [*words("Is it you?", speaker="Ada"), *words("It is.", speaker="Ben", start=1.0)]
    assert [(cue.speaker, cue.text) for cue in cues_of(said)] == [("Ada", "Is it you?"), ("Ben", "It is.")]
    rested = [*words("One two"), *words("three", start=0.56 + REST)]
    assert [cue.text for cue in cues_of(rested)] == ["One two", "three"]


@settings(max_examples=40)
@given(st.lists(st.text("abc", min_size=1, max_size=12), min_size=1, max_size=80), st.floats(0.2, 1.0))
def test_cues_are_readable_and_never_overlap(texts: list[str], step: float) -> None:
    said = words(" ".join(texts), step)
    cues = cues_of(said)
    assert " ".join(cue.text.replace("\n", " ") for cue in cues) == " ".join(texts)
    for cue in cues:
        assert len(cue.text) <= LONGEST and len(cue.text.split("\n")) <= 2
        assert len(cue.text) > ROW or "\n" not in cue.text
    for one, other in pairwise(cues):
        assert one.start < one.end <= other.start
