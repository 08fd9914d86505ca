"""Commands made from tasks: a port becomes an argument or an option, its help, bounds, choices and default included.

Notable: nothing here knows a task by name but the examples; a new task is a command as soon as it stands in the table
of tasks.
"""

from __future__ import annotations

import ast
import inspect
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from soundstage.cli.display import log_to_terminal, report, watched
from soundstage.cli.outputs import check_output, default_output, save, suffixes
from soundstage.cli.parameters import common, escaped, is_given, parameter, value_of
from soundstage.errors import InputError
from soundstage.graph.node import Task
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
            app.command(name, help=escaped(summary(name)), rich_help_panel="Make")(lambda: None)


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
    parameters = [parameter(port, first=index == 0) for index, port in enumerate(ports)]
    parameters += [
        common(
            "output",
            "-o --output",
            default_output(task),
            f"The file to write: {', '.join(suffixes(task))}".rstrip(": "),
        ),
        common("device", "--device", "auto", "auto, cpu, cuda or mps."),
        common("licence", "--licence", "any", "any, or commercial: refuse models that may not be used commercially."),
        common("as_json", "--json", False, "Print one JSON object and nothing else."),
        common("quiet", "-q --quiet", False, "Show no progress."),
        common("verbose", "-v --verbose", False, "Log what happens."),
    ]

    def invoke(**given: Any) -> None:
        output, device, licence = (given.pop(name) for name in ("output", "device", "licence"))
        as_json, quiet, verbose = (given.pop(name) for name in ("as_json", "quiet", "verbose"))
        log_to_terminal(verbose=verbose)
        inputs = {port.name: value_of(port, given[port.name]) for port in ports if is_given(port, given[port.name])}
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


def _help(task: Task) -> str:
    """A task's docstring for a user: without what only a programmer needs."""
    text = (inspect.getdoc(task.function) or "").partition("Raises ")[0].partition("Source: ")[0]
    return escaped("\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")))


def _epilog(name: str) -> str | None:
    examples = EXAMPLES.get(name, [])
    return (
        escaped("Examples:\n\n" + "\n\n".join(f"soundstage {name} {line}" for line in examples)) if examples else None
    )
