"""How recipes are called."""

from __future__ import annotations

import pytest

from soundstage.recipes.parts import run


def test_a_part_runs_for_the_minutes_that_are_told() -> None:
    told: list[float] = []

    def train(minutes: float = 30.0) -> None:
        told.append(minutes)

    run({"train": train}, ["train"])
    run({"train": train}, ["train", "2.5"])
    assert told == [30.0, 2.5]


@pytest.mark.parametrize(
    ("arguments", "message"), [(["dance"], "give train"), ([], "give train"), (["train", "x"], "number")]
)
def test_what_cannot_be_run_gets_one_clear_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        run({"train": lambda minutes=1.0: None}, arguments)
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert message in said
    assert said.count("\n") == 1
