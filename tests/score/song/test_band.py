from dataclasses import replace

import numpy as np
import pytest

from soundstage.media.score import Note, Score, Track
from soundstage.score.grid import sheet_of
from soundstage.score.mix import loudness
from soundstage.score.song.band import band_of, cleared, sung_bars, sung_spans, voice_of, with_voice
from soundstage.score.song.mix import BACK, FORWARD, LEVEL, behind_voice, in_front

VOICE = Track(
    "voice", (Note(60, 4.0, 1.0, 80, "hel-"), Note(62, 5.0, 2.0, 80, "lo"), Note(62, 12.0, 1.0, 80, "you")), "voice"
)
FLUTE = Track("flute", tuple(Note(72, float(beat), 1.0, 80) for beat in range(20)), "lead")
PIANO = Track("piano", tuple(Note(60, float(beat), 1.0, 80) for beat in range(20)), "comp")
SCORE = Score(bpm=120, metre=(4, 4), key="C major", bars=5, sections=(), chords=(), tracks=(VOICE, FLUTE, PIANO))


def test_who_sings_is_no_part_of_the_band():
    assert voice_of(SCORE) is VOICE
    assert [track.instrument for track in band_of(SCORE).tracks] == ["flute", "piano"]
    assert dict(sheet_of(SCORE).roster) == {"lead": "flute", "comp": "piano"}
    assert voice_of(band_of(SCORE)) is None
    assert with_voice(band_of(SCORE), VOICE).tracks == SCORE.tracks


def test_bars_and_spans_are_those_in_which_somebody_sings():
    assert sung_bars(SCORE) == {1, 3}
    assert sung_spans(SCORE) == [(2.0, 3.5), (6.0, 6.5)]


def test_a_lead_is_silent_where_the_voice_sings_and_plays_elsewhere():
    sheet = cleared(sheet_of(SCORE), sung_bars(SCORE))
    assert [bool(bar.parts["lead"]) for bar in sheet.bars] == [True, False, True, False, True]
    assert all(bar.parts["comp"] for bar in sheet.bars)


def test_a_lone_flute_goes_on():
    alone = with_voice(replace(SCORE, tracks=(FLUTE,)), VOICE)
    assert all(bar.parts["lead"] for bar in cleared(sheet_of(alone), sung_bars(alone)).bars)


def test_the_band_steps_back_for_the_voice_and_comes_forward_again():
    rate = 8_000
    flat = np.ones((2, 10 * rate), np.float32)
    made = behind_voice({"piano": flat, "flute": flat}, {"piano": "comp", "flute": "lead"}, SCORE, rate)
    for name, role in (("piano", "comp"), ("flute", "lead")):
        level = 20 * np.log10(made[name][0, :: rate // 2])
        assert level[5] == pytest.approx(BACK[role], abs=0.01)  # 2.5 s
        assert level[[0, 10, 19]] == pytest.approx(FORWARD, abs=0.01)
    assert np.array_equal(behind_voice({"piano": flat}, {"piano": "comp"}, band_of(SCORE), rate)["piano"], flat)


def test_a_voice_is_brought_to_its_level_and_its_syllables_nearer_to_each_other():
    rate = 16_000
    clock = np.arange(4 * rate) / rate
    loud = np.where((clock // 1) % 2 == 0, 0.3, 0.03)
    voice = (loud * np.sin(2 * np.pi * 300 * clock)).astype(np.float32)
    made = in_front(voice, rate)
    assert loudness(made, rate) == pytest.approx(LEVEL, abs=1.0)
    parts = [np.sqrt((made[:, span] ** 2).mean()) for span in (slice(5000, 15000), slice(21000, 31000))]
    assert 20 * np.log10(parts[0] / parts[1]) < 14
    assert np.abs(made[0] - made[1]).max() < 0.2 * np.abs(made).max()
