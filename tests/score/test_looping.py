import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Chord, Note, Score, Section, Tempo, Track
from soundstage.score.looping import body, fit_turn, taken, turn, wrapped

BOUNDS = (40.0, 220.0)


@pytest.mark.parametrize("bpm", [83.0, 97.3, 120.0, 219.9])
def test_a_bar_is_whole_samples_within_half_a_sample_of_the_tempo(bpm: float) -> None:
    made = turn(4, 32_000, 8, bpm)
    assert made.samples == 8 * made.bar
    assert abs(made.bar - 4 * 60 * 32_000 / bpm) <= 0.5
    assert made.bpm == 4 * 60 * 32_000 / made.bar


def test_seconds_become_whole_bars_and_set_the_tempo() -> None:
    made = fit_turn(4, 32_000, bars=None, seconds=12.0, bpm=None, wish=80.0, bounds=BOUNDS)
    assert (made.bars, made.samples) == (4, 12 * 32_000)
    assert fit_turn(4, 32_000, bars=None, seconds=12.0, bpm=100.0, wish=80.0, bounds=BOUNDS).bars == 5
    assert fit_turn(4, 32_000, bars=None, seconds=None, bpm=100.0, wish=80.0, bounds=BOUNDS, unit=3).bars == 9
    with pytest.raises(InputError, match=r"seconds: is 9, and 4 bars last 8\.00; leave out one"):
        fit_turn(4, 32_000, bars=4, seconds=9.0, bpm=120.0, wish=80.0, bounds=BOUNDS)
    with pytest.raises(InputError, match="seconds: is 100 for 2 bars"):
        fit_turn(4, 32_000, bars=2, seconds=100.0, bpm=None, wish=80.0, bounds=BOUNDS)


@pytest.mark.parametrize("length", [7, 10, 25, 47])
def test_tails_go_round_as_in_a_performance_that_never_ends(length: int) -> None:
    period = 10
    sound = np.random.default_rng(length).normal(0, 1, (2, length)).astype(np.float32)
    padded = np.pad(sound, ((0, 0), (0, max(0, period - length))))
    endless = np.zeros((2, 20 * period), np.float32)
    for start in range(0, 10 * period, period):
        endless[:, start : start + padded.shape[1]] += padded
    loop = wrapped(padded, period)
    joint = np.tile(loop, 2)
    assert np.allclose(joint, endless[:, 6 * period : 8 * period], atol=1e-5)
    if length <= 2 * period:  # sums of two are the same in either order, so here to the bit
        assert np.array_equal(joint, endless[:, 6 * period : 8 * period])


def written(**more: object) -> Score:
    notes = (Note(60, 0.0, 1.0, 80), Note(62, 3.99, 1.0, 80), Note(64, 6.0, 4.0, 80), Note(65, 8.0, 1.0, 80))
    facts = {
        "bpm": 120, "metre": (4, 4), "key": "C major", "bars": 3,
        "sections": (Section("A", 0, 2), Section("end", 2, 1)), "chords": (Chord("C", 0, 6), Chord("G", 6, 6)),
        "tracks": (Track("piano", notes, "lead"),),
    }  # fmt: skip
    return Score(**facts | more)


def test_bars_are_taken_with_what_is_struck_just_ahead_of_them() -> None:
    score = written()
    assert body(score) == 2
    made = taken(score, 1, 1, 120.0)
    assert [(note.pitch, note.start) for note in made.tracks[0].notes] == [(64, 2.0), (62, pytest.approx(3.99))]
    assert [(chord.name, chord.start, chord.length) for chord in made.chords] == [("C", 0, 2), ("G", 2, 2)]
    with pytest.raises(InputError, match="music: changes its tempo or metre in these bars"):
        taken(written(tempi=(Tempo(5.0, 60),)), 1, 1, 120.0)
