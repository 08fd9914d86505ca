"""Results as files: any value of a task, laid out in a folder, addressed by its content, and built again from its
type.

Notable: kinds (audio, video, …) store themselves; lists and mappings of kinds are laid out beside each other;
everything else is plain data that pydantic writes and reads. Nothing is ever restored by a class's name out of a file:
the task's own output type says what comes back.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from soundstage.errors import RunError
from soundstage.graph.types import bare, is_kind, item_type, members, value_type

SHAPE = "shape.json"


def canonical(data: Any) -> bytes:
    """Plain data as the one JSON text that it has: sorted keys, no spaces, no NaN."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def lay_out(value: Any, annotation: Any, folder: Path) -> dict[str, Any]:
    """Store every kind inside `value` in a folder of its own below `folder` and return the shape:

    plain data that says what is where.

    Raises RunError for a value that is neither a kind nor plain data.
    """
    if is_kind(type(value)):
        place = f"{sum(1 for _ in folder.iterdir()) if folder.exists() else 0:04d}"
        (folder / place).mkdir(parents=True)
        value.store(folder / place)
        return {"kind": type(value).kind, "at": place}
    if isinstance(value, list | tuple) and any(map(_holds_kinds, value)):
        return {"list": [lay_out(item, item_type(_option(annotation, list)), folder) for item in value]}
    if isinstance(value, Mapping) and any(map(_holds_kinds, value.values())):
        inner = value_type(_option(annotation, Mapping))
        return {"map": {str(key): lay_out(item, inner, folder) for key, item in value.items()}}
    try:
        data = adapter(annotation).dump_python(value, mode="json", warnings="error")
        if not isinstance(value, str | int | None):
            canonical(_numbers(adapter(annotation).dump_python(value)))  # in "json" mode pydantic turns NaN into null
    except (PydanticSerializationError, ValueError, TypeError) as error:
        problem = f"a result of type {type(value).__name__} cannot be kept ({str(error).splitlines()[0]})"
        raise RunError(problem, "return media values or plain, finite data") from None
    return {"plain": data}


def rebuild(shape: Mapping[str, Any], annotation: Any, folder: Path) -> Any:
    """The value that `lay_out` described. Raises ValueError or whatever a kind raises when the files do not hold it."""
    if "kind" in shape:
        for kind in kinds_in(annotation):
            if kind.kind == shape["kind"]:
                return kind.restore(folder / shape["at"])
        raise ValueError(f"no kind '{shape['kind']}' in {annotation}")
    if "list" in shape:
        option = _option(annotation, list)
        items = [rebuild(item, item_type(option), folder) for item in shape["list"]]
        return tuple(items) if get_origin(bare(option)) is tuple else items
    if "map" in shape:
        inner = value_type(_option(annotation, Mapping))
        return {key: rebuild(item, inner, folder) for key, item in shape["map"].items()}
    try:
        return adapter(annotation).validate_python(shape["plain"])
    except ValidationError as error:
        raise ValueError(str(error)) from None


def digest(shape: Mapping[str, Any], folder: Path | None) -> str:
    """The content's address: a hash over the shape and every file below `folder`, by name."""
    lines = [canonical(shape).decode()]
    if folder is not None:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SHAPE):
            with path.open("rb") as file:
                lines.append(
                    f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder).as_posix()}"
                )
    return sha256("\n".join(lines).encode())


@functools.cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def adapter(annotation: Any) -> TypeAdapter[Any]:
    """Pydantic's reader and writer of a type."""
    try:
        return _adapter(bare(annotation))
    except TypeError:  # an annotation that cannot be hashed
        return TypeAdapter(annotation)


def kinds_in(annotation: Any) -> list[Any]:
    """The kinds among the members of an annotation, with their subclasses."""
    found: list[Any] = []
    for option in members(annotation):
        inner = bare(option)
        if is_kind(inner):
            found += [inner, *inner.__subclasses__()]
    return [kind for kind in found if hasattr(kind, "kind")]


def _numbers(data: Any) -> list[float]:
    """Every float inside plain data."""
    if isinstance(data, float):
        return [data]
    parts = data.values() if isinstance(data, Mapping) else data if isinstance(data, list | tuple) else ()
    return [number for part in parts for number in _numbers(part)]


def _holds_kinds(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_kinds, value))
    if isinstance(value, Mapping):
        return any(map(_holds_kinds, value.values()))
    return is_kind(type(value))


def _option(annotation: Any, container: type) -> Any:
    """The member of a union that is a sequence (for list) or a mapping."""
    for option in members(annotation):
        origin = get_origin(bare(option)) or bare(option)
        if (
            isinstance(origin, type)
            and issubclass(origin, Mapping) == (container is Mapping)
            and get_args(bare(option))
        ):
            return option
    return Any
