import pytest

from soundstage.evaluate.intelligibility import compare, edits, plain_words


@pytest.mark.parametrize(
    ("a", "b", "count"), [("kitten", "sitting", 3), ("", "abc", 3), ("same", "same", 0), ("ab", "ba", 2)]
)
def test_edits_are_levenshteins(a: str, b: str, count: int) -> None:
    assert edits(a, b) == edits(b, a) == count


def test_both_sides_are_spelled_out_before_they_are_compared() -> None:
    assert compare("It cost $5, didn't it?", "it cost five dollars didn't it").wer == 0


def test_a_wrong_word_is_one_error_among_the_words_asked_for() -> None:
    errors = compare("the cat sat down", "the hat sat down")
    assert errors.wer == 0.25
    assert errors.character_errors == 1
    assert (errors + errors).words == 8


def test_nothing_heard_is_all_wrong() -> None:
    assert compare("one two three", "").wer == 1


def test_words_are_plain() -> None:
    assert plain_words("Don't call the FBI!") == ["dont", "call", "the", "f", "b", "i"]
