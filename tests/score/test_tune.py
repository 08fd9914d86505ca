import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Metre, Music, Note, Score, Tempo, Track
from soundstage.score.formats import save
from soundstage.score.theory import parse_key
from soundstage.score.tune import Tune

MELODY = tuple(Note(pitch, float(beat), 0.9, 80) for beat, pitch in enumerate((67, 69, 71, 72, 74, 72)))
CHORDS = tuple(Note(pitch, float(beat), 3.5, 70) for beat in (0, 4) for pitch in (48, 52, 55))


def written(**more: object) -> Score:
    facts = {
        "bpm": 90, "metre": (4, 4), "key": "C major", "bars": 2, "sections": (), "chords": (),
        "tracks": (Track("piano", CHORDS), Track("flute", MELODY), Track("drums", (Note(36, 0, 1, 90),))),
    }  # fmt: skip
    return Score(**facts | more)


def test_the_melody_of_a_score_is_its_highest_single_line():
    score, told = Tune.of(written()).melody()
    (track,) = score.tracks
    assert (track.role, track.instrument, score.bars) == ("lead", "flute", 2)
    assert [note.pitch for note in track.notes] == [67, 69, 71, 72, 74, 72]
    assert told == "6 written notes kept"
    named = written(tracks=(Track("piano", CHORDS, "lead"), Track("flute", MELODY, "counter")))
    assert [note.pitch for note in Tune.of(named).melody()[0].tracks[0].notes] == [55, 55]


def test_tempo_and_key_are_those_given_and_else_its_own():
    tune = Tune.of(written(tempi=(Tempo(4.0, 60),)))
    assert tune.melody()[0].tempi == (Tempo(4.0, 60),)
    score, _ = tune.melody(bpm=120.0, key=parse_key("G major"))
    assert (score.bpm, score.key, score.tempi) == (120.0, "G major", ())


def test_files_of_both_kinds_are_read(tmp_path):
    save(written(), tmp_path / "tune.mid")
    assert [note.pitch for note in Tune.load(tmp_path / "tune.mid").melody()[0].tracks[0].notes][:3] == [67, 69, 71]
    Audio(np.zeros((1, 800), np.float32), 8000).save(tmp_path / "tune.wav")
    assert Tune.load(tmp_path / "tune.wav").sound.length == 800
    music = Music(Audio.silence(1.0, 8000), {}, written())
    music.save(tmp_path / "tune.music")
    assert Tune.load(tmp_path / "tune.music") == Tune.of(music) == Tune.of(written())


def test_a_tune_is_kept_without_loss(tmp_path):
    for index, tune in enumerate((Tune.of(written()), Tune.of(Audio.silence(0.1, 8000)))):
        tune.store(tmp_path / str(index))
        assert Tune.restore(tmp_path / str(index)) == tune


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (written(tracks=()), "melody: is a score without notes"),
        (written(metre=(6, 8)), "melody: is in 6/8; give one in 4/4 or 3/4"),
        (written(metres=(Metre(1, 3, 4),)), "melody: is in 4/4 and changes it"),
        (written(tracks=(Track("flute", MELODY[:2]),)), "melody: is shorter than a bar"),
    ],
)
def test_scores_without_a_melody_that_can_be_kept_are_refused(score, message):
    with pytest.raises(InputError, match=message):
        Tune.of(score).melody()
