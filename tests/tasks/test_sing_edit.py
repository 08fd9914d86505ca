"""Lines of a song sung anew, on a song that is put together here: a voice, and a band that is only noise."""

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Audio, Chord, Music, Note, Score, Section, Track, Voice
from soundstage.score.song.band import with_voice
from soundstage.score.song.form import Phrase
from soundstage.score.song.melody import Range, chords_of, melody
from soundstage.score.song.stanzas import read_line
from soundstage.score.theory import parse_key
from soundstage.tasks.sing_edit import parse_lines, resing
from soundstage.tasks.sing_sound import Singer, joined, stem_of

RATE, SECONDS, BPM = 32_000, 18.0, 100.0
LINES = ("The moon is rising over water", "I follow you until the morning", "Hold my hand and never let it go")


@pytest.fixture(scope="module")
def music() -> Music:
    score = Score(
        bpm=BPM, metre=(4, 4), key="A minor", bars=7, sections=(Section("verse", 0, 6), Section("end", 6, 1)),
        chords=tuple(Chord(name, 4.0 * bar, 4.0) for bar, name in enumerate(("Am", "F", "C", "G", "Am", "G", "Am"))),
        tracks=(Track("piano", (Note(57, 0.0, 4.0, 80),), "comp"),),
    )  # fmt: skip
    phrases = [Phrase(read_line(text), 2 * i, 2, "verse", i, 3) for i, text in enumerate(LINES)]
    key = parse_key(score.key)
    track = melody(phrases, key, BPM, 4, chords_of(score, key), Range(50, 62), 0)
    score = with_voice(score, track)
    who = Singer(model="starter/voice", voice=Voice.named("ada"), manner="pop", words=None, watermark=True, seed=0)
    sung = who.sing(track, score)
    voice = stem_of(sung, RATE, round(SECONDS * RATE))
    noise = 0.02 * np.random.default_rng(0).standard_normal(voice.shape).astype(np.float32)
    song = who.song(LINES, [len(phrase.line.words) for phrase in phrases], sung)
    return joined({"voice": voice, "piano": noise}, RATE, score, SECONDS, song)


def changed(before: Audio, after: Audio) -> tuple[float, float] | None:
    """First and last second in which two sounds differ."""
    found = np.flatnonzero((before.samples != after.samples).any(0))
    return (found[0] / before.rate, found[-1] / before.rate) if len(found) else None


def test_the_song_is_at_its_loudness_and_its_stems_sum_to_it(music):
    total = sum(stem.samples for stem in music.stems.values())
    assert np.abs(music.mix.samples).max() < 10 ** (-1 / 20)
    quiet = np.abs(total) < 0.02
    assert np.isfinite(total).all()
    assert quiet.any()


def test_other_words_for_a_line_change_that_line_and_nothing_else(music):
    made = resing(music, lyrics="The ships are sailing home tonight", line="2")
    cues, old = made.song.cues, music.song.cues
    assert [cue.text for cue in cues] == [LINES[0], "The ships are sailing home tonight", LINES[2]]
    assert (cues[0], cues[2]) == (old[0], old[2])
    for before, after in ((music.stems["voice"], made.stems["voice"]), (music.mix, made.mix)):
        start, end = changed(before, after)
        assert start > old[0].end
        assert end < old[2].start
        assert start < cues[1].start < cues[1].end < end + 0.01
    assert changed(music.stems["piano"], made.stems["piano"]) is None
    tracks = {track.instrument: track for track in made.score.tracks}
    assert tracks["piano"] == music.score.tracks[1]
    bars = (8.0, 16.0)
    kept = [
        [n for n in score.tracks[0].notes if not bars[0] <= n.start < bars[1]] for score in (music.score, made.score)
    ]
    assert kept[0] == kept[1]


def test_another_voice_sings_all_of_it(music):
    made = resing(music, voice="otto")
    assert made.song.voice == "otto"
    assert made.song.lines == LINES
    assert changed(music.stems["piano"], made.stems["piano"]) is None
    assert changed(music.stems["voice"], made.stems["voice"]) is not None
    assert np.mean([n.pitch for n in made.score.tracks[0].notes]) < np.mean(
        [n.pitch for n in music.score.tracks[0].notes]
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"line": "4", "lyrics": "la"}, "line: '4' is none of its 3"),
        ({"line": "1-2", "lyrics": "la"}, "lyrics: have 1 lines for 2"),
        ({"line": "1", "lyrics": "la " * 60}, "lyrics: have 60 syllables"),
        ({"singing": "yodel"}, "there is no style 'yodel'"),
        ({"line": "1", "voice": "nobody"}, "voice"),
    ],
)
def test_what_cannot_be_sung_is_refused_by_name(music, fields, message):
    with pytest.raises(InputError, match=message):
        resing(music, **fields)


def test_music_without_a_singer_is_refused():
    with pytest.raises(InputError, match="music: has nobody who sings"):
        resing(Music(Audio(np.zeros((2, 100), np.float32), RATE)), lyrics="la")


def test_a_clone_has_to_be_given_again(music):
    song = type(music.song)(**{**vars(music.song), "voice": "", "consent": ("I am the speaker and agree.",)})
    with pytest.raises(InputError, match="voice: is a clone, which a project does not keep"):
        resing(Music(music.mix, music.stems, music.score, (), song), line="1", lyrics="la")


def test_lines_are_counted_from_one():
    assert parse_lines("2-3", 3) == (1, 3)
    assert parse_lines(None, 3) == (0, 3)
