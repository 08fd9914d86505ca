"""Who is who from shot to shot: nouns, pronouns, colours, and what is left as it was said."""

from __future__ import annotations

import pytest

from soundstage.tasks.storyboard_cast import read_story


def prompts(*story: str) -> list[str]:
    return [shot.prompt for shot in read_story(story)[1]]


@pytest.mark.parametrize(
    ("later", "read"),
    [
        ("The dog jumps over a log", "The golden dog jumps over a log"),
        ("a dog sleeps", "a golden dog sleeps"),
        ("dog sleeps", "golden dog sleeps"),
        ("At night it sleeps", "At night the golden dog sleeps"),
        ("He sleeps and he dreams", "The golden dog sleeps and he dreams"),
        ("The tired puppy sleeps", "The tired golden dog sleeps"),
        ("Its tail wags", "The golden dog's tail wags"),
        ("A cat looks at it", "A cat looks at the golden dog"),
        ("It snows in the forest", "It snows in the forest"),
        ("It is night", "It is night"),
        ("It springs over a wall", "The golden dog springs over a wall"),
        ("The golden dog sleeps", "The golden dog sleeps"),
        ("An empty beach at dawn", "An empty beach at dawn"),
    ],
)
def test_whoever_was_brought_in_is_called_by_their_looks(later: str, read: str) -> None:
    assert prompts("A golden dog runs through a meadow", later)[1] == read


def test_another_colour_or_another_one_is_somebody_else() -> None:
    cast, shots = read_story(["a red fox runs", "a white fox sits", "the fox sleeps", "the red fox wakes"])
    assert [who.colour for who in cast] == ["red", "white"]
    assert [shot.cast for shot in shots] == [(0,), (1,), (1,), (0,)]
    assert shots[2].prompt == "the white fox sleeps"
    assert len(read_story(["a dog runs", "another dog runs"])[0]) == 2


def test_a_pronoun_rather_means_a_person_and_they_are_all() -> None:
    story = prompts("A black cat sits beside a girl in a red dress", "She waves", "It sleeps", "They walk home")
    assert story[1:] == [
        "The girl in a red dress waves",
        "The black cat sleeps",
        "The black cat and the girl in a red dress walk home",
    ]


def test_she_is_no_boy_and_it_is_nobody() -> None:
    assert prompts("A boy in a blue shirt waves", "She runs", "It runs")[1:] == ["She runs", "It runs"]


def test_what_the_storybook_does_not_know_is_carried_on_too() -> None:
    story = prompts("A knight in silver armour rides across an old stone bridge", "He sleeps", "The knight fights",
                    "A bird sits on the bridge")  # fmt: skip
    assert story[1:] == [
        "The knight in silver armour sleeps",
        "The knight in silver armour fights",
        "A bird sits on the old stone bridge",
    ]


def test_colours_are_those_of_the_noun_or_of_what_people_wear() -> None:
    (kitten, car, keeper), _ = read_story(["a kitten with blue eyes, a dark blue car and a keeper in a green coat"])
    assert (kitten.colour, car.colour, keeper.colour) == (None, "blue", "green")
    assert (keeper.subject, keeper.after) == ("keeper", "in a green coat")


def test_who_acts_is_told_apart_from_where_it_is() -> None:
    cast, (shot,) = read_story(["In a dark forest, a fox with a torn ear finds a lighthouse keeper"])
    assert [cast[who].noun for who in shot.cast] == ["fox", "lighthouse keeper"]
