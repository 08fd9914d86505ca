from __future__ import annotations

from dataclasses import replace

import pytest

from soundstage.errors import InputError
from soundstage.media.score import Note, Score, Section, Tempo, Track
from soundstage.score.formats import lrc
from soundstage.score.formats.syllables import words

LINE = (
    Note(60, 0, 1, 80, "Hel-"),
    Note(62, 1, 1, 80, "lo"),
    Note(64, 2, 1, 80, "_"),
    Note(65, 3, 1, 80, "you,"),
    Note(60, 8, 1, 80, "good-"),
    Note(60, 9, 1, 80, "bye"),
)
SUNG = Score(60, (4, 4), "C major", 4, (), (), (Track("voice", LINE),), (Tempo(8, 120),))


def test_syllables_become_words_with_the_notes_they_are_sung_on():
    found = words(SUNG.tracks[0])
    assert [(word.text, word.start, word.end) for word in found] == [
        ("Hello", 0, 3),
        ("you,", 3, 4),
        ("goodbye", 8, 10),
    ]


def test_lines_end_where_the_singer_rests_and_empty_ones_clear_the_screen():
    assert lrc.to_text(SUNG) == "[00:00.00]Hello you,\n[00:04.00]\n[00:08.00]goodbye\n[00:09.00]\n"


def test_words_have_their_own_times_after_a_change_of_tempo_too():
    assert lrc.to_text(SUNG, words=True).splitlines() == [
        "[00:00.00]<00:00.00>Hello <00:03.00>you,",
        "[00:04.00]",
        "[00:08.00]<00:08.00>goodbye",
        "[00:09.00]",
    ]


def test_lines_are_those_of_the_poem_where_its_words_are_sung():
    assert [line.text for line in lrc.timed(SUNG, ["Hello", "You, goodbye!"]) if line.text] == [
        "Hello",
        "You, goodbye!",
    ]
    assert [line.text for line in lrc.timed(SUNG, ["Something else"]) if line.text] == ["Hello you,", "goodbye"]


def test_a_section_begins_a_line():
    close = tuple(replace(note, start=note.start - (4 if note.start >= 8 else 0)) for note in LINE)
    sections = (Section("a", 0, 1), Section("b", 1, 3))
    score = replace(SUNG, tracks=(Track("voice", close),), sections=sections)
    assert [line.text for line in lrc.timed(score) if line.text] == ["Hello you,", "goodbye"]


def test_what_is_written_is_read_back_to_a_hundredth():
    for line, read in zip(lrc.timed(SUNG), lrc.from_text(lrc.to_text(SUNG, words=True)), strict=True):
        assert read.start == pytest.approx(line.start, abs=0.005)
        assert (read.text, [word for _, word in read.words]) == (line.text, [word for _, word in line.words])


def test_files_from_elsewhere_repeat_lines_and_shift_them():
    text = "[ti:Song]\n[offset:+500]\n[00:10.50][01:00:50]chorus\n[00:05.5]verse\nno time\n"
    assert [(line.start, line.text) for line in lrc.from_text(text)] == [
        (5.0, "verse"),
        (10.0, "chorus"),
        (60.0, "chorus"),
    ]


@pytest.mark.parametrize("text", ["", "words without times", "[ti:only tags]"])
def test_a_text_without_times_is_refused(text):
    with pytest.raises(InputError, match="lrc"):
        lrc.from_text(text)


def test_a_score_that_nobody_sings_has_no_words_to_write(tmp_path):
    with pytest.raises(InputError, match="syllables"):
        lrc.save(replace(SUNG, tracks=()), tmp_path / "a.lrc")
    assert not list(tmp_path.iterdir())
