import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Music, Word
from soundstage.media.song import Song

WORDS = (Word("Hello", 1.0, 1.5), Word("sea", 1.5, 2.4, shown="sea,"), Word("Goodbye", 4.0, 5.25))
SONG = Song(
    lines=("Hello sea,", "Goodbye"), counts=(2, 1), words=WORDS, model="starter/voice", manner="pop", voice="ada"
)


def music(song: Song | None = SONG) -> Music:
    sound = Audio(np.full((2, 600), 0.1, np.float32), 100)
    return Music(sound, {"voice": sound}, song=song)


def test_lines_have_the_times_of_their_words():
    assert [(cue.start, cue.end, cue.text) for cue in SONG.cues] == [(1.0, 2.4, "Hello sea,"), (4.0, 5.25, "Goodbye")]


def test_words_that_are_not_those_of_the_lines_are_refused():
    with pytest.raises(InputError, match="lines: have 3 words, 2 are sung"):
        Song(lines=("a", "b"), counts=(2, 1), words=WORDS[:2], model="m", manner="pop")


def test_music_keeps_its_song(tmp_path):
    music().save(tmp_path / "song.music")
    assert Music.load(tmp_path / "song.music").song == SONG
    music(None).save(tmp_path / "bare.music")
    assert Music.load(tmp_path / "bare.music").song is None


def test_lyrics_are_written_as_lrc(tmp_path):
    music().subtitles(tmp_path / "song.lrc")
    assert (tmp_path / "song.lrc").read_text().splitlines() == [
        "[00:01.00]Hello sea,", "[00:04.00]Goodbye", "[00:05.25]"]  # fmt: skip
    with pytest.raises(InputError, match="subtitles: cannot be had of music without words"):
        music(None).subtitles()


def test_a_cloned_voice_is_told_with_its_statement_and_never_stored():
    told = Song(**{**vars(SONG), "voice": "me", "consent": ("I agree to it.",)})
    assert music(told).traits == {"voice": "me", "consent": "I agree to it."}
    assert music(told).statements == ("I agree to it.",)
    assert music().traits == {}
