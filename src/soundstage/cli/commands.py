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

import click
import typer

from soundstage.cli.display import log_to_terminal, report, watched
from soundstage.cli.outputs import (
    check_output,
    check_subtitles,
    default_output,
    kind_of,
    licence_facts,
    pipe,
    save,
    save_parts,
    spelled_licence,
    suffixes,
    to_pipe,
)
from soundstage.cli.parameters import common, escaped, is_given, optional, parameter, value_of
from soundstage.errors import InputError, MissingError
from soundstage.graph.node import Task
from soundstage.graph.types import bare
from soundstage.tasks import IN_PARTS, LIVE, TABLE, find, other

SUNG = frozenset({"sing", "resing"})
"""Tasks whose music has words."""
LONG = 5000
"""Letters of a text from which on its sound is written as it is made."""

EXAMPLES = {
    "speak": [
        '"Hello from the lighthouse." -o hello.wav',
        '"In my own voice." --voice me --speed 0.9 -o mine.mp3',
        "--file chapter.txt --voices Anna=ada,Ben=ben -o chapter.mp3 --subtitles chapter.srt",
        '"Heard while it is made." -o - | aplay -f S16_LE -r 24000',
    ],
    "revoice": ["talk.wav --voice ada -o ada.wav", "talk.wav --voice me -o mine.mp3"],
    "compose": ['"calm lo-fi piano" --seconds 15 --bpm 80 --key "A minor" --seed 7 -o music.wav'],
    "sing": [
        '"a folk song about a lighthouse" --seconds 120 -o song.music --subtitles song.lrc',
        '"slow piano ballad" --lyrics "$(cat words.txt)" --voice ada --singing ballad -o song.wav',
    ],
    "resing": ['song.music --line 3 --lyrics "And the ships are coming home" -o changed.music'],
    "loop": ['"lo-fi" --bars 8 --bpm 80 -o loop.wav', "--music song.music --first 5 --bars 4 -o verse.wav"],
    "hum": ['hum.wav --prompt "gentle lo-fi" -o song.music', "whistle.m4a --style jazz -o jazz.wav"],
    "stems": ["song.music -o stems.zip", "anything.mp3 --parts percussion -o beat.zip"],
    "master": ["song.music -o master.wav", "mix.wav --loudness -16 --compression 2 -o master.flac"],
    "shoot": [
        '"a golden dog runs through a sunlit meadow" --seconds 4 --camera "pan right" -o clip.mp4',
        '"a red boat on the sea" --camera "pan left 0.2, roll right 5" --loop -o loop.mp4',
    ],
    "storyboard": [
        '"a golden dog runs through a meadow" "the dog rests" "it sleeps in the forest" --seconds 3 -o story.mp4',
    ],
    "extend_clip": ["clip.mp4 --seconds 60 -o minute.mp4"],
    "reshoot": ['clip.mp4 --prompt "at night in the snow" -o night.mp4'],
    "interpolate": ["clip.mp4 --times 2 -o smooth.mp4", "clip.mp4 --fps 60 -o smooth.mp4"],
    "upscale": ["clip.mp4 --times 2 -o large.mp4"],
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
    filed = bool(ports) and ports[0].required and bare(ports[0].type) is str
    if filed:
        parameters[0] = parameters[0].replace(annotation=str | None, default=optional(parameters[0].default))
        parameters.append(common("file", "--file", "", f"A text file with the {ports[0].name}."))
    if kind_of(task.output) == "speech" or task.name in SUNG:
        parameters.append(common("subtitles", "--subtitles", "", "Subtitles too: a .srt, .vtt, .ass or .lrc file."))
    parameters += [
        common(
            "output",
            "-o --output",
            default_output(task),
            f"The file to write: {', '.join(suffixes(task))}".rstrip(": ")
            + ("; - plays raw 16 bit samples to standard output." if kind_of(task.output) == "speech" else ""),
        ),
        common("device", "--device", "auto", "auto, cpu, cuda or mps."),
        common("dtype", "--dtype", "float32", "float32, bfloat16 or float16; int8 or fp8 for weights of a byte each."),
        common("memory", "--memory", 0.0, "Gigabytes that models may take; 0 is half of what the device has."),
        common("licence", "--licence", "any", "any, or commercial: refuse models that may not be used commercially."),
        common("as_json", "--json", False, "Print one JSON object and nothing else."),
        common("quiet", "-q --quiet", False, "Show no progress."),
        common("verbose", "-v --verbose", False, "Log what happens."),
    ]

    def invoke(**given: Any) -> None:
        output = given.pop("output")
        limits = {name: given.pop(name) for name in ("device", "dtype", "licence")}
        gigabytes = given.pop("memory")
        limits["memory_mb"] = gigabytes * 1024 if gigabytes else None
        as_json, quiet, verbose = (given.pop(name) for name in ("as_json", "quiet", "verbose"))
        subtitles, file = given.pop("subtitles", ""), given.pop("file", "")
        log_to_terminal(verbose=verbose)
        if filed:
            given[ports[0].name] = text_of(ports[0].name, given[ports[0].name], file)
        inputs = {port.name: value_of(port, given[port.name]) for port in ports if is_given(port, given[port.name])}
        with watched(quiet=quiet or as_json):
            facts = perform(task, inputs, Path(output), limits, subtitles=subtitles)
        report(facts if as_json else spelled_licence(facts), as_json=as_json, aside=output == "-")

    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    invoke.__name__ = task.name
    return invoke


def perform(
    task: Task, inputs: Mapping[str, Any], output: Path, limits: Mapping[str, Any], *, subtitles: str = ""
) -> dict[str, Any]:
    """Check everything that can be checked, run the task, save its result; returns the facts to report.

    `limits` are the run's settings: device, dtype, licence, memory.

    A long text is written as it is made, and what goes to standard output is heard as it is made.
    """
    from soundstage import runtime
    from soundstage.media.sources import joined
    from soundstage.runtime.licences import sources_of_call

    check_output(task, output)
    if subtitles:
        check_subtitles(subtitles)
    checked = task.validate(inputs)
    facts = {"task": task.name, "output": str(output)}
    facts |= {port.name: checked[port.name] for port in task.ports.values() if port.is_model or port.is_seed}
    with runtime.using(**limits):
        made_with = joined([sources_of_call(task, inputs), sources_of_call(task, checked)])
        runtime.permit(made_with)
        start = time.monotonic()
        text = next(iter(checked.values()), "")
        in_parts = other(IN_PARTS, task.name) if isinstance(text, str) and len(text) > LONG else None
        if to_pipe(task, output) and (live := other(LIVE, task.name)) is not None:
            if subtitles:
                raise InputError("subtitles", "cannot be had while it is played", "write the sound to a file")
            facts |= pipe(live(**checked))
        elif in_parts is not None:
            seconds = save_parts(in_parts(**checked), output, subtitles, recipe(task, inputs, checked))
            facts |= {"length": f"{seconds:.2f} s"}
        else:
            value = task.function(**checked)
            save(value, output, recipe(task, inputs, checked))
            if subtitles:
                value.subtitles(subtitles)
            if cast := getattr(value, "cast", None):
                facts["voices"] = ", ".join(f"{name or 'narrator'}={who}" for name, who in cast.items())
            if remarks := getattr(value, "remarks", None):
                facts["remarks"] = "; ".join(remarks)
            length = getattr(value, "seconds", None)
            facts |= {"length": f"{float(length):.2f} s"} if length is not None else {}
        elapsed = time.monotonic() - start
    facts |= {"subtitles": subtitles} if subtitles else {}
    return facts | licence_facts(output, made_with) | {"took": f"{elapsed:.2f} s"}


def text_of(name: str, given: str | None, file: str) -> str:
    """A text as it was given, or out of a file. Raises a usage error without either, InputError for both."""
    if file:
        if given is not None:
            raise InputError("file", "is given beside a text", "give one of them")
        path = Path(file)
        if not path.is_file():
            raise MissingError(f"{file} is not there", "check the name and the folder")
        try:
            return path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            raise InputError("file", f"{file} cannot be read ({error})", "give a text in UTF-8") from None
    if given is None:
        raise click.UsageError(f"Missing argument '{name.upper()}', or --file", click.get_current_context(silent=True))
    return given


def recipe(task: Task, inputs: Mapping[str, Any], checked: Mapping[str, Any]) -> Any:
    """The provenance of one call: the graph of one node that makes it again, where a document can hold its inputs."""
    from soundstage.graph import Graph
    from soundstage.runtime.record import call_record, recipe_of

    graph = Graph()
    try:
        graph.output(task.name, graph.add(task.name, task, **inputs))
    except InputError:  # an input that only this process has
        return call_record(task, checked)
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
