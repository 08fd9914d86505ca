"""A port as a parameter of the command line, and what the user wrote as the port's value."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

import typer

from soundstage.errors import InputError
from soundstage.graph.literal import shorten
from soundstage.graph.port import Port
from soundstage.graph.types import bare, is_kind, members, spell

METAVARS = {
    "output": "FILE", "file": "FILE", "subtitles": "FILE", "device": "DEVICE", "dtype": "DTYPE", "memory": "GB",
    "licence": "POLICY",
}  # fmt: skip
"""What stands for the value of an option that every task's command has."""


def parameter(port: Port, *, first: bool) -> inspect.Parameter:
    """A port as typer's parameter: the first is an argument when it is a text or some that must be given, every other
    an option."""
    kind, many = _cli_type(port)
    text = escaped(_port_help(port))
    default = port.default if isinstance(port.default, bool | int | float | str) else None
    extra: dict[str, Any] = {"help": text}
    if port.choices:
        extra["autocompletion"] = lambda: [str(choice) for choice in port.choices]
    if many:
        extra["metavar"] = f"{port.name.upper()}..."
    elif kind is not bool:
        extra["metavar"] = _metavar(port) if kind is str else "NUMBER"
    if first and kind is str and (port.required or not many):
        info = typer.Argument(default if not port.required else ..., show_default=False, **extra)
    else:
        flag = "--" + port.name.replace("_", "-")
        names = (flag,) if kind is not bool else (flag + ("/--no" + flag[1:] if port.default is True else ""),)
        shown = default not in (None, "", False)
        info = typer.Option(default if not port.required else ..., *names, show_default=shown, **extra)
    annotation: Any = list[kind] if many else kind  # type: ignore[valid-type]
    annotation = annotation if port.required or default is not None else annotation | None
    return inspect.Parameter(port.name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=annotation)


def optional(info: Any) -> Any:
    """The same argument, which may be left out."""
    changed = copy.copy(info)
    changed.default = None
    return changed


def common(name: str, flags: str, default: Any, text: str) -> inspect.Parameter:
    """An option that every task's command has."""
    metavar = METAVARS.get(name)
    shown: dict[str, Any] = {"show_default": metavar is not None, "metavar": metavar}
    info = typer.Option(default, *flags.split(), help=escaped(text), rich_help_panel="Output and machine", **shown)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=type(default))


def _cli_type(port: Port) -> tuple[type, bool]:
    """The command line's type of a port, and whether it may be given many times."""
    for option in members(port.type):
        inner = bare(option)
        if inner in (bool, int, float):
            return inner, False
        if get_origin(inner) in (list, tuple, collections.abc.Sequence) and not _is_pair(inner):
            item = bare(get_args(inner)[0]) if get_args(inner) else str
            return item if item in (int, float) else str, True
    return str, False


def _is_texts(port: Port) -> bool:
    """Whether it is a list of plain texts, which may be written with commas between them."""
    return any(str in map(bare, get_args(bare(option))) for option in members(port.type))


def _is_pair(annotation: Any) -> bool:
    """Whether it is a tuple of a few numbers, such as a metre or a size."""
    arguments = get_args(annotation)
    return get_origin(annotation) is tuple and Ellipsis not in arguments and set(map(bare, arguments)) <= {int, float}


def _has_fields(annotation: Any) -> bool:
    """Whether it is a value of several fields, which a JSON file holds."""
    return (hasattr(annotation, "model_validate") or dataclasses.is_dataclass(annotation)) and not is_kind(annotation)


def _is_mapping(annotation: Any) -> bool:
    """Whether it is a mapping of names to values, which may be written `Anna=ada,Ben=me.wav`."""
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, collections.abc.Mapping)


def _metavar(port: Port) -> str:
    for option in members(port.type):
        inner = bare(option)
        if is_kind(inner):
            return "NAME|FILE" if hasattr(inner, "named") else "FILE"
        if inner is Path:
            return "PATH"
        if _has_fields(inner):
            return "FILE.json"
        if _is_pair(inner):
            return "A/B"
        if _is_mapping(inner):
            return "NAME=VALUE,..."
    return port.name.upper()


def is_given(port: Port, value: Any) -> bool:
    """Whether an option was given: what is absent is left to the task's own default."""
    if value is None or (value == [] and not port.required):
        return False
    return port.required or value != port.default


def value_of(port: Port, value: Any) -> Any:
    """What the user wrote, as the task's check takes it.

    `-` reads standard input, a JSON file is its content, `3/4` a pair, `piano, bass` two texts, `Anna=ada` a
    mapping.
    """
    if isinstance(value, list):
        listed = _is_texts(port) and not port.required  # those that must be given are prompts, which have commas
        return [part.strip() for item in value for part in item.split(",")] if listed else value
    if not isinstance(value, str):
        return value
    for option in members(port.type):
        inner = bare(option)
        if is_kind(inner):
            break  # it reads its own text
        if _is_mapping(inner):
            return _pairs(port, value)
        if _is_pair(inner):
            return tuple(value.replace("x", "/").replace(",", "/").split("/"))
        if _has_fields(inner):
            from soundstage.graph.document import parse

            path = Path(value)
            if not path.is_file():
                raise InputError(
                    port.name, f"{shorten(value)} is not a file", f"give a JSON file with a {spell(inner)}"
                )
            return parse(path.read_bytes())
    if value == "-" and any(bare(option) is str for option in members(port.type)):
        return sys.stdin.read().strip()
    return value


def _pairs(port: Port, value: str) -> dict[str, str]:
    """`Anna=ada,Ben=me.wav` as a mapping."""
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    for name, equals, given in pairs:
        if not equals or not name.strip() or not given.strip():
            raise InputError(
                port.name, f"{shorten(value)} is no list of NAME=VALUE", "write such as Anna=ada,Ben=me.wav"
            )
    return {name.strip(): given.strip() for name, _, given in pairs}


def _port_help(port: Port) -> str:
    parts = [port.says or spell(port.type).capitalize() + "."]
    if port.choices:
        parts.append(f"One of: {', '.join(map(str, port.choices))}.")
    elif port.bounds is not None and not port.is_seed:
        parts.append(f"From {port.bounds.low:g} to {port.bounds.high:g}.")
    return " ".join(parts)


def escaped(text: str) -> str:
    """Text that rich shall not read as markup."""
    return text.replace("[", r"\[")
