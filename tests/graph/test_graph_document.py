from __future__ import annotations

import json
import math
import time
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundstage.errors import InputError, MissingError, SoundstageError
from soundstage.graph import Graph
from soundstage.graph.document import dumps, load, loads, save, to_document

GOOD: dict[str, Any] = {
    "soundstage": 1,
    "nodes": {
        "line": {"task": "toy.say", "version": 1, "inputs": {"text": "Hello", "speed": 2, "mood": None}},
        "mix": {"task": "toy.mix", "version": 1, "inputs": {"blobs": [{"from": "line.blob"}, "text"]}},
    },
    "outputs": {"film": {"from": "mix"}},
    "layout": {"line": [1, 2.5], "zoom": None},
}


def changed(*path: str, to: Any) -> str:
    document = json.loads(json.dumps(GOOD))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(document)


def test_the_document_survives_import_and_export_unchanged(toys: ModuleType, tmp_path) -> None:
    text = json.dumps(GOOD, indent=2, ensure_ascii=False) + "\n"
    assert dumps(loads(text)) == text
    save(loads(text), tmp_path / "graph.json")
    assert to_document(load(tmp_path / "graph.json")) == GOOD


def test_the_builder_writes_the_same_document(toys: ModuleType) -> None:
    graph = Graph(layout=GOOD["layout"])
    line = graph.add("line", toys.say, text="Hello", speed=2, mood=None)
    graph.output("film", graph.add("mix", toys.mix, blobs=[line.blob, "text"]))
    assert to_document(graph) == GOOD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("[1]", "document: is a list of 1"),
        ('{"soundstage": 1, "soundstage": 1}', "has the key 'soundstage' twice"),
        ("{}", "document.nodes: is missing"),
        (changed("soundstage", to=2), "soundstage: is 2; this version reads schema 1"),
        (changed("soundstage", to=True), "soundstage: is True"),
        (changed("nodes", to=[]), "nodes: is a list of 0"),
        (changed("extra", to=1), "has the unknown key 'extra'"),
        (changed("outputs", to={}), "outputs: is empty"),
        (changed("outputs", "film", to="mix"), "outputs.film: is 'mix'; give a link"),
        (changed("outputs", "film", to={"from": "nobody"}), "outputs.film: there is no node 'nobody'"),
        (changed("nodes", "line", "task", to="toy.shout"), "nodes.line.task: 'toy.shout' is not a task"),
        (changed("nodes", "line", "task", to=7), "nodes.line.task: is 7"),
        (changed("nodes", "line", "version", to=9), "nodes.line.version: is 9, but 'toy.say' is at version 1"),
        (
            changed("nodes", "line", "inputs", "speed", to="fast"),
            "nodes.line.inputs.speed: is 'fast'; give number from",
        ),
        (changed("nodes", "line", "inputs", "text", to={"from": "mix.data"}), "text ← mix.data: bytes does not fit"),
        (changed("nodes", "mix", "inputs", "over", to={"from": "mix"}), "depends on itself: mix ← mix"),
        (changed("nodes", "no.dots", to=GOOD["nodes"]["line"]), "'no.dots' is not a name"),
        (changed("nodes", "line", "inputs", "speed", to=math.nan), "holds NaN"),
        (changed("nodes", "line", "inputs", "speed", to=-math.inf), "holds -Infinity"),
        (changed("nodes", "line", "inputs", "seed", to=10**30), "give a finite number below 2^63"),
        (changed("layout", to=1).replace('"layout": 1', '"layout": 1e999'), "give a finite number"),
        (changed("layout", to=1).replace('"layout": 1', '"layout": 1' + "0" * 5000), "is not JSON"),
        (changed("nodes", "line", "inputs", "text", to="x" * (2**20 + 1)), "has 1,048,577 characters"),
        (
            changed("nodes", "line", "inputs", "text", to="half \ud800"),
            "nodes.line.inputs.text: holds half a character",
        ),
        (changed("layout", to={"\ud800": 1}), "layout: has the key '\\ud800'; use whole characters"),
        (changed("nodes", "line", "inputs", "speed", to=True), "speed: True is yes or no, not a number; give number"),
        (changed("nodes", "n" * 1_000_000, to=GOOD["nodes"]["line"]), "is not a name"),
        (
            changed("nodes", "mix", "inputs", "over", to={"rate": {"from": "line"}}),
            "mix.over.rate ← line: Blob or nothing has no such place; give Blob or nothing",
        ),
        (
            changed("nodes", "mix", "inputs", "blobs", to={"k" * 500_000: {"from": "line.blob"}}),
            "has no such place; give list[Blob]",
        ),
        ("[" * 100_000, "nested too deeply"),
        (changed("layout", to=json.loads("[" * 70 + "]" * 70)), "nested too deeply"),
    ],
)
def test_each_fault_gets_one_clear_error(toys: ModuleType, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        loads(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_huge_documents_are_refused_soon(toys: ModuleType, tmp_path) -> None:
    node = '"n%d":{"task":"toy.number","version":1,"inputs":{"value":1}}'
    million = '{"soundstage":1,"nodes":{' + ",".join(node % n for n in range(1_000_000)) + '},"outputs":{}}'
    many = '{"soundstage":1,"nodes":{' + ",".join(f'"n{n}":0' for n in range(200_000)) + '},"outputs":{}}'
    (tmp_path / "million.json").write_text(million)
    start = time.process_time()
    for text, message in (
        (million, "stay within"),
        (many, "at most 10,000"),
        ('"' + "x" * 10_000_000 + '"', "characters"),
    ):
        with pytest.raises(InputError, match=message):
            loads(text)
    with pytest.raises(InputError, match="stay within"):
        load(tmp_path / "million.json")
    assert time.process_time() - start < 20


def test_a_missing_file_and_bad_bytes_are_named(tmp_path) -> None:
    with pytest.raises(MissingError, match="does not exist"):
        load(tmp_path / "none.json")
    (tmp_path / "bad.json").write_bytes(b'{"\xff": 1}')
    with pytest.raises(InputError, match="is not JSON"):
        load(tmp_path / "bad.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just({"from": "line"}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["line", "mix", "a", "b"]) | st.text(max_size=4)
PORTS = st.sampled_from(["text", "speed", "seed", "blobs", "over", "a", "b", "value", "titles"]) | st.text(max_size=3)
LINKS = NAMES.map(lambda name: {"from": name}) | st.sampled_from([{"from": "line.blob"}, {"from": "line.stems.x"}])
NODES = st.fixed_dictionaries(
    {
        "task": st.sampled_from(["toy.say", "toy.mix", "toy.add", "toy.number", "nothing"]) | VALUES,
        "version": st.just(1) | VALUES,
        "inputs": st.dictionaries(PORTS, VALUES | LINKS | st.lists(LINKS, max_size=3), max_size=4) | VALUES,
    }
)
DOCUMENTS = VALUES | st.fixed_dictionaries(
    {
        "soundstage": st.just(1) | VALUES,
        "nodes": st.dictionaries(NAMES, NODES | VALUES, max_size=4) | VALUES,
        "outputs": st.dictionaries(NAMES, LINKS | VALUES, max_size=2) | VALUES,
    },
    optional={"layout": VALUES, "more": VALUES},
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(document=DOCUMENTS)
def test_any_document_is_a_graph_or_one_error(toys: ModuleType, document: Any) -> None:
    text = json.dumps(document)
    try:
        graph = loads(text)
    except SoundstageError as error:
        assert isinstance(error, InputError)
        assert "\n" not in str(error).replace("\\n", "")
    else:
        assert json.loads(dumps(graph)) == document


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), cut=st.integers(0, 12), new=st.text(alphabet='{}[]":,0-9aeN.\\u ', max_size=6))
def test_a_damaged_text_is_a_graph_or_one_error(toys: ModuleType, at: int, cut: int, new: str) -> None:
    text = json.dumps(GOOD)
    try:
        loads(text[:at] + new + text[at + cut :])
    except SoundstageError as error:
        assert isinstance(error, InputError)
