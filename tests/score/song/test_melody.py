from itertools import pairwise

import numpy as np
import pytest

from soundstage.media.score import Chord, Score
from soundstage.score.lyrics import read_notes
from soundstage.score.progression import harmony
from soundstage.score.song.form import arranged
from soundstage.score.song.melody import Range, chords_of, in_chord, melody
from soundstage.score.song.rhythm import rhythm, strength
from soundstage.score.song.stanzas import parse_stanzas
from soundstage.score.theory import QUALITIES, parse_key

SONG = parse_stanzas(
    "[verse]\nThe moon is rising over silver water\nI will follow you until the morning\nTell me why the summer ended\n"
    "Take me to the mountains\n[chorus]\nEvery river finds the open sea\nHold my hand and never let it go\n[verse]\n"
    "All my letters still remain\nNobody can hear me calling out\nSomewhere there is music\nOpen up the door\n"
    "[chorus]\nEvery river finds the open sea\nHold my hand and never let it go"
)
KEY, BPM = parse_key("A minor"), 96.0
NAMES = ("Am", "F", "C", "G")
SINGER = Range(50, 62)
FORM = arranged(SONG, 4, BPM, bpm=BPM)


def chords(bar, at):
    return harmony(NAMES[(bar - FORM.parts[0].bars) % 4], KEY)


@pytest.fixture(scope="module")
def notes():
    return melody(FORM.phrases, KEY, BPM, 4, chords, SINGER, seed=3).notes


def of_phrase(notes, phrase):
    return [note for note in notes if 4 * phrase.bar <= note.start < 4 * (phrase.bar + phrase.bars)]


def test_every_syllable_has_its_note_in_order(notes):
    asked = [syllable.text for phrase in FORM.phrases for syllable in phrase.line.syllables]
    assert [each.syllable.text for each in read_notes(notes)] == asked


def test_all_of_it_lies_within_the_range_and_one_at_a_time(notes):
    assert all(SINGER.low - 0.5 <= note.pitch <= SINGER.high + 0.5 for note in notes)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(notes))


def test_strong_beats_and_ends_of_lines_are_chord_tones(notes):
    for phrase in FORM.phrases:
        mine = of_phrase(notes, phrase)
        for note in mine:
            if strength(round(4 * note.start), 16) >= 0.8 or note is mine[-1]:
                name = NAMES[(int(note.start // 4) - FORM.parts[0].bars) % 4]
                chord = harmony(name, KEY)
                tones = {(KEY.tonic + chord.root(KEY.mode) + tone) % 12 for _, tone in QUALITIES[chord.quality]}
                assert note.pitch % 12 in tones


def test_there_is_a_breath_between_lines(notes):
    for phrase, after in pairwise(FORM.phrases):
        rest = of_phrase(notes, after)[0].start - of_phrase(notes, phrase)[-1].end
        assert rest * 60 / BPM > 0.4


def test_a_chorus_returns_note_for_note_and_lies_above_the_verse(notes):
    by_name = {"verse": [], "chorus": []}
    for phrase in FORM.phrases:
        by_name[phrase.section].append(
            [(n.start - 4 * phrase.bar, n.pitch, n.syllable) for n in of_phrase(notes, phrase)]
        )
    assert by_name["chorus"][:2] == by_name["chorus"][2:]
    assert by_name["verse"][:4] != by_name["verse"][4:]
    height = {name: np.mean([pitch for line in lines for _, pitch, _ in line]) for name, lines in by_name.items()}
    assert height["chorus"] > height["verse"] + 1.5


def test_stress_falls_on_stronger_beats_than_its_absence(notes):
    sung = read_notes(notes)
    weight = {
        stress: np.mean([
            strength(round(4 * notes[each.notes[0]].start), 16) for each in sung if each.syllable.stress == stress
        ])
        for stress in (0, 2)
    }  # fmt: skip
    assert weight[2] > weight[0] + 0.1


def test_a_seed_sings_the_same_and_another_something_else(notes):
    assert melody(FORM.phrases, KEY, BPM, 4, chords, SINGER, seed=3).notes == notes
    assert melody(FORM.phrases, KEY, BPM, 4, chords, SINGER, seed=4).notes != notes


def test_a_crowded_line_still_fits_its_bars():
    line = parse_stanzas("la " * 40)[0].lines[0]
    beats = rhythm(line.syllables, 2, 16, 0.15)
    assert len(beats) == 40
    assert all(a.at <= b.at for a, b in pairwise(beats))
    assert beats[-1].at + beats[-1].length <= 32


def test_chords_are_read_back_from_a_score():
    score = Score(bpm=90, metre=(4, 4), key="A minor", bars=2, sections=(), tracks=(),
                  chords=(Chord("Am", 0, 4), Chord("E7", 4, 2), Chord("F", 6, 2)))  # fmt: skip
    sounding = chords_of(score, KEY)
    assert [sounding(bar, at).name(KEY) for bar, at in ((0, 15), (1, 0), (1, 8))] == ["Am", "E7", "F"]
    assert in_chord(0, sounding(0, 0))
    assert not in_chord(1, sounding(0, 0))
