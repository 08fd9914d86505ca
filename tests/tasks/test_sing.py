"""Songs by the shipped starters, short ones, played by our synthesis."""

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.film.levels import loudness, true_peak
from soundstage.media import Music
from soundstage.ops.loudness import limit
from soundstage.score.formats import load, save
from soundstage.score.formats.syllables import bare
from soundstage.score.formats.syllables import words as sung_words
from soundstage.score.song.band import sung_bars, voice_of
from soundstage.score.song.mix import CEILING
from soundstage.tasks.compose_edit import inpaint
from soundstage.tasks.sing import sing

LYRICS = "[verse]\nThe moon is rising over water\nI follow you until the morning\n[chorus]\nHold my hand, my friend"
FIELDS = {
    "lyrics": LYRICS, "seconds": 21.0, "style": "folk", "metre": "4/4", "player": "synth",
    "instruments": ["piano", "acoustic bass", "flute"], "voice": "ada",
}  # fmt: skip


@pytest.fixture(scope="module")
def song() -> Music:
    return sing("gentle folk", **FIELDS)


@pytest.mark.slow
def test_every_line_is_sung_once_in_order_where_its_section_is(song):
    lines = [row for row in LYRICS.splitlines() if not row.startswith("[")]
    assert list(song.song.lines) == lines
    track = voice_of(song.score)
    assert [bare(word.text) for word in sung_words(track)] == [bare(w) for line in lines for w in line.split()]
    names = [section.name for section in song.score.sections if section.name in ("verse", "chorus")]
    assert names == ["verse", "chorus"]
    for cue, name in zip(song.song.cues, ("verse", "verse", "chorus"), strict=True):
        bar = song.score.bar_at(song.score.beat_at(cue.start + 0.2))
        assert next(s.name for s in song.score.sections if s.start_bar <= bar < s.start_bar + s.bars) == name


@pytest.mark.slow
def test_its_length_loudness_peak_and_sum_are_as_promised(song):
    assert song.mix.length == round(21.0 * song.mix.rate)
    assert abs(loudness(song.mix) + 14) < 0.5
    assert true_peak(song.mix) <= -1.0
    total = np.asarray(sum(stem.samples for stem in song.stems.values()))
    rest = limit(total, song.mix.rate, ceiling=CEILING) - song.mix.samples  # the mix is the sum, limited
    assert 10 * np.log10((rest.astype(np.float64) ** 2).mean() / (song.mix.samples**2).mean() + 1e-20) < -90


@pytest.mark.slow
def test_the_band_leaves_the_melody_to_the_voice(song):
    flute = next(track for track in song.score.tracks if track.instrument == "flute")
    sung = sung_bars(song.score)
    assert not [note for note in flute.notes if song.score.bar_at(note.start + 0.1) in sung]
    assert "voice" in song.stems


@pytest.mark.slow
def test_one_chord_is_changed_and_the_voice_keeps_every_sample(song):
    made = inpaint(song, bars="3", chords="Dm", player="synth", seed=1)
    assert np.array_equal(made.stems["voice"].samples, song.stems["voice"].samples)
    assert made.song == song.song
    bar = song.score.seconds_at(8), song.score.seconds_at(12)
    time = np.arange(song.mix.length) / song.mix.rate
    kept = (time < bar[0] - 0.04) | (time > bar[1] + 0.31)
    assert np.array_equal(made.mix.samples[:, kept], song.mix.samples[:, kept])
    assert not np.array_equal(made.mix.samples, song.mix.samples)
    with pytest.raises(InputError, match="'voice' is sung; use resing"):
        inpaint(song, bars="3", instruments=["voice"])


@pytest.mark.slow
def test_words_go_into_files(song, tmp_path):
    save(song.score, tmp_path / "song.mid")
    assert [n.syllable for n in voice_of(load(tmp_path / "song.mid")).notes] == [
        n.syllable for n in voice_of(song.score).notes]  # fmt: skip
    song.subtitles(tmp_path / "song.lrc")
    rows = (tmp_path / "song.lrc").read_text().splitlines()
    assert [row[10:] for row in rows if len(row) > 10] == list(song.song.lines)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lyrics": ""}, "lyrics: have no words to sing; give some English words"),
        ({"lyrics": "[yodel]\nla"}, r"lyrics: have a tag \[yodel\] that is not known; use \[intro\]"),
        ({"seconds": 5.0}, "seconds: is 5; give 20 to 360 seconds"),
        ({"seconds": 500.0}, "seconds: is 500"),
        ({"singing": "yodel"}, "there is no style 'yodel'"),
        ({"key": "H minor"}, "key: 'H minor'"),
        ({"structure": ["fugue"]}, "structure: 'fugue' is not known"),
        ({"model": "facebook/musicgen-small"}, "model: facebook/musicgen-small writes no score"),
        ({"prompt": " "}, "prompt: is empty"),
    ],
)
def test_what_cannot_be_is_refused_by_name_before_a_model_is_loaded(monkeypatch, fields, message):
    monkeypatch.setattr("soundstage.runtime.use", lambda *_: pytest.fail("a model was asked for"))
    with pytest.raises(InputError, match=message):
        sing(**({"prompt": "folk", "lyrics": "la la"} | fields))


@pytest.mark.slow
def test_too_many_lines_for_the_seconds_are_refused_with_a_remedy():
    with pytest.raises(InputError, match=r"lyrics: have 40 lines, too many for 20 s; give fewer lines, or ask for"):
        sing("folk", lyrics="The moon is rising over water\n" * 40, seconds=20.0)


def test_a_clone_without_its_speakers_word_is_refused():
    from soundstage.media import Audio, Voice

    voice = Voice(reference=Audio(np.zeros((1, 24_000), np.float32), 24_000))
    with pytest.raises(InputError, match="consent"):
        sing("folk", lyrics="la la", voice=voice)
