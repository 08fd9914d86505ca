"""A task's inputs as a pydantic model, and pydantic's complaints as ours.

Notable: strict about names, bounds and choices; a kind is taken as an instance, or read from the literal that a
document holds.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from soundstage.errors import InputError
from soundstage.graph.literal import from_literal, shorten
from soundstage.graph.port import Port
from soundstage.graph.types import Between, bare, is_kind, members, spell

_PARTS = {
    "missing": ("is missing", "add it"),
    "extra_forbidden": ("is not known here", "leave it out"),
    "unexpected_keyword_argument": ("is not known here", "leave it out"),
}
_STRICT_NAMES = ConfigDict(extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False, protected_namespaces=())


def input_model(task: str, ports: Mapping[str, Port]) -> type[BaseModel]:
    """The pydantic model of a task's inputs."""
    fields: dict[str, Any] = {}
    for port in ports.values():
        annotation = _adapted(port.type)
        if port.bounds is not None:
            annotation = _bounded(annotation, port.bounds)
        if port.choices:
            annotation = Annotated[annotation, BeforeValidator(functools.partial(_one_of, port.choices))]
        fields[port.name] = (annotation, ... if port.required else port.default)
    return create_model(task.replace(".", "_"), __config__=_STRICT_NAMES, **fields)


def complaint(task: str, ports: Mapping[str, Port], error: ValidationError, where: str) -> InputError:
    """The first of pydantic's complaints as our one line."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    location = [
        str(step)[:60] for step in first["loc"] if not str(step).startswith(("function-", "constrained-", "nullable["))
    ]
    name = location[0] if location else ""
    field_name = ".".join(part for part in (where, name) if part) or task
    port = ports.get(name)
    if port is None:
        return unknown_input(task, ports, field_name)
    if first["type"] == "missing" and len(location) == 1:
        return missing_input(task, port, field_name)
    if len(location) > 1 and first["type"] in _PARTS:
        problem, remedy = _PARTS[first["type"]]
        return InputError(".".join((field_name, *location[1:7])), problem, remedy)
    problem = str(cause) if isinstance(cause, ValueError) else f"is {shorten(first['input'])}"
    return InputError(field_name, f"{shorten(first['input'])} {problem}" if cause else problem, f"give {port.wants}")


def missing_input(task: str, port: Port, where: str) -> InputError:
    """The error for an input that is not given."""
    return InputError(where, "is missing", f"'{task}' needs it: {port.wants}")


def unknown_input(task: str, ports: Mapping[str, Port], where: str) -> InputError:
    """The error for an input that the task does not have."""
    return InputError(where, f"is not an input of '{task}'", f"its inputs: {', '.join(ports) or 'none'}")


def _adapted(annotation: Any) -> Any:
    """The annotation for pydantic: our markers gone, and every kind taken as an instance or read from a text."""
    inner = bare(annotation)
    if is_kind(inner):
        return Annotated[Any, BeforeValidator(functools.partial(_instance, inner))]
    origin, arguments = get_origin(inner), get_args(inner)
    if origin in (typing.Union, types.UnionType):
        kinds = tuple(bare(part) for part in arguments if is_kind(bare(part)))
        if len(kinds) > 1:
            others = tuple(_adapted(part) for part in arguments if not is_kind(bare(part)))
            any_kind = Annotated[Any, BeforeValidator(functools.partial(_instance_of_any, kinds))]
            return typing.Union[(*others, any_kind)]
        return typing.Union[tuple(_adapted(part) for part in arguments)]  # noqa: UP007 - built at run time
    if origin is None or origin is Literal or not arguments:
        foreign = [
            marker
            for marker in getattr(annotation, "__metadata__", ())
            if not type(marker).__module__.startswith("soundstage.")
        ]
        foreign += [BeforeValidator(_no_truth)] if inner in (int, float) else []
        return functools.reduce(lambda made, marker: Annotated[made, marker], foreign, inner)
    parts = tuple(part if part is Ellipsis else _adapted(part) for part in arguments)
    return types.GenericAlias(origin, parts)


def _bounded(annotation: Any, bounds: Between) -> Any:
    options = members(annotation)
    limited = [
        Annotated[option, Field(ge=bounds.low, le=bounds.high)] if bare(option) in (int, float) else option
        for option in options
    ]
    return typing.Union[tuple(limited)]  # noqa: UP007 - built at run time


def _instance(kind: type, value: Any) -> Any:
    value = from_literal(kind, value)
    if not isinstance(value, kind):
        raise ValueError(f"is not {spell(kind)}")
    return value


def _instance_of_any(kinds: tuple[type, ...], value: Any) -> Any:
    """A value of one of several kinds; a text is read as the first that can read it."""
    if isinstance(value, kinds):
        return value
    return _instance(next((kind for kind in kinds if hasattr(kind, "load")), kinds[0]), value)


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is yes or no, not a number")
    return value


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    if value is not None and value not in choices:
        raise ValueError(f"is not one of {', '.join(map(str, choices))}")
    return value
