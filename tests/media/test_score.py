import json
from dataclasses import replace

import pytest

from soundstage.errors import InputError
from soundstage.media.score import Chord, Metre, Note, Score, Section, Tempo, Track

PLAIN = Score(
    92.0,
    (3, 4),
    "D minor",
    4,
    (Section("A", 0, 4),),
    (Chord("Dm", 0.0, 3.0),),
    (Track("violin", (Note(74, 0.0, 1.5, 90),)),),
)


def bent(**more: object) -> Score:
    """Two bars of 4/4 at 120, one of 6/8 with eighths at 240, then 3/4 at 90, slower still from beat 17."""
    tempi, metres = (Tempo(8, 240), Tempo(14, 90), Tempo(17, 45)), (Metre(2, 6, 8), Metre(3, 3, 4))
    return replace(Score(120, (4, 4), "C major", 5, (), (), (), tempi, metres), **more)


def test_beats_follow_the_metres():
    score = bent()
    assert score.beats == 8 + 6 + 6
    assert [score.beat_of_bar(bar) for bar in range(6)] == [0, 4, 8, 14, 17, 20]
    assert [score.bar_at(beat) for beat in (0, 3.99, 4, 13.5, 14, 19.9, 20, 23)] == [0, 0, 1, 2, 3, 4, 5, 6]
    assert score.beat_of_bar(2.5) == 11
    assert [score.metre_at(bar) for bar in (0, 2, 3, 9)] == [(4, 4), (6, 8), (3, 4), (3, 4)]


def test_seconds_follow_the_tempi():
    score = bent()
    assert [score.seconds_at(beat) for beat in (0, 4, 8, 14, 17, 20)] == [0, 2, 4, 5.5, 7.5, 11.5]
    assert score.seconds == 11.5
    assert [score.bpm_at(beat) for beat in (0, 8, 16, 17)] == [120, 240, 90, 45]


def test_a_time_leads_back_to_its_beat():
    score = bent()
    for beat in (0, 0.3, 7.99, 8, 12.5, 14, 16.9, 17, 20, 31):
        assert score.beat_at(score.seconds_at(beat)) == pytest.approx(beat, abs=1e-9)


def test_a_score_without_changes_counts_as_it_always_did():
    assert PLAIN.beats == 12
    assert PLAIN.seconds == pytest.approx(12 * 60 / 92)


def test_what_is_stored_is_restored(tmp_path):
    sung = Track("voice", (Note(60, 0, 1, 80, "hel-"), Note(62, 1, 1, 80, "lo"), Note(64, 2, 1, 80, "_")))
    for index, score in enumerate((PLAIN, bent(tracks=(sung,)))):
        score.store(tmp_path / str(index))
        assert Score.restore(tmp_path / str(index)) == score


def test_a_plain_score_is_stored_in_the_words_it_always_was(tmp_path):
    PLAIN.store(tmp_path)
    facts = json.loads((tmp_path / "score.json").read_text("utf-8"))
    assert set(facts) == {"bpm", "metre", "key", "bars", "sections", "chords", "tracks"}
    assert set(facts["tracks"][0]["notes"][0]) == {"pitch", "start", "length", "velocity"}
    assert Score.restore(tmp_path) == PLAIN


def test_only_a_track_with_syllables_is_sung():
    assert not PLAIN.tracks[0].sung
    assert Track("voice", (Note(60, 0, 1, 80), Note(60, 1, 1, 80, "la"))).sung


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("tempi", lambda: Tempo(0, 120)),
        ("bpm", lambda: Tempo(4, float("nan"))),
        ("metres", lambda: Metre(0, 3, 4)),
        ("metre", lambda: Metre(2, 3, 5)),
        ("tempi", lambda: bent(tempi=(Tempo(4, 100), Tempo(4, 90)))),
        ("metres", lambda: bent(metres=(Metre(4, 3, 4), Metre(1, 4, 4)))),
        ("syllable", lambda: Note(60, 0, 1, 80, "hel- ")),
        ("syllable", lambda: Note(60, 0, 1, 80, "hel\nlo")),
        ("syllable", lambda: Note(60, 0, 1, 80, "-")),
        ("score", lambda: Score.of_facts({"bpm": 100})),
        ("score", lambda: Score.of_facts(PLAIN.facts() | {"tracks": [{"instrument": "piano", "notes": [3]}]})),
        ("score", lambda: Score.of_facts(PLAIN.facts() | {"metre": 4})),
        ("score", lambda: Score.of_facts(PLAIN.facts() | {"chords": [{"title": "C"}]})),
        ("score", lambda: Score.of_facts(PLAIN.facts() | {"bpm": "fast"})),
    ],
)
def test_what_cannot_be_is_refused_by_name(field, wrong):
    with pytest.raises(InputError) as caught:
        wrong()
    assert caught.value.field == field
