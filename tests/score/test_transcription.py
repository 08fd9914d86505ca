from itertools import pairwise

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media.hummed import Tone
from soundstage.score.theory import parse_key
from soundstage.score.transcription import key_of, tempo_of, transcribed

ODE = "E1 E1 F1 G1 G1 F1 E1 D1 C1 C1 D1 E1 E1.5 D.5 D2 E1 E1 F1 G1 G1 F1 E1 D1 C1 C1 D1 E1 D1.5 C.5 C2"
GRACE = "-2 G1 c2 e.5 c.5 e2 d1 c2 A1 G2 G1 c2 e.5 c.5 e2 d1 g3"
STEPS = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "c": 72, "d": 74, "e": 76, "g": 79}


def tones(text: str, bpm: float, *, moved: int = 0, loose: float = 0.012, drift: float = 0.0) -> list[Tone]:
    """A tune as somebody sings it, a little off the beat and ever faster."""
    rng, at, out = np.random.default_rng(4), 0.0, []
    for word in text.split():
        length = float(word[1:])
        if word[0] != "-":
            seconds = at * 60 / bpm * (1 - drift * at / 64)
            start = max(0.0, seconds + 0.3 + float(rng.normal(0, loose)))
            out.append(Tone(start, 0.9 * length * 60 / bpm, STEPS[word[0]] + moved, -20.0))
        at += length
    return out


def beats(text: str) -> list[float]:
    lengths = [float(word[1:]) for word in text.split()]
    starts = np.concatenate(([0.0], np.cumsum(lengths)[:-1]))
    return [float(start) for word, start in zip(text.split(), starts, strict=True) if word[0] != "-"]


@pytest.mark.parametrize("bpm", [78.0, 96.0, 131.0])
@pytest.mark.parametrize("moved", [-3, 4])
def test_a_tune_is_written_as_it_was_meant(bpm, moved):
    score, _ = transcribed(tones(ODE, bpm, moved=moved))
    assert score.bpm == pytest.approx(bpm, rel=0.01)
    assert score.metre == (4, 4)
    assert [note.start for note in score.tracks[0].notes] == beats(ODE)
    assert score.key == {-3: "A major", 4: "E major"}[moved]
    assert score.bars == 8


def test_a_waltz_with_an_upbeat_begins_before_the_bar_line():
    score, placed = transcribed(tones(GRACE, 96.0))
    assert score.metre == (3, 4)
    assert [note.start for note in score.tracks[0].notes] == beats(GRACE)
    assert placed.begins == pytest.approx(0.3, abs=0.05)


def test_a_given_tempo_key_and_metre_are_kept():
    score, _ = transcribed(tones(ODE, 90.0), bpm=90.0, key=parse_key("A minor"), metre="4/4")
    assert (score.bpm, score.key) == (90.0, "A minor")


def test_a_singer_who_hurries_is_followed():
    score, _ = transcribed(tones(ODE, 96.0, drift=0.06))
    assert [note.start for note in score.tracks[0].notes] == beats(ODE)


def test_notes_never_overlap_and_fill_short_breaths():
    notes = transcribed(tones(ODE, 96.0))[0].tracks[0].notes
    assert all(a.end <= b.start for a, b in pairwise(notes))
    assert notes[0].length == 1.0


def test_a_steady_pulse_is_found_exactly():
    times = 0.2 + np.arange(20) * 60 / 101.5
    assert tempo_of(times, np.ones(20)) == pytest.approx(101.5, rel=0.002)


def test_less_than_a_bar_is_refused():
    with pytest.raises(InputError, match="melody: is shorter than a bar of 4/4 at 120 bpm"):
        transcribed(tones("C1 D1 E.5", 120.0), bpm=120.0, metre="4/4")


def test_minor_is_told_from_its_relative():
    from soundstage.media import Note

    line = [69, 71, 72, 74, 76, 74, 72, 71, 69, 68, 69]
    assert key_of([Note(pitch, float(i), 1.0, 80) for i, pitch in enumerate(line)]).name == "A minor"
