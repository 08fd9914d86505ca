"""A task: a typed function, its ports read from its signature, its inputs checked by pydantic.

Notable: nothing is written twice. Help, bounds, choices, defaults and units all come from the one annotation of a
parameter, and every face (call, command, node, endpoint, form) reads the same `Port`s.
"""

from __future__ import annotations

import functools
import inspect
import threading
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec, Protocol, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from soundstage.errors import InputError
from soundstage.graph.types import Between, IsModel, IsSeed, OneOf, Says, bare, is_kind, markers, members, spell

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Port:
    """One input of a task, as its parameter's annotation says."""

    name: str
    type: Any
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED

    @property
    def says(self) -> str:
        """Its help; empty when there is none."""
        return next((marker.text for marker in reversed(self._all(Says))), "")

    @property
    def bounds(self) -> Between | None:
        """Its inclusive bounds, if it has any."""
        return next(iter(reversed(self._all(Between))), None)

    @property
    def choices(self) -> tuple[Any, ...]:
        """What it may be, when that is a closed list: of `OneOf`, or of a `Literal`."""
        for marker in self._all(OneOf):
            return tuple(marker.choices)
        return tuple(
            choice
            for option in members(self.type)
            if get_origin(bare(option)) is Literal
            for choice in get_args(bare(option))
        )

    @property
    def is_model(self) -> bool:
        """Whether it names a model."""
        return bool(self._all(IsModel))

    @property
    def is_seed(self) -> bool:
        """Whether it is the random seed."""
        return bool(self._all(IsSeed))

    def _all(self, marker: type) -> list[Any]:
        found = markers(self.type, marker)
        return found + [
            entry for option in members(self.type) if option is not self.type for entry in markers(option, marker)
        ]


@dataclass(frozen=True, eq=False)
class Task:
    """A registered function. `version` grows when its code would give other results for the same inputs."""

    name: str
    version: int
    function: Callable[..., Any] = field(repr=False)

    @functools.cached_property
    def _hints(self) -> dict[str, Any]:
        return typing.get_type_hints(self.function, include_extras=True)

    @functools.cached_property
    def ports(self) -> Mapping[str, Port]:
        """The inputs by name, in the order of the signature."""
        ports = {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"task {self.name}: *{name} cannot be a port; name every input")
            ports[name] = Port(name, self._hints.get(name, Any), parameter.default)
        return types.MappingProxyType(ports)

    @functools.cached_property
    def output(self) -> Any:
        """The type of its result, units included."""
        return self._hints.get("return", Any)

    @functools.cached_property
    def inputs(self) -> type[BaseModel]:
        """The pydantic model of its inputs: strict about names, bounds and choices; kinds are taken as they are."""
        fields: dict[str, Any] = {}
        for port in self.ports.values():
            annotation = _adapted(port.type)
            if port.bounds is not None:
                annotation = _bounded(annotation, port.bounds)
            if port.choices:
                annotation = Annotated[annotation, BeforeValidator(functools.partial(_one_of, port.choices))]
            fields[port.name] = (annotation, ... if port.required else port.default)
        return create_model(self.name.replace(".", "_"), __config__=_STRICT_NAMES, **fields)

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def models(self) -> tuple[Port, ...]:
        """The ports that name models."""
        return tuple(port for port in self.ports.values() if port.is_model)

    def validate(self, given: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """The inputs, checked, converted and completed with defaults.

        Raises InputError naming the field below `where`.
        """
        try:
            checked = self.inputs.model_validate(dict(given))
        except ValidationError as error:
            raise _input_error(self, error, where) from None
        return {name: getattr(checked, name) for name in self.ports}

    def validate_one(self, port: str, given: Any, where: str = "") -> Any:
        """One input, checked and converted. Raises InputError naming the field below `where`."""
        model = self.inputs
        try:
            checked = model.__pydantic_validator__.validate_assignment(model.model_construct(), port, given)
        except ValidationError as error:
            raise _input_error(self, error, where) from None
        return getattr(checked, port)


_STRICT_NAMES = ConfigDict(extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False, protected_namespaces=())


class TaskFunction(Protocol[P, R_co]):
    """A task as its author and its caller see it: the plain function, with its `.task` beside."""

    task: Task
    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the task as a plain call."""


REGISTRY: dict[str, Task] = {}
_registering = threading.Lock()


def task(*, version: int, name: str | None = None) -> Callable[[Callable[P, R]], TaskFunction[P, R]]:
    """Register a typed function as a task: `@task(version=1)`. Its result is the function itself, with `.task`.

    `name` defaults to the function's. Raises InputError when two functions claim one name.
    """

    def register(function: Callable[P, R]) -> TaskFunction[P, R]:
        made = Task(name or function.__name__, version, function)
        with _registering:
            other = REGISTRY.get(made.name)
            if other is not None and _place(other.function) != _place(function):
                places = f"{_place(other.function)} and {_place(function)}"
                raise InputError("task", f"'{made.name}' is claimed by {places}", "give one of them another name")
            REGISTRY[made.name] = made
        registered = cast(TaskFunction[P, R], function)
        registered.task = made
        return registered

    return register


def find_registered(name: str) -> Task:
    """The registered task of that name. Raises InputError when there is none."""
    if name not in REGISTRY:
        known = ", ".join(sorted(REGISTRY)) or "none"
        raise InputError("task", f"{shorten(name)} is not a task", f"known: {known}")
    return REGISTRY[name]


def shorten(value: object, limit: int = 60) -> str:
    """A value in quotes for a message, cut where it is long."""
    text = repr(value[: limit * 2] if isinstance(value, str) else value) if not isinstance(value, dict | list) else "…"
    if isinstance(value, dict | list):
        text = f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _adapted(annotation: Any) -> Any:
    """The annotation for pydantic: our markers gone, and every kind taken as an instance or read from a text."""
    inner = bare(annotation)
    if is_kind(inner):
        return Annotated[Any, BeforeValidator(functools.partial(_instance, inner))]
    origin, arguments = get_origin(inner), get_args(inner)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_adapted(part) for part in arguments)]  # noqa: UP007 - built at run time
    if origin is None or origin is Literal or not arguments:
        foreign = [
            marker
            for marker in getattr(annotation, "__metadata__", ())
            if not type(marker).__module__.startswith("soundstage.")
        ]
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


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    if value is not None and value not in choices:
        raise ValueError(f"is not one of {', '.join(map(str, choices))}")
    return value


def from_literal(kind: type, literal: Any) -> Any:
    """A kind's value from what a document or a command line holds:

    a text that it parses, the path of a file, or a name.
    """
    if not isinstance(literal, str | Path):
        return literal
    from_text, named = getattr(kind, "parse", None), getattr(kind, "named", None)
    from_file = getattr(kind, "load", None) or getattr(kind, "clone", None)
    try:
        if from_text is not None:
            return from_text(str(literal))
        if named is not None and not Path(literal).is_file():
            return named(str(literal))
        return from_file(Path(literal)) if from_file is not None else literal
    except (OSError, ValueError) as error:  # a path too long, or with a NUL in it
        raise ValueError(f"is not a file ({getattr(error, 'strerror', None) or error})") from None


def to_literal(value: Any) -> Any:
    """A kind's value as a document holds it: its own `literal()`, or its name. Raises InputError without either."""
    if hasattr(value, "literal"):
        return value.literal()
    name = getattr(value, "name", None)
    if isinstance(name, str) and hasattr(type(value), "named") and getattr(value, "reference", None) is None:
        return name
    raise InputError(
        type(value).__name__.lower(),
        "a value in memory cannot be written in a document",
        "save it and give the file's path, or link the node that makes it",
    )


def _input_error(task: Task, error: ValidationError, where: str) -> InputError:
    """The first of pydantic's complaints as our one line."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    location = [
        str(step) for step in first["loc"] if not str(step).startswith(("function-", "constrained-", "nullable["))
    ]
    name = location[0] if location else ""
    field_name = ".".join(part for part in (where, name) if part) or task.name
    if isinstance(cause, InputError):
        return cause
    port = task.ports.get(name)
    if first["type"] == "missing":
        return missing_input(task, name, field_name)
    if port is None:
        return unknown_input(task, field_name)
    problem = str(cause) if isinstance(cause, ValueError) else f"is {shorten(first['input'])}"
    return InputError(field_name, f"{shorten(first['input'])} {problem}" if cause else problem, f"give {_wants(port)}")


def missing_input(task: Task, port: str, where: str) -> InputError:
    """The error for an input that is not given."""
    return InputError(where, "is missing", f"'{task.name}' needs it: {_wants(task.ports[port])}")


def unknown_input(task: Task, where: str) -> InputError:
    """The error for an input that the task does not have."""
    return InputError(where, f"is not an input of '{task.name}'", f"its inputs: {', '.join(task.ports) or 'none'}")


def _wants(port: Port) -> str:
    if port.choices:
        return f"one of {', '.join(map(str, port.choices))}"
    kind = spell(port.type)
    if port.bounds is None:
        return kind
    return f"{kind} from {port.bounds.low:g} to {port.bounds.high:g}"


__all__ = [
    "REGISTRY",
    "Port",
    "Task",
    "TaskFunction",
    "find_registered",
    "from_literal",
    "shorten",
    "task",
]
