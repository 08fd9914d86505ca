import pytest

from soundstage.errors import InputError
from soundstage.score.progression import harmony, key_of, parse_progression
from soundstage.score.theory import MODES, QUALITIES, Key, parse_key


def test_a_chord_a_bar_or_bars_with_lines():
    assert parse_progression("Am F, C G") == (("Am",), ("F",), ("C",), ("G",))
    assert parse_progression("| Am | F G7 | % |") == (("Am",), ("F", "G7"), ("F", "G7"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Am H", "chords: 'H' is not a chord"),
        ("C/G", "a bass of its own"),
        ("  ", "chords: are none"),
        ("| C F G |", "are 3 in a bar"),
        ("Csus9", "is not a chord"),
        ("%", "is not a chord"),
    ],
)
def test_what_is_no_progression_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_progression(text)


@pytest.mark.parametrize("mode", MODES)
def test_every_chord_comes_back_by_its_name_in_every_key(mode):
    for tonic in range(12):
        key = Key(tonic, mode)
        for root in (
            "C",
            "C#",
            "Db",
            "D",
            "Eb",
            "D#",
            "E",
            "F",
            "F#",
            "Gb",
            "G",
            "Ab",
            "G#",
            "A",
            "Bb",
            "A#",
            "B",
            "Cb",
        ):
            found = harmony(f"{root}m7", key)
            pitch = ({"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[root[0]] + root.count("#")) % 12
            assert (key.tonic + found.root(mode)) % 12 == (pitch - (1 if root.endswith("b") else 0)) % 12
            assert -1 <= found.alter <= 1
            assert found.quality == "m7"


def test_a_letter_stands_on_its_own_step():
    c_minor = parse_key("C minor")
    assert (harmony("Ab", c_minor).degree, harmony("Ab", c_minor).alter) == (5, 0)
    assert (harmony("G", c_minor).degree, harmony("G", c_minor).alter) == (4, 0)
    assert (harmony("Db", c_minor).degree, harmony("Db", c_minor).alter) == (1, -1)
    assert harmony("Db", c_minor).name(c_minor) == "Db"


def test_other_ways_of_writing_mean_the_same():
    key = parse_key("C major")
    for text, meant in (("Cmaj", ""), ("CM7", "maj7"), ("C-7", "m7"), ("C°", "dim"), ("Cø", "m7b5"), ("Csus", "sus4")):
        assert harmony(text, key).quality == meant
        assert meant in QUALITIES


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Am F C G", "A minor"),
        ("C G Am F", "C major"),
        ("Dm7 G7 Cmaj7", "C major"),
        ("Bb Eb F Bb", "Bb major"),
        ("Em C G D", "E minor"),
        ("F#m D A E", "F# minor"),
    ],
)
def test_the_key_of_a_progression_is_heard(text, key):
    assert key_of(parse_progression(text)) == parse_key(key)
