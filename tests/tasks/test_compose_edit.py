"""Edits of composed music by the shipped starter: what changes, and that nothing else does."""

from dataclasses import replace

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Music
from soundstage.tasks.compose import compose
from soundstage.tasks.compose_edit import extend, inpaint, parse_bars, restyle
from soundstage.tasks.compose_sound import FADE_IN, FADE_OUT

BAR = 4 * 60 / 120
PLAYERS = ["piano", "electric bass"]


@pytest.fixture(scope="module")
def music() -> Music:
    return compose("gentle pop", seconds=9.0, bpm=120, key="A minor", chords="Am F C G", metre="4/4",
                   instruments=PLAYERS, seed=3)  # fmt: skip


def outside(music: Music, start: float, stop: float) -> np.ndarray:
    time = np.arange(music.mix.length) / music.mix.rate
    return (time < start - FADE_IN - 1e-3) | (time > stop + FADE_OUT + 1e-3)


@pytest.mark.slow
def test_outside_of_rewritten_bars_every_sample_and_note_stays(music):
    made = inpaint(music, bars="2", seed=5)
    kept = outside(music, BAR, 2 * BAR)
    assert made.mix.length == music.mix.length
    for name, stem in {**music.stems, "mix": music.mix}.items():
        other = made.mix if name == "mix" else made.stems[name]
        assert np.array_equal(stem.samples[:, kept], other.samples[:, kept]), name
    inside = ~outside(music, BAR + 0.1, 2 * BAR - FADE_OUT - 0.1)
    assert not np.array_equal(music.mix.samples[:, inside], made.mix.samples[:, inside])
    for before, after in zip(music.score.tracks, made.score.tracks, strict=True):
        rest = [
            [note for note in track.notes if not 4 - 0.03 <= note.start < 8 - 0.03] for track in (before, after)
        ]  # fmt: skip
        assert rest[0] == rest[1]
    assert made.score.chords == music.score.chords
    level = [20 * np.log10(np.sqrt((m.mix.samples[:, kept] ** 2).mean())) for m in (music, made)]
    assert abs(level[0] - level[1]) < 0.01


@pytest.mark.slow
def test_a_stem_that_is_not_named_keeps_every_sample(music):
    made = inpaint(music, bars="2-3", instruments=["piano"], seed=6)
    assert np.array_equal(made.stems["electric bass"].samples, music.stems["electric bass"].samples)
    assert not np.array_equal(made.stems["piano"].samples, music.stems["piano"].samples)


@pytest.mark.slow
def test_one_chord_is_changed_and_played(music):
    made = inpaint(music, bars="2", chords="Dm", seed=6)
    assert [chord.name for chord in made.score.chords[:4]] == ["Am", "Dm", "C", "Am"]  # the last bar comes home
    bass = next(track for track in made.score.tracks if track.instrument == "electric bass")
    first = min((note for note in bass.notes if note.start > 3.9), key=lambda note: note.start)
    assert first.pitch % 12 in {2, 5, 9}


@pytest.mark.slow
def test_longer_music_begins_as_the_shorter_and_keeps_its_length(music):
    made = extend(music, seconds=13.0, chords="F G", seed=4)
    cut = int(((music.score.bars - 1) * BAR - FADE_IN - 1e-3) * music.mix.rate)
    assert made.mix.length == round(13.0 * made.mix.rate)
    assert np.array_equal(made.mix.samples[:, :cut], music.mix.samples[:, :cut])
    assert [chord.name for chord in made.score.chords[:5]] == ["Am", "F", "C", "F", "G"]
    assert made.score.sections[-1].name == "end"
    assert sum(section.bars for section in made.score.sections) == made.score.bars
    assert np.abs(made.mix.samples[:, -1]).max() < 1e-4


@pytest.mark.slow
def test_another_style_keeps_tune_chords_and_length(music):
    made = restyle(music, "jazz", instruments=["saxophone", "acoustic bass", "piano"], seed=2)
    assert made.mix.length == music.mix.length
    assert {"saxophone", "acoustic bass"} <= set(made.stems)
    assert made.score.chords == music.score.chords
    before, after = (
        next(track for track in each.score.tracks if track.role in ("lead", "arp", "comp"))
        for each in (replace(music, stems={}), made)
    )
    assert before.notes
    assert after.notes


@pytest.mark.slow
def test_another_player_plays_the_same_score(music):
    made = compose("gentle pop", seconds=9.0, bpm=120, key="A minor", chords="Am F C G", metre="4/4",
                   instruments=PLAYERS, player="synth", seed=3)  # fmt: skip
    assert made.score == music.score
    assert made.mix.length == music.mix.length
    assert not np.array_equal(made.mix.samples, music.mix.samples)
    assert np.abs(made.mix.samples).max() > 0.1


def test_a_font_that_is_not_there_is_named_before_a_model_is_loaded(monkeypatch):
    monkeypatch.setenv("SOUNDSTAGE_SOUNDFONT", "/nowhere/none.sf2")
    monkeypatch.setattr("soundstage.runtime.use", lambda *_: pytest.fail("a model was asked for"))
    with pytest.raises((InputError, MissingError), match=r"none\.sf2"):
        compose("calm piano", player="sampled")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda music: inpaint(music, bars="9"), "bars: '9' are none of its"),
        (lambda music: inpaint(music, bars="3-2"), "bars: '3-2'"),
        (lambda music: inpaint(music, bars="2", instruments=["flute"]), "'flute' does not play in it"),
        (lambda music: inpaint(music, bars="2", chords="H"), "chords: 'H'"),
        (lambda music: extend(music, seconds=5.0), "seconds: is 5 for music of 9 s"),
        (lambda music: restyle(music, "polka"), "style: 'polka'"),
    ],
)
@pytest.mark.slow
def test_edits_that_cannot_be_are_refused(music, change, message):
    with pytest.raises(InputError, match=message):
        change(music)


def test_music_without_a_score_is_refused():
    bare = Music(Audio(np.zeros((2, 100), np.float32), 32_000))
    for change in (lambda: inpaint(bare, bars="1"), lambda: extend(bare), lambda: restyle(bare, "jazz")):
        with pytest.raises(InputError, match=r"music: has no score.*\.music file"):
            change()


def test_bars_are_counted_from_one():
    assert parse_bars("5-8", 8) == (4, 8)
    assert parse_bars(" 3 ", 8) == (2, 3)
