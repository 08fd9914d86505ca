"""A task: a typed function, its ports read from its signature, its inputs checked by pydantic.

Notable: nothing is written twice. Help, bounds, choices, defaults and units all come from the one annotation of a
parameter, and every face (call, command, node, endpoint, form) reads the same `Port`s.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import threading
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from soundstage.errors import InputError
from soundstage.graph.inputs import complaint, input_model
from soundstage.graph.literal import shorten
from soundstage.graph.port import Port

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
NEAREST = 12
"""Names that an error lists."""


@dataclass(frozen=True, eq=False)
class Task:
    """A registered function. `version` grows when its code would give other results for the same inputs.

    `besides` tells, of a call's inputs, what else its result depends on: values by name, which enter its key and its
    provenance as inputs do.
    """

    name: str
    version: int
    function: Callable[..., Any] = field(repr=False)
    besides: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = field(default=None, repr=False)

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
        return input_model(self.name, self.ports)

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def models(self) -> tuple[Port, ...]:
        """The ports that name models."""
        return tuple(port for port in self.ports.values() if port.is_model)

    def read_besides(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a call depends on besides these inputs, which are completed with defaults."""
        if self.besides is None:
            return {}
        defaults = {port.name: port.default for port in self.ports.values() if not port.required}
        return dict(self.besides({**defaults, **given}))

    def validate(self, given: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """The inputs, checked, converted and completed with defaults.

        Raises InputError naming the field below `where`.
        """
        try:
            checked = self.inputs.model_validate(dict(given))
        except ValidationError as error:
            raise complaint(self.name, self.ports, error, where) from None
        except InputError:  # a value's own: say at which port
            for name in self.ports:
                if name in given:
                    self.validate_one(name, given[name], where)
            raise
        return {name: getattr(checked, name) for name in self.ports}

    def validate_one(self, port: str, given: Any, where: str = "") -> Any:
        """One input, checked and converted. Raises InputError naming the field below `where`."""
        model = self.inputs
        try:
            checked = model.__pydantic_validator__.validate_assignment(model.model_construct(), port, given)
        except ValidationError as error:
            raise complaint(self.name, self.ports, error, where) from None
        except InputError as error:  # a value's own, such as that of a file that cannot be read
            parts = (where, port, "" if error.field == port else error.field)
            raise InputError(".".join(filter(None, parts)), error.problem, error.remedy) from None
        return getattr(checked, port)


class TaskFunction(Protocol[P, R_co]):
    """A task as its author and its caller see it: the plain function, with its `.task` beside."""

    task: Task
    __name__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run the task as a plain call."""


REGISTRY: dict[str, Task] = {}
_registering = threading.Lock()


def task(
    *,
    version: int,
    name: str | None = None,
    besides: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> Callable[[Callable[P, R]], TaskFunction[P, R]]:
    """Register a typed function as a task: `@task(version=1)`. Its result is the function itself, with `.task`.

    `name` defaults to the function's; for `besides` see `Task`. Raises InputError when two functions claim one name.
    """

    def register(function: Callable[P, R]) -> TaskFunction[P, R]:
        made = Task(name or function.__name__, version, function, besides)
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
        near = difflib.get_close_matches(name, REGISTRY, NEAREST, 0.0)
        more = f" and {len(REGISTRY) - len(near)} more" if len(REGISTRY) > len(near) else ""
        known = ", ".join(sorted(near)) + more
        raise InputError("task", f"{shorten(name)} is not a task", f"known: {known or 'none'}")
    return REGISTRY[name]


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
