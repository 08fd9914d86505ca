from __future__ import annotations

from dataclasses import replace

import pytest

from soundstage.errors import InputError
from soundstage.media.score import Metre, Score, Tempo
from soundstage.score.formats import chart

CHORDPRO = """\
{title: A song}
{key: G}
{tempo: 96}
{start_of_verse}
[G]Hello [D7/F#]there, my [Em]friend
{end_of_verse}
{soc}
[C]Good[G]bye
"""


def chords(text: str) -> list[tuple[str, float, float]]:
    return [(c.name, c.start, c.length) for c in chart.from_text(text).chords]


@pytest.mark.parametrize("seed", range(12))
def test_the_chords_of_any_score_come_back(seed, scores, same):
    score = scores(seed, parts=())
    starts = {score.bar_at(tempo.beat): tempo.bpm for tempo in score.tempi if score.bar_at(tempo.beat)}
    tempi = tuple(Tempo(score.beat_of_bar(bar), bpm) for bar, bpm in starts.items())
    score = replace(score, tempi=tempi)
    same(chart.from_text(chart.to_text(score)), score)


def test_a_chart_is_written_as_musicians_write_it():
    text = "Key: A minor\nMetre: 4/4\nTempo: 92.5\n\n[verse]\n| Am F | % | N.C. | G / / C |\n\n[chorus]\n| F | / |\n"
    score = chart.from_text(text)
    assert chart.to_text(score) == text
    assert [(s.name, s.start_bar, s.bars) for s in score.sections] == [("verse", 0, 4), ("chorus", 4, 2)]
    assert (score.key, score.bpm, score.metre) == ("A minor", 92.5, (4, 4))


def test_the_chords_of_a_bar_share_it_evenly():
    assert chords("| C Am | F G7 |") == [("C", 0, 2), ("Am", 2, 2), ("F", 4, 2), ("G7", 6, 2)]
    assert chords("| C / / G | / |") == [("C", 0, 3), ("G", 3, 5)]
    assert chords("| Cmaj7 | N.C. | % | Dmin |") == [("Cmaj7", 0, 4), ("Dm", 12, 4)]


def test_repeats_are_written_out():
    assert [name for name, _, _ in chords("|: C | F :| G |")] == ["C", "F", "C", "F", "G"]


def test_metre_and_tempo_change_at_bars():
    score = chart.from_text("Time: 3/4\nTempo: 100 bpm\n| C | (4/4) (80 bpm) F |")
    assert (score.metre, score.metres, score.tempi) == ((3, 4), (Metre(1, 4, 4),), (Tempo(3, 80),))


def test_a_line_of_chords_without_bars_gives_each_a_bar():
    assert chords("C Am F G") == [("C", 0, 4), ("Am", 4, 4), ("F", 8, 4), ("G", 12, 4)]


def test_chordpro_gives_chords_sections_and_words():
    score = chart.from_text(CHORDPRO)
    assert [c.name for c in score.chords] == ["G", "D7/F#", "Em", "C", "G"]
    assert [(s.name, s.start_bar) for s in score.sections] == [("verse", 0), ("chorus", 3)]
    assert (score.key, score.bpm) == ("G major", 96)
    assert chart.lyrics(CHORDPRO) == "[verse]\nHello there, my friend\n\n[chorus]\nGoodbye\n".replace("\n\n", "\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing here but words",
        "| C | what? |",
        "Metre: 4/5\n| C |",
        "Tempo: fast\n| C |",
        "| (0/4) C |",
        "||||",
    ],
)
def test_what_is_no_chart_is_refused_in_one_line(text):
    with pytest.raises(InputError, match="chart") as caught:
        chart.from_text(text)
    assert "\n" not in str(caught.value)


def test_a_score_without_chords_is_bars_of_silence():
    blank = Score(120, (4, 4), "C major", 2, (), (), ())
    assert chart.to_text(blank).endswith("| N.C. | % |\n")
