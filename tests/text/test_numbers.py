import pytest

from soundstage.text import numbers


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (115, "one hundred fifteen"),
        (1_000_001, "one million one"),
        (-7, "minus seven"),
        (999_999, "nine hundred ninety nine thousand nine hundred ninety nine"),
    ],
)
def test_cardinals_are_said_in_words(value: int, words: str) -> None:
    assert " ".join(numbers.cardinal(value)) == words


def test_a_number_beyond_names_is_read_digit_by_digit() -> None:
    assert numbers.cardinal(10**21) == ["one", *["zero"] * 21]


@pytest.mark.parametrize(
    ("value", "words"), [(1, "first"), (12, "twelfth"), (20, "twentieth"), (21, "twenty first"), (100, "one hundredth")]
)
def test_ordinals(value: int, words: str) -> None:
    assert " ".join(numbers.ordinal(value)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(1905, "nineteen oh five"), (2000, "two thousand"), (2024, "twenty twenty four"), (1800, "eighteen hundred")],
)
def test_years_are_said_in_pairs(value: int, words: str) -> None:
    assert " ".join(numbers.year(value)) == words


def test_decimals_keep_their_sign_and_every_digit() -> None:
    assert " ".join(numbers.decimal("-1,234.50")) == "minus one thousand two hundred thirty four point five zero"


@pytest.mark.parametrize(
    ("top", "bottom", "words"), [(1, 2, "one half"), (3, 4, "three quarters"), (2, 7, "two sevenths")]
)
def test_fractions(top: int, bottom: int, words: str) -> None:
    assert " ".join(numbers.fraction(top, bottom)) == words
