"""Provenance of a result: what the saved file will say of itself."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from soundstage.runtime.licences import (
    SOURCES,
    models_of,
    sources_of_call,
    sources_of_file,
    sources_of_graph,
    sources_of_models,
    upstream,
)

if TYPE_CHECKING:
    from soundstage.graph import Graph, Task
    from soundstage.media.provenance import Provenance
    from soundstage.media.sources import Source

_FIELDS = ("model", "licence", "seed", "prompt", "graph")


def version() -> str:
    """The version of Soundstage."""
    return importlib.metadata.version("soundstage")


def provenance(
    task: str, *, sources: Iterable[Source] = (), files: Iterable[str | Path] = (), **fields: Any
) -> Provenance:
    """The provenance of one result of `task`: what is no field of its own goes to `extra`.

    Its sources are those of its models' cards, those given, and those that the `files` say they were made with; the
    strictest of their licences is its own.
    """
    from soundstage.media.provenance import Provenance
    from soundstage.media.sources import joined

    known: dict[str, Any] = {name: fields.pop(name) for name in _FIELDS if fields.get(name) is not None}
    models = str(known.get("model", "")).split(", ")
    known["sources"] = joined([sources_of_models(filter(None, models)), sources, *map(sources_of_file, files)])
    extra: Mapping[str, Any] = {name: value for name, value in fields.items() if value is not None}
    return Provenance(task=task, version=version(), extra=extra, **known)


def recipe_of(graph: Graph, output: str) -> Provenance:
    """The provenance of one output of a graph: what its node is known by, the models of all nodes that it needs, and
    the graph's document."""
    from soundstage.graph.document import to_document

    node = graph.nodes[graph.outputs[output].node]
    linked = {port for port, _, _ in node.links}
    given = {name: value for name, value in node.inputs.items() if name not in linked}
    known = {**traits(node.task, given), **_voices(graph)}
    models = [name for part in upstream(graph, output) for name in models_of(part.task, part.inputs)]
    if models:
        known["model"] = ", ".join(dict.fromkeys(models))
    sources = sources_of_graph(graph, output)
    return provenance(node.task.name, graph=to_document(graph), sources=sources, **known)


def call_record(task: Task, inputs: Mapping[str, Any]) -> Provenance:
    """The provenance of one call with checked inputs that no document can hold."""
    return provenance(task.name, sources=sources_of_call(task, inputs), **traits(task, inputs))


def _voices(graph: Graph) -> dict[str, str]:
    """What the cloned voices of all nodes say of themselves: whose they are, and who agreed."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        linked = {port for port, _, _ in node.links}
        values: dict[str, Any] = {}
        for name, port in node.task.ports.items():
            if _holds_voice(port.type) and name in node.inputs and name not in linked:
                values[name] = node.task.validate_one(name, node.inputs[name])
            elif name == "watermark":
                values[name] = node.inputs.get(name, port.default)
        values["besides"] = node.task.read_besides({k: v for k, v in node.inputs.items() if k not in linked})
        for name, text in spoken_with(values).items():
            found.setdefault(name, []).append(text)
    return {name: "; ".join(dict.fromkeys(texts)) for name, texts in found.items()}


def _holds_voice(annotation: Any) -> bool:
    """Whether a type is, or has in it, one whose values carry statements of consent."""
    return hasattr(annotation, "statements") or any(map(_holds_voice, get_args(annotation)))


def spoken_with(inputs: Mapping[str, Any]) -> dict[str, str]:
    """What the cloned voices among a task's inputs say of themselves, and that the user wanted no watermark."""
    found: dict[str, list[str]] = {}
    for value in inputs.values():
        for voice in value.values() if isinstance(value, Mapping) else (value,):
            if hasattr(voice, "statements"):
                for name, text in voice.traits.items():
                    found.setdefault(name, []).append(text)
    if found and "watermark" in inputs:
        found["watermark"] = ["yes" if inputs["watermark"] else "no, by wish"]
    return {name: "; ".join(dict.fromkeys(values)) for name, values in found.items()}


def traits(task: Task, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a task's result is known by: its model, its seed, and its prompt (the first input, when that is a text)."""
    values = {name: inputs.get(name, None if port.required else port.default) for name, port in task.ports.items()}
    found: dict[str, Any] = {}
    first = next(iter(values.values()), None)
    if isinstance(first, str):
        found["prompt"] = first
    models = models_of(task, inputs)
    if models:
        found["model"] = ", ".join(dict.fromkeys(models))
    for name, port in task.ports.items():
        if port.is_seed:
            found["seed"] = values[name]
    besides = {name: value for name, value in task.read_besides(inputs).items() if name != SOURCES}
    return found | spoken_with({**values, "besides": besides})
