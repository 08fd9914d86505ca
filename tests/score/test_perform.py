from itertools import islice

import pytest

from soundstage.data.composer import sheets
from soundstage.media import Metre, Score, Tempo
from soundstage.score.instruments import BY_NAME
from soundstage.score.perform import beats_of, fit, perform


@pytest.mark.parametrize("seconds", [4.0, 15.0, 30.0, 61.7])
@pytest.mark.parametrize("bpm", [None, 60, 97, 151])
def test_bars_fill_the_length_and_a_given_tempo_is_kept(seconds, bpm):
    found = fit(seconds, 4, bpm=bpm, wish=104)
    last = (found.bars - 1) * 4 * 60 / found.bpm
    assert bpm is None or found.bpm == bpm
    if last > 4 * 60 / found.bpm:
        assert 1.0 <= seconds - last <= 1.5 + 4 * 60 / found.bpm
    if bpm is None:
        assert 0.89 <= found.bpm / 104 <= 1.11


def test_notes_lie_in_range_and_drums_on_the_beat():
    for sheet in islice(sheets(5), 20):
        score = perform(sheet, seed=1)
        for track in score.tracks:
            player = BY_NAME[track.instrument]
            assert all(player.low <= note.pitch <= player.high for note in track.notes)
        assert score.bars == len(sheet.bars)
        assert sum(section.bars for section in score.sections) == score.bars


def test_the_same_seed_plays_the_same():
    sheet = next(sheets(5))
    assert perform(sheet, seed=4) == perform(sheet, seed=4)
    assert perform(sheet, seed=4) != perform(sheet, seed=5)


def test_beats_are_exact_and_number_the_bar():
    score = perform(next(sheets(5, "train", "waltz")))
    beats = beats_of(score, 10.0)
    assert [beat.number for beat in beats[:6]] == [1, 2, 3, 1, 2, 3]
    assert beats[5].time == pytest.approx(5 * 60 / score.bpm)
    assert beats[-1].time < 10.0


def test_beats_follow_tempi_and_metres():
    score = Score(120, (4, 4), "C major", 3, (), (), (), (Tempo(4, 60), Tempo(6, 30)), (Metre(1, 3, 4),))
    beats = beats_of(score, 9.0)
    assert [beat.number for beat in beats] == [1, 2, 3, 4, 1, 2, 3, 1, 2]
    assert [beat.time for beat in beats] == [0, 0.5, 1, 1.5, 2, 3, 4, 6, 8]
