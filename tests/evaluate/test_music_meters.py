import numpy as np
import pytest
import torch

from soundstage.evaluate.harmony import chord_agreement, key_of, same_key, same_signature
from soundstage.evaluate.instruments import Listener, audible, excerpts, recognise
from soundstage.evaluate.soundness import clicks, drift, ends_cleanly
from soundstage.evaluate.tempo import agrees, beat_alignment, steady_interval, tempo
from soundstage.media import Audio, Chord, Score
from soundstage.score.theory import Key

RATE = 32_000


def pulse_train(bpm: float, seconds: float = 12.0) -> Audio:
    rng = np.random.default_rng(0)
    wave = np.zeros(int(seconds * RATE), np.float32)
    burst = (rng.standard_normal(1600) * np.exp(-np.arange(1600) / 300)).astype(np.float32)
    for at in np.arange(0, seconds - 0.1, 60 / bpm):
        wave[int(at * RATE) : int(at * RATE) + 1600] += 0.3 * burst
    return Audio(wave[None], RATE)


def chord(pitches: list[int], seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    tones = [440 * 2 ** ((p - 69) / 12) for p in pitches]
    return sum(0.1 / k * np.sin(2 * np.pi * k * hz * t) for hz in tones for k in (1, 2, 3)).astype(np.float32)


def cadence() -> Audio:
    """F, G and C: the key of C."""
    return Audio(
        np.concatenate([chord(p, 2.0) for p in ([60, 64, 67], [65, 69, 72], [67, 71, 74], [60, 64, 67])])[None], RATE
    )


@pytest.mark.parametrize("bpm", [84.0, 120.0, 151.0])
def test_the_tempo_of_a_pulse_is_found(bpm):
    assert agrees(tempo(pulse_train(bpm)), bpm, octaves=True)
    assert tempo(pulse_train(120.0)) == pytest.approx(120, rel=0.01)


def test_silence_has_no_tempo():
    assert tempo(Audio.silence(5.0, RATE)) == 0


def test_tempi_agree_within_four_percent_or_an_octave_apart():
    assert agrees(103.9, 100)
    assert not agrees(104.1, 100)
    assert not agrees(50, 100)
    assert agrees(50, 100, octaves=True)


def test_a_slipped_beat_does_not_bend_the_interval():
    times = np.delete(np.arange(20) * 0.5, 7)
    assert steady_interval(times) == pytest.approx(0.5)


def test_onsets_stand_on_the_beats():
    sound = pulse_train(100)
    on = beat_alignment(sound, [i * 0.6 for i in range(18)])
    assert on > 3 * beat_alignment(sound, [i * 0.6 + 0.3 for i in range(18)])


def test_key_and_chords_of_a_cadence():
    sound = cadence()
    assert key_of(sound) == Key(0, "major")
    names = ("C", "F", "G", "C")
    score = Score(60.0, (4, 4), "C major", 2, (), tuple(Chord(n, 2.0 * i, 2.0) for i, n in enumerate(names)), ())
    assert chord_agreement(sound, score) == 1.0
    wrong = Score(60.0, (4, 4), "C major", 2, (), tuple(Chord(n, 2.0 * i, 2.0) for i, n in enumerate("DEFA")), ())
    assert chord_agreement(sound, wrong) == 0.0


def test_relative_keys_share_a_signature_but_are_not_the_same():
    assert same_signature(Key(9, "minor"), Key(0, "major"))
    assert not same_key(Key(9, "minor"), Key(0, "major"))
    assert same_key(Key(2, "minor"), Key(2, "dorian"))
    assert same_signature(Key(7, "mixolydian"), Key(0, "major"))


def test_a_jump_is_a_click_and_music_has_none():
    sound = cadence().samples.copy()
    assert clicks(Audio(chord([60, 64, 67], 3.0)[None], RATE)) == 0
    sound[0, 40_000:40_700] += 0.3
    assert clicks(Audio(sound, RATE)) >= 2 - (clicks(cadence()) > 0)


def test_a_slow_swell_is_drift():
    steady = np.random.default_rng(0).standard_normal((1, 12 * RATE)).astype(np.float32) * 0.1
    swell = steady * np.logspace(0, 0.6, 12 * RATE).astype(np.float32)
    assert abs(drift(Audio(steady, RATE))) < 0.5
    assert drift(Audio(swell, RATE)) == pytest.approx(11, abs=1.0)


def test_a_cut_end_is_heard():
    assert not ends_cleanly(Audio(chord([60], 1.01)[None] + 0.2, RATE))
    assert ends_cleanly(Audio.silence(1.0, RATE))


def test_the_judge_names_every_instrument_once():
    listener = Listener().eval()
    ranking = recognise(listener, Audio(chord([60, 67], 2.5)[None], RATE))
    assert sum(chance for _, chance in ranking) == pytest.approx(1, abs=1e-4)
    assert len({name for name, _ in ranking}) == len(ranking) == 30
    mel = excerpts(Audio(chord([60, 67], 2.5)[None], RATE))
    assert mel.max() == 0
    assert mel.min() >= -1
    assert torch.isfinite(listener(torch.from_numpy(mel))).all()


def test_a_stem_far_below_the_mix_is_not_audible():
    mix = Audio(chord([60, 64], 3.0)[None], RATE)
    assert audible(Audio(mix.samples * 0.2, RATE), mix)
    assert not audible(Audio(mix.samples * 0.01, RATE), mix)
