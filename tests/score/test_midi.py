import pytest

from soundstage.errors import InputError
from soundstage.media import Note, Score, Track
from soundstage.score import midi

SCORE = Score(
    92.0,
    (3, 4),
    "D minor",
    4,
    (),
    (),
    (
        Track("violin", (Note(74, 0.0, 1.5, 90), Note(76, 1.5, 1.5, 80))),
        Track("drums", (Note(36, 0.0, 0.25, 100), Note(42, 1.0, 0.25, 70))),
    ),
)


def test_a_written_file_reads_back_the_same(tmp_path):
    path = midi.save(SCORE, tmp_path / "a.mid")
    read = midi.load(path)
    assert read.tracks == SCORE.tracks
    assert (read.metre, read.key) == (SCORE.metre, SCORE.key)
    assert read.bpm == pytest.approx(92, abs=0.01)


def test_the_same_score_is_the_same_bytes():
    assert midi.to_bytes(SCORE) == midi.to_bytes(SCORE)


def test_a_tied_repetition_ends_before_it_starts_again():
    score = Score(
        120.0, (4, 4), "C major", 1, (), (), (Track("piano", (Note(60, 0.0, 1.0, 80), Note(60, 1.0, 1.0, 80))),)
    )
    assert midi.from_bytes(midi.to_bytes(score)).tracks == score.tracks


@pytest.mark.parametrize("data", [b"", b"RIFFxxxx", midi.to_bytes(SCORE)[:40]])
def test_what_is_no_midi_file_is_refused(data):
    with pytest.raises(InputError, match="midi"):
        midi.from_bytes(data)
