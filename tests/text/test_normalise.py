import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.text.lexicon import Lexicon
from soundstage.text.normalise import sentences

KNOWN = Lexicon.shipped().entries.keys()


def spoken(text: str) -> str:
    return " ".join(word for each in sentences(text, KNOWN) for token in each.tokens for word in token.spoken)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It cost $3.50.", "it cost three dollars and fifty cents"),
        ("£1 and €2 million", "one pound and two million euros"),
        ("at 3:05 p.m.", "at three oh five p. m."),
        ("at 9:00", "at nine o'clock"),
        ("on May 5th, 1999", "on may fifth nineteen ninety nine"),
        ("5 May 1999", "the fifth of may nineteen ninety nine"),
        ("2001-05-17", "may seventeenth two thousand one"),
        ("12/25/2020", "december twenty fifth twenty twenty"),
        ("1,234 m", "one thousand two hundred thirty four metres"),
        ("1 km/h", "one kilometre per hour"),
        ("50% off", "fifty percent off"),
        ("the 1980s", "the nineteen eighties"),
        ("the 22nd", "the twenty second"),
        ("pages 3-5", "pages three to five"),
        ("-5°C", "minus five degrees celsius"),
        ("call 555-1234", "call five five five one two three four"),
        ("www.example.com", "double you double you double you dot example dot com"),
        ("Dr. Oak lives on Elm St. now", "doctor oak lives on elm street now"),
        ("St. James", "saint james"),
        ("the FBI and NASA", "the f. b. i. and nasa"),
        ("U.S. laws", "u. s. laws"),
        ("e.g. this, etc.", "for example this et cetera"),
        ("Chapter IV", "chapter four"),
        ("Queen Mary II", "queen mary i. i."),
        ("STOP NOW!", "stop now"),
        ("naïve café", "naive cafe"),
        ("rock & roll", "rock and roll"),
        ("½ a cup", "one half a cup"),
    ],
)
def test_written_forms_are_spoken_as_a_reader_would(text: str, words: str) -> None:
    assert spoken(text) == words


def test_a_title_or_a_decimal_does_not_end_a_sentence() -> None:
    assert len(sentences("Mr. Fox paid 3.5 pounds. He left at 5 p.m. She stayed.", KNOWN)) == 3


def test_speech_in_quotes_goes_on_after_its_mark() -> None:
    (sentence,) = sentences('"Stop!" she said.')
    assert [token.mark for token in sentence.tokens] == [",", "", "."]


def test_a_pause_tag_is_silence_and_not_a_word() -> None:
    first, second = sentences("One. [pause:1.5s] Two, [pause:250ms] three.")
    assert first.tokens[-1].silence == 1.5
    assert second.tokens[0].silence == 0.25
    assert spoken("One [pause:2s] two") == "one two"


def test_a_leading_pause_stands_before_the_first_word() -> None:
    assert sentences("[pause:2s] Now.")[0].lead == 2


def test_other_tags_are_not_read_out() -> None:
    assert spoken("Well [laughs] fine.") == "well fine"


def test_a_question_rises_unless_a_question_word_opens_it() -> None:
    rising = [each.rising for each in sentences("Is it late? Why is it late? It is late. And are you there?")]
    assert rising == [True, False, False, True]


def test_tokens_keep_what_was_written() -> None:
    (sentence,) = sentences("It was $3.50 then.")
    assert [token.written for token in sentence.tokens] == ["It", "was", "$3.50", "then"]


def test_text_without_words_has_no_sentences() -> None:
    assert sentences("  … !? [pause:1s] ") == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=80))
def test_any_text_at_all_is_read_without_an_error(text: str) -> None:
    for sentence in sentences(text, KNOWN):
        assert all(word == word.lower() and word for token in sentence.tokens for word in token.spoken)


def test_a_comma_behind_a_figure_is_a_mark_and_not_a_part_of_it() -> None:
    written = [token.written for token in sentences("It cost $3,000, then 5%, and 6 km, at last.")[0].tokens]
    assert written == ["It", "cost", "$3,000", "then", "5%", "and", "6 km", "at", "last"]
