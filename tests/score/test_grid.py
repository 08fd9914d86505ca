from dataclasses import replace
from itertools import islice

import pytest

from soundstage.data.composer import sheets
from soundstage.errors import InputError
from soundstage.media.score import Chord, Metre, Note, Score, Track
from soundstage.score.grid import roles_of, sheet_of, spelled_by
from soundstage.score.language import brief_of, spell
from soundstage.score.perform import perform
from soundstage.score.speller import Speller
from soundstage.score.theory import parse_key

PIECES = list(islice(sheets(11), 40))


@pytest.mark.parametrize("index", range(12))
def test_our_own_pieces_come_back_note_for_note(index):
    sheet = PIECES[index]
    score = perform(sheet)
    back = sheet_of(score, sheet.style)
    again = perform(back)
    assert dict(back.roster) == dict(sheet.roster)
    assert [bar.chords for bar in back.bars] == [bar.chords for bar in sheet.bars]
    for one, two in zip(score.tracks, again.tracks, strict=True):
        first = {(note.pitch, round(note.start * 12)) for note in one.notes}
        second = {(note.pitch, round(note.start * 12)) for note in two.notes}
        assert len(first ^ second) <= 0.06 * len(first | second), one.instrument


@pytest.mark.parametrize("index", range(12))
def test_a_sheet_from_the_grid_can_be_spelled(index):
    sheet = sheet_of(perform(PIECES[index]))
    speller = Speller(brief_of(sheet))
    for token in spell(sheet):
        assert token in speller.allowed()
        speller.push(token)
    assert speller.done


def test_chords_that_are_not_written_are_heard():
    key = parse_key("A minor")
    assert spelled_by([57, 60, 64, 69], key).name(key) == "Am"
    assert spelled_by([41, 57, 60, 65], key).name(key) == "F"
    pitches = ((45, 60, 64), (41, 57, 60))
    notes = tuple(Note(pitch, 4 * bar, 4, 80) for bar, tones in enumerate(pitches) for pitch in tones)
    score = Score(100, (4, 4), "A minor", 2, (), (), (Track("piano", notes),))
    assert [bar.chords[0][1].name(key) for bar in sheet_of(score).bars] == ["Am", "F"]
    named = replace(score, chords=(Chord("C/G", 0, 4), Chord("G13", 4, 4)))
    assert [bar.chords[0][1].name(key) for bar in sheet_of(named).bars] == ["C", "G"]


def test_each_track_has_a_role_of_its_own():
    low, high = (tuple(Note(pitch, beat, 1, 80) for beat in range(4)) for pitch in (40, 72))
    roles = roles_of([Track("piano", high), Track("piano", low), Track("drums", (Note(36, 0, 1, 90),))])
    assert roles["drums"].instrument == "drums"
    assert len(roles) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metre": (7, 8)}, "is in 7/8"),
        ({"metres": (Metre(1, 3, 4),)}, "changes its metre"),
        ({"tracks": ()}, "has no notes"),
    ],
)
def test_what_the_grid_cannot_hold_is_refused(change, message):
    score = Score(100, (4, 4), "C major", 2, (), (), (Track("piano", (Note(60, 0, 1, 80),)),))
    with pytest.raises(InputError, match=f"score: {message}"):
        sheet_of(replace(score, **change))
