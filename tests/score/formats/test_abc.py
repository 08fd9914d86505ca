from __future__ import annotations

import pytest

from soundstage.errors import InputError
from soundstage.media.score import Chord, Note, Score, Tempo, Track
from soundstage.score.formats import abc

HEAD = "X:1\nT:Test\nM:4/4\nL:1/8\nK:{key}\n"
GOLDEN = """\
X:1
T:Untitled
M:3/4
L:1/8
Q:1/4=90
V:1 name="voice"
K:F major
V:1
%%MIDI program 53
"F"F2 G4- | "C7/E"G3 A "N.C."z2 |]
w: hel-lo _ _
"""
SUNG = Score(
    90,
    (3, 4),
    "F major",
    2,
    (),
    (Chord("F", 0, 3), Chord("C7/E", 3, 2)),
    (Track("voice", (Note(65, 0, 1, 80, "hel-"), Note(67, 1, 3.5, 80, "lo"), Note(69, 4.5, 0.5, 80, "_"))),),
)


def read(body: str, key: str = "C") -> Score:
    return abc.from_text(HEAD.format(key=key) + body + "\n")


def pitches(body: str, key: str = "C") -> list[int]:
    return [n.pitch for track in read(body, key).tracks for n in track.notes]


def times(body: str) -> list[tuple[float, float]]:
    return [(pytest.approx(n.start), pytest.approx(n.length)) for n in read(body).tracks[0].notes]


@pytest.mark.parametrize("seed", range(16))
def test_any_score_on_the_grid_comes_back(seed, scores, same):
    score = scores(seed, grid=48, steps=(12, 24, 48, 16, 32, 36, 72, 96))
    same(abc.from_text(abc.to_text(score)), score, velocities=False)


def test_a_tune_is_written_as_tune_books_are_and_read_back():
    assert abc.to_text(SUNG) == GOLDEN
    assert abc.from_text(GOLDEN) == SUNG


def test_accidentals_last_for_the_bar_and_in_the_key_for_good():
    assert pitches("^F F f =F F|F G2 A4|") == [66, 66, 77, 65, 65, 65, 67, 69]
    assert pitches("F C B _B B|B8|", key="D") == [66, 61, 71, 70, 70, 71]
    assert pitches("B E A|", key="Gm") == [70, 63, 69]
    assert pitches("F2 B2 c2 e2|", key="A Dor") == [66, 71, 72, 76]
    assert pitches("F2 C2|", key="C exp ^f") == [66, 60]


def test_octaves_go_by_case_commas_and_apostrophes():
    assert pitches("C,, C, C c c' c''|") == [36, 48, 60, 72, 84, 96]


def test_lengths_dots_and_broken_rhythm():
    assert times("A2 A A/ A// A3/2 A>B c<d|")[:5] == [(0, 1), (1, 0.5), (1.5, 0.25), (1.75, 0.125), (1.875, 0.75)]
    assert times("A>B c<d z4|") == [(0, 0.75), (0.75, 0.25), (1, 0.25), (1.25, 0.75)]


def test_tuplets_squeeze_what_follows_them():
    assert times("(3ABc d2 z4|") == [(0, 1 / 3), (1 / 3, 1 / 3), (2 / 3, 1 / 3), (1, 1)]
    assert times("(3:2:2A2 B z6|") == [(0, 2 / 3), (2 / 3, 1 / 3)]


def test_a_tie_joins_notes_across_the_bar_with_their_accidental():
    notes = read("z4 ^F4-|F4 F4|").tracks[0].notes
    assert [(n.pitch, n.start, n.length) for n in notes] == [(66, 2, 4), (65, 6, 2)]


def test_chords_in_quotes_last_until_the_next_and_annotations_are_none():
    score = read('"Am"A4 "^slowly"B2 "G/B"c2|"N.C."d4 "F"e4|')
    assert [(c.name, c.start, c.length) for c in score.chords] == [("Am", 0, 3), ("G/B", 3, 1), ("F", 6, 2)]


def test_repeats_and_endings_are_written_out():
    assert pitches("|:C8|1 D8:|2 E8||F8|]") == [60, 62, 60, 64, 65]
    assert pitches("C8:|:D8::E8:|") == [60, 60, 62, 62, 64, 64]
    assert pitches("C8|[1 D8:|[2 E8|]") == [60, 62, 60, 64]
    assert pitches("C8!fine!|D8!D.C.!|") == [60, 62, 60]


def test_words_go_to_notes_and_verses_to_the_times_round():
    score = read("|:C4 D4:|\nw: morn-ing\nw: good~old day")
    assert [n.syllable for n in score.tracks[0].notes] == ["morn-", "ing", "good old", "day"]
    held = read("C2 D2 E2 F2|G4 A4|\nw: time__ * | flies")
    assert [n.syllable for n in held.tracks[0].notes] == ["time", "_", "_", "", "flies", ""]
    assert held.tracks[0].instrument == "voice"


def test_voices_sound_together_and_name_their_instruments():
    text = HEAD.format(key="C").replace("K:", "V:1 name=flute\nV:2 name=bass\nK:")
    score = abc.from_text(text + "V:1\nc8|d8|\nV:2\n%%MIDI program 33\nC,8|D,8|\n[V:1] e8|\n[V:2] E,8|\n")
    assert [track.instrument for track in score.tracks] == ["flute", "electric bass"]
    assert [[(n.pitch, n.start) for n in t.notes] for t in score.tracks] == [
        [(72, 0), (74, 4), (76, 8)],
        [(48, 0), (50, 4), (52, 8)],
    ]


def test_an_upbeat_stands_at_the_end_of_a_whole_bar():
    assert [(n.pitch, n.start) for n in read("G2|c8|").tracks[0].notes] == [(67, 3), (72, 4)]


def test_tempo_metre_and_parts_may_change_inside_the_tune():
    score = read("[P:A]C8|[Q:1/4=60][M:3/4][P:B]D6|")
    assert (score.bpm, score.tempi) == (120, (Tempo(4, 60),))
    assert [(m.bar, m.beats, m.unit) for m in score.metres] == [(1, 3, 4)]
    assert [(s.name, s.start_bar) for s in score.sections] == [("A", 0), ("B", 1)]


def test_grace_notes_slurs_and_ornaments_are_passed_over():
    assert pitches("{g}A2 (B2 ~c2) !trill!d2 | .e2 Tf2 u[ce]2 y z2|") == [69, 71, 72, 74, 76, 77, 72, 76]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "X:1\nT:nothing\n",
        HEAD.format(key="C"),
        HEAD.format(key="C") + "|||\n",
        HEAD.format(key="C") + "A2 [CEG\n",
        HEAD.format(key="C") + "A2 {gab\n",
        HEAD.format(key="C") + "A9999999|\n",
        HEAD.format(key="C") + "A0|\n",
        HEAD.format(key="C") + "A1/0|\n",
        HEAD.format(key="C") + "(0ABc|\n",
        HEAD.format(key="C") + "c''''''''|\n",
        HEAD.format(key="C").replace("M:4/4", "M:4/5") + "A|\n",
        HEAD.format(key="C").replace("L:1/8", "L:long") + "A|\n",
        HEAD.format(key="C") + "[Q:1/4=0]A|\n",
    ],
)
def test_what_is_broken_is_refused_in_one_line(text):
    with pytest.raises(InputError, match="abc") as caught:
        abc.from_text(text)
    assert "\n" not in str(caught.value)
