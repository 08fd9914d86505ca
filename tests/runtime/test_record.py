from __future__ import annotations

from pathlib import Path
from typing import Any

from soundstage import runtime
from soundstage.graph import Graph, ModelRef, Seed, task
from soundstage.runtime.record import recipe_of, traits
from soundstage.weights import Card


@task(version=1, name="toy.two")
def two(prompt: str, again: int = 1, *, voice: ModelRef = "v", music: ModelRef = "m", seed: Seed = 3) -> str:
    """Uses two models."""
    return prompt


def test_a_result_is_known_by_prompt_models_and_seed() -> None:
    assert traits(two.task, {"prompt": "hi"}) == {"prompt": "hi", "model": "v, m", "seed": 3}
    assert traits(two.task, {"prompt": "hi", "music": "v", "seed": 0}) == {"prompt": "hi", "model": "v", "seed": 0}


def test_a_recipe_holds_the_graph_and_only_what_the_document_says() -> None:
    graph = Graph()
    first = graph.add("first", two, prompt="hi")
    graph.output("out", graph.add("second", two, prompt=first, seed=9))
    made = recipe_of(graph, "out")
    assert (made.task, made.prompt, made.seed, made.model) == ("toy.two", "", 9, "v, m")
    assert made.graph is not None and set(made.graph["nodes"]) == {"first", "second"}
    assert made.version.count(".") == 2


def test_licences_come_from_the_cards_and_the_rest_goes_to_extra(tmp_path: Path) -> None:
    facts: dict[str, Any] = {"ref": "x", "family": "x", "task": "x", "data": "", "commercial": True}
    for name, licence in (("a", "MIT"), ("b", "Apache-2.0")):
        (tmp_path / name).mkdir()
        Card(**facts, licence=licence, size_mb=0, memory_mb=0, parameters=0).save(tmp_path / name)
    both = f"{tmp_path / 'a'}, {tmp_path / 'b'}"
    made = runtime.provenance("toy", model=both, seed=0, draft=True, nothing=None)
    assert made.licence == "MIT, Apache-2.0" and made.seed == 0
    assert made.extra == {"draft": True}
    assert runtime.provenance("toy", model="starter/nobody").licence == ""


def test_a_recipe_without_a_graph_can_still_be_told() -> None:
    assert runtime.provenance("toy", prompt="x").graph is None
