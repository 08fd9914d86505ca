from types import SimpleNamespace

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media.sources import Source
from soundstage.score.instruments import NAMES
from soundstage.score.sheet import METRES
from soundstage.score.styles import STYLE_NAMES
from soundstage.score.theory import MODES
from soundstage.tasks.compose import compose
from soundstage.tasks.compose_engines import Impression
from soundstage.tasks.compose_plan import Wishes, asked_for, font_of, plan, spoken_style

EVEN = Impression(
    style=dict.fromkeys(STYLE_NAMES, 1 / len(STYLE_NAMES)),
    mode=dict.fromkeys(MODES, 0.25),
    energy=(0.2, 0.6, 0.2),
    pace=(0.2,) * 5,
    metre=dict.fromkeys(METRES, 0.5),
    instruments=dict.fromkeys(NAMES, 0.0),
)


def planned(prompt: str, seed: int = 0, seconds: float = 15.0, **fields):
    return plan(prompt, EVEN, Wishes(seconds=seconds, **fields), seed).brief


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": "H minor"}, "key: 'H minor'.*A minor"),
        ({"bpm": 5000.0}, "bpm: is 5000; give 40 to 220"),
        ({"instruments": ["kazoo"]}, "instruments: 'kazoo'.*choose from piano"),
        ({"instruments": []}, "instruments: are none"),
        ({"metre": "7/8"}, "metre: '7/8'.*4/4 or 3/4"),
        ({"style": "polka"}, "style: 'polka'.*lo-fi"),
        ({"seconds": 0.0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"prompt": "  "}, "prompt: is empty"),
        ({"chords": "Am H"}, "chords: 'H' is not a chord"),
        ({"structure": ["fugue"]}, "structure: 'fugue' is not known"),
    ],
)
def test_what_cannot_be_is_refused_by_name(fields, message):
    with pytest.raises(InputError, match=message):
        compose(**({"prompt": "calm piano"} | fields))


def test_bounds_and_keys_are_known_before_a_model_is_loaded(monkeypatch):
    assert (compose.task.ports["bpm"].bounds.low, compose.task.ports["bpm"].bounds.high) == (40, 220)
    monkeypatch.setattr("soundstage.runtime.use", lambda *_: pytest.fail("a model was asked for"))
    with pytest.raises(InputError, match="key: 'H minor'"):
        compose("calm piano", key="H minor")


def test_fields_win_over_words_and_words_over_guesses():
    brief = planned("a waltz in D minor at 90 bpm with flute", bpm=100.0, key="A major", metre="4/4")
    assert (brief.bpm, brief.key.name, brief.metre, brief.style) == (100, "A major", "4/4", "waltz")
    brief = planned("a waltz in D minor at 90 bpm with flute")
    assert (brief.bpm, brief.key.name, brief.metre) == (90, "D minor", "3/4")
    assert "flute" in dict(brief.roster).values()


def test_a_line_up_is_kept_exactly():
    brief = planned("jazz", instruments=["vibes", "upright bass, brass"])
    assert sorted(dict(brief.roster).values()) == ["acoustic bass", "trumpet", "vibraphone"]
    assert asked_for(["piano", "piano"]) == ("piano",)


def test_a_style_name_does_not_ask_for_its_own_instrument_twice():
    names = [name for _, name in planned("piano ballad").roster]
    assert "piano" in names
    assert spoken_style("an empty house in the rain") is None
    assert spoken_style("some chill deep house please").name == "house"


def test_a_seed_plans_the_same_and_another_seed_something_else():
    assert planned("something", seed=3) == planned("something", seed=3)
    assert len({planned("something", seed=seed).style for seed in range(12)}) > 4


def test_chords_and_key_agree():
    brief = planned("calm piano", chords="Am F C G", seconds=20.0)
    assert brief.key.name == "A minor"
    names = [chords[0].name(brief.key) for chords in brief.chords]
    assert names == (["Am", "F", "C", "G"] * 30)[: len(names)]
    assert len(names) == len(brief.places) - 1
    assert planned("piano in C major", chords="Am F").key.name == "C major"
    assert planned("piano in C major", chords="Am F", key="A dorian").key.name == "A dorian"


def test_a_form_with_bars_sets_the_tempo_and_is_kept():
    fields = {"structure": ("intro 4", "verse 8", "chorus 8"), "metre": "4/4"}
    brief = planned("pop", seconds=42.2, **fields)
    assert (len(brief.places), round(brief.bpm)) == (21, 120)
    assert [place.section for place in brief.places] == ["intro"] * 4 + ["A"] * 8 + ["B"] * 8 + ["end"]
    with pytest.raises(InputError, match=r"structure: has 20 bars, which need 320 bpm in 17.2 s; ask for 24 to 122 s"):
        planned("pop", seconds=17.2, **fields)
    with pytest.raises(InputError, match=r"structure: has 20 bars, 41.4 s at 120 bpm; ask for 42 s"):
        planned("pop", seconds=90.0, bpm=120.0, **fields)
    assert planned("pop", seconds=42.0, bpm=120.0, **fields).bpm == 120


def test_a_form_without_bars_shares_the_length():
    brief = planned("pop", seconds=60.0, structure=("intro", "verse", "chorus", "verse", "chorus"))
    assert brief.places[-1].section == "end"
    assert {place.section for place in brief.places} == {"intro", "A", "B", "end"}


def test_impossible_tempo_in_words_is_refused():
    with pytest.raises(InputError, match=r"prompt: asks for 900 bpm"):
        planned("techno at 900 bpm")


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "bpm"), [(6.0, 120.0), (3.21, None)])
def test_the_starter_keeps_length_tempo_and_line_up(seconds, bpm):
    music = compose("gentle", seconds=seconds, bpm=bpm, key="D minor", instruments=["piano", "cello"], seed=5)
    assert music.mix.length == round(seconds * music.mix.rate)
    assert set(music.stems) == {"piano", "cello"}
    assert music.score.key == "D minor"
    assert bpm is None or music.score.bpm == bpm
    total = sum(stem.samples for stem in music.stems.values())
    assert np.abs(total - music.mix.samples).max() < 0.2 * np.abs(total).max()
    quiet = np.abs(total) < 0.3
    assert np.corrcoef(total[quiet], music.mix.samples[quiet])[0, 1] > 0.99
    assert np.abs(music.mix.samples[:, -1]).max() < 1e-4
    assert [beat.number for beat in music.beats[:4]] == [1, 2, 3, 4]


@pytest.mark.slow
def test_the_starter_plays_the_chords_and_the_form_that_were_asked_for():
    music = compose(
        "pop", seconds=18.0, chords="Am | F G", structure=["verse 4", "chorus 2", "verse 4"], metre="4/4",
        instruments=["piano", "electric bass"], seed=2,
    )  # fmt: skip
    assert [(part.name, part.bars) for part in music.score.sections] == [
        ("verse", 4), ("chorus", 2), ("verse", 4), ("end", 1),
    ]  # fmt: skip
    assert [chord.name for chord in music.score.chords[:6]] == ["Am", "F", "G", "Am", "F", "G"]
    bass = next(track for track in music.score.tracks if track.instrument == "electric bass")
    first = [(note.pitch, round(note.start, 1)) for note in bass.notes if note.start < 15.9]
    again = [(note.pitch, round(note.start - 24, 1)) for note in bass.notes if 23.9 < note.start < 39.9]
    assert first == again


@pytest.mark.slow
def test_the_same_seed_composes_the_same_sound():
    one, two = (compose("playful", seconds=3.0, style="chiptune", seed=1) for _ in range(2))
    assert one == two or np.array_equal(one.mix.samples, two.mix.samples)


def test_a_result_depends_on_the_font_that_plays_it(tmp_path, monkeypatch):
    assert font_of({"player": "synth"}) == {}
    monkeypatch.setenv("SOUNDSTAGE_SOUNDFONT", str(tmp_path / "none.sf2"))
    assert font_of({"player": "sampled"}) == {}
    font = SimpleNamespace(path=tmp_path / "a.sf2", source=Source(name="a font", licence="MIT", commercial=True))
    monkeypatch.setattr("soundstage.score.sampled.find_font", lambda: font)
    (tmp_path / "a.sf2").write_bytes(b"one")
    first = compose.task.read_besides({"player": "sampled"})
    (tmp_path / "a.sf2").write_bytes(b"another")
    assert first["font"] != compose.task.read_besides({"player": "sampled"})["font"]
