import numpy as np
import pytest

from soundstage.media import Audio, Note, Score, Track
from soundstage.score import synth
from soundstage.score.listening import key_heard, tempo_heard

RATE = 16_000


def band(bpm: float, moved: int) -> Audio:
    """Four bars of kick, snare, hat and four chords of a major key."""
    beat = [Note(36 if s % 4 == 0 else 38 if s % 4 == 2 else 42, s / 2, 0.25, 100) for s in range(32)]
    roots = ((60, 64, 67), (57, 60, 64), (65, 69, 72), (67, 71, 74))
    chords = [Note(pitch + moved, 4.0 * bar, 3.8, 80) for bar, shape in enumerate(roots) for pitch in shape]
    tracks = (Track("drums", tuple(beat)), Track("piano", tuple(chords)))
    score = Score(bpm, (4, 4), "C major", 4, (), (), tracks)
    stems = synth.play(score, round(score.seconds * RATE), RATE, 0)
    return Audio(np.asarray(sum(stems.values()), np.float32), RATE)


@pytest.mark.parametrize(("bpm", "moved", "key"), [(84.0, 0, "C major"), (121.5, 3, "Eb major")])
def test_tempo_and_key_of_a_band_are_heard(bpm: float, moved: int, key: str) -> None:
    sound = band(bpm, moved)
    assert tempo_heard(sound) == pytest.approx(bpm, rel=0.015)
    found = key_heard(sound)
    assert found is not None and found.name == key


def test_silence_noise_and_a_moment_have_neither() -> None:
    noise = Audio(np.random.default_rng(0).normal(0, 0.1, (1, 6 * RATE)).astype(np.float32), RATE)
    for sound in (Audio.silence(5.0, RATE), Audio.silence(0.0, RATE), Audio(noise.samples[:, :8000], RATE)):
        assert tempo_heard(sound) is None
    assert tempo_heard(noise) is None
    assert key_heard(Audio.silence(5.0, RATE)) is None
