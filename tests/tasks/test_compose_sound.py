"""A score as sound: its tempi are heard in it."""

from types import SimpleNamespace

import numpy as np
import pytest

from soundstage.media import Note, Score, Tempo, Track
from soundstage.score import sampled, synth
from soundstage.tasks.compose_sound import sounded

RATE = 16_000
RITARDANDO = tuple(Tempo(4.0 + beat, 120.0 - 12 * (beat + 1)) for beat in range(5))


def clicks() -> Score:
    notes = tuple(Note(42, float(beat), 0.25, 110) for beat in range(10))
    return Score(120, (4, 4), "C major", 3, (), (), (Track("drums", notes, "drums"),), RITARDANDO)


def struck(sound: np.ndarray) -> np.ndarray:
    """Seconds at which a sound [T] rises out of what was before."""
    level = np.abs(sound)
    loud = np.maximum.reduceat(level, np.arange(0, len(level), 32))
    ahead = np.concatenate((np.zeros(4), loud))[: len(loud)]
    at = np.flatnonzero((loud > 0.25 * loud.max()) & (loud > 3 * ahead))
    first = at[np.concatenate(([True], np.diff(at) > 8))]
    return first * 32 / RATE


def test_a_ritardando_is_heard_in_the_times_of_the_strokes() -> None:
    score = clicks()
    engine = SimpleNamespace(rate=RATE, play=lambda score, samples, seed: synth.play(score, samples, RATE, seed))
    music = sounded(engine, score, 9.0, 0)
    beats = [beat.time for beat in music.beats[:10]]
    heard = struck(music.stems["drums"].samples.mean(0))
    assert len(heard) == 10
    assert np.abs(heard - beats).max() < 0.006
    assert np.all(np.diff(heard)[4:] > np.diff(heard)[3:-1] + 0.03)
    assert beats[9] == pytest.approx(score.seconds_at(9.0))


@pytest.mark.skipif(not sampled.available(), reason="needs FluidSynth and a sound font")
def test_a_sound_font_keeps_to_the_tempi_too() -> None:
    score = clicks()
    heard = struck(sampled.play(score, 9 * RATE, RATE)["drums"].mean(0))
    assert len(heard) == 10
    late = heard - [score.seconds_at(float(beat)) for beat in range(10)]
    assert np.ptp(late) < 0.008 and abs(np.median(late)) < 0.02


def test_the_neural_player_keeps_to_the_tempi_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from soundstage.tasks import compose_engines

    tones: list = []

    def told(player: object, wanted: list, **more: object) -> dict:
        tones.extend(wanted)
        return {tone: __import__("torch").ones(100) for tone in wanted}

    monkeypatch.setattr(compose_engines, "play", told)
    engine = object.__new__(compose_engines.StarterEnsemble)
    engine.rate, engine.model = RATE, SimpleNamespace(player=None)
    notes = (Note(60, 2.0, 1.0, 80), Note(60, 4.0, 2.0, 80))
    score = Score(120, (4, 4), "C major", 2, (), (), (Track("piano", notes),), (Tempo(4.0, 60),))
    stem = engine.play(score, 4 * RATE, 0)["piano"]
    assert [tone.held for tone in tones] == [0.5, 2.0]
    assert np.flatnonzero(stem[0])[[0, 100]].tolist() == [RATE, 2 * RATE]
