from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import replace

import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media.score import Chord, Metre, Note, Score, Track
from soundstage.score.formats import musicxml
from soundstage.score.formats.notation import notated

SUNG = Score(
    90,
    (3, 4),
    "F major",
    2,
    (),
    (Chord("F", 0, 3), Chord("C7/E", 3, 2)),
    (Track("voice", (Note(65, 0, 1, 90, "hel-"), Note(67, 1, 3.5, 90, "lo"), Note(69, 4.5, 0.5, 90, "_"))),),
)
HEAD = (
    '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>{name}</part-name></score-part>'
    '</part-list><part id="P1">'
)
FIRST = (
    "<attributes><divisions>2</divisions><key><fifths>0</fifths></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time>{more}</attributes>"
)
THREE = {"steps": (12, 24, 48, 16, 32, 36, 72, 96), "grid": 48}


def note(step: str, octave: int, duration: int, more: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{duration}</duration>{more}</note>"


def lyric(text: str, number: int = 1, syllabic: str = "single") -> str:
    return f'<lyric number="{number}"><syllabic>{syllabic}</syllabic><text>{text}</text></lyric>'


def sheet(*measures: str, name: str = "Singer", more: str = "") -> bytes:
    bars = [
        f'<measure number="{i}">{FIRST.format(more=more) if i == 0 else ""}{m}</measure>'
        for i, m in enumerate(measures)
    ]
    return (HEAD.format(name=name) + "".join(bars) + "</part></score-partwise>").encode()


def read(data: bytes) -> Score:
    pytest.importorskip("music21")
    return musicxml.from_bytes(data)


def played(data: bytes) -> list[tuple[int, float, float]]:
    return [(n.pitch, n.start, n.length) for track in read(data).tracks for n in track.notes]


@pytest.mark.parametrize("seed", range(4))
def test_any_score_on_the_grid_comes_back(seed, scores, same):
    score = scores(seed, **THREE)
    same(read(musicxml.to_bytes(score)), score)


def test_a_performance_is_written_as_a_reader_of_notes_would_want_it():
    loose = (Note(60, 0.008, 0.94, 80), Note(62, 0.992, 0.4, 80), Note(64, 1.66, 0.3, 80), Note(65, 2.01, 1.9, 80))
    tidy = notated(replace(SUNG, tracks=(Track("piano", loose),))).tracks[0].notes
    assert [n.start for n in tidy] == pytest.approx([0, 1, 5 / 3, 2])
    assert [n.end for n in tidy] == pytest.approx([1, 1.5, 2, 4])


def test_syllables_are_written_as_singers_read_them():
    text = musicxml.to_bytes(SUNG).decode()
    assert text.count("<syllabic>begin</syllabic>") == text.count("<syllabic>end</syllabic>") == 1
    assert text.count('<extend type="continue" />') == 1
    assert text.count('<tie type="start" />') == text.count('<tie type="stop" />') == 1
    assert "<bass-step>E</bass-step>" in text


def test_the_bytes_depend_on_the_score_alone_zipped_too(tmp_path):
    assert musicxml.to_zip(SUNG) == musicxml.to_zip(replace(SUNG))
    path = musicxml.save(SUNG, tmp_path / "sung.mxl")
    assert zipfile.ZipFile(path).read("score.musicxml") == musicxml.to_bytes(SUNG)
    pytest.importorskip("music21")
    assert musicxml.load(path).tracks == SUNG.tracks


def test_without_the_library_sheets_are_written_but_not_read(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "music21"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(MissingError, match=r"soundstage\[music\]"):
        musicxml.from_bytes(musicxml.to_bytes(SUNG))


def test_repeats_are_written_out_with_their_endings_and_verses():
    back = '<barline location="right"><repeat direction="backward"/></barline>'
    one = '<barline location="left"><ending number="1" type="start"/></barline>'
    stop = '<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    two = '<barline location="left"><ending number="2" type="start"/></barline>'
    verses = lyric("one") + lyric("two", 2)
    found = read(
        sheet(note("C", 4, 8, verses), one + note("D", 4, 8, lyric("x")) + stop, two + note("E", 4, 8, lyric("y")))
    )
    assert [(n.pitch, n.syllable) for n in found.tracks[0].notes] == [(60, "one"), (62, "x"), (60, "two"), (64, "y")]
    assert (found.bars, found.tracks[0].instrument) == (4, "voice")
    assert played(sheet(note("C", 4, 8) + back)) == [(60, 0, 4), (60, 4, 4)]


def test_an_upbeat_stands_at_the_end_of_a_whole_bar():
    assert played(sheet(note("G", 4, 2), note("C", 5, 8))) == [(67, 3, 1), (72, 4, 4)]


def test_a_transposing_part_is_read_as_it_sounds():
    more = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    assert played(sheet(note("D", 5, 8), name="Clarinet in Bb", more=more)) == [(72, 0, 4)]
    assert played(sheet(note("D", 5, 8), name="Clarinet")) == [(74, 0, 4)]


def test_two_staves_voices_and_grace_notes_are_one_part():
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    upper = note("C", 5, 8, "<staff>1</staff>")
    lower = note("C", 3, 4, "<voice>5</voice><staff>2</staff>") + note("G", 3, 4, "<voice>5</voice><staff>2</staff>")
    data = sheet(
        grace + upper + "<backup><duration>8</duration></backup>" + lower, name="Piano", more="<staves>2</staves>"
    )
    assert played(data) == [(48, 0, 2), (72, 0, 4), (55, 2, 2)]


def test_a_change_of_metre_and_tempo_is_found_where_it_stands():
    change = "<attributes><time><beats>6</beats><beat-type>8</beat-type></time></attributes>"
    sound = '<sound tempo="90"/>'
    found = read(sheet(note("C", 4, 8), change + sound + note("C", 4, 6)))
    assert (found.metres, found.bpm, [(t.beat, t.bpm) for t in found.tempi]) == ((Metre(1, 6, 8),), 120, [(4, 180)])
    assert found.seconds == pytest.approx(2 + 2)


def test_bars_side_by_side_are_read_too():
    text = sheet(note("C", 4, 8)).decode()
    body = text.partition('<part id="P1">')[2].partition("</part>")[0]
    timewise = text.partition('<part id="P1">')[0].replace("partwise", "timewise")
    measure = body.replace('<measure number="0">', '<measure number="0"><part id="P1">')
    data = timewise + measure.replace("</measure>", "</part></measure>") + "</score-timewise>"
    assert played(data.encode()) == [(60, 0, 4)]


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"\xff\xfe\x00",
        b"<score-partwise>",
        b"<html></html>",
        b"<score-partwise/>",
        b"<score-partwise><part-list/></score-partwise>",
        sheet(note("C", 4, 8))[:-40],
        sheet(),
        sheet("<note><pitch><step>H</step><octave>4</octave></pitch><duration>8</duration></note>"),
        sheet("<note><pitch><step>C</step><octave>four</octave></pitch><duration>8</duration></note>"),
        sheet(note("C", 4, 8).replace("<duration>8", "<duration>long").replace("\n", "")),
        b"PK\x03\x04 no zip",
        zipped("readme.txt", b"nothing"),
        zipped("score.xml", b"<broken"),
        zipped("score.xml", sheet(note("C", 4, 8)))[:60],
    ],
)
def test_what_is_broken_is_refused_in_one_line(data):
    pytest.importorskip("music21")
    with pytest.raises(InputError, match="musicxml") as caught:
        musicxml.from_bytes(data)
    assert "\n" not in str(caught.value)
