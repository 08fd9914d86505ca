"""The meter of songs, on ones that are put together here, right and wrong."""

from dataclasses import replace

import numpy as np
import pytest

from soundstage.cli.look import meter_for
from soundstage.errors import InputError
from soundstage.evaluate.song import measured
from soundstage.evaluate.table import Table
from soundstage.media import Audio, Chord, Music, Note, Score, Section, Track, Word
from soundstage.media.song import Song
from soundstage.score.song.mix import CEILING

RATE, BPM = 16_000, 120.0
SECTIONS = (Section("verse", 0, 2), Section("chorus", 2, 2), Section("verse", 4, 2), Section("chorus", 6, 2),
            Section("end", 8, 1))  # fmt: skip
TEXTS = ("Over the sea", "Hold my hand", "Under the hill", "Hold my hand")
TUNES = ((57, 59, 60), (64, 65, 67), (57, 59, 60), (64, 65, 67))


def score(tunes=TUNES, texts=TEXTS) -> Score:
    notes = []
    for index, (tune, text) in enumerate(zip(tunes, texts, strict=True)):
        notes += [
            Note(p, 8.0 * index + 1.0 * i, 0.8, 80, w) for i, (p, w) in enumerate(zip(tune, text.split(), strict=True))
        ]
    band = [Note(tunes[bar // 2][0] - 12, 4.0 * bar, 4.0, 70) for bar in range(8)]
    return Score(bpm=BPM, metre=(4, 4), key="A minor", bars=9, sections=SECTIONS, chords=(Chord("Am", 0, 32),),
                 tracks=(Track("voice", tuple(notes), "voice"), Track("piano", tuple(band), "comp")))  # fmt: skip


def sounding(written: Score, track: Track, length: int) -> np.ndarray:
    sound = np.zeros(length)
    for note in track.notes:
        span = slice(round(written.seconds_at(note.start) * RATE), round(written.seconds_at(note.end) * RATE))
        clock = np.arange(span.stop - span.start) / RATE
        sound[span] += np.sin(2 * np.pi * 440 * 2 ** ((note.pitch - 69) / 12) * clock)
    return np.repeat(0.1 * sound[None], 2, 0).astype(np.float32)


def music(written: Score | None = None, gain: float = 1.0) -> Music:
    from soundstage.ops.loudness import limit

    written = written or score()
    length = round((written.seconds + 1) * RATE)
    stems = {track.instrument: gain * sounding(written, track, length) for track in written.tracks}
    mix = limit(sum(stems.values()), RATE, ceiling=CEILING)
    words = tuple(
        Word(n.syllable, written.seconds_at(n.start), written.seconds_at(n.end)) for n in written.tracks[0].notes
    )
    song = Song(lines=TEXTS, counts=(3, 3, 3, 3), words=words, model="starter/voice", manner="pop")
    return Music(Audio(mix, RATE), {name: Audio(stem, RATE) for name, stem in stems.items()}, written, song=song)


@pytest.fixture(autouse=True)
def deaf(monkeypatch):
    monkeypatch.setattr("soundstage.evaluate.song._heard", lambda *_: [])


def found(made: Music) -> Table:
    return Table(title="", rows=measured(made))


def test_a_song_that_is_right_measures_right():
    table = found(music())
    for name in ("bars in one section", "lines inside their section", "choruses alike, notes", "words in the score",
                 "words as written", "choruses of the same words"):  # fmt: skip
        assert table[name].value == pytest.approx(100), name
    assert table["choruses alike, sound"].value > 98
    assert table["verses of the same words"].value == 0
    assert table["chorus over verse"].value == pytest.approx(20 / 3, abs=0.1)
    assert table["stems' sum"].value < -90
    assert table["line times"].value < 1


def test_a_chorus_that_comes_back_as_something_else_is_seen_in_notes_and_sound():
    table = found(music(score(tunes=(*TUNES[:3], (62, 58, 61)))))
    assert table["choruses alike, notes"].value < 60
    assert table["choruses alike, sound"].value < 80


def test_a_line_that_is_not_sung_is_seen():
    written = score()
    track = written.tracks[0]
    short = replace(track, notes=tuple(replace(n, syllable="la") if n.start == 8.0 else n for n in track.notes))
    made = music()
    table = found(replace(made, score=replace(written, tracks=(short, written.tracks[1]))))
    assert table["words in the score"].value == 0


def test_a_mix_that_is_not_its_stems_and_a_section_that_drifts_are_seen():
    made = music()
    ramp = np.linspace(0.05, 1, made.mix.length, dtype=np.float32)
    table = found(replace(made, mix=Audio(made.mix.samples * ramp, RATE)))
    assert table["stems' sum"].value > -20
    assert table["loudness of sections"].value > found(made)["loudness of sections"].value + 6


def test_music_that_nobody_sings_has_no_figures():
    with pytest.raises(InputError, match="music: has nobody who sings"):
        measured(replace(music(), song=None))


def test_a_project_and_the_word_song_are_measured_by_it():
    assert meter_for("mine.music") == meter_for("song") == "song"
