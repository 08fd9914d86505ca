"""Dialogues: which texts are some, and who says which lines."""

from __future__ import annotations

import pytest

from soundstage.text.turns import dialogue


def turns(text: str, *names: str) -> list[tuple[str, str]]:
    return [(turn.speaker, str(turn.passage)) for turn in dialogue(text, names)]


def test_two_named_lines_are_a_dialogue() -> None:
    assert turns("Anna: Good morning.\nBen: Hello.") == [("Anna", "Good morning."), ("Ben", "Hello.")]


@pytest.mark.parametrize(
    "text",
    [
        "Anna: Good morning.",
        "He said: go home.\nShe said: never.",
        "Note: mind the step.\nWarning: it is steep.",
        "Ingredients: flour\nstep: mix",
        "Anna: Hello.\n\nA long story follows.\n\nBen: Bye.",
        "see https://a.example: there\nAnna said so",
    ],
)
def test_other_texts_with_colons_are_none(text: str) -> None:
    assert turns(text) == [("", text)]


def test_a_mapping_makes_one_line_enough_and_any_name_a_name() -> None:
    assert turns("note: mind the step.", "Note") == [("note", "mind the step.")]
    assert turns("Anna: Hello.", "Anna") == [("Anna", "Hello.")]


def test_lines_without_a_name_go_on_and_after_a_gap_are_the_narrators() -> None:
    text = "It was late.\n\nAnna: Is it\nyou?\nBen (softly): Yes.\n\nThey left.\nFor good."
    assert turns(text) == [
        ("", "It was late."),
        ("Anna", "Is it\nyou?"),
        ("Ben", "Yes."),
        ("", "They left.\nFor good."),
    ]


@pytest.mark.parametrize("head", ["DR. OAK:", "**Anna**:", "Old Mary Ann:", "Käpt’n Blau:"])
def test_names_come_in_many_shapes(head: str) -> None:
    assert len(turns(f"{head} Hello.\nBen: Yes.")) == 2
