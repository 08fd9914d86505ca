from dataclasses import replace

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media.score import Note, Score, Tempo, Track
from soundstage.score.instruments import BY_NAME, INSTRUMENTS
from soundstage.score.mix import loudness
from soundstage.score.synth import play
from soundstage.score.synth.orchestra import Tone, sound_of
from soundstage.score.synth.patches import PATCHES

RATE = 16_000
PITCHED = [i.name for i in INSTRUMENTS if not i.drums]


def scale(name: str, velocity: int = 80) -> tuple[Note, ...]:
    player = BY_NAME[name]
    if player.drums:
        beats = [(42, n / 2, velocity - 8) for n in range(16)] + [(36, 0, velocity), (36, 4, velocity)]
        return tuple(Note(p, float(t), 0.2, v) for p, t, v in [*beats, (38, 2, velocity), (38, 6, velocity)])
    middle, width = (player.low + player.high) / 2, (player.high - player.low) / 4
    return tuple(Note(round(middle - width + 2 * width * k / 7), float(k), 0.94, velocity) for k in range(8))


def written(name: str, notes: tuple[Note, ...], bpm: float = 100.0) -> Score:
    return Score(bpm, (4, 4), "C major", 2, (), (), (Track(name, notes),))


def heard(name: str, notes: tuple[Note, ...], seconds: float = 6.0, rate: int = RATE) -> np.ndarray:
    return play(written(name, notes), round(seconds * rate), rate, 0)[name]


def test_every_instrument_is_as_loud_as_the_others():
    levels = {i.name: loudness(heard(i.name, scale(i.name), rate=32_000), 32_000) for i in INSTRUMENTS}
    assert max(levels.values()) - min(levels.values()) < 3


@pytest.mark.parametrize("name", PITCHED)
def test_every_pitch_is_within_three_cents(name):
    player = BY_NAME[name]
    for pitch in (player.low, (player.low + player.high) // 2, min(player.high, 96)):
        hz = 440 * 2 ** ((pitch - 69) / 12)
        wave = sound_of(Tone(name, pitch, 10, 2.6, 0), RATE, 0)[RATE // 10 :]
        power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 17)) ** 2
        at = np.fft.rfftfreq(1 << 17, 1 / RATE)
        reach = max(80.0, 1200 * np.log2(1 + 3 * RATE / len(wave) / hz))
        near = np.abs(1200 * np.log2(np.maximum(at, 1) / hz)) < reach
        strong = np.where(power[near] > power[near].max() * 1e-3, power[near], 0)
        assert abs(1200 * np.log2((at[near] * strong).sum() / strong.sum() / hz)) < 3


@pytest.mark.parametrize("name", ["piano", "steel guitar", "trumpet", "electric piano", "synth bass", "drums"])
def test_a_harder_note_is_louder_and_brighter(name):
    def centre(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
        return float((power * np.arange(len(power))).sum() / power.sum())

    soft, loud = (heard(name, scale(name, velocity)) for velocity in (48, 112))
    assert loudness(loud, RATE) > loudness(soft, RATE) + 6
    assert centre(loud) > 1.05 * centre(soft)


@pytest.mark.parametrize("name", PITCHED)
def test_a_note_begins_and_ends_without_a_jump_and_in_silence(name):
    pitch = (BY_NAME[name].low + BY_NAME[name].high) // 2
    sound = heard(name, (Note(pitch, 0.0, 1.0, 110),), seconds=6.0)[0]
    steps = np.abs(np.diff(sound))
    release = round(0.6 * RATE)
    assert steps[release - 3 : release + 60].max() <= 1.1 * steps[:release].max()
    assert abs(sound[0]) < 0.02 * np.abs(sound).max()
    assert not sound[round((0.6 + PATCHES[name].release + 0.15) * RATE) :].any()


def test_the_same_seed_plays_the_same_and_an_edit_leaves_the_rest_alone():
    notes = tuple(Note(60 + n, float(n), 0.5, 80) for n in range(6))
    plain, again = heard("piano", notes), heard("piano", notes)
    edited = heard("piano", (*notes[:5], replace(notes[5], pitch=72, length=3.0)))
    start = round(5 * 0.6 * RATE)
    assert np.array_equal(plain, again)
    assert np.array_equal(plain[:, :start], edited[:, :start])
    assert not np.array_equal(plain[:, start:], edited[:, start:])


def test_notes_keep_to_the_tempo_map():
    score = replace(written("marimba", (Note(60, 6.0, 0.5, 90),), bpm=60.0), tempi=(Tempo(4.0, 120.0),))
    sound = np.abs(play(score, 7 * RATE, RATE, 0)["marimba"][0])
    assert np.flatnonzero(sound)[0] == pytest.approx(5 * RATE, abs=2)


def test_a_closed_hat_ends_the_open_one():
    alone = heard("drums", (Note(46, 0.0, 0.2, 90),))
    choked = heard("drums", (Note(46, 0.0, 0.2, 90), Note(42, 0.5, 0.2, 1)))
    late = slice(round(0.5 * RATE), round(0.8 * RATE))
    assert np.abs(choked[:, late]).max() < 0.2 * np.abs(alone[:, late]).max()


def test_what_nobody_can_play_is_refused_by_name():
    with pytest.raises(InputError, match="theremin"):
        heard("theremin", (Note(60, 0.0, 1.0, 80),))
    with pytest.raises(InputError, match="rate"):
        play(written("piano", ()), 10, 100, 0)
