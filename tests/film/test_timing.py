import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.film.subtitles import line_cues, timed_words
from soundstage.film.timing import FPS, TIGHT, card_frames, frames_of, join, measure, split_frames
from soundstage.media import Audio, Speech, Word
from soundstage.media.cues import LINGER

SECONDS = st.lists(st.floats(0.2, 6), min_size=0, max_size=6)


@given(SECONDS, st.integers(24, 400))
def test_a_shot_holds_its_lines_and_is_never_shorter_than_planned(lines: list[float], planned: int) -> None:
    pauses = [0.3] * len(lines)
    length = measure(lines, pauses, planned)
    assert length.frames >= planned
    now = TIGHT / FPS
    for start, seconds in zip(length.starts, lines, strict=True):
        assert start >= now - 1e-6
        now = start + seconds + 0.3
    if lines:
        assert now - 0.3 + TIGHT / FPS <= length.frames / FPS + 1.1e-3  # frames may be a millisecond short


def test_a_line_that_fits_moves_nothing() -> None:
    assert measure([2.0], [0.3], 120).frames == measure([3.1], [0.3], 120).frames == 120
    assert measure([6.0], [0.3], 120).frames > 120


@given(st.floats(0.01, 100))
def test_frames_hold_the_time_and_no_frame_more(seconds: float) -> None:
    frames = frames_of(seconds)
    assert Fraction(frames, FPS) >= Fraction(seconds) - Fraction(1, 1000)
    assert frames == 1 or Fraction(frames - 1, FPS) < Fraction(seconds)


@given(st.integers(40, 3000), st.lists(st.floats(0.1, 20), min_size=1, max_size=8))
def test_frames_are_split_exactly(total: int, weights: list[float]) -> None:
    frames = split_frames(total, weights, shortest=36)
    assert sum(frames) == total and min(frames) >= min(36, total // len(weights))


def test_the_film_is_the_sum_of_its_parts() -> None:
    shots = [measure([1.0], [0.3], 48), measure([], [], 72), measure([2.0, 1.0], [0.3, 0.3], 120)]
    cut = join(50, shots, 40)
    assert cut.frames == 50 + 48 + 72 + 120 + 40 and cut.seconds == cut.frames / 24
    assert cut.starts() == [50, 98, 170]
    assert len(cut.line_starts()) == 3 and cut.line_starts()[0] == pytest.approx(50 / 24 + shots[0].starts[0])
    assert card_frames(8 * 24)[1] == 0


def speech(text: str, spoken: list[str] | None = None) -> Speech:
    words, at = [], 0.1
    for word in spoken if spoken is not None else text.split():
        words.append(Word(word, at, at + 0.3))
        at += 0.4
    return Speech(Audio.silence(at + 0.1, 16_000), tuple(words), (), text)


@pytest.mark.parametrize("count", [1, 3, 12, 30, 60])
def test_cues_hold_all_words_in_order_while_they_are_heard(count: int) -> None:
    text = " ".join(f"word{n}" + ("," if n % 7 == 6 else "") for n in range(count)) + "."
    said = speech(text)
    cues = line_cues(text, said, 5.0)
    assert " ".join(cue.text.replace("\n", " ") for cue in cues) == text
    assert cues[0].start == pytest.approx(5.0 + said.words[0].start)
    assert cues[-1].end == pytest.approx(5.0 + said.words[-1].end + LINGER)
    for cue, later in itertools.pairwise(cues):
        assert cue.end <= later.start
    assert all(len(row) <= 45 for cue in cues for row in cue.text.split("\n"))
    assert all(cue.text.count("\n") <= 1 for cue in cues)


def test_numbers_that_are_spoken_as_several_words_keep_their_writing() -> None:
    said = speech("In 1984 we met.", ["In", "nineteen", "eighty", "four", "we", "met"])
    words = timed_words("In 1984 we met.", said)
    assert [word.text for word in words] == ["In", "1984", "we", "met."]
    assert words[0].start == said.words[0].start and words[-1].end == pytest.approx(said.words[-1].end)


def test_silence_has_no_cues() -> None:
    assert line_cues("Hello.", speech("Hello.", []), 0.0) == []
