import pytest

from soundstage.errors import InputError
from soundstage.text import letters
from soundstage.text.lexicon import Lexicon, parse
from soundstage.text.phonemes import Frontend
from soundstage.text.symbols import IDS, IPA, PAUSE, STARTS_WORD, STRESSED, SYMBOLS, from_ipa


@pytest.fixture(scope="module")
def frontend() -> Frontend:
    return Frontend()


def said(frontend: Frontend, text: str) -> str:
    return " ".join(phone.symbol for each in frontend.read(text) for phone in each.phones if phone.symbol != PAUSE)


def test_the_is_spoken_by_what_follows_it(frontend: Frontend) -> None:
    assert said(frontend, "the apple the cat").startswith("dh iy ae")
    assert "dh ax k ae t" in said(frontend, "the apple the cat")


def test_verbs_and_nouns_that_are_written_alike_differ(frontend: Frontend) -> None:
    assert "r iy d" in said(frontend, "I want to read.")
    assert "r eh d" in said(frontend, "She had read it.")
    assert frontend.pronounce("object", "v") != frontend.pronounce("object", "n")


@pytest.mark.parametrize(("word", "end"), [("anna's", "z"), ("cat's", "s"), ("fox's", "ax0 z"), ("boys'", "z")])
def test_possessives_follow_their_last_sound(frontend: Frontend, word: str, end: str) -> None:
    assert " ".join(frontend.pronounce(word)).endswith(end)


def test_a_compound_is_pronounced_by_its_parts(frontend: Frontend) -> None:
    assert frontend.pronounce("starship") == ("s", "t", "aa1", "r", "sh", "ih0", "p")


def test_a_british_spelling_finds_the_american_entry(frontend: Frontend) -> None:
    assert frontend.pronounce("favourite") == frontend.pronounce("favorite")


def test_every_word_gets_phones_of_the_set(frontend: Frontend) -> None:
    for word in ("blorp", "xyzzy", "qqq", "zhuzh", "smörgåsbord", "rhythm"):
        phones = frontend.read(word)[0].ids
        assert len(phones) > 2
        assert all(0 < phone < len(SYMBOLS) for phone in phones)


def test_each_word_starts_once_and_has_a_stress(frontend: Frontend) -> None:
    (sentence,) = frontend.read("Seven wonderful lanterns glimmered.")
    assert sum(bool(phone.flags & STARTS_WORD) for phone in sentence.phones) == 4
    assert sum(bool(phone.flags & STRESSED) for phone in sentence.phones) == 4


def test_a_mark_makes_a_pause_and_its_silence_is_kept(frontend: Frontend) -> None:
    (sentence,) = frontend.read("One, [pause:1s] two.")
    inner = [phone for phone in sentence.phones[1:-1] if phone.symbol == PAUSE]
    assert [phone.silence for phone in inner] == [1.0]


def test_inline_pronunciations_may_be_ipa_or_arpabet(frontend: Frontend) -> None:
    assert said(frontend, "[gif](/dʒɪf/)") == "jh ih f"
    assert said(frontend, "[gif](/g ih1 f/)") == "g ih f"
    with pytest.raises(InputError, match="no sound of English"):
        frontend.read("[gif](/ʘ/)")


def test_a_users_entry_comes_before_the_dictionary() -> None:
    lexicon = Lexicon.shipped().with_entries({"Hello": "b ay1"})
    assert said(Frontend(lexicon), "hello") == "b ay"
    with pytest.raises(InputError, match="is no phone"):
        lexicon.with_entries({"hello": "qq"})


def test_ipa_and_arpabet_name_the_same_phones() -> None:
    for phone, ipa in IPA.items():
        assert [each.rstrip("01") for each in from_ipa(ipa)] == [phone]
    assert from_ipa("həˈloʊ") == ("hh", "ax0", "l", "ow1")


def test_nothing_to_say_is_an_input_error(frontend: Frontend) -> None:
    with pytest.raises(InputError, match="no words"):
        frontend.read(" ?! ")


def test_the_dictionary_holds_only_phones_of_the_set() -> None:
    entries = Lexicon.shipped().entries
    assert len(entries) > 70_000
    assert {phone.rstrip("01") for phones in entries.values() for phone in phones} <= IDS.keys()


def test_letters_alone_pronounce_a_regular_word() -> None:
    assert letters.pronounce("blasting") == ("b", "l", "ae1", "s", "t", "ih0", "ng")


def test_phones_parse_with_secondary_stress_as_none() -> None:
    assert parse("s aw1 n d s t ey2 jh") == ("s", "aw1", "n", "d", "s", "t", "ey0", "jh")
