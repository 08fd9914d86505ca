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
        ("STOP NOW!", "stop now"),
        ("naïve café", "naive cafe"),
        ("rock & roll", "rock and roll"),
        ("½ a cup", "one half a cup"),
    ],
)
def test_written_forms_are_spoken_as_a_reader_would(text: str, words: str) -> None:
    assert spoken(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Visit https://www.example.com/path/to?q=1&x=2#top now.",
            "visit double you double you double you dot example dot com slash path slash t. o. question "
            "mark q. equals one and x. equals two hash top now",
        ),
        (
            "See http://localhost:8080/index.html please.",
            "see localhost colon eight zero eight zero slash index dot h. t. m. l. please",
        ),
        (
            "Mail john.doe+news@mail.example.co.uk, please.",
            "mail john dot doe plus news at mail dot example dot c. o. dot u. k. please",
        ),
        ("github.com/user/repo-name_2", "github dot com slash user slash repo dash name underscore two"),
        ("I ❤️ you 😂👍🏽!", "i red heart you face with tears of joy thumbs up"),
        ("Party 🎉🎉 tonight", "party party popper tonight"),
        ("👨\u200d👩\u200d👧 in 🇫🇷", "man woman girl in flag of f. r."),
        ("1/2 cup, 3/4 tsp, 2 1/2 inches", "one half cup three quarters teaspoon two and a half inches"),
        ("2½ cups and ⅓ of it", "two and a half cups and one third of it"),
        ("It's 5⅛ miles", "it's five and an eighth miles"),
        ("1914–1918", "nineteen fourteen to nineteen eighteen"),
        ("from 5-10 km", "from five to ten kilometres"),
        ("$5-10", "five to ten dollars"),
        ("10–15%", "ten to fifteen percent"),
        ("+1 (555) 123-4567", "plus one five five five one two three four five six seven"),
        ("(020) 7946 0958", "zero two zero seven nine four six zero nine five eight"),
        ("call 911", "call nine one one"),
        ("0800 123 456", "zero eight zero zero one two three four five six"),
        ("1-800-FLOWERS", "one eight hundred flowers"),
        ("Chapter XIV", "chapter fourteen"),
        ("Louis XVI", "louis the sixteenth"),
        ("World War II", "world war two"),
        ("Henry VIII's wives", "henry the eighth's wives"),
        ("Queen Mary II", "queen mary the second"),
        ("Rocky IV", "rocky four"),
        ("MCMXCIX", "nineteen ninety nine"),
        ("Act III, Scene ii", "act three scene two"),
        ("60 mi/h", "sixty miles per hour"),
        ("5 m/s²", "five metres per second squared"),
        ("20 m²", "twenty square metres"),
        ("9.8 m/s^2", "nine point eight metres per second squared"),
        ("5 kg/m³", "five kilograms per cubic metre"),
        ("12 V, 5 A, 60 W", "twelve volts five amps sixty watts"),
        ("There were 5 in the room", "there were five in the room"),
        ("6 ft 2 in", "six feet two inches"),
        ("$9.99/mo", "nine dollars and ninety nine cents per month"),
        ("3 GB/s", "three gigabytes per second"),
        ("$3.5M", "three point five million dollars"),
        ("€2.5bn", "two point five billion euros"),
        ("5€", "five euros"),
        ("USD 10", "ten u. s. dollars"),
        ("C$5", "five canadian dollars"),
        ("₹500", "five hundred rupees"),
        ("20¢", "twenty cents"),
        ("-$5", "minus five dollars"),
        ("$1tn", "one trillion dollars"),
        ("3:30 PM EST", "three thirty p. m. e. s. t."),
        ("15:45 UTC", "fifteen forty five u. t. c."),
        ("00:00", "midnight"),
        ("6 a.m. GMT+2", "six a. m. g. m. t. plus two"),
        ("7:05:09", "seven oh five and nine seconds"),
        ("the 1st of May", "the first of may"),
        ("Jan. 5, 2024", "january fifth twenty twenty four"),
        ("Sat, Jan 6", "saturday january sixth"),
        ("May 1999", "may nineteen ninety nine"),
        ("2024-12-25T10:30:00Z", "december twenty fifth twenty twenty four at ten thirty u. t. c."),
        ("the ’90s", "the nineties"),
        ("mid-1990s", "mid nineteen nineties"),
        ("wait 90s", "wait ninety seconds"),
        ("v2.0.1", "v. two point zero point one"),
        ("iOS 17.4", "i. o. s. seventeen point four"),
        ("#MeToo and #1", "hashtag me too and number one"),
        ("@jane_doe said", "at jane underscore doe said"),
        ("N.A.S.A.", "n. a. s. a."),
        ("a Ph.D. student", "a p. h. d. student"),
        ("J.R.R. Tolkien", "j. r. r. tolkien"),
        ("J. Smith vs. K. Jones", "j. smith versus k. jones"),
        ("Mr. & Mrs. Smith", "mister and missus smith"),
        ("iPhone and eBay", "i. phone and e. bay"),
        ("McDonald's", "mcdonald's"),
        ("macOS", "mac o. s."),
        ("“Smart quotes,” she said, ‘indeed’.", "smart quotes she said indeed"),
        ("it’s rock ’n’ roll", "it's rock and roll"),
        ("THE FBI AND CIA ARE HERE.", "the f. b. i. and c. i. a. are here"),
        ("AC/DC, AT&T, R&B, Q&A", "a. c. d. c. a. t. and t. r. and b. q. and a."),
        ("YOU & ME AND/OR HIM", "you and me and or him"),
        ("TVs, IBM's and NASA's", "t. v.s i. b. m.s and nasa's"),
        ("US and us", "u. s. and us"),
        ("the IT department", "the i. t. department"),
        ("vitamin A.", "vitamin a."),
        ("MP3, H2O, CO2, B-52, COVID-19", "m. p. three h. two o. c. o. two b. fifty two covid nineteen"),
        ("C++ and C#", "c. plus plus and c. sharp"),
        ("привет мир", "privet mir"),
        ("Ωmega and π", "omega and pi"),
        ("5 × 3 = 15", "five times three equals fifteen"),
        ("5 - 3 = 2", "five minus three equals two"),
        ("x^2 and 10⁶", "x. squared and ten to the power of six"),
        ("1e6", "one times ten to the power of six"),
        ("a < b", "a less than b."),
        ("-40°F", "minus forty degrees fahrenheit"),
        ("5'11\"", "five foot eleven"),
        ("50° 30' N", "fifty degrees thirty minutes north"),
        ("1 000 000", "one million"),
        ("1.000.000,50", "one million point five zero"),
        ("7,5", "seven point five"),
        ("007", "zero zero seven"),
        ("1234567890", "one two three four five six seven eight nine zero"),
        ("2x4, 4x faster", "two by four four times faster"),
        ("1080p", "ten eighty p."),
        ("16:9", "sixteen to nine"),
        ("24/7 since 9/11", "twenty four seven since nine eleven"),
        ("his/her", "his her"),
        ("**bold** _text_ <b>html</b>", "bold text html"),
        ("C:\\Users\\me", "c. colon backslash users backslash m. e."),
        ("/usr/local/bin", "slash u. s. r. slash local slash bin"),
        ("file.txt", "file dot t. x. t."),
        ("192.168.1.1", "one nine two dot one six eight dot one dot one"),
        ("ISBN 978-3-16-148410-0", "i. s. b. n. nine seven eight three one six one four eight four one zero zero"),
        ("n°5, § 5, ±5", "number five section five plus or minus five"),
        ("flight BA2490", "flight b. a. twenty four ninety"),
        ("naïve façade, Łódź, Æsop", "naive facade lodz aesop"),
    ],
)
def test_hard_cases_are_spoken_as_a_reader_would(text: str, words: str) -> None:
    assert spoken(text) == words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("J.R.R. Tolkien wrote it. He did.", 2),
        ("We went to the U.S. The end.", 2),
        ("The U.S. Army came.", 1),
        ("By J. Smith and K. Jones.", 1),
        ("Take vitamin C. Then sleep.", 2),
        ("At 6 p.m. Monday we ate.", 1),
        ("- one\n- two\n- three", 3),
        ("Tim, Bob et al. found it.", 1),
    ],
)
def test_full_stops_of_abbreviations_end_a_sentence_only_where_one_ends(text: str, count: int) -> None:
    assert len(sentences(text, KNOWN)) == count


def test_what_cannot_be_read_is_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    assert spoken("say 日本語 now") == "say now"
    assert "日本語 cannot be read in English" in caplog.text


def test_a_line_in_capitals_is_a_shout_and_the_next_is_not() -> None:
    first, *_, last = sentences("STOP THAT TRAIN NOW.\nIt was SO near.", KNOWN)
    assert not any(token.strong for token in first.tokens)
    assert [token.written for token in last.tokens if token.strong] == ["SO"]


def test_words_are_shown_with_the_marks_around_them() -> None:
    tokens = [token for each in sentences("“Well,” she said — (laughing) “it cost $3.50!”") for token in each.tokens]
    assert [token.shown or token.written for token in tokens] == [
        '"Well,"', "she", "said —", "(laughing)", '"it', "cost", '$3.50!"',
    ]  # fmt: skip


def test_a_readable_stretch_has_its_figures_in_words() -> None:
    (sentence,) = sentences("Dr. Oak paid $3.50 to the FBI, [laughs] OK?", KNOWN)
    assert sentence.readable == "doctor Oak paid three dollars and fifty cents to the F B I, [laughs] OK?"


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
