"""Lyrics: syllables, words set to notes, and back."""

from __future__ import annotations

import pytest

from soundstage.errors import InputError
from soundstage.media import Note
from soundstage.score.lyrics import line_times, read_lyrics, read_notes, word_times
from soundstage.score.setting import set_words


def tune(count: int, length: float = 1.0) -> list[Note]:
    return [Note(60 + index % 5, index * length, length, 80) for index in range(count)]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("hello", ["hel-", "lo"]), ("beautiful", ["beau-", "ti-", "ful"]), ("fire", ["fire"]),
        ("people", ["peo-", "ple"]), ("remember", ["re-", "mem-", "ber"]), ("strength", ["strength"]),
    ],
)  # fmt: skip
def test_letters_are_parted_as_often_as_vowels_sound(word: str, parts: list[str]) -> None:
    assert [syllable.text for syllable in read_lyrics(word)[0].syllables] == parts


def test_an_onset_is_as_long_as_english_allows() -> None:
    assert [phone.symbol for phone in read_lyrics("destroy")[0].syllables[1].phones] == ["s", "t", "r", "oy"]
    assert [phone.symbol for phone in read_lyrics("singing")[0].syllables[1].phones] == ["ih", "ng"]


def test_stress_is_known_for_each_syllable() -> None:
    assert [syllable.stress > 0 for syllable in read_lyrics("again")[0].syllables] == [False, True]


def test_tags_name_sections_and_are_not_sung() -> None:
    lines = read_lyrics("[verse]\nOver the sea\n\n[chorus]\nSing")
    assert [(line.section, line.text) for line in lines] == [("verse", "Over the sea"), ("chorus", "Sing")]


def test_as_many_notes_as_syllables_get_one_each() -> None:
    notes = set_words(read_lyrics("Hello my friend"), tune(4))
    assert [note.syllable for note in notes] == ["Hel-", "lo", "my", "friend"]


def test_notes_that_are_left_are_held() -> None:
    notes = set_words(read_lyrics("Hello my friend"), tune(6))
    assert len(notes) == 6
    assert [note.syllable for note in notes].count("_") == 2


def test_syllables_that_are_left_share_a_note_evenly() -> None:
    notes = set_words(read_lyrics("Hello my friend"), tune(3))
    assert len(notes) == 4
    assert sum(note.length for note in notes) == pytest.approx(3)
    assert len({note.length for note in notes}) == 2


def test_too_many_words_for_a_melody_are_refused() -> None:
    with pytest.raises(InputError, match="too many for 1 notes"):
        set_words(read_lyrics("Every beautiful morning I remember you"), tune(1))


def test_a_line_begins_after_the_rest() -> None:
    melody = [*tune(4), *(Note(62, 6.0 + index, 1.0, 80) for index in range(3))]
    notes = set_words(read_lyrics("Follow me\nOver there"), melody)
    assert next(note.start for note in notes if note.syllable == "O-") == 6.0


def test_what_is_set_is_read_back() -> None:
    lines = read_lyrics("The moon is rising")
    sung = read_notes(set_words(lines, tune(7)))
    assert [each.syllable.phones for each in sung] == [each.phones for each in lines[0].syllables]
    assert sum(len(each.notes) for each in sung) == 7


def test_a_writers_own_parting_holds() -> None:
    notes = [Note(60, 0, 1, 80, "eve-"), Note(62, 1, 1, 80, "ry"), Note(60, 2, 1, 80, "one")]
    assert len(read_notes(notes)) == 3


def test_notes_without_words_are_refused() -> None:
    with pytest.raises(InputError, match="have no syllables"):
        read_notes(tune(2))


def test_words_and_lines_have_their_times() -> None:
    lines = read_lyrics("Hello friend\nGoodbye")
    words = word_times(set_words(lines, tune(5)), lambda beat: beat / 2)
    assert [(word.text, word.start) for word in words] == [("Hello", 0.0), ("friend", 1.0), ("Goodbye", 1.5)]
    assert [cue.start for cue in line_times(lines, words)] == [0.0, 1.5]
