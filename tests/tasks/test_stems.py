from dataclasses import replace

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Music, Note, Score, Track
from soundstage.score import synth
from soundstage.score.mix import mastered, staged
from soundstage.tasks.stems import stems

RATE = 24_000


@pytest.fixture(scope="module")
def music() -> Music:
    """Two bars of drums, bass and piano by our synthesis."""
    beat = [Note(36 if step % 4 == 0 else 38 if step % 4 == 2 else 42, step / 2, 0.25, 100) for step in range(16)]
    low = [Note(40 + 5 * (step // 8), step / 2, 0.45, 90) for step in range(16)]
    chord = [Note(pitch, float(start), 1.9, 80) for start in (0, 2, 4, 6) for pitch in (64, 67, 71)]
    tracks = (Track("drums", tuple(beat)), Track("electric bass", tuple(low)), Track("piano", tuple(chord)))
    score = Score(120, (4, 4), "E minor", 2, (), (), tracks)
    dry = synth.play(score, 4 * RATE, RATE, 0)
    roles = {"drums": "drums", "electric bass": "bass", "piano": "comp"}
    mix, placed = mastered(staged(dry, roles, RATE), RATE, fade=0.3)
    return Music(Audio(mix, RATE), {name: Audio(stem, RATE) for name, stem in placed.items()}, score)


@pytest.fixture(scope="module")
def apart(music: Music) -> Music:
    return stems(music.mix)


def test_own_stems_come_back_as_they_are(music: Music) -> None:
    made = stems(music)
    assert made.stems == music.stems and made.mix == music.mix
    assert "sum to the mix" in made.remarks[0]


def test_stems_of_another_mix_are_refused(music: Music) -> None:
    first = next(iter(music.stems))
    other = replace(music, stems={**music.stems, first: Audio(-music.stems[first].samples, RATE)})
    with pytest.raises(InputError, match=r"music: has stems that miss its mix by -?\d+ dB"):
        stems(other)


def test_foreign_sound_is_taken_apart_into_parts_that_sum_to_it(music: Music, apart: Music) -> None:
    made = apart
    assert list(made.stems) == ["percussion", "bass", "middle", "sides", "other"]
    left = np.asarray(sum(stem.samples for stem in made.stems.values())) - music.mix.samples
    assert np.abs(left).max() < 10 ** (-90 / 20) * np.abs(music.mix.samples).max()
    assert stems(music.mix.mono().cut(0, 1)).stems.keys() == {"percussion", "bass", "harmony", "other"}


def test_strokes_hold_more_of_the_drums_than_the_mix_does(music: Music, apart: Music) -> None:
    drums, found = music.stems["drums"].samples, apart.stems["percussion"].samples
    alike = [float(np.vdot(drums, x) / np.sqrt(np.vdot(drums, drums) * np.vdot(x, x))) for x in
             (music.mix.samples, found)]  # fmt: skip
    assert alike[1] > alike[0] + 0.1


def test_some_parts_leave_the_rest_in_other(music: Music) -> None:
    made = stems(music.mix, parts=["bass"])
    assert list(made.stems) == ["bass", "other"]
    total = made.stems["bass"].samples + made.stems["other"].samples
    assert np.abs(total - music.mix.samples).max() < 1e-5


def test_what_cannot_be_had_is_refused_by_name(music: Music) -> None:
    with pytest.raises(MissingError, match="a trained model that tells 'vocals'"):
        stems(music.mix, parts=["vocals"])
    with pytest.raises(InputError, match="parts: 'kazoo' is none of them; choose from drums"):
        stems(music, parts=["kazoo"])
    with pytest.raises(InputError, match="music: is silent"):
        stems(Audio.silence(1.0, 8000))
