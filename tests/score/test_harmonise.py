import pytest

from soundstage.media import Note
from soundstage.score.harmonise import CHORDS, harmonised
from soundstage.score.theory import QUALITIES, parse_key


def line(*pitches: int, length: float = 1.0) -> list[Note]:
    return [Note(pitch, index * length, length, 80) for index, pitch in enumerate(pitches)]


@pytest.mark.parametrize("metre", ["4/4", "3/4"])
@pytest.mark.parametrize("key", ["C major", "A minor", "D dorian", "G mixolydian", "F# major"])
def test_every_bar_has_one_or_two_chords_and_the_ends_are_home(metre, key):
    tonal = parse_key(key)
    size = int(metre[0])
    chords = harmonised(line(*[60 + tonal.tonic] * 4 * size), tonal, metre, 4)
    assert len(chords) == 4 and all(1 <= len(bar) <= 2 for bar in chords)
    assert chords[0][0].degree == chords[-1][-1].degree == 0


def test_long_notes_stand_in_their_chords():
    key = parse_key("C major")
    tune = line(60, 65, 67, 60, length=4.0)
    for (chord, *_), note in zip(harmonised(tune, key, "4/4", 4), tune, strict=True):
        tones = {(key.tonic + chord.root(key.mode) + semitones) % 12 for _, semitones in QUALITIES[chord.quality]}
        assert note.pitch % 12 in tones


def test_a_known_tune_has_the_chords_that_everybody_plays():
    tune = line(60, 60, 67, 67, 69, 69, 67, 67, 65, 65, 64, 64, 62, 62, 60, 60)
    names = [bar[0].name(parse_key("C major")) for bar in harmonised(tune, parse_key("C major"), "4/4", 4)]
    assert names[0] == "C" and names[1] in ("F", "Am", "C") and names[3] in ("G", "C")


def test_the_leading_note_of_minor_asks_for_its_major_fifth():
    key = parse_key("A minor")
    chords = harmonised(line(69, 68, 68, 69, length=4.0), key, "4/4", 4)
    assert chords[1][0].name(key) == "E"


def test_every_mode_of_the_keys_has_chords():
    from soundstage.score.theory import MODES

    assert set(CHORDS) == set(MODES)
