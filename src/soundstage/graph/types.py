"""The markers of a task's ports, and the rule that says which output may be linked to which input.

Notable: a *kind* is any class with `kind`, `store(folder)` and `restore(folder)`; this engine knows nothing else of
media. Types are compared as Python annotations, so a port's type is what its function's signature says, units
included.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self, get_args, get_origin, runtime_checkable


@runtime_checkable
class Kind(Protocol):
    """A value that stores itself losslessly, with the same bytes each time, so that it can be cached and addressed by
    its content.
    """

    kind: ClassVar[str]

    def store(self, folder: Path) -> None:
        """Write the value's files into an existing, empty folder."""

    @classmethod
    def restore(cls, folder: Path) -> Self:
        """Read back what `store` wrote."""


@dataclass(frozen=True)
class Says:
    """Help for a port: one or two sentences, with the unit."""

    text: str


@dataclass(frozen=True)
class Between:
    """Inclusive bounds of a number."""

    low: float
    high: float


class OneOf:
    """The choices of a port, when they are not a `Literal`."""

    def __init__(self, *choices: str | int | float) -> None:
        self.choices = choices

    def __repr__(self) -> str:
        return f"OneOf{self.choices}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OneOf) and other.choices == self.choices

    def __hash__(self) -> int:
        return hash(self.choices)


class Unit:
    """What a kind's fields must be at this port: `Annotated[Audio, Unit(rate=44100)]`."""

    def __init__(self, **fields: str | int | float) -> None:
        self.fields = fields

    def __repr__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.fields.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unit) and other.fields == self.fields

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.fields.items())))


@dataclass(frozen=True)
class IsModel:
    """Marks a port that names a model: its weights' fingerprint enters the cache key."""


@dataclass(frozen=True)
class IsSeed:
    """Marks the port of the random seed."""


ModelRef = Annotated[str, IsModel(), Says("The model: a starter, a folder or a hub repository.")]
Seed = Annotated[int, IsSeed(), Between(0, 2**63 - 1), Says("The random seed: same seed, same machine, same result.")]


def is_kind(annotation: Any) -> bool:
    """Whether the class stores and restores itself."""
    return isinstance(annotation, type) and hasattr(annotation, "store") and hasattr(annotation, "restore")


def markers(annotation: Any, marker: type) -> list[Any]:
    """The markers of one class in an annotation, innermost first: a later one wins."""
    return [entry for entry in getattr(annotation, "__metadata__", ()) if isinstance(entry, marker)]


def bare(annotation: Any) -> Any:
    """The annotation without its markers."""
    return bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone; markers of the union are dropped, those of members stay."""
    inner = bare(annotation)
    if get_origin(inner) in (typing.Union, types.UnionType):
        return tuple(member for part in get_args(inner) for member in members(part))
    return (annotation,)


def spell(annotation: Any) -> str:
    """An annotation as a user reads it: `Audio[rate=44100]`, `list[Audio]`, `number or nothing`."""
    units = markers(annotation, Unit)
    inner = bare(annotation)
    if inner is Any:
        return "anything"
    if inner in (None, types.NoneType):
        return "nothing"
    options = members(inner)
    if len(options) > 1:
        return " or ".join(spell(option) for option in options)
    if get_origin(inner) is Literal:
        return " | ".join(repr(choice) for choice in get_args(inner))
    arguments = [spell(part) for part in get_args(inner) if part is not Ellipsis]
    name = getattr(get_origin(inner) or inner, "__name__", str(inner))
    name = {"str": "text", "int": "whole number", "float": "number", "bool": "yes or no"}.get(name, name)
    arguments += [repr(unit) for unit in units]
    return f"{name}[{', '.join(arguments)}]" if arguments else name


def assignable(source: Any, target: Any) -> bool:
    """Whether every value of type `source` may enter a port of type `target`."""
    source_options, target_options = members(source), members(target)
    if len(source_options) > 1:
        return all(assignable(option, target) for option in source_options)
    if len(target_options) > 1:
        return any(assignable(source, option) for option in target_options)
    if not _units_agree(source, target):
        return False
    return _bare_assignable(bare(source), bare(target))


def _units_agree(source: Any, target: Any) -> bool:
    given = {name: value for unit in markers(source, Unit) for name, value in unit.fields.items()}
    wanted = {name: value for unit in markers(target, Unit) for name, value in unit.fields.items()}
    return all(given.get(name, value) == value for name, value in wanted.items())


def _bare_assignable(source: Any, target: Any) -> bool:
    if source is Any or target in (Any, object) or source == target:
        return True
    if get_origin(target) is Literal:
        return get_origin(source) is Literal and set(get_args(source)) <= set(get_args(target))
    if get_origin(source) is Literal:
        return all(_bare_assignable(type(choice), target) for choice in get_args(source))
    if {source, target} <= {int, float}:
        return source is int
    source_class, target_class = get_origin(source) or source, get_origin(target) or target
    if not (isinstance(source_class, type) and isinstance(target_class, type)):
        return False
    if target_class in _SEQUENCES and source_class in (*_SEQUENCES, *_SEQUENCES.values()):
        return assignable(item_type(source), item_type(target))
    if issubclass(target_class, collections.abc.Mapping) and issubclass(source_class, collections.abc.Mapping):
        return assignable(value_type(source), value_type(target))
    if bool in (source_class, target_class):
        return source_class is target_class
    return issubclass(source_class, target_class)


_SEQUENCES: dict[type, type] = {
    list: list,
    tuple: tuple,
    collections.abc.Sequence: list,
    collections.abc.Iterable: list,
}


def item_type(annotation: Any) -> Any:
    """The type of a sequence's items; anything if it is not said. A fixed tuple gives the union of its places."""
    arguments = [part for part in get_args(bare(annotation)) if part is not Ellipsis]
    if not arguments:
        return Any
    return functools.reduce(lambda a, b: a | b, arguments) if len(arguments) > 1 else arguments[0]


def value_type(annotation: Any) -> Any:
    """The type of a mapping's values; anything if it is not said."""
    arguments = get_args(bare(annotation))
    return arguments[1] if len(arguments) == 2 else Any


def field_types(annotation: Any) -> dict[str, Any]:
    """The fields of a value that a link may pick: a dataclass's or model's fields and typed properties."""
    inner = bare(annotation)
    if not isinstance(inner, type):
        return {}
    found: dict[str, Any] = {}
    if dataclasses.is_dataclass(inner) or hasattr(inner, "model_fields") or hasattr(inner, "_fields"):
        hints = _hints(inner)
        found |= {
            name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar and hint is not ClassVar
        }
    for owner in reversed(inner.__mro__):
        for name, member in vars(owner).items():
            getter = member.fget if isinstance(member, property) else getattr(member, "func", None)
            if getter is not None and "return" in getattr(getter, "__annotations__", {}):
                found[name] = _hints(getter).get("return", Any)
    return {name: hint for name, hint in found.items() if not name.startswith("_") and not name.startswith("model_")}


@functools.cache
def _hints(owner: Any) -> dict[str, Any]:
    return typing.get_type_hints(owner, include_extras=True)


def pick_type(annotation: Any, field: str) -> Any:
    """The type of one field of a value, or of one entry of a mapping. Raises KeyError where there is none."""
    found = []
    for option in members(annotation):
        inner = bare(option)
        if inner is Any:
            return Any
        if inner is types.NoneType:
            continue
        origin = get_origin(inner) or inner
        if isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
            found.append(value_type(inner))
        else:
            found.append(field_types(inner)[field])
    if not found:
        raise KeyError(field)
    return found[0] if len(found) == 1 else functools.reduce(lambda a, b: a | b, found)


def part_type(annotation: Any, path: tuple[str | int, ...]) -> Any:
    """The type wanted at a place inside an input:

    `("clips", 0)` of `list[Video]` is `Video`. Anything where it is not said. Raises KeyError for a place that no value
    of the type has, such as one inside a number.
    """
    for step in path:
        options = []
        for option in members(annotation):
            inner = bare(option)
            origin = get_origin(inner) or inner
            if isinstance(step, int) and isinstance(origin, type) and origin in _SEQUENCES:
                options.append(item_type(inner))
            elif isinstance(step, str) and isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
                options.append(value_type(inner))
            elif isinstance(step, str) and not is_kind(inner) and step in field_types(inner):
                options.append(field_types(inner)[step])
        if not options:
            if all(_is_closed(option, step) for option in members(annotation)):
                raise KeyError(step)
            return Any
        annotation = options[0] if len(options) == 1 else functools.reduce(lambda a, b: a | b, options)
    return annotation


def _is_closed(annotation: Any, step: str | int) -> bool:
    """Whether no value of a type, given as a document has it, can hold something at this step; its fields aside."""
    inner = bare(annotation)
    origin = get_origin(inner) or inner
    if origin is Literal or inner is None or is_kind(inner):
        return True
    if not isinstance(origin, type):
        return False
    if issubclass(origin, str | int | float | types.NoneType):
        return True
    if origin in _SEQUENCES or issubclass(origin, collections.abc.Mapping):
        return isinstance(step, str) == (origin in _SEQUENCES)
    return False
