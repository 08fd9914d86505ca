"""A graph of tasks: nodes with named inputs, links between them, and named outputs.

Notable: a node keeps its inputs in the document's own form (`{"from": "line.audio"}` is a link), so there is nothing
to convert and nothing to lose between the builder, the document and the run. A bad link is refused here, before
anything runs.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from soundstage.errors import InputError
from soundstage.graph.inputs import missing_input, unknown_input
from soundstage.graph.literal import is_unicode, shorten, to_literal
from soundstage.graph.node import Task, TaskFunction
from soundstage.graph.types import assignable, field_types, is_kind, part_type, pick_type, spell

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Link:
    """An output of a node, or a part of it: `line`, `line.audio`, `music.stems.drums`.

    Parts are picked by attribute, or by key where the name is one of this class's own: `link["node"]`.
    """

    node: str
    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Link:
        """Read `node.part.part`."""
        node, *parts = text.split(".")
        return cls(node, tuple(parts))

    def __getattr__(self, part: str) -> Link:
        if part.startswith("__"):
            raise AttributeError(part)
        return Link(self.node, (*self.parts, part))

    def __getitem__(self, part: str) -> Link:
        return Link(self.node, (*self.parts, part))

    def __str__(self) -> str:
        return ".".join((self.node, *self.parts))


@dataclass(frozen=True)
class Node:
    """A task with its inputs, as the document has them."""

    name: str
    task: Task
    inputs: Mapping[str, Any]

    @functools.cached_property
    def links(self) -> tuple[tuple[str, tuple[str | int, ...], Link], ...]:
        """Every link: the port it enters, the place inside that input, and where it comes from."""
        return tuple((port, place, link) for port, value in self.inputs.items() for place, link in links_in(value))

    @functools.cached_property
    def sources(self) -> tuple[str, ...]:
        """The nodes that it links to, each once."""
        return tuple(dict.fromkeys(link.node for _, _, link in self.links))


@dataclass
class Graph:
    """Build one with `add` and `output`, or read one from a document; then `check` it, `run` it, write it."""

    nodes: dict[str, Node] = field(default_factory=dict)
    outputs: dict[str, Link] = field(default_factory=dict)
    layout: Any = None

    def add(self, name: str, task: Task | TaskFunction[..., Any] | Callable[..., Any], /, **inputs: Any) -> Link:
        """Add a node and return the link to its output. Raises InputError for a bad name, input or link, at once."""
        if name in self.nodes:
            raise InputError(f"nodes.{name}", "exists already", "give every node its own name")
        made = task if isinstance(task, Task) else getattr(task, "task", None)
        if not isinstance(made, Task):
            raise InputError(f"nodes.{name}", f"{shorten(task)} is not a task", "decorate the function with @task")
        node = Node(name, made, {port: plain(value, f"nodes.{name}.inputs.{port}") for port, value in inputs.items()})
        self.check_node(node)
        self.nodes[name] = node
        return Link(name)

    def output(self, name: str, link: Link) -> None:
        """Name an output of the graph. Raises InputError for a bad name or link."""
        _check_name(name, "outputs")
        self.type_of(link, f"outputs.{name}")
        self.outputs[name] = link

    def check(self) -> None:
        """Check every node, link and output. Raises InputError for the first fault."""
        if not self.outputs:
            raise InputError("outputs", "is empty", 'name at least one, such as {"film": {"from": "mux"}}')
        for name in self.nodes:  # first of all, for the other messages list them
            _check_name(name, "nodes")
        for node in self.nodes.values():
            self.check_node(node)
        for name, link in self.outputs.items():
            _check_name(name, "outputs")
            self.type_of(link, f"outputs.{name}")
        self.order()

    def check_node(self, node: Node) -> None:
        """Check one node against its task's ports and the nodes that it links to. Raises InputError."""
        _check_name(node.name, "nodes")
        where = f"nodes.{node.name}.inputs"
        for name, port in node.task.ports.items():
            if port.required and name not in node.inputs:
                raise missing_input(node.task.name, port, f"{where}.{name}")
        for name, value in node.inputs.items():
            if name not in node.task.ports:
                raise unknown_input(node.task.name, node.task.ports, f"{where}.{name[:60]}")
            places = links_in(value)
            for place, link in places:
                self._check_link(node, name, place, link)
            if not places:
                node.task.validate_one(name, value, where)

    def _check_link(self, node: Node, port: str, place: tuple[str | int, ...], link: Link) -> None:
        where = _spell_place(f"nodes.{node.name}.inputs.{port}", *place)
        given = self.type_of(link, where)
        target = _spell_place(node.name, port, *place)
        try:
            wanted = part_type(node.task.ports[port].type, place)
        except KeyError:
            whole = node.task.ports[port].wants
            raise InputError(where, f"{target} ← {link}: {whole} has no such place", f"give {whole}") from None
        if assignable(given, wanted):
            return
        parts = [name for name, kind in field_types(given).items() if assignable(kind, wanted)]
        remedy = f"link {link}.{parts[0]} instead" if parts else f"link something that is {spell(wanted)}"
        raise InputError(where, f"{target}: {spell(wanted)} ← {link}: {spell(given)} does not fit", remedy)

    def type_of(self, link: Link, where: str) -> Any:
        """The type at the end of a link. Raises InputError when there is no such node or part."""
        if link.node not in self.nodes:
            near = ", ".join(list(self.nodes)[:8]) or "none"
            raise InputError(where, f"there is no node {shorten(link.node)}", f"link one of: {near}")
        kind = self.nodes[link.node].task.output
        for part in link.parts:
            try:
                kind = pick_type(kind, part)
            except KeyError:
                known = ", ".join(field_types(kind)) or "none"
                raise InputError(where, f"{spell(kind)} has no part {shorten(part)}", f"its parts: {known}") from None
        return kind

    def order(self) -> list[str]:
        """The names in an order in which every node comes after what it links to.

        Raises InputError that spells a cycle out.
        """
        waiting = {name: len(node.sources) for name, node in self.nodes.items()}
        targets = self.dependents()
        ready = [name for name, count in waiting.items() if not count]
        for name in ready:  # grows while it is walked: Kahn's algorithm
            for target in targets[name]:
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        if len(ready) < len(self.nodes):
            stuck = {name for name, count in waiting.items() if count}
            walk = [min(stuck)]
            while walk[-1] not in walk[:-1]:
                walk.append(min(stuck.intersection(self.nodes[walk[-1]].sources)))
            cycle = walk[walk.index(walk[-1]) :]
            names = " ← ".join(cycle if len(cycle) <= 9 else [*cycle[:4], "…", *cycle[-4:]])
            raise InputError(f"nodes.{cycle[0]}", f"depends on itself: {names}", "cut one of these links")
        return ready

    def dependents(self) -> dict[str, list[str]]:
        """For every node, those that link to it, each once."""
        targets: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, node in self.nodes.items():
            for source in node.sources:
                targets[source].append(name)
        return targets

    def needed(self) -> list[str]:
        """The nodes that the outputs need, in an order to run them."""
        wanted: set[str] = set()
        ahead = [link.node for link in self.outputs.values()]
        while ahead:
            name = ahead.pop()
            if name not in wanted:
                wanted.add(name)
                ahead += self.nodes[name].sources
        return [name for name in self.order() if name in wanted]


def is_link(value: Any) -> bool:
    """Whether a document's value is a link: an object with just `from`."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("from"), str)


def links_in(value: Any) -> list[tuple[tuple[str | int, ...], Link]]:
    """Every link inside a document's value, with its place there."""
    if isinstance(value, str | int | float | bool | None):
        return []
    found: list[tuple[tuple[str | int, ...], Link]] = []
    ahead: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while ahead:
        place, part = ahead.pop()
        if is_link(part):
            found.append((place, Link.parse(part["from"])))
        elif isinstance(part, dict):
            ahead += [((*place, key), inner) for key, inner in reversed(part.items())]
        elif isinstance(part, list):
            ahead += [((*place, index), part[index]) for index in range(len(part) - 1, -1, -1)]
    return found


def replaced(value: Any, resolve: Callable[[Link], Any]) -> Any:
    """A document's value with every link replaced by what `resolve` gives."""
    if is_link(value):
        return resolve(Link.parse(value["from"]))
    if isinstance(value, dict):
        return {key: replaced(part, resolve) for key, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, resolve) for part in value]
    return value


def plain(value: Any, where: str) -> Any:
    """A Python value in the document's form; a Link becomes `{"from": …}`. Raises InputError for what a document
    cannot hold.
    """
    if isinstance(value, str) and not is_unicode(value):
        raise InputError(where, "holds half a character (a lone surrogate)", "use whole characters")
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Link):
        return {"from": str(value)}
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(where, f"is {value}", "give a finite number")
        return value
    if isinstance(value, dict | Mapping):
        return {str(key): plain(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, f"{where}.{index}") for index, part in enumerate(value)]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_kind(type(value)):
        return to_literal(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            part.name: plain(getattr(value, part.name), f"{where}.{part.name}") for part in dataclasses.fields(value)
        }
    if isinstance(value, enum.Enum):
        return plain(value.value, where)
    if isinstance(value, Fraction | PurePath):
        return str(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return plain(value.item(), where)
    raise InputError(where, f"{shorten(value)} cannot be written in a document", "give plain data, a link, or a file")


def _spell_place(*steps: str | int) -> str:
    """A place in a document, short however deep and however long its keys are."""
    return ".".join(str(step)[:60] for step in steps[:6]) + ("…" if len(steps) > 6 else "")


def _check_name(name: str, where: str) -> None:
    if not NAME.fullmatch(name):
        raise InputError(where, f"{shorten(name)} is not a name", "use letters, digits, _ and -, not more than 100")
