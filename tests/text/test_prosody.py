"""The rules of prosody, on sentences."""

from __future__ import annotations

import pytest

from soundstage.text.phonemes import Frontend, Spoken
from soundstage.text.prosody import CALL, DRAWN, FALL, LIFT, LOUDER, MORE, QUESTION, STRONG, STYLES, prosody
from soundstage.text.symbols import PAUSE


@pytest.fixture(scope="module")
def frontend() -> Frontend:
    return Frontend()


def read(frontend: Frontend, text: str) -> Spoken:
    (sentence,) = frontend.read(text)
    return sentence


def last(sentence: Spoken) -> int:
    return max(index for index, phone in enumerate(sentence.phones) if phone.symbol != PAUSE)


def test_only_open_questions_rise(frontend: Frontend) -> None:
    rising, falling = (read(frontend, text) for text in ("Is it late?", "Why is it late?"))
    assert prosody(rising).bend[last(rising)] == QUESTION
    assert prosody(rising).bend[1] == 0
    assert prosody(rising).keep[1] == 1 > prosody(rising).keep[last(rising)]
    assert not any(prosody(falling).bend)


def test_a_comma_says_that_more_is_to_come_and_a_full_stop_that_none_is(frontend: Frontend) -> None:
    sentence = read(frontend, "We came home, and we slept.")
    asked = prosody(sentence)
    pauses = [index for index, phone in enumerate(sentence.phones) if phone.symbol == PAUSE]
    assert asked.bend[pauses[1] - 1] == MORE
    assert asked.bend[last(sentence)] == FALL
    assert asked.stretch[last(sentence)] == DRAWN
    assert asked.stretch[pauses[1] - 1] == 1


def test_an_exclamation_falls_from_above(frontend: Frontend) -> None:
    sentence = read(frontend, "Look at that!")
    assert max(prosody(sentence).bend) == CALL
    assert prosody(sentence).bend[last(sentence)] == FALL


@pytest.mark.parametrize("text", ["I said *no* to them.", "I said NO to them."])
def test_emphasis_lifts_its_word_alone(frontend: Frontend, text: str) -> None:
    sentence = read(frontend, text)
    strong, plain = prosody(sentence), prosody(read(frontend, "I said no to them."))
    for index, phone in enumerate(sentence.phones):
        here = phone.token == 2
        assert strong.gain[index] == (LOUDER if here else 0)
        assert strong.stretch[index] == pytest.approx(plain.stretch[index] * (STRONG if here else 1))
    lifted = [index for index, phone in enumerate(sentence.phones) if strong.bend[index] == plain.bend[index] + LIFT]
    assert [sentence.phones[index].symbol for index in lifted] == ["ow"]


def test_asterisks_between_figures_and_words_in_a_shout_are_no_emphasis(frontend: Frontend) -> None:
    for text in ("Two * three is six.", "STOP THAT TRAIN NOW."):
        assert not any(token.strong for token in read(frontend, text).sentence.tokens)
    both = read(frontend, "It was *very cold* there.").sentence.tokens
    assert [token.strong for token in both] == [False, False, True, True, False]


def test_the_styles_differ_in_every_way() -> None:
    neutral, lively, calm = (STYLES[name] for name in ("neutral", "lively", "calm"))
    assert lively.span > neutral.span > calm.span
    assert lively.speed > neutral.speed > calm.speed
    assert lively.rest < neutral.rest < calm.rest
