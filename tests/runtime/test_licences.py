"""What a call and a graph are made with, and that the policy refuses what it must: cached, linked, in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Cache, Graph, ModelRef, task
from soundstage.media import Audio, Provenance
from soundstage.media.sources import Source
from soundstage.runtime.licences import sources_of_call, sources_of_file, sources_of_graph
from soundstage.runtime.record import recipe_of
from soundstage.weights import Card

RAN: list[str] = []


def _font(inputs: Mapping[str, Any]) -> dict[str, Any]:
    if inputs.get("text") != "with a font":
        return {}
    return {"sources": [{"name": "Grand", "licence": "GPL-2.0", "commercial": True, "kind": "sound font"}]}


@task(version=1, name="toy.licensed", besides=_font)
def licensed(text: str, *, model: ModelRef) -> str:
    """Uses a model, and a font when it is told to."""
    RAN.append(text)
    return text


@task(version=1, name="toy.joined")
def join(parts: list[str]) -> str:
    """Uses no model."""
    return " ".join(parts)


@task(version=1, name="toy.worked")
def worked(sound: Audio) -> Audio:
    """Works on a file."""
    return sound


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A free model and one that is not for commercial use."""
    monkeypatch.setattr("soundstage.weights.fingerprint", str)
    facts: dict[str, Any] = {"family": "x", "task": "x", "size_mb": 0, "memory_mb": 0, "parameters": 0}
    for name, licence, commercial in (("free", "MIT", True), ("barred", "CC-BY-NC-4.0", False)):
        (tmp_path / name).mkdir()
        place = str(tmp_path / name)
        Card(ref=place, data="tests", licence=licence, commercial=commercial, **facts).save(tmp_path / name)
    return str(tmp_path / "free"), str(tmp_path / "barred")


def _graph(models: tuple[str, str]) -> Graph:
    graph = Graph()
    parts = [graph.add(f"part{index}", licensed, text=f"part {index}", model=name) for index, name in enumerate(models)]
    graph.output("free", parts[0])
    graph.output("both", graph.add("both", join, parts=parts))
    return graph


def test_a_result_of_a_graph_lists_the_models_of_all_that_it_needs(models: tuple[str, str]) -> None:
    graph = _graph(models)
    assert [source.licence for source in sources_of_graph(graph, "free")] == ["MIT"]
    made = recipe_of(graph, "both")
    assert {source.licence for source in made.sources} == {"MIT", "CC-BY-NC-4.0"}
    assert made.licence == "CC-BY-NC-4.0" and made.commercial is False
    assert set(made.model.split(", ")) == set(models)
    assert recipe_of(graph, "free").commercial is True


def test_the_policy_refuses_a_graph_before_anything_runs_and_out_of_the_cache_too(
    models: tuple[str, str], tmp_path: Path
) -> None:
    graph, cache = _graph(models), Cache(tmp_path / "cache")
    RAN.clear()
    with runtime.using(licence="commercial"), pytest.raises(InputError, match=r"CC-BY-NC-4\.0\) is not for commercial"):
        runtime.execute(graph, cache=cache)
    assert not RAN
    assert runtime.execute(graph, cache=cache)["both"] == "part 0 part 1"
    with runtime.using(licence="commercial"), pytest.raises(InputError, match="not for commercial use"):
        runtime.execute(graph, cache=cache)


def test_what_a_task_uses_besides_its_models_counts(models: tuple[str, str]) -> None:
    found = sources_of_call(licensed.task, {"text": "with a font", "model": models[0]})
    assert [(source.name, source.kind) for source in found][1] == ("Grand", "sound font")
    assert len(sources_of_call(licensed.task, {"text": "without", "model": models[0]})) == 1


def test_a_file_brings_along_what_it_was_made_with(models: tuple[str, str], tmp_path: Path) -> None:
    barred = Source(name="far/away", licence="CC-BY-NC-4.0", commercial=False)
    path = tmp_path / "a.wav"
    Audio.silence(0.1, 24000).save(path, Provenance(task="speak", sources=(barred,)))
    assert sources_of_call(worked.task, {"sound": str(path)}) == (barred,)
    Audio.silence(0.1, 24000).save(path, Provenance(task="speak", model=models[1]))  # of an earlier version
    assert [source.licence for source in sources_of_file(path)] == ["CC-BY-NC-4.0"]
    Audio.silence(0.1, 24000).save(path)
    assert sources_of_call(worked.task, {"sound": str(path)}) == ()
    assert sources_of_file(tmp_path / "none.wav") == ()


def test_nothing_is_refused_unless_it_is_asked_for() -> None:
    barred = Source(name="font", licence="unknown", commercial=False, kind="sound font")
    runtime.permit([barred])
    with runtime.using(licence="commercial"), pytest.raises(InputError, match="sound font: font"):
        runtime.permit([barred])


def test_a_model_brings_along_those_that_it_cannot_work_without(models: tuple[str, str], tmp_path: Path) -> None:
    facts: dict[str, Any] = {"family": "x", "task": "x", "size_mb": 0, "memory_mb": 0, "parameters": 0}
    (tmp_path / "speaks").mkdir()
    place = str(tmp_path / "speaks")
    card = Card(ref=place, data="tests", licence="MIT", commercial=True, config={"vocoder": models[1]}, **facts)
    card.save(tmp_path / "speaks")
    found = sources_of_call(licensed.task, {"text": "a", "model": place})
    assert [source.name for source in found] == [place, models[1]]
    assert Card(ref="v", data="", licence="MIT", commercial=True, **facts | {"family": "valle"}).companions == (
        "starter/codec",
    )
