import pytest

from soundstage.errors import InputError
from soundstage.score.song.stanzas import parse_stanzas, with_form
from soundstage.score.structure import parse_structure


def named(text: str) -> list[tuple[str, int]]:
    return [(stanza.name, len(stanza.lines)) for stanza in parse_stanzas(text)]


def test_tags_open_sections_and_those_without_lines_are_for_the_instruments():
    text = (
        "[Intro]\n[Verse 1]\nThe moon is high\nThe sea is low\n\n[Chorus]\nSing with me\n[Solo]\n[Hook]\nSing with me"
    )
    assert named(text) == [("intro", 0), ("verse", 2), ("chorus", 1), ("solo", 0), ("chorus", 1)]


def test_lines_keep_their_words_and_order():
    lines = [line.text for stanza in parse_stanzas("[verse]\nOne two\n[chorus]\nThree four") for line in stanza.lines]
    assert lines == ["One two", "Three four"]


def test_without_tags_what_returns_is_the_chorus():
    text = "We go on\nAnd on\n\nHold me now\nNever go\n\nThe town is gone\nThe end is near\n\nHold me now\nNever go"
    assert [name for name, _ in named(text)] == ["verse", "chorus", "verse", "chorus"]
    other = "Hold me now\nNever go\n\nWe go on\nAnd on\n\nHold me now\nNever go"
    assert [name for name, _ in named(other)] == ["chorus", "verse", "chorus"]


def test_without_tags_or_empty_lines_there_are_stanzas_of_four():
    assert named("\n".join(["Day by day"] * 3 + ["Night"] + ["By the sea"] * 4)) == [("verse", 4), ("chorus", 4)]


def test_an_unknown_tag_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"lyrics: have a tag \[yodel\] that is not known; use \[intro\] \[verse\]"):
        parse_stanzas("[yodel]\nla la")


@pytest.mark.parametrize("text", ["", "  \n\n", "[verse]\n[chorus]\n", "...\n---"])
def test_a_lyric_without_words_is_refused(text):
    with pytest.raises(InputError, match="lyrics: have no words to sing"):
        parse_stanzas(text)


def test_a_form_puts_stanzas_in_its_order_and_repeats_a_chorus():
    stanzas = parse_stanzas("[verse]\nOne\n[verse]\nTwo\n[chorus]\nThree")
    found = with_form(stanzas, parse_structure(["intro 2, verse, chorus, verse, chorus 4"]))
    assert [[line.text for line in stanza.lines] for stanza in found] == [[], ["One"], ["Three"], ["Two"], ["Three"]]
    with pytest.raises(InputError, match="structure: has no place for every verse"):
        with_form(stanzas, parse_structure(["verse, chorus"]))
