import pytest

from soundstage.errors import InputError
from soundstage.score.theory import Harmony, Key, find_key, parse_key, parse_numeral, pitch_of, spelled, voicing


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A minor", Key(9, "minor")),
        ("Am", Key(9, "minor")),
        ("Eb major", Key(3, "major")),
        ("f# dorian", Key(6, "dorian")),
        ("C", Key(0, "major")),
        ("B flat minor", Key(10, "minor")),
        ("G mixolydian", Key(7, "mixolydian")),
    ],
)
def test_keys_are_read_as_people_write_them(text, key):
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["H minor", "", "A lydianish", "minor"])
def test_a_key_that_is_none_names_the_field_and_the_remedy(text):
    with pytest.raises(InputError, match=r'key: .*such as "A minor"'):
        parse_key(text)


def test_a_key_is_found_in_a_sentence_but_an_article_is_none():
    assert find_key("a slow waltz in D minor for strings") == Key(2, "minor")
    assert find_key("a major victory for the team") is None or find_key("a major victory") == Key(9, "major")
    assert find_key("a calm song") is None


def test_numerals_spell_their_chords():
    assert parse_numeral("V7") == Harmony(4, 0, "7")
    assert parse_numeral("iio7") == Harmony(1, 0, "m7b5")
    assert parse_numeral("bVII") == Harmony(6, -1, "")
    assert parse_numeral("vi7").name(Key(0, "major")) == "Am7"
    assert parse_numeral("VII").name(Key(9, "minor")) == "G"


def test_the_dominant_of_a_minor_key_raises_the_leading_note():
    assert spelled("minor", parse_numeral("V"))[6] == 11
    assert spelled("minor", parse_numeral("i"))[6] == 10


def test_steps_above_a_chord_are_its_tones():
    key = Key(9, "minor")
    root, third, fifth = (pitch_of(step, key, parse_numeral("V7")) for step in (7, 9, 11))
    assert [(p - root) for p in (third, fifth)] == [4, 7]
    assert root % 12 == 4


def test_voicings_move_little():
    before = voicing(parse_numeral("I"), (), 21, 3)
    after = voicing(parse_numeral("vi"), before, 21, 3)
    assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) <= 2
