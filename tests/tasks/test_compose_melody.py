"""A melody that is given to `compose`: chords under it, the writer bound to it, and its very notes as the lead."""

from dataclasses import replace

import pytest

from soundstage.errors import InputError
from soundstage.media import Chord, Note, Score, Tempo, Track
from soundstage.score.language import Brief
from soundstage.score.rewriting import Rewriter
from soundstage.score.sheet import form
from soundstage.score.theory import parse_key
from soundstage.score.tune import Tune
from soundstage.tasks.compose import compose
from soundstage.tasks.compose_melody import bars_of, bound, ended, fitting, octaves_into

PITCHES = (67, 69, 71, 72, 74, 72, 71, 67)


def written(**more: object) -> Score:
    notes = tuple(Note(pitch, float(beat), 1.0, 80) for beat, pitch in enumerate(PITCHES))
    facts = {"bpm": 120, "metre": (4, 4), "key": "G major", "bars": 2, "sections": (), "chords": (),
             "tracks": (Track("flute", notes, "lead"),)}  # fmt: skip
    return Score(**facts | more)


def brief(bars: int = 4, **more: object) -> Brief:
    facts = {"style": "folk", "key": parse_key("G major"), "bpm": 120.0, "metre": "4/4", "energy": 1,
             "roster": (("bass", "acoustic bass"), ("comp", "piano")), "places": form(bars, intro=False)}  # fmt: skip
    return Brief(**facts | more)


def test_the_writer_is_dictated_the_melody_and_is_free_behind_it() -> None:
    melody = Tune.of(written()).melody()[0]
    made, draft = bound(brief(), melody)
    assert dict(made.roster)["lead"] and "lead" not in draft.roles
    assert len(made.chords) == 2 and draft.until == 4
    grammar = Rewriter(made, draft.sheet, known=0, until=4, roles=draft.roles)
    for _ in range(4000):
        if grammar.done:
            break
        grammar.push(grammar.allowed()[-1])
    sheet = grammar.speller.sheet()
    assert [bar.parts["lead"] for bar in sheet.bars[:2]] == [bar.parts["lead"] for bar in draft.sheet.bars]
    assert [tuple(chord for _, chord in bar.chords) for bar in sheet.bars[:2]] == list(made.chords)


def test_chords_of_the_score_and_of_the_field_go_before_those_found() -> None:
    melody = Tune.of(written(chords=(Chord("Em", 0, 4), Chord("C", 4, 4)))).melody()[0]
    names = [part[0].name(parse_key("G major")) for part in bound(brief(), melody)[0].chords]
    assert names == ["Em", "C"]


def test_an_ending_is_added_unless_the_last_bar_is_one() -> None:
    assert not ended(written()) and bars_of(written()) == 3
    (track,) = written().tracks
    long = replace(track, notes=(*track.notes, Note(67, 8.0, 4.0, 80)))
    assert ended(written(bars=3, tracks=(long,))) and bars_of(written(bars=3, tracks=(long,))) == 3


def test_a_melody_longer_than_the_music_is_refused() -> None:
    assert fitting(written(), 12.0)((), 4, None, 100.0).bars == 6
    with pytest.raises(InputError, match=r"seconds: is 3, and the melody lasts 4\.0; give 5\.4 or more"):
        fitting(written(), 3.0)((), 4, None, 100.0)


def test_whole_octaves_bring_a_melody_into_range() -> None:
    assert octaves_into("flute", [67, 72]) == 0
    assert octaves_into("flute", [43, 48]) == 24
    assert octaves_into("cello", [84, 90]) == -24


@pytest.mark.slow
def test_a_written_melody_is_kept_and_gone_on_from() -> None:
    score = written(tempi=(Tempo(6.0, 100.0),))
    music = compose("folk", seconds=9.0, melody=score, instruments=["flute", "piano"], player="synth", seed=1)
    lead = next(track for track in music.score.tracks if track.role == "lead")
    assert [note.pitch % 12 for note in lead.notes[:8]] == [pitch % 12 for pitch in PITCHES]
    assert [note.start for note in lead.notes[:8]] == [float(beat) for beat in range(8)]
    assert music.mix.length == 9 * music.mix.rate
    assert (music.score.bpm, music.score.key, music.score.tempi) == (120, "G major", (Tempo(6.0, 100.0),))
    assert len(music.score.tracks) >= 2 and music.remarks == ("8 written notes kept",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"melody": written(metre=(6, 8))}, "melody: is in 6/8"),
        ({"melody": written(), "structure": ["verse"]}, "structure: is given beside a melody"),
        ({"melody": written(), "metre": "3/4"}, "melody: is in 4/4; give one in 3/4"),
    ],
)
def test_melodies_that_cannot_be_kept_are_refused(fields, message) -> None:
    with pytest.raises(InputError, match=message):
        compose("folk", **fields)
