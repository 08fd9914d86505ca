import numpy as np
import pytest

from soundstage.film.writing.brief import read_brief
from soundstage.film.writing.moods import mood_of
from soundstage.film.writing.plots import plot_of


def plot(text: str) -> str:
    idea = read_brief(text)
    return plot_of(idea, mood_of(idea.moods), np.random.default_rng(0))


def test_who_does_what_to_whom_how_long_and_in_what_mood() -> None:
    idea = read_brief("A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle.")
    assert idea.hero is not None and idea.hero.introduced() == "a lighthouse keeper's cat" and idea.hero.short == "cat"
    assert idea.hero.owner is not None and idea.hero.owner.phrase == "lighthouse keeper"
    assert idea.other is not None and idea.other.phrase == "stranded whale" and idea.other.alive
    assert idea.clauses[0].told == "found a stranded whale"
    assert idea.length is not None and idea.length.seconds == 30 and idea.moods == ("gentle",)


def test_a_length_inside_the_story_is_only_a_hint() -> None:
    idea = read_brief("Ten seconds before midnight a thief steals the king's crown. 25 s. Tense")
    assert idea.length is not None and idea.length.seconds == 25
    assert idea.hero is not None and idea.hero.head == "thief" and idea.time == "night"


def test_names_places_weather_and_second_happenings_are_read() -> None:
    idea = read_brief("A little girl named Mia loses her red balloon in the snowy forest at night.")
    assert idea.hero is not None and idea.hero.name == "Mia"
    assert idea.other is not None and idea.other.short == "balloon"
    assert idea.places[0][0] == "forest" and idea.time == "night" and idea.weather == "snow"
    both = read_brief("Two mice build a boat and sail to the moon.")
    assert [clause.told for clause in both.clauses] == ["built a boat", "sailed to the moon"]
    assert both.hero is not None and both.hero.plural and both.clauses[1].joined


@pytest.mark.parametrize(
    ("brief", "expected"),
    [
        ("A cat finds a stranded whale.", "rescue"),
        ("A fox finds an old map.", "wonder"),
        ("A fox meets a crow.", "friends"),
        ("A girl loses her red balloon.", "search"),
        ("A horse gallops across the desert.", "journey"),
        ("A penguin who wants to fly.", "wish"),
        ("A toaster dreams of the sea.", "wish"),
        ("A dog and a cat race through the city.", "contest"),
        ("An inventor builds a machine.", "make"),
        ("A rabbit is scared of the dark.", "fear"),
        ("A bear sleeps.", "moment"),
        ("Rain over the city at night.", "landscape"),
        ("Why is the sky blue?", "question"),
        ("Quantum mechanics", "question"),
        ("Make me a short video about a robot that learns to paint", "wish"),
    ],
)
def test_the_verb_decides_the_plot(brief: str, expected: str) -> None:
    assert plot(brief) == expected


def test_what_cannot_be_understood_is_kept_as_a_topic() -> None:
    assert read_brief("asdf qwerty").topic == "asdf qwerty"
    assert read_brief("Buy our new coffee!").topic == "the new coffee"
    assert read_brief("?!").topic is None
