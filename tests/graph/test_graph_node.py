from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from soundstage.errors import InputError
from soundstage.graph import find_registered, task
from soundstage.graph.literal import to_literal


def test_a_task_is_still_the_plain_function(toys: ModuleType) -> None:
    assert toys.add(2, 3) == 5
    assert toys.add.task is find_registered("toy.add")


def test_ports_come_from_the_signature(toys: ModuleType) -> None:
    ports = toys.say.task.ports
    assert list(ports) == ["text", "model", "speed", "mood", "size", "seed"]
    assert ports["text"].required and ports["text"].says == "What to say."
    assert ports["model"].is_model and ports["seed"].is_seed
    assert ports["mood"].choices == ("calm", "wild") and ports["size"].choices == (1, 2, 4)
    assert (ports["speed"].bounds.low, ports["speed"].bounds.high) == (0.25, 4)
    assert toys.say.task.output is toys.Said


def test_defaults_are_filled_in_and_numbers_converted(toys: ModuleType) -> None:
    checked = toys.say.task.validate({"text": "hi", "speed": 2})
    assert checked == {"text": "hi", "model": "toy/voice", "speed": 2.0, "mood": None, "size": 1, "seed": 0}
    assert isinstance(checked["speed"], float)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "line.text: is missing; 'toy.say' needs it: text"),
        ({"text": 1}, "line.text: is 1; give text"),
        ({"text": "a", "speed": 9}, "line.speed: is 9; give number from 0.25 to 4"),
        ({"text": "a", "speed": float("nan")}, "line.speed: is nan; give number from 0.25 to 4"),
        ({"text": "a", "mood": "sad"}, "line.mood: 'sad' is not one of calm, wild; give one of calm, wild"),
        ({"text": "a", "size": 3}, "line.size: 3 is not one of 1, 2, 4; give one of 1, 2, 4"),
        ({"text": "a", "pitch": 1}, "line.pitch: is not an input of 'toy.say'; its inputs: text, model, speed"),
        ({"text": "a", "seed": -1}, "line.seed: is -1; give whole number from 0 to"),
    ],
)
def test_bad_inputs_are_named_with_the_remedy(toys: ModuleType, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        toys.say.task.validate(given, "line")
    assert str(caught.value).startswith(message)


def test_a_kind_is_read_from_a_text_and_checked(toys: ModuleType) -> None:
    assert toys.mix.task.validate({"blobs": ["ab", toys.Blob(b"c")]})["blobs"] == [toys.Blob(b"ab"), toys.Blob(b"c")]
    with pytest.raises(InputError, match="is not Blob"):
        toys.mix.task.validate({"blobs": [1]})


@dataclass
class Plan:
    """A value that checks itself, with a plan inside."""

    loud: int
    inner: Plan | None = None

    def __post_init__(self) -> None:
        if self.loud > 9:
            raise InputError("loud", f"is {self.loud}", "give at most 9")


@task(version=1, name="toy.planned")
def planned(text: str, plan: Plan | None = None) -> str:
    """Takes a value of several fields."""
    return text


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({}, "line.plan.loud: is missing; add it"),
        ({"loud": 1, "quiet": 2}, "line.plan.quiet: is not known here; leave it out"),
        ({"loud": 1, "inner": {}}, "line.plan.inner.loud: is missing; add it"),
        ({"loud": 10}, "line.plan.loud: is 10; give at most 9"),
        (3, "line.plan: is 3; give Plan or nothing"),
    ],
)
def test_a_fault_inside_a_value_is_named_with_its_place(plan: object, message: str) -> None:
    for check in (planned.task.validate, lambda given, where: planned.task.validate_one("plan", given["plan"], where)):
        with pytest.raises(InputError) as caught:
            check({"text": "a", "plan": plan}, "line")
        assert str(caught.value) == message


def test_a_value_without_a_name_is_not_written_in_a_document(toys: ModuleType) -> None:
    with pytest.raises(InputError, match="cannot be written in a document"):
        to_literal(toys.Blob(b"a"))


def test_two_functions_cannot_claim_one_name(toys: ModuleType) -> None:
    def other(a: int) -> int:
        return a

    with pytest.raises(InputError, match="claimed by"):
        task(version=1, name="toy.add")(other)


def test_an_unknown_task_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'frobnicate' is not a task"):
        find_registered("frobnicate")


def test_a_starred_parameter_is_no_port() -> None:
    def many(*values: int) -> int:
        return sum(values)

    with pytest.raises(TypeError, match="name every input"):
        _ = task(version=1, name="toy.many")(many).task.ports


def test_a_port_of_several_kinds_takes_each_and_reads_a_file_as_the_first_that_can(tmp_path):
    from soundstage.graph.inputs import input_model
    from soundstage.graph.port import Port
    from soundstage.media import Audio, Music, Score

    sound = Audio.silence(0.1, 8000)
    sound.save(tmp_path / "sound.wav")
    model = input_model("toy", {"music": Port("music", Score | Music | Audio | None, None)})
    assert model.model_validate({"music": sound}).music is sound
    assert model.model_validate({"music": None}).music is None
    assert isinstance(model.model_validate({"music": str(tmp_path / "sound.wav")}).music, Music)
    with pytest.raises(ValidationError):
        model.model_validate({"music": 3})
