from __future__ import annotations

import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media.score import Note, Score, Track
from soundstage.score import formats
from soundstage.score.formats import orchestra
from soundstage.score.formats.repeats import Mark, order

ONE, TWO = frozenset({1}), frozenset({2})


@pytest.mark.parametrize("suffix", [".mid", ".midi", ".abc", ".json"])
def test_a_score_is_saved_and_loaded_by_its_suffix(suffix, tmp_path, scores, same):
    score = scores(2, grid=48, steps=(24, 48, 96))
    path = formats.save(score, tmp_path / f"a{suffix}")
    same(formats.load(path), score, velocities=suffix != ".abc")


@pytest.mark.parametrize("suffix", [".musicxml", ".mxl", ".chords", ".txt", ".lrc"])
def test_every_other_format_is_written_too(suffix, tmp_path, scores):
    path = formats.save(scores(1), tmp_path / "folder" / f"a{suffix}")
    assert path.stat().st_size > 100
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_json_gives_back_the_very_same_score(tmp_path, scores):
    score = scores(5)
    assert formats.load(formats.save(score, tmp_path / "a.json")) == score


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b"{"),
        ("a.json", b"[1]"),
        ("a.json", b'{"bpm": 3}'),
        ("a.json", b"\xff\xfe"),
        ("a.lrc", b"[00:01.00]words"),
        ("a.wav", b"RIFF"),
        ("a.mid", b"nothing"),
        ("a.abc", b"\xff\x00"),
        ("a.txt", b""),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(name, data, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        formats.load(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_missing_and_a_strange_suffix_is_refused(tmp_path, scores):
    for suffix in (".mid", ".abc", ".mxl", ".txt", ".json"):
        with pytest.raises(MissingError):
            formats.load(tmp_path / f"none{suffix}")
    with pytest.raises(InputError, match="suffix"):
        formats.save(scores(0), tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("marks", "bars"),
    [
        ([Mark(), Mark(closes=2), Mark()], [0, 1, 0, 1, 2]),
        (
            [Mark(opens=True), Mark(endings=frozenset({1}), closes=2), Mark(endings=frozenset({2})), Mark()],
            [0, 1, 0, 2, 3],
        ),
        ([Mark(), Mark(segno=True), Mark(fine=True), Mark(jump="segno")], [0, 1, 2, 3, 1, 2]),
        ([Mark(), Mark(to_coda=True), Mark(jump="capo"), Mark(coda=True)], [0, 1, 2, 0, 1, 3]),
        ([Mark(closes=3), Mark(opens=True, closes=2)], [0, 0, 0, 1, 1]),
    ],
)
def test_repeats_are_played_as_they_are_written(marks, bars):
    assert [bar for bar, _ in order(marks)] == bars


def test_foreign_scores_are_made_playable_on_our_instruments():
    parts = (
        Track("violin", (Note(20, 0, 1, 80), Note(127, 1, 1, 80), Note(60, 2, 1, 80))),
        Track("drums", (Note(35, 0, 1, 80), Note(36, 0, 1, 80), Note(64, 1, 1, 80))),
        Track("theremin", (Note(60, 0, 1, 80),)),
    )
    violin, drums, piano = orchestra.playable(Score(120, (4, 4), "C major", 1, (), (), parts)).tracks
    assert [note.pitch for note in violin.notes] == [56, 91, 60]
    assert [(note.pitch, note.start) for note in drums.notes] == [(36, 0), (47, 1)]
    assert piano.instrument == "piano"


def test_parts_get_the_instruments_that_names_and_programs_suggest():
    assert orchestra.player("Lead Vocal", None, drums=False, sung=True) == "voice"
    assert orchestra.player("Alto Sax 1", None, drums=False) == "saxophone"
    assert orchestra.player("whatever", 43, drums=False) == "acoustic bass"
    assert orchestra.player("kit", 25, drums=True) == "electronic drums"
