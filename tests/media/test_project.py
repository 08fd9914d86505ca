import zipfile

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Beat, Music, Note, Provenance, Score, Track, read_provenance


def music() -> Music:
    sounds = np.random.default_rng(1).uniform(-1, 1, (3, 2, 800)).astype(np.float32)
    score = Score(100, (4, 4), "A minor", 1, (), (), (Track("piano", (Note(60, 0, 1, 80),), "comp"),))
    stems = {"piano": Audio(sounds[1], 8000), "bass/low": Audio(sounds[2], 8000)}
    return Music(Audio(sounds[0], 8000), stems, score, (Beat(0.0, 1),))


def test_a_project_comes_back_bit_for_bit_with_its_provenance(tmp_path):
    provenance = Provenance(task="compose", model="starter/music", seed=3)
    music().save(tmp_path / "a.music", provenance)
    back = Music.load(tmp_path / "a.music")
    assert np.array_equal(back.mix.samples, music().mix.samples)
    assert list(back.stems) == ["piano", "bass/low"]
    assert np.array_equal(back.stems["bass/low"].samples, music().stems["bass/low"].samples)
    assert (back.score, back.beats) == (music().score, music().beats)
    assert read_provenance(tmp_path / "a.music") == provenance


def test_the_same_music_is_the_same_file(tmp_path):
    for name in ("a.music", "b.music"):
        music().save(tmp_path / name)
    assert (tmp_path / "a.music").read_bytes() == (tmp_path / "b.music").read_bytes()
    assert read_provenance(tmp_path / "a.music") is None


def test_a_sound_file_is_a_mix_alone(tmp_path):
    music().save(tmp_path / "a.wav")
    back = Music.load(tmp_path / "a.wav")
    assert back.score is None
    assert not back.stems


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"RIFF"])
def test_what_is_no_project_is_refused(tmp_path, content):
    (tmp_path / "a.music").write_bytes(content)
    with pytest.raises(InputError, match="is not a project"):
        Music.load(tmp_path / "a.music")


def test_an_archive_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.music", "w") as archive:
        archive.writestr("../escape.txt", "no")
    with pytest.raises(InputError):
        Music.load(tmp_path / "a.music")
    assert not (tmp_path.parent / "escape.txt").exists()


def test_a_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingError):
        Music.load(tmp_path / "none.music")


def test_an_archive_of_sounds_holds_the_mix_and_every_stem(tmp_path):
    import zipfile

    stem = Audio(np.full((2, 100), 0.25, np.float32), 8000)
    Music(stem, {"piano": stem, "drums": stem}).save(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert sorted(archive.namelist()) == ["mix.wav", "stems/drums.wav", "stems/piano.wav"]
        archive.extractall(tmp_path)
    assert Audio.load(tmp_path / "stems" / "piano.wav") == stem


def test_remarks_are_kept(tmp_path):
    music = Music(Audio.silence(0.1, 8000), remarks=("one", "two"))
    music.save(tmp_path / "song.music")
    assert Music.load(tmp_path / "song.music") == music
