import pytest

from soundstage.film.writing.duration import find_length
from soundstage.film.writing.grammar import article, finish, lemma, past, possessive, singular, title_case
from soundstage.film.writing.lexicon import NOUNS, PLACE_OF, TIME_OF, WEATHER_OF, noun
from soundstage.render.scene import COLOURS, PLACES, SUBJECTS, TIMES, WEATHERS


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cat", "a"),
        ("owl", "an"),
        ("hour", "an"),
        ("honest man", "an"),
        ("unicorn", "a"),
        ("umbrella", "an"),
        ("one-eyed cat", "a"),
        ("ugly duckling", "an"),
        ("university", "a"),
        ("UFO", "a"),
        ("MRI scan", "an"),
        ("8-legged spider", "an"),
        ("horse", "a"),
        ("uninvited guest", "an"),
        ("European swallow", "a"),
        ("hourglass", "an"),
        ("useful idea", "a"),
    ],
)
def test_articles_follow_the_sound(words: str, expected: str) -> None:
    assert article(words) == expected


@pytest.mark.parametrize(
    ("form", "base", "before"),
    [
        ("finds", "find", "found"),
        ("dances", "dance", "danced"),
        ("running", "run", "ran"),
        ("carries", "carry", "carried"),
        ("flew", "fly", "flew"),
        ("walks", "walk", "walked"),
        ("stopped", "stop", "stopped"),
        ("making", "make", "made"),
        ("watches", "watch", "watched"),
        ("plays", "play", "played"),
        ("dreams", "dream", "dreamed"),
        ("sailing", "sail", "sailed"),
        ("visits", "visit", "visited"),
        ("racing", "race", "raced"),
        ("loses", "lose", "lost"),
        ("explores", "explore", "explored"),
        ("investigates", "investigate", "investigated"),
        ("wanted", "want", "wanted"),
        ("searching", "search", "searched"),
        ("saved", "save", "saved"),
        ("helping", "help", "helped"),
        ("befriends", "befriend", "befriended"),
        ("goes", "go", "went"),
    ],
)
def test_verbs_are_reduced_to_their_base_and_put_into_the_past(form: str, base: str, before: str) -> None:
    assert lemma(form) == base
    assert past(base) == before


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("cats", "cat"),
        ("mice", "mouse"),
        ("wolves", "wolf"),
        ("ponies", "pony"),
        ("foxes", "fox"),
        ("bus", "bus"),
        ("grass", "grass"),
        ("witches", "witch"),
    ],
)
def test_plurals_become_singular(many: str, one: str) -> None:
    assert singular(many) == one


def test_sentences_are_finished() -> None:
    assert finish("  the cat  came .and went ,. ") == "The cat came.and went."
    assert finish("hello there") == "Hello there."
    assert finish("who? me") == "Who? Me."
    assert (
        possessive("the cat") == "the cat's"
        and possessive("the boys") == "the boys'"
        and possessive("James") == "James's"
    )
    assert title_case("the cat and the whale") == "The Cat and the Whale"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thirty seconds, gentle.", 30),
        ("45 s", 45),
        ("a minute and a half", 90),
        ("2 minutes", 120),
        ("Half a minute", 30),
        ("A 90-second film", 90),
        ("1 min 20 s", 80),
        ("about 60 seconds long", 60),
        ("1:15", 75),
        ("one and a half minutes", 90),
        ("forty-five seconds", 45),
        ("two minutes ten seconds", 130),
        ("a hundred and twenty seconds", 120),
        ("a couple of minutes", 120),
        ("12s", 12),
        ("1.5 minutes", 90),
        ("a half minute", 30),
        ("one minute", 60),
        ("ninety-second", 90),
        ("a minute", 60),
    ],
)
def test_lengths_are_read_in_digits_and_in_words(text: str, seconds: float) -> None:
    found = find_length(text)[1]
    assert found is not None and found.seconds == seconds


@pytest.mark.parametrize(
    "text", ["A cat.", "Ein Hund läuft am Strand", "the second mouse", "I am 12", "He has a moment", "a mini car"]
)
def test_what_is_no_length_is_none(text: str) -> None:
    assert find_length(text)[1] is None


def test_every_word_of_the_tables_means_something_that_can_be_drawn() -> None:
    for entry in NOUNS.values():
        assert entry.subject in SUBJECTS, entry
        assert entry.colour is None or entry.colour in COLOURS, entry
        assert entry.place is None or entry.place in PLACES, entry
        assert entry.pronoun in (None, "he", "she", "it", "they"), entry
    assert set(PLACE_OF.values()) == set(PLACES)
    assert set(TIME_OF.values()) <= set(TIMES) and set(WEATHER_OF.values()) <= set(WEATHERS)


def test_unknown_words_fall_back_by_their_endings() -> None:
    dancer, mermaid = noun("streetdancers"), noun("handmaid")
    assert dancer is not None and dancer.subject == "keeper"
    assert mermaid is not None and mermaid.pronoun == "she"
    assert noun("calculator") is None and noun("serendipity") is None
