"""Commands made from tasks: a port becomes an argument or an option, its help, bounds, choices and default included.

Notable: nothing here knows a task by name but the examples; a new task is a command as soon as it stands in the table
of tasks.
"""

from __future__ import annotations

import ast
import collections.abc
import inspect
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import typer

from soundstage.cli.display import log_to_terminal, report, watched
from soundstage.errors import InputError
from soundstage.graph.node import Port, Task, shorten
from soundstage.graph.types import bare, is_kind, members, spell
from soundstage.tasks import TABLE, find

EXAMPLES = {
    "speak": ['"Hello from the lighthouse." -o hello.wav', '"In my own voice." --voice me.wav --speed 0.9 -o mine.mp3'],
    "compose": ['"calm lo-fi piano" --seconds 15 --bpm 80 --key "A minor" --seed 7 -o music.wav'],
    "shoot": ['"a golden dog runs through a sunlit meadow" --seconds 4 --camera "pan right" -o clip.mp4'],
    "paint": ['"a red balloon over the mountains at night" -o picture.png'],
    "film": [
        '"A lighthouse keeper\'s cat finds a stranded whale. Thirty seconds, gentle." -o film.mp4',
        '"A boat in a storm." --draft --keep parts -o draft.mp4',
    ],
}


def add_tasks(app: typer.Typer, wanted: str) -> None:
    """Add a command for every task: `wanted` in full, the others by name and summary."""
    for name in TABLE:
        if name == wanted:
            task = find(name)
            text, epilog = _help(task), _epilog(name)
            app.command(name, help=text, epilog=epilog, rich_help_panel="Make")(command(task))
        else:
            app.command(name, help=_literal(summary(name)), rich_help_panel="Make")(lambda: None)


def summary(name: str) -> str:
    """The first line of a task's docstring, read from its source: nothing is imported."""
    module, _, function = TABLE[name].partition(":")
    path = Path(__file__).resolve().parent.parent.joinpath(*module.split(".")[1:])
    for source in (path.with_suffix(".py"), path / "__init__.py", path / f"{function}.py"):
        if source.is_file():
            for node in ast.parse(source.read_text("utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name == function:
                    return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def command(task: Task) -> Callable[..., None]:
    """The command of a task, with the signature that typer reads."""
    ports = list(task.ports.values())
    parameters = [_parameter(port, first=index == 0) for index, port in enumerate(ports)]
    parameters += [
        _common(
            "output",
            "-o --output",
            default_output(task),
            f"The file to write: {', '.join(suffixes(task))}".rstrip(": "),
        ),
        _common("device", "--device", "auto", "auto, cpu, cuda or mps."),
        _common("licence", "--licence", "any", "any, or commercial: refuse models that may not be used commercially."),
        _common("as_json", "--json", False, "Print one JSON object and nothing else."),
        _common("quiet", "-q --quiet", False, "Show no progress."),
        _common("verbose", "-v --verbose", False, "Log what happens."),
    ]

    def invoke(**given: Any) -> None:
        output, device, licence = (given.pop(name) for name in ("output", "device", "licence"))
        as_json, quiet, verbose = (given.pop(name) for name in ("as_json", "quiet", "verbose"))
        log_to_terminal(verbose=verbose)
        inputs = {port.name: _value(port, given[port.name]) for port in ports if _is_given(port, given[port.name])}
        with watched(quiet=quiet or as_json):
            facts = perform(task, inputs, Path(output), device=device, licence=licence)
        report(facts, as_json=as_json)

    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    invoke.__name__ = task.name
    return invoke


def perform(task: Task, inputs: Mapping[str, Any], output: Path, *, device: str, licence: str) -> dict[str, Any]:
    """Check everything that can be checked, run the task, save its result; returns the facts to report."""
    from soundstage import runtime

    check_output(task, output)
    checked = task.validate(inputs)
    with runtime.using(device=device, licence=licence):
        start = time.monotonic()
        value = task.function(**checked)
        elapsed = time.monotonic() - start
        facts = {"task": task.name, "output": str(output)}
        facts |= {port.name: checked[port.name] for port in task.ports.values() if port.is_model or port.is_seed}
        save(value, output, recipe(task, inputs, checked))
    length = getattr(value, "seconds", None)
    facts |= {"length": f"{float(length):.2f} s"} if length is not None else {}
    return facts | {"took": f"{elapsed:.2f} s"}


def recipe(task: Task, inputs: Mapping[str, Any], checked: Mapping[str, Any]) -> Any:
    """The provenance of one call: the graph of one node that makes it again, where a document can hold its inputs."""
    from soundstage.graph import Graph
    from soundstage.runtime.record import provenance, recipe_of, traits

    graph = Graph()
    try:
        graph.output(task.name, graph.add(task.name, task, **inputs))
    except InputError:  # an input that only this process has
        return provenance(task.name, **traits(task, checked))
    return recipe_of(graph, task.name)


def save(value: Any, output: Path, provenance: Any) -> None:
    """Save a result with its provenance, if it takes one. Raises InputError for a result that cannot be saved."""
    writer = getattr(value, "save", None)
    if writer is None:
        raise InputError(
            "output", f"a {type(value).__name__} cannot be saved", "use the task from Python or in a graph"
        )
    if "provenance" in inspect.signature(writer).parameters:
        writer(output, provenance=provenance)
    else:
        writer(output)


def suffixes(task: Task) -> tuple[str, ...]:
    """What a task's result can be saved as; empty when that is not known."""
    kind = getattr(bare(task.output), "kind", "") or getattr(bare(task.output), "__name__", "").lower()
    if kind in ("audio", "speech", "music"):
        from soundstage.media.audio_files import CODINGS

        return tuple(CODINGS)
    if kind == "image":
        from soundstage.media.image_files import SUFFIXES as STILLS

        return STILLS
    if kind == "video":
        from soundstage.media.video_files import SUFFIXES as MOVING

        return MOVING
    return ()


def default_output(task: Task) -> str:
    """The file that a task writes unless told: its name with the usual suffix."""
    kind = getattr(bare(task.output), "kind", "")
    usual = {"image": ".png", "video": ".mp4"}.get(kind, ".mp4" if task.name == "film" else ".wav")
    return f"{task.name}{usual}"


def check_output(task: Task, output: Path) -> None:
    """Raises InputError for a place or a suffix that cannot be written, before any time is spent."""
    known = suffixes(task)
    if known and output.suffix.lower() not in known:
        raise InputError(
            "output", f"{shorten(output.name)} has no suffix that can be written", f"use {', '.join(known)}"
        )
    if output.is_dir():
        raise InputError("output", f"{output} is a folder", f"name a file, such as {output / default_output(task)}")
    if not output.absolute().parent.is_dir():
        raise InputError(
            "output", f"the folder {output.absolute().parent} does not exist", "make it, or choose another"
        )


def _parameter(port: Port, *, first: bool) -> inspect.Parameter:
    """A port as typer's parameter: the first is an argument when it is a text, every other an option."""
    kind, many = _cli_type(port)
    text = _literal(_port_help(port))
    default = port.default if isinstance(port.default, bool | int | float | str) else None
    extra: dict[str, Any] = {"help": text}
    if port.choices:
        extra["autocompletion"] = lambda: [str(choice) for choice in port.choices]
    if not (many or kind is bool):
        extra["metavar"] = _metavar(port) if kind is str else "NUMBER"
    if first and kind is str and not many:
        info = typer.Argument(default if not port.required else ..., show_default=False, **extra)
    else:
        flag = "--" + port.name.replace("_", "-")
        names = (flag,) if kind is not bool else (flag + ("/--no" + flag[1:] if port.default is True else ""),)
        shown = default not in (None, "", False)
        info = typer.Option(default if not port.required else ..., *names, show_default=shown, **extra)
    annotation: Any = list[kind] if many else kind  # type: ignore[valid-type]
    annotation = annotation if port.required or default is not None else annotation | None
    return inspect.Parameter(port.name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=annotation)


def _common(name: str, flags: str, default: Any, text: str) -> inspect.Parameter:
    metavar = {"output": "FILE", "device": "DEVICE", "licence": "POLICY"}.get(name)
    shown: dict[str, Any] = {"show_default": metavar is not None, "metavar": metavar}
    info = typer.Option(default, *flags.split(), help=_literal(text), rich_help_panel="Output and machine", **shown)
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


def _is_pair(annotation: Any) -> bool:
    """Whether it is a tuple of a few numbers, such as a metre or a size."""
    arguments = get_args(annotation)
    return get_origin(annotation) is tuple and Ellipsis not in arguments and set(map(bare, arguments)) <= {int, float}


def _metavar(port: Port) -> str:
    for option in members(port.type):
        inner = bare(option)
        if is_kind(inner):
            return "NAME|FILE" if hasattr(inner, "named") else "FILE"
        if inner is Path:
            return "PATH"
        if hasattr(inner, "model_validate"):
            return "FILE.json"
        if _is_pair(inner):
            return "A/B"
    return port.name.upper()


def _is_given(port: Port, value: Any) -> bool:
    """Whether an option was given: what is absent is left to the task's own default."""
    if value is None or (value == [] and not port.required):
        return False
    return port.required or value != port.default


def _value(port: Port, value: Any) -> Any:
    """What the user wrote, as the task's check takes it:

    `-` reads standard input, a JSON file its content, `3/4` a pair.
    """
    if not isinstance(value, str):
        return value
    for option in members(port.type):
        inner = bare(option)
        if _is_pair(inner):
            return tuple(value.replace("x", "/").replace(",", "/").split("/"))
        if hasattr(inner, "model_validate") and not is_kind(inner):
            from soundstage.graph.document import parse

            path = Path(value)
            if not path.is_file():
                raise InputError(
                    port.name, f"{shorten(value)} is not a file", f"give a JSON file with a {spell(inner)}"
                )
            return parse(path.read_bytes())
    if value == "-" and bare(port.type) is str:
        return sys.stdin.read().strip()
    return value


def _port_help(port: Port) -> str:
    parts = [port.says or spell(port.type).capitalize() + "."]
    if port.choices:
        parts.append(f"One of: {', '.join(map(str, port.choices))}.")
    elif port.bounds is not None and not port.is_seed:
        parts.append(f"From {port.bounds.low:g} to {port.bounds.high:g}.")
    return " ".join(parts)


def _help(task: Task) -> str:
    """A task's docstring for a user: without what only a programmer needs."""
    paragraphs = (inspect.getdoc(task.function) or "").split("\n\n")
    return _literal("\n\n".join(part for part in paragraphs if not part.startswith(("Raises", "Source:"))))


def _epilog(name: str) -> str | None:
    examples = EXAMPLES.get(name, [])
    return (
        _literal("Examples:\n\n" + "\n\n".join(f"soundstage {name} {line}" for line in examples)) if examples else None
    )


def _literal(text: str) -> str:
    """Text that rich shall not read as markup."""
    return text.replace("[", r"\[")
