from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from soundstage.graph.types import Unit, assignable, part_type, pick_type, spell


@dataclass
class Animal:
    name: str

    @property
    def weight(self) -> float:
        return 1.0


class Cat(Animal):
    pass


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (int, float),
        (Cat, Animal),
        (Cat, Animal | None),
        (list[Cat], Sequence[Animal]),
        (tuple[Cat, ...], list[Animal]),
        (dict[str, Cat], Mapping[str, Animal]),
        (Literal["a"], Literal["a", "b"]),
        (Literal["a"], str),
        (Any, Cat),
        (Cat, Any),
        (Annotated[Cat, Unit(rate=1)], Cat),
        (Cat, Annotated[Cat, Unit(rate=1)]),
        (int | None, float | None),
    ],
)
def test_what_fits_may_be_linked(source: Any, target: Any) -> None:
    assert assignable(source, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (float, int),
        (bool, int),
        (int, bool),
        (str, int),
        (Animal, Cat),
        (Cat | None, Cat),
        (list[Animal], list[Cat]),
        (str, list[str]),
        (str, Literal["a"]),
        (Literal["c"], Literal["a", "b"]),
        (Annotated[Cat, Unit(rate=1)], Annotated[Cat, Unit(rate=2)]),
        (dict[str, Animal], list[Animal]),
    ],
)
def test_what_does_not_fit_may_not_be_linked(source: Any, target: Any) -> None:
    assert not assignable(source, target)


def test_parts_are_fields_properties_and_keys() -> None:
    assert pick_type(Animal, "name") is str
    assert pick_type(Animal | None, "weight") is float
    assert pick_type(Mapping[str, Cat], "anything") is Cat
    with pytest.raises(KeyError):
        pick_type(Animal, "colour")


def test_places_inside_inputs_have_types() -> None:
    assert part_type(list[Cat] | None, (0,)) is Cat
    assert part_type(dict[str, list[int]], ("a", 1)) is int
    assert part_type(Animal, ("name",)) is str


@pytest.mark.parametrize(
    ("kind", "place"),
    [(str, ("a",)), (int | None, (0,)), (list[Cat], ("a",)), (dict[str, Cat], (0,)), (list[list[str]], (0, 1, "b"))],
)
def test_a_place_that_no_value_has_is_refused_where_it_is_known(kind: Any, place: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        part_type(kind, place)


def test_a_class_of_its_own_may_hold_anything() -> None:
    assert part_type(list[Cat], (0, 1, "b", "c")) is Any


def test_types_are_spelled_for_people() -> None:
    assert spell(Annotated[Animal, Unit(rate=44100)] | None) == "Animal[rate=44100] or nothing"
    assert spell(list[str]) == "list[text]"
