import numpy as np
import pytest

from soundstage.score.song.phrases import ENDINGS
from soundstage.score.song.verses import (
    FORMS,
    _lines,
    _read,
    last_word,
    lines_for,
    rhyme,
    subject_of,
    thing_of,
    usual_form,
    written,
)
from soundstage.score.structure import parse_structure


def song(prompt="a folk song about a lighthouse", seed=0, form=FORMS[6]):
    return written(prompt, _read(form), np.random.default_rng(seed))


def test_a_chorus_comes_back_word_for_word_and_verses_differ():
    found = song()
    choruses = [[line.text for line in stanza.lines] for stanza in found if stanza.name == "chorus"]
    verses = [line.text for stanza in found if stanza.name == "verse" for line in stanza.lines]
    assert len(choruses) == 3
    assert choruses[0] == choruses[1] == choruses[2]
    assert len(set(verses)) == len(verses)


@pytest.mark.parametrize("seed", range(4))
def test_lines_rhyme_in_pairs_on_other_words_and_are_singable(seed):
    for stanza in song("sad piano ballad", seed):
        for one, two in zip(stanza.lines[::2], stanza.lines[1::2], strict=True):
            assert rhyme(one.text) == rhyme(two.text)
            assert last_word(one.text) != last_word(two.text)
            assert abs(len(one.syllables) - len(two.syllables)) <= 2
        assert all(5 <= len(line.syllables) <= 13 for line in stanza.lines)


def test_rhymes_are_of_sounds():
    assert rhyme("in the night") == rhyme("burning bright") != rhyme("far away")
    assert sum(rhyme(ending) == rhyme("by the sea") for ending in ENDINGS) >= 4


def test_a_seed_writes_the_same_and_another_something_else():
    assert song(seed=5) == song(seed=5)
    assert len({song(seed=seed)[0].lines[0].text for seed in range(6)}) > 3


def test_the_prompt_is_sung_about():
    assert subject_of("waves on the ocean").name == "sea"
    assert subject_of("something") is None
    assert thing_of("a song about the old lighthouse by the shore") == "old lighthouse"
    assert thing_of("calm piano music") == ""
    assert any("lighthouse" in line.text for stanza in song() if stanza.name == "chorus" for line in stanza.lines)


def test_longer_songs_have_more_lines():
    counts = [_lines(usual_form(seconds, 4, 100.0)) for seconds in (20, 60, 120, 240, 360)]
    assert counts == sorted(counts)
    assert counts[0] >= 2
    assert counts[-1] > 30


def test_a_form_that_is_asked_for_has_lines_where_it_is_sung():
    assert lines_for(parse_structure(["intro 4, verse 8, chorus, solo 8"]), 4) == [
        ("intro", 0), ("verse", 4), ("chorus", 4), ("solo", 0)]  # fmt: skip


def test_the_longest_form_can_be_written():
    found = song("love", 1, FORMS[-1])
    assert sum(len(stanza.lines) for stanza in found) == _lines(_read(FORMS[-1]))
