"""The one document: a graph as JSON, read with suspicion.

Notable: a document may come from anyone. Size, depth, counts and texts are limited; doubled keys, NaN and numbers too
large are refused; whatever is wrong, the reader gets one InputError that names the place, soon.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from soundstage.errors import InputError, MissingError
from soundstage.graph.graph import Graph, Link, Node, is_link
from soundstage.graph.literal import is_unicode, shorten
from soundstage.graph.node import Task, find_registered

SCHEMA = 1
MAX_BYTES = 16 * 2**20
MAX_NODES = 10_000
MAX_DEPTH = 64
MAX_TEXT = 2**20
MAX_NUMBER = 2**63 - 1

Find = Callable[[str], Task]


def dumps(graph: Graph) -> str:
    """The graph as the text of its document."""
    return json.dumps(to_document(graph), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str | bytes, find: Find = find_registered) -> Graph:
    """Read and check a document. Raises InputError for the first fault in it."""
    return from_document(parse(text), find)


def save(graph: Graph, path: Path | str) -> None:
    """Write the document, atomically."""
    target = Path(path)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text(dumps(graph), encoding="utf-8")
    partial.replace(target)


def load(path: Path | str, find: Find = find_registered) -> Graph:
    """Read and check a document's file. Raises MissingError when it is not there, InputError for a fault in it."""
    path = Path(path)
    if not path.is_file():
        raise MissingError(f"{path} does not exist", "give the path of a graph's JSON document")
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path.stat().st_size)
    return loads(path.read_bytes(), find)


def to_document(graph: Graph) -> dict[str, Any]:
    """The graph as plain data: the document's own form."""
    document: dict[str, Any] = {
        "soundstage": SCHEMA,
        "nodes": {
            name: {"task": node.task.name, "version": node.task.version, "inputs": dict(node.inputs)}
            for name, node in graph.nodes.items()
        },
        "outputs": {name: {"from": str(link)} for name, link in graph.outputs.items()},
    }
    return document if graph.layout is None else document | {"layout": graph.layout}


def from_document(document: Any, find: Find = find_registered) -> Graph:
    """The graph of a document's plain data. Raises InputError for the first fault."""
    check_plain(document)
    _check_keys(document, "document", {"soundstage", "nodes", "outputs"}, {"layout"})
    if document["soundstage"] != SCHEMA or isinstance(document["soundstage"], bool):
        raise InputError("soundstage", f"is {shorten(document['soundstage'])}", f"this version reads schema {SCHEMA}")
    for part in ("nodes", "outputs"):
        if not isinstance(document[part], dict):
            raise InputError(part, f"is {shorten(document[part])}", "give an object")
    if len(document["nodes"]) > MAX_NODES:
        raise InputError("nodes", f"has {len(document['nodes']):,}", f"a document holds at most {MAX_NODES:,}")
    graph = Graph(layout=document.get("layout"))
    for name, entry in document["nodes"].items():
        graph.nodes[name] = _node(name, entry, find)
    for name, entry in document["outputs"].items():
        if not is_link(entry):
            raise InputError(f"outputs.{name[:100]}", f"is {shorten(entry)}", 'give a link, such as {"from": "mux"}')
        graph.outputs[name] = Link.parse(entry["from"])
    graph.check()
    return graph


def parse(text: str | bytes) -> Any:
    """Strict JSON. Raises InputError for anything else."""
    if len(text) > MAX_BYTES:
        raise _too_large(len(text))
    try:
        return json.loads(text, object_pairs_hook=_no_doubles, parse_constant=_no_constants)
    except RecursionError:
        raise InputError("document", "is nested too deeply", f"stay within {MAX_DEPTH} levels") from None
    except ValueError as error:  # includes bad UTF-8 and integers of too many digits
        raise InputError("document", f"is not JSON ({shorten(str(error), 100)})", "give one JSON object") from None


def check_plain(document: Any) -> None:
    """Check that plain data is within the limits, without recursion. Raises InputError naming the place."""
    ahead: list[tuple[tuple[str, ...], Any]] = [((), document)]
    while ahead:
        place, value = ahead.pop()
        if len(place) > MAX_DEPTH:
            raise InputError(_spell(place[:6]) + "…", "is nested too deeply", f"stay within {MAX_DEPTH} levels")
        if isinstance(value, dict):
            for key, part in value.items():
                if not isinstance(key, str) or len(key) > MAX_TEXT:
                    raise InputError(_spell(place), f"has the key {shorten(key)}", "use texts as keys")
                if not is_unicode(key):
                    raise InputError(_spell(place), f"has the key {shorten(key)}", "use whole characters")
                ahead.append(((*place, key), part))
        elif isinstance(value, list | tuple):
            ahead += [((*place, str(index)), part) for index, part in enumerate(value)]
        elif isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise InputError(_spell(place), f"has {len(value):,} characters", f"stay within {MAX_TEXT:,}")
            if not is_unicode(value):
                raise InputError(_spell(place), "holds half a character (a lone surrogate)", "use whole characters")
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int | float):
            if not math.isfinite(value) if isinstance(value, float) else abs(value) > MAX_NUMBER:
                raise InputError(_spell(place), f"is {shorten(value)}", "give a finite number below 2^63")
        else:
            raise InputError(_spell(place), f"{shorten(value)} is not JSON", "give plain data")


def _node(name: str, entry: Any, find: Find) -> Node:
    where = f"nodes.{name[:100]}"
    _check_keys(entry, where, {"task", "version", "inputs"})
    if not isinstance(entry["task"], str) or not isinstance(entry["inputs"], dict):
        field, wanted = ("task", "a task's name") if not isinstance(entry["task"], str) else ("inputs", "an object")
        raise InputError(f"{where}.{field}", f"is {shorten(entry[field])}", f"give {wanted}")
    try:
        task = find(entry["task"])
    except InputError as error:
        raise InputError(f"{where}.task", error.problem, error.remedy) from None
    if entry["version"] != task.version or isinstance(entry["version"], bool):
        raise InputError(
            f"{where}.version",
            f"is {shorten(entry['version'])}, but '{task.name}' is at version {task.version} here",
            "check its inputs against that version and set it",
        )
    return Node(name, task, entry["inputs"])


def _check_keys(entry: Any, where: str, required: set[str], optional: Iterable[str] = ()) -> None:
    if not isinstance(entry, dict):
        raise InputError(where, f"is {shorten(entry)}", f"give an object with {', '.join(sorted(required))}")
    for key in sorted(required - entry.keys()):
        raise InputError(f"{where}.{key}", "is missing", "add it")
    known = required.union(optional)
    for key in sorted(entry.keys() - known):
        raise InputError(where, f"has the unknown key {shorten(key)}", f"known: {', '.join(sorted(known))}")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        doubled = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InputError("document", f"has the key {shorten(doubled)} twice", "keep one of them")
    return made


def _no_constants(name: str) -> float:
    raise InputError("document", f"holds {name}", "give finite numbers")


def _too_large(size: int) -> InputError:
    return InputError("document", f"has {size:,} bytes", f"stay within {MAX_BYTES:,}")


def _spell(place: tuple[str, ...]) -> str:
    return ".".join(step[:60] for step in place) or "document"
