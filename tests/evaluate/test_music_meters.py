from dataclasses import replace

import numpy as np
import pytest
import torch

from soundstage.data.composer import sheets
from soundstage.errors import InputError
from soundstage.evaluate.ear import (
    BANDS,
    HOP,
    RATE,
    SLOW_HOP,
    SLOW_RATE,
    TRIADS,
    BeatEar,
    HarmonyEar,
    Heard,
    Settled,
    hear,
    untrained,
)
from soundstage.evaluate.frechet import crosswise, frechet
from soundstage.evaluate.harmony import chord_agreement, chords_of, key_of, same_key, same_signature, triad_of
from soundstage.evaluate.instruments import audible, recognise
from soundstage.evaluate.soundness import clicks, drift, ends_cleanly
from soundstage.evaluate.tactus import CELLS, TactusEar, judged, on_grid, summed
from soundstage.evaluate.tempo import agrees, beat_alignment, pulse, related, steady, tempo
from soundstage.media import Audio, Chord, Score
from soundstage.models.ensemble.listener import Listener, excerpts
from soundstage.score import synth
from soundstage.score.instruments import NAMES
from soundstage.score.perform import perform
from soundstage.score.theory import Key

A_SECOND = RATE / HOP
NO = np.zeros(0)


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


def heard_beats(bpm: float, seconds: float = 15.0, first: float = 0.3, faint: float = 0.01) -> Heard:
    """What an ear that is sure hears of a pulse."""
    chances = np.full((int(seconds * A_SECOND), 2), faint)
    for at in np.round(np.arange(first, seconds - 0.1, 60 / bpm) * A_SECOND).astype(int):
        chances[max(0, at - 1) : at + 2, 0] = (0.45, 0.9, 0.45)
    return heard_of(beats=chances)


def heard_of(beats: np.ndarray | None = None, chords: np.ndarray | None = None) -> Heard:
    beats = np.zeros((1, 2)) if beats is None else beats
    chords = np.zeros((1, 36)) if chords is None else chords
    ear = untrained()._replace(settled=Settled())
    return Heard(beats, chords, np.zeros(24), np.zeros((len(beats), BANDS), np.float32), ear)


def heard_chords(names: list[str], seconds: float = 2.0) -> Heard:
    """What an ear that is sure hears of some triads."""
    frames = int(seconds * SLOW_RATE / SLOW_HOP)
    rows = np.full((frames * len(names), 36), -6.0)
    for index, name in enumerate(names):
        root, kind = triad_of(name)
        rows[index * frames : (index + 1) * frames, 12 * TRIADS.index(kind) + root] = -0.1
    return heard_of(chords=rows)


@pytest.mark.parametrize("bpm", [48.0, 84.0, 120.0, 151.0, 205.0])
def test_the_steady_pulse_of_what_is_heard_is_found(bpm):
    found, first, _ = steady(heard_beats(bpm))
    assert found == pytest.approx(bpm, rel=0.01)
    assert abs((first - 0.3 + 30 / bpm) % (60 / bpm) - 30 / bpm) < 0.05


def test_beats_that_are_missed_or_doubtful_do_not_change_the_octave():
    heard = heard_beats(100)
    missed = heard.beats.copy()
    for at in np.flatnonzero(missed[:, 0] > 0.5)[::3]:
        missed[at - 1 : at + 2, 0] = 0.02
    assert steady(replace(heard, beats=missed)).bpm == pytest.approx(100, rel=0.01)
    assert steady(heard_beats(100, faint=0.03)).bpm == pytest.approx(100, rel=0.01)


def test_silence_has_no_tempo():
    assert tempo(heard_of(beats=np.full((500, 2), 0.001))) == 0
    assert related(heard_of(beats=np.full((500, 2), 0.001))) == []


def test_the_beat_is_sought_among_simple_ratios_of_the_pulse_that_is_heard():
    known = related(heard_beats(120))
    assert known[0].bpm == pytest.approx(120, rel=0.01)
    assert sorted(round(one.bpm / known[0].bpm, 2) for one in known) == [0.33, 0.5, 0.67, 0.75, 1, 1.33, 1.5]
    assert pulse(heard_beats(120)) in known


def test_a_groove_looks_the_same_on_its_own_grid_at_every_tempo():
    def groove(period: float) -> np.ndarray:
        places = np.arange(600) / period % 1
        return np.repeat(0.5 + 0.5 * np.sin(2 * np.pi * places)[:, None], BANDS, 1).astype(np.float32)

    slow, fast = (on_grid(summed(groove(period), NO), period, 0.0)[2 * CELLS : 8 * CELLS] for period in (48.0, 36.0))
    levels = slice(0, BANDS // 2)
    assert np.abs(slow - fast)[:, levels].max() < 0.05
    halved = on_grid(summed(groove(36.0), NO), 72.0, 0.0)[2 * CELLS : 8 * CELLS]
    assert np.abs(slow - halved)[:, levels].max() > 0.5


def test_pulses_are_judged_alike_beside_longer_ones():
    torch.manual_seed(0)
    net = TactusEar(bands=BANDS + 1).eval()
    short, long = (torch.rand(CELLS * beats, BANDS + 1) for beats in (6, 20))
    with torch.inference_mode():
        alone = judged(net, [short], [100.0])
        both = judged(net, [long, short], [50.0, 100.0], batches=1)
        apart = judged(net, [long, short], [50.0, 100.0], batches=2)
    assert torch.allclose(alone[0], both[1], atol=1e-5)
    assert torch.allclose(apart, both, atol=1e-5)
    assert not torch.allclose(both[0], both[1], atol=1e-3)


@pytest.mark.parametrize("bpm", [72.0, 144.0])
def test_the_same_music_is_counted_alike_slow_and_fast(bpm):
    sheet = next(sheet for sheet in sheets(78, "test", "rock") if sheet.metre == "4/4" and 6 < len(sheet.bars) < 10)
    score = perform(replace(sheet, bpm=bpm))
    sound = sum(synth.play(score, round(score.seconds * RATE), RATE, 0).values())
    assert agrees(tempo(hear(Audio(0.3 * sound / np.abs(sound).max(), RATE))), bpm)


def test_the_ear_knows_tempo_key_and_chords_of_a_piece_that_it_never_heard():
    sheet = next(sheet for sheet in sheets(77, "test", "funk") if sheet.metre == "4/4" and len(sheet.bars) < 10)
    score = perform(sheet)
    sound = sum(synth.play(score, round(score.seconds * RATE), RATE, 0).values())
    heard = hear(Audio(0.3 * sound / np.abs(sound).max(), RATE))
    assert agrees(tempo(heard), score.bpm)
    assert same_signature(key_of(heard), sheet.key)
    assert chord_agreement(heard, score) > 0.6


def test_the_ear_hears_all_keys_alike():
    torch.manual_seed(0)
    ear = HarmonyEar().eval()
    heard = torch.rand(1, 60, 216)
    moved = heard.unflatten(2, (6, 12, 3)).roll(5, 3).flatten(2)
    with torch.inference_mode():
        (chords, keys), (chords_moved, keys_moved) = ear(heard), ear(moved)
    turned = chords.unflatten(2, (3, 12)).roll(5, 3).flatten(2)
    assert torch.allclose(turned, chords_moved, atol=1e-5)
    assert torch.allclose(keys.unflatten(1, (2, 12)).roll(5, 2).flatten(1), keys_moved, atol=1e-5)
    assert not torch.allclose(chords, chords_moved, atol=1e-3)


def test_padding_is_not_heard():
    torch.manual_seed(0)
    ear = HarmonyEar().eval()
    heard = torch.rand(1, 80, 216)
    padded = torch.nn.functional.pad(heard, (0, 0, 0, 40))
    with torch.inference_mode():
        assert torch.allclose(ear(heard)[1], ear(padded, torch.tensor([80]))[1], atol=0.05)
        assert BeatEar().eval()(torch.rand(1, 100, 84)).shape == (1, 100, 2)


def test_tempi_agree_within_four_percent_or_an_octave_apart():
    assert agrees(103.9, 100)
    assert not agrees(104.1, 100)
    assert not agrees(50, 100)
    assert agrees(50, 100, octaves=True)


def test_onsets_stand_on_the_beats():
    sound = pulse_train(100)
    on = beat_alignment(sound, [i * 0.6 for i in range(18)])
    assert on > 3 * beat_alignment(sound, [i * 0.6 + 0.3 for i in range(18)])


def test_key_and_chords_are_the_likeliest():
    names = ["C", "F", "G", "C"]
    heard = heard_chords(names)
    score = Score(60.0, (4, 4), "C major", 2, (), tuple(Chord(n, 2.0 * i, 2.0) for i, n in enumerate(names)), ())
    assert chord_agreement(heard, score) == 1.0
    wrong = Score(60.0, (4, 4), "C major", 2, (), tuple(Chord(n, 2.0 * i, 2.0) for i, n in enumerate("DEFA")), ())
    assert chord_agreement(heard, wrong) == 0.0
    keys = np.full(24, -5.0)
    keys[12 + 9] = -0.1
    assert key_of(replace(heard, keys=keys)) == Key(9, "minor")


def test_a_chord_that_flickers_is_not_believed():
    heard = heard_chords(["C", "Am"])
    rows = heard.chords.copy()
    rows[7] = -2.0
    rows[7, 12 + 4] = -0.5
    path = chords_of(replace(heard, chords=rows))
    assert set(path[:20]) == {0} and set(path[20:]) == {12 + 9}


def test_a_chord_without_a_third_is_no_triad():
    assert triad_of("Gsus4") is None and triad_of("C5") is None
    assert triad_of("Bbm7") == (10, "minor") and triad_of("F#m7b5") == (6, "dim") and triad_of("Dbmaj9") == (1, "major")


def test_equal_sets_are_nearer_than_others():
    rng = np.random.default_rng(0)
    one, other, far = rng.normal(0, 1, (3, 400, 6)) + np.array([0, 0, 3])[:, None, None]
    assert frechet(one, one) == pytest.approx(0, abs=1e-6)
    assert frechet(one, other) < 0.3
    assert frechet(one, far) == pytest.approx(54, rel=0.1)
    real = [rng.normal(0, 1, (40, 6)) for _ in range(8)]
    across, floor = crosswise([rng.normal(1, 1, (40, 6)) for _ in range(8)], real)
    assert across > 5 and floor < 1
    with pytest.raises(InputError, match="pieces"):
        crosswise(real[:3], real[:3])


def test_relative_keys_share_a_signature_but_are_not_the_same():
    assert same_signature(Key(9, "minor"), Key(0, "major"))
    assert not same_key(Key(9, "minor"), Key(0, "major"))
    assert same_key(Key(2, "minor"), Key(2, "dorian"))
    assert same_signature(Key(0, "major"), Key(7, "mixolydian"))
    assert same_signature(Key(7, "major"), Key(7, "mixolydian"))  # heard as the major key on its own tonic
    assert not same_signature(Key(2, "major"), Key(7, "mixolydian"))


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
    listener = Listener(classes=len(NAMES)).eval()
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
