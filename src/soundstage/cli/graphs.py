"""Commands for graphs: run one, check one, show one.

A file that Soundstage made can be given in a document's place: it is its own recipe.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import PydanticUserError

from soundstage.cli.display import log_to_terminal, report, watched
from soundstage.cli.look import JSON
from soundstage.cli.outputs import USUAL, kind_of, licence_facts, save
from soundstage.errors import InputError
from soundstage.graph import Graph
from soundstage.graph.document import from_document, load
from soundstage.graph.types import bare, is_kind, members, spell
from soundstage.graph.values import adapter
from soundstage.tasks import find

Document = Annotated[
    Path, typer.Argument(help="A graph's JSON document, or a file that Soundstage made.", show_default=False)
]

group = typer.Typer(no_args_is_help=True, help="Check a graph, or show it as a picture.", rich_markup_mode="rich")


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Make")(run)
    app.add_typer(group, name="graph", rich_help_panel="Look")


def read(path: Path) -> Graph:
    """The graph of a document or of a made file's provenance. Raises MissingError and InputError."""
    if path.suffix.lower() == ".json" or not path.is_file():
        return load(path, find)
    from soundstage.media import read_provenance

    provenance = read_provenance(path)
    if provenance is None or not provenance.graph:
        raise InputError(
            "file", f"{path} carries no graph", "give a graph's JSON document or a file that Soundstage made"
        )
    return from_document(dict(provenance.graph), find)


def run(
    file: Document,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder for the outputs.")] = Path(),
    only_estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell what it would take, and do not run it.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    licence: Annotated[
        str, typer.Option(help="any, or commercial: refuse models that may not be used commercially.")
    ] = "any",
    as_json: Annotated[bool, JSON] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log what happens.")] = False,
) -> None:
    """Run a graph: what is in the cache is not computed again, and a run that was killed goes on where it was."""
    from soundstage import runtime
    from soundstage.graph.estimate import estimate
    from soundstage.runtime.licences import sources_of_graph

    log_to_terminal(verbose=verbose)
    graph = read(file)
    check_outputs(graph)
    with runtime.using(device=device, licence=licence):
        expected = estimate(graph, runtime.open_cache(), runtime.host())
        if only_estimate:
            report({"estimate": str(expected)}, as_json=as_json)
            return
        output.mkdir(parents=True, exist_ok=True)
        with watched(quiet=quiet or as_json):
            results = runtime.execute(graph, label=file.stem)
        paths = {name: keep(value, output / name, graph, name) for name, value in results.items()}
    saved: dict[str, Any] = {name: str(path) for name, path in paths.items()}
    made = {name: licence_facts(path, sources_of_graph(graph, name)) for name, path in paths.items()}
    if as_json and any(made.values()):
        saved["made with"] = made
    report(saved, as_json=as_json)


def check_outputs(graph: Graph) -> None:
    """Raises InputError for an output that no file can hold, before any time is spent."""
    for name, link in graph.outputs.items():
        kind = graph.type_of(link, name)
        try:
            adapter(kind)
        except PydanticUserError:  # a type of its own, such as an array; media values are laid out by themselves
            if not any(is_kind(bare(option)) for option in members(kind)):
                problem = f"{link} is {spell(kind)}, which no file can hold"
                raise InputError(f"outputs.{name}", problem, "link a media value, or plain data") from None


def keep(value: Any, stem: Path, graph: Graph, name: str) -> Path:
    """Save one output, by its kind: media by the usual suffix, plain data as JSON. Returns the path."""
    from soundstage.runtime.record import recipe_of

    if hasattr(value, "save"):
        path = stem.with_name(f"{stem.name}{USUAL.get(kind_of(type(value)), '.mp4')}")
        save(value, path, recipe_of(graph, name))
        return path
    if hasattr(value, "store"):
        stem.mkdir(parents=True, exist_ok=True)
        value.store(stem)
        return stem
    data = adapter(graph.type_of(graph.outputs[name], name)).dump_python(value, mode="json")
    path = stem.with_name(f"{stem.name}.json")
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


@group.command()
def check(file: Document, as_json: Annotated[bool, JSON] = False) -> None:
    """Check a graph and tell what running it would take."""
    from soundstage import runtime
    from soundstage.graph.estimate import estimate

    graph = read(file)
    expected = estimate(graph, runtime.open_cache(), runtime.host())
    facts: dict[str, Any] = {"nodes": len(graph.nodes), "outputs": ", ".join(graph.outputs)}
    facts |= {"seconds": expected.seconds, "unknown": list(expected.unknown)} if as_json else {}
    report(facts | {"estimate": str(expected)}, as_json=as_json)


@group.command("show")
def show_graph(
    file: Document,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Draw it into this PNG instead.", show_default=False)
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print a graph as mermaid text, or draw it as a PNG."""
    from soundstage.graph.show import mermaid, png

    graph = read(file)
    if output is None:
        print(json.dumps({"mermaid": mermaid(graph)}, ensure_ascii=False) if as_json else mermaid(graph).rstrip())
        return
    if output.suffix.lower() != ".png":
        raise InputError("output", f"{output.name} is not a PNG", "name a .png, or leave -o out for mermaid text")
    png(graph, output)
    report({"output": str(output)}, as_json=as_json)
