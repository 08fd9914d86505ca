"""SSML: what each element asks for, and how each mistake is told."""

from __future__ import annotations

import pytest

from soundstage.errors import InputError
from soundstage.text.normalise import Sentence, plain, sentences
from soundstage.text.passage import Delivery, Token
from soundstage.text.phonemes import Frontend
from soundstage.text.prosody import prosody
from soundstage.text.ssml import is_ssml, parse
from soundstage.text.symbols import PAUSE


def read(inside: str) -> list[Sentence]:
    (turn,) = parse(f"<speak>{inside}</speak>")
    return sentences(turn.passage)


def tokens(inside: str) -> list[Token]:
    return [token for sentence in read(inside) for token in sentence.tokens]


def spoken(inside: str) -> str:
    return " ".join(word for token in tokens(inside) for word in token.spoken)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<speak>Hi</speak>", True),
        ('  <speak version="1.0">Hi</speak>', True),
        ('<?xml version="1.0"?>\n<speak/>', True),
        ("<!DOCTYPE speak><speak/>", True),
        ("<speaker>Hi</speaker>", False),
        ("I <speak> so", False),
    ],
)
def test_a_document_is_known_by_its_first_element(text: str, found: bool) -> None:
    assert is_ssml(text) is found


@pytest.mark.parametrize(
    ("element", "seconds"),
    [
        ('<break time="800ms"/>', 0.8),
        ('<break time="1.5s"/>', 1.5),
        ('<break strength="strong"/>', 0.75),
        ("<break/>", 0.4),
        ('<break strength="none"/>', 0.0),
        ('<break time="99s"/>', 10.0),
    ],
)
def test_a_break_is_a_rest_after_the_word_before_it(element: str, seconds: float) -> None:
    first, second = tokens(f"One {element} two")
    assert (first.silence, second.silence) == (seconds, 0)


def test_a_break_before_the_first_word_leads_the_sentence() -> None:
    assert read('<break time="2s"/> One')[0].lead == 2


@pytest.mark.parametrize(
    ("asked", "delivery"),
    [
        ('rate="slow"', Delivery(rate=0.75)),
        ('rate="150%"', Delivery(rate=1.5)),
        ('rate="-20%"', Delivery(rate=0.8)),
        ('rate="1.2"', Delivery(rate=1.2)),
        ('pitch="+3st"', Delivery(pitch=3)),
        ('pitch="-2.5st"', Delivery(pitch=-2.5)),
        ('pitch="+100%"', Delivery(pitch=12)),
        ('pitch="x-low"', Delivery(pitch=-6)),
        ('volume="+6dB"', Delivery(volume=6)),
        ('volume="soft" rate="fast"', Delivery(volume=-6, rate=1.3)),
    ],
)
def test_prosody_holds_for_the_words_inside_it(asked: str, delivery: Delivery) -> None:
    before, inside, after = tokens(f"One <prosody {asked}>two</prosody> three")
    assert (before.delivery, inside.delivery, after.delivery) == (Delivery(), delivery, Delivery())


def test_prosody_inside_prosody_comes_on_top() -> None:
    (token,) = tokens('<prosody rate="2" pitch="+2st"><prosody rate="50%" pitch="+1st">one</prosody></prosody>')
    assert token.delivery == Delivery(rate=1.0, pitch=3)


def test_what_prosody_asks_reaches_every_phone_of_its_words() -> None:
    frontend = Frontend()
    (turn,) = parse('<speak>We <prosody rate="50%" pitch="+4st" volume="+6dB">sail</prosody> home</speak>')
    (marked,) = frontend.read(turn.passage)
    (plain,) = frontend.read("We sail home")
    asked, usual = prosody(marked), prosody(plain)
    for index, phone in enumerate(marked.phones):
        inside = phone.token == 1
        assert asked.bend[index] == pytest.approx(usual.bend[index] + 4 * inside)
        assert asked.stretch[index] == pytest.approx(usual.stretch[index] * (2 if inside else 1))
        assert asked.gain[index] == usual.gain[index] + 6 * inside
    assert any(phone.symbol == PAUSE for phone in marked.phones)


@pytest.mark.parametrize(
    ("kind", "written", "words"),
    [
        ("characters", "AB1", "a. b. one"),
        ("spell-out", "Hi!", "h. i. exclamation mark"),
        ("verbatim", "a_b", "a. underscore b."),
        ("digits", "1984", "one nine eight four"),
        ("cardinal", "1984", "one thousand nine hundred eighty four"),
        ("number", "-3.5", "minus three point five"),
        ("ordinal", "21", "twenty first"),
        ("ordinal", "3rd", "third"),
        ("fraction", "3/4", "three quarters"),
        ("fraction", "2 1/2", "two and one half"),
        ("telephone", "+44 20 79", "plus four four two zero seven nine"),
        ("time", "2:30pm", "two thirty p. m."),
        ("time", "1'21\"", "one minute twenty one seconds"),
        ("currency", "$3.50", "three dollars and fifty cents"),
        ("currency", "USD 1", "one u. s. dollar"),
    ],
)
def test_say_as_reads_as_it_is_told(kind: str, written: str, words: str) -> None:
    assert spoken(f'<say-as interpret-as="{kind}">{written.replace("&", "&amp;")}</say-as>') == words


@pytest.mark.parametrize(
    ("shape", "written", "words"),
    [
        ("dmy", "1/2/2024", "february first twenty twenty four"),
        ("mdy", "1/2/2024", "january second twenty twenty four"),
        ("ymd", "2024-12-05", "december fifth twenty twenty four"),
        ("md", "12/5", "december fifth"),
        ("my", "May 1999", "may nineteen ninety nine"),
        ("y", "1999", "nineteen ninety nine"),
        ("m", "3", "march"),
    ],
)
def test_a_dates_format_says_the_order(shape: str, written: str, words: str) -> None:
    assert spoken(f'<say-as interpret-as="date" format="{shape}">{written}</say-as>') == words


def test_an_alias_is_said_and_the_words_are_shown() -> None:
    (token,) = tokens('<sub alias="World Wide Web">W3</sub>')
    assert (token.written, token.spoken) == ("W3", ("world", "wide", "web"))


@pytest.mark.parametrize(
    ("alphabet", "phones"),
    [("ipa", "təˈmɑːtoʊ"), ("x-sampa", "t@&quot;mA:toU"), ("cmu-arpabet", "T AH0 M AA1 T OW0")],
)
def test_a_phoneme_may_be_written_in_three_alphabets(alphabet: str, phones: str) -> None:
    (turn,) = parse(f'<speak><phoneme alphabet="{alphabet}" ph="{phones}">tomato</phoneme></speak>')
    (said,) = Frontend().read(turn.passage)
    assert [phone.symbol for phone in said.phones if phone.symbol != PAUSE] == ["t", "ax", "m", "aa", "t", "ow"]


def test_emphasis_stresses_its_words_and_none_does_not() -> None:
    strong = [token.strong for token in tokens('A <emphasis>b</emphasis> <emphasis level="none">c</emphasis> d')]
    assert strong == [False, True, False, False]
    assert tokens('<emphasis level="reduced">so</emphasis>')[0].delivery.volume < 0


def test_marks_stand_at_the_word_they_touch() -> None:
    found = tokens('One <mark name="a"/> two <mark name="b"/> <break/> three <mark name="c"/>')
    assert [(token.before, token.after) for token in found] == [((), ()), (("a",), ("b",)), ((), ("c",))]


def test_other_languages_rest_and_read_as_told_too() -> None:
    (turn,) = parse(
        '<speak>Eins <break time="1s"/> zwei <mark name="m"/><sub alias="drei">3</sub> '
        '<prosody rate="2">vier</prosody>. Ende <break time="2s"/></speak>'
    )
    first, second = plain(turn.passage)
    assert [token.written for token in first.tokens] == ["Eins", "zwei", "3", "vier"]
    assert [token.silence for token in first.tokens] == [1, 0, 0, 0]
    assert first.tokens[2].spoken == ("drei",) and first.tokens[2].before == ("m",)
    assert first.tokens[3].delivery.rate == 2
    assert second.tokens[0].silence == 2


def test_another_voice_is_another_turn_and_rests_go_over_to_it() -> None:
    turns = parse('<speak>Hello. <voice name="ben"><break time="1s"/>I am Ben.</voice> Bye. <mark name="z"/></speak>')
    assert [(turn.speaker, str(turn.passage).strip()) for turn in turns] == [
        ("", "Hello."),
        ("ben", "I am Ben."),
        ("", "Bye."),
    ]
    assert sentences(turns[1].passage)[0].lead == 1
    assert sentences(turns[2].passage)[0].tokens[-1].after == ("z",)


def test_sentences_and_paragraphs_end_where_they_are_closed() -> None:
    assert len(read("<p><s>One two</s><s>three</s></p><p>four</p>")) == 3


def test_words_go_on_across_an_element() -> None:
    assert spoken("Dr. <emphasis>Oak</emphasis> paid $3 &amp; left") == "doctor oak paid three dollars and left"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<speak>hi", "no element found at line 1, column 10"),
        ("<speak>\n <foo/></speak>", "has <foo>, which is not known at line 2, column 2; use speak, p, s, break"),
        ("<speak>a & b</speak>", "at line 1, column"),
        ('<speak><break time="x"/></speak>', "a break of 'x' at line 1, column 8; give such as 500ms"),
        ('<speak><break size="1"/></speak>', "has 'size' in <break>"),
        ("<!DOCTYPE speak><speak/>", "document type or an entity at line 1"),
        ('<!DOCTYPE s [<!ENTITY a "b">]><speak>&a;</speak>', "document type or an entity"),
        ("<speak>&nbsp;</speak>", "undefined entity"),
        ('<speak><say-as interpret-as="date">x</say-as></speak>', "'x' does not have the parts of 'mdy'"),
        ('<speak><say-as interpret-as="poem">x</say-as></speak>', "use characters, spell-out"),
        ('<speak><say-as interpret-as="currency">5 ZZZ</say-as></speak>', "a coin that is not known"),
        ("<speak><say-as>x</say-as></speak>", "a <say-as> without 'interpret-as'"),
        ('<speak><prosody pitch="200Hz">a</prosody></speak>', "the pitch '200hz'"),
        ('<speak><prosody rate="9">a</prosody></speak>', "the rate 9"),
        ("<speak><prosody>a</prosody></speak>", "asks for nothing"),
        ('<speak><emphasis level="huge">a</emphasis></speak>', "has the level 'huge'"),
        ('<speak><phoneme ph="ʘ">a</phoneme></speak>', "'ʘ', no sound of English"),
        ('<speak><phoneme alphabet="zz" ph="a">a</phoneme></speak>', "use ipa, x-sampa or cmu-arpabet"),
        ("<speak><mark>a</mark></speak>", "a <mark> without 'name'"),
        ("<speak><break>a</break></speak>", "words inside <break>"),
        ("<?xml version='1.0'?><p>a</p>", "begins with <p>"),
    ],
)
def test_every_mistake_is_one_clear_error_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert message in str(caught.value)
