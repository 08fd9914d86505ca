"""Loops by our synthesis: whole samples, no seam, a limiter that goes round, and what is refused."""

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Music, Note, Score, Section, Track
from soundstage.ops.loudness import decibels, limit, true_peak
from soundstage.score import synth
from soundstage.score.looping import wrapped
from soundstage.score.mix import loudness, staged
from soundstage.tasks.loop import RINGING, loop

BAR = round(4 * 60 * 32_000 / 133)


def piece() -> Music:
    """Two bars, whose last notes ring far past the end, and an ending."""
    tune = [Note(72 + step % 5, step / 2, 0.45, 90) for step in range(16)]
    low = [Note(43, 0.0, 3.9, 90), Note(48, 4.0, 6.0, 90)]
    hits = [Note(36, float(beat), 0.25, 100) for beat in range(8)] + [Note(49, 7.5, 0.25, 90)]
    ending = [Note(72, 8.0, 4.0, 90)]
    tracks = (Track("drums", tuple(hits), "drums"), Track("piano", tuple(low), "comp"),
              Track("flute", (*tune, *ending), "lead"))  # fmt: skip
    score = Score(133.0, (4, 4), "C major", 3, (Section("A", 0, 2), Section("end", 2, 1)), (), tracks)
    return Music(Audio.silence(5.0, 32_000, 2), {}, score)


@pytest.fixture(scope="module")
def made() -> Music:
    return loop(music=piece(), player="synth", seed=1)


def flux(sound: np.ndarray, size: int = 512, hop: int = 64) -> np.ndarray:
    """How much the spectrum changes from frame to frame."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.mean(0), size)[::hop] * np.hanning(size)
    return np.abs(np.diff(np.log1p(100 * np.abs(np.fft.rfft(frames, axis=1))), axis=0)).mean(1)


def test_it_is_whole_bars_of_whole_samples_and_says_so(made: Music) -> None:
    assert made.mix.length == 2 * BAR
    assert made.score.bpm == 4 * 60 * 32_000 / BAR
    assert made.remarks[0].startswith(f"2 bars of {BAR} samples; tempo moved by ")
    assert [beat.number for beat in made.beats] == [1, 2, 3, 4] * 2
    assert len(made.score.tracks[-1].notes) == 16  # without the ending


def test_two_copies_are_what_an_endless_performance_is_to_the_bit(made: Music) -> None:
    length = made.mix.length + 32_000 * round(RINGING) + 32_000 * 2
    dry = synth.play(made.score, length, 32_000, 7)
    flat = staged(dry, {"drums": "drums", "piano": "comp", "flute": "lead"}, 32_000)
    for sound in flat.values():
        once = sound[:, : 2 * made.mix.length]
        endless = np.zeros((2, 6 * made.mix.length), np.float32)
        for start in range(0, 4 * made.mix.length, made.mix.length):
            endless[:, start : start + once.shape[1]] += once
        middle = endless[:, 2 * made.mix.length : 4 * made.mix.length]
        assert np.array_equal(np.tile(wrapped(once, made.mix.length), 2), middle)


def test_the_limiter_goes_round_too(made: Music) -> None:
    total = np.asarray(sum(stem.samples for stem in made.stems.values()), np.float32)
    assert true_peak(total) > 1  # there is something to limit
    twice = limit(np.tile(total, 2), 32_000, ceiling=-1.0, around=True)
    assert np.array_equal(twice, np.tile(limit(total, 32_000, ceiling=-1.0, around=True), 2))
    assert np.abs(twice[:, : total.shape[1]] - made.mix.samples).max() < 1e-5
    assert decibels(true_peak(np.tile(made.mix.samples, 2))) < -0.9
    assert loudness(np.tile(made.mix.samples, 4), 32_000) == pytest.approx(-14, abs=0.5)


def test_the_seam_changes_no_more_than_the_inside(made: Music) -> None:
    length = made.mix.length
    change = flux(np.tile(made.mix.samples, 3))
    seam = change[(2 * length - 1024) // 64 : (2 * length + 512) // 64]
    middle = change[(length + BAR - 1024) // 64 : (length + BAR + 512) // 64]  # a bar line that nobody joined
    assert seam.max() <= np.quantile(change, 0.999)
    assert seam.max() <= 1.5 * middle.max()
    step = np.abs(np.diff(np.tile(made.mix.samples, 2), axis=1)).max(0)
    assert step[length - 1] <= np.quantile(step, 0.999)


def test_the_beginning_has_the_end_in_it(made: Music) -> None:
    cold = synth.play(made.score, made.mix.length, 32_000, 7)["piano"]
    assert np.abs(cold[:, 0]).max() == 0
    assert np.abs(made.stems["piano"].samples[:, 0]).max() > 1e-3


@pytest.mark.slow
def test_words_become_a_loop_of_as_many_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    found = loop("calm piano", bars=2, bpm=120.0, chords="Am F", instruments=["piano"], player="synth", seed=2)
    assert found.mix.length == 2 * 64_000
    assert found.remarks == ("2 bars of 64000 samples; tempo kept at 120 bpm",)
    assert [chord.name for chord in found.score.chords] == ["Am", "F"]
    assert all(section.name != "end" for section in found.score.sections)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "prompt: is empty"),
        ({"prompt": "jazz", "first": 2}, "first: is 2"),
        ({"prompt": "jazz", "music": piece()}, "prompt: is for a loop of words"),
        ({"music": piece(), "key": "A minor"}, "key: is for a loop of words"),
        ({"music": piece(), "bars": 9}, "bars: 1 to 9 are not all of its 3"),
        ({"music": piece(), "first": 7}, "bars: 7 are not all of its 3"),
        ({"music": Music(Audio.silence(1.0, 8000))}, "music: has no score"),
        ({"prompt": "jazz", "key": "H"}, "key: 'H'"),
    ],
)
def test_what_cannot_go_round_is_refused_by_name(fields: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        loop(**fields)
