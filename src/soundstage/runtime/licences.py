"""What a call or a graph makes its result with, and whether the ambient policy allows all of it.

Notable: asked before anything runs, of inputs alone, so a result out of the cache is refused like one that is made
anew. Files that are worked on bring along what they say they were made with. A task tells what else it uses under
`sources` of its `besides`: a sound font, a language model. Media, which bring numpy, are imported by the functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from soundstage.errors import InputError, SoundstageError
from soundstage.graph.types import bare, is_kind
from soundstage.runtime.settings import settings

if TYPE_CHECKING:
    from soundstage.graph import Graph, Node, Task
    from soundstage.media.sources import Source

SOURCES = "sources"


def permit(sources: Iterable[Source]) -> None:
    """Raises InputError when the ambient policy does not allow one of the sources."""
    if settings().licence != "commercial":
        return
    from soundstage.media.sources import refused

    found = refused(sources)
    if found is not None:
        field = "model" if found.kind == "model" else found.kind
        remedy = "choose another model" if found.kind == "model" else f"choose another {found.kind}"
        raise InputError(
            field, f"{found.name} ({found.licence}) is not for commercial use", f"{remedy}, or --licence any"
        )


def sources_of_models(models: Iterable[str]) -> tuple[Source, ...]:
    """What the cards of models say, and of those that they cannot work without; a model without a card here is left
    out, for loading it will say so."""
    from soundstage.media.sources import joined
    from soundstage.weights import card_of

    found, ahead, seen = [], list(models), set[str]()
    while ahead:
        model = ahead.pop(0)
        if model in seen:
            continue
        seen.add(model)
        try:
            card = card_of(model)
        except SoundstageError:
            continue
        found.append(card.source)
        ahead += card.companions
    return joined([found])


def sources_of_file(path: str | Path) -> tuple[Source, ...]:
    """What a file says it was made with; nothing for one that does not say, or is no media file."""
    from soundstage.media.provenance import read_provenance

    try:
        made = read_provenance(path)
    except (SoundstageError, OSError, ValueError):
        return ()
    if made is None:
        return ()
    return made.sources or sources_of_models(name for name in made.model.split(", ") if name)


def sources_of_call(task: Task, inputs: Mapping[str, Any]) -> tuple[Source, ...]:
    """What a call is made with: its models, what its task says besides, and the files that it works on.

    `inputs` are values, or what a document holds in their place; links are not followed.
    """
    from soundstage.media.sources import Source, joined

    values = {name: inputs.get(name, None if port.required else port.default) for name, port in task.ports.items()}
    models = models_of(task, inputs)
    given = {name: value for name, value in inputs.items() if not isinstance(value, dict)}
    besides = map(Source.read, task.read_besides(given).get(SOURCES, ()))
    paths = [path for name, port in task.ports.items() if _takes_files(port.type) for path in _paths(values[name])]
    return joined([sources_of_models(models), besides, *map(sources_of_file, paths)])


def models_of(task: Task, inputs: Mapping[str, Any]) -> list[str]:
    """The models of a call by name, defaults among them."""
    values = [inputs.get(port.name, None if port.required else port.default) for port in task.models]
    return [value for value in values if isinstance(value, str)]


def sources_of_graph(graph: Graph, output: str | None = None) -> tuple[Source, ...]:
    """What the nodes that an output needs are made with, or those that any output needs."""
    from soundstage.media.sources import joined

    return joined(sources_of_call(node.task, node.inputs) for node in upstream(graph, output))


def upstream(graph: Graph, output: str | None = None) -> Iterator[Node]:
    """The nodes that an output needs, its own first; those of all outputs unless one is named."""
    ahead = [graph.outputs[name].node for name in ([output] if output is not None else graph.outputs)]
    seen: set[str] = set()
    while ahead:
        name = ahead.pop(0)
        if name not in seen:
            seen.add(name)
            yield graph.nodes[name]
            ahead += graph.nodes[name].sources


def _takes_files(annotation: Any) -> bool:
    """Whether a type is, or has in it, a kind, whose value may be given as the path of a file."""
    return is_kind(bare(annotation)) or any(map(_takes_files, get_args(annotation)))


def _paths(value: Any) -> Iterator[str | Path]:
    """The paths of files in an input as a document or a command line has it."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from _paths(part)
    elif isinstance(value, str | Path) and _is_file(value):
        yield value


def _is_file(text: str | Path) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a text too long for a path
        return False
