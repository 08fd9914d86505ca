from __future__ import annotations

from types import ModuleType

import pytest

from soundstage.errors import InputError
from soundstage.graph import Graph, Link, Node
from soundstage.graph.show import layers, mermaid, png


def test_a_bad_link_is_refused_with_both_ends(toys: ModuleType) -> None:
    graph = Graph()
    line = graph.add("line", toys.say, text="hello")
    with pytest.raises(InputError) as caught:
        graph.add("sum", toys.add, a=line.words)
    assert "sum.a: whole number ← line.words: tuple[text] does not fit" in str(caught.value)
    assert "sum" not in graph.nodes


def test_the_part_that_would_fit_is_named(toys: ModuleType) -> None:
    graph = Graph()
    line = graph.add("line", toys.say, text="hello")
    with pytest.raises(InputError, match=r"link line.blob instead"):
        graph.add("mix", toys.mix, blobs=[line])


def test_links_go_into_lists_and_pick_parts_and_keys(toys: ModuleType) -> None:
    graph = Graph()
    line = graph.add("line", toys.say, text="hello")
    graph.add("mix", toys.mix, blobs=[line.blob, line.stems["low"], line.stems.high])
    assert graph.nodes["mix"].inputs["blobs"] == [
        {"from": "line.blob"},
        {"from": "line.stems.low"},
        {"from": "line.stems.high"},
    ]


def test_units_must_agree(toys: ModuleType) -> None:
    graph = Graph()
    blob = graph.add("slow", toys.slow, text="a")
    with pytest.raises(InputError, match=r"fast.blob: Blob\[rate=200\] ← slow: Blob\[rate=100\] does not fit"):
        graph.add("fast", toys.fast, blob=blob)


def test_missing_nodes_parts_and_inputs_are_named(toys: ModuleType) -> None:
    graph = Graph()
    line = graph.add("line", toys.say, text="hello")
    for name, inputs, message in (
        ("a", {"a": Link("nobody")}, "there is no node 'nobody'"),
        ("b", {"a": line.colour}, "Said has no part 'colour'; its parts: blob, words, stems, seconds"),
        ("c", {}, "nodes.c.inputs.a: is missing"),
        ("d", {"a": 1, "z": line}, "nodes.d.inputs.z: is not an input"),
        ("e.f", {"a": 1}, "'e.f' is not a name"),
        ("line", {"a": 1}, "nodes.line: exists already"),
    ):
        with pytest.raises(InputError) as caught:
            graph.add(name, toys.add, **inputs)
        assert message in str(caught.value)


def test_texts_that_no_file_can_hold_are_refused_at_once(toys: ModuleType) -> None:
    with pytest.raises(InputError, match=r"nodes.line.inputs.text: holds half a character"):
        Graph().add("line", toys.say, text="\udcff")


def test_a_message_stays_short_however_long_the_names_are(toys: ModuleType) -> None:
    graph = Graph()
    for name, text in (("line", {"from": "nobody"}), *((f"{n}" * 100_000, "a") for n in range(5))):
        graph.nodes[name] = Node(name, toys.say.task, {"text": text})
    graph.outputs["out"] = Link("line")
    with pytest.raises(InputError) as caught:
        graph.check()
    assert len(str(caught.value)) < 400


def test_a_cycle_is_spelled_out(toys: ModuleType) -> None:
    graph = Graph()
    for name, source in (("a", "c"), ("b", "a"), ("c", "b")):
        graph.nodes[name] = Node(name, toys.add.task, {"a": {"from": source}})
    graph.outputs["out"] = Link("c")
    with pytest.raises(InputError, match="depends on itself: a ← c ← b ← a"):
        graph.check()


def test_only_what_the_outputs_need_is_needed(toys: ModuleType) -> None:
    graph = Graph()
    first = graph.add("first", toys.number, value=1)
    graph.add("unused", toys.add, a=first)
    graph.output("out", graph.add("used", toys.add, a=first))
    assert graph.needed() == ["first", "used"]


def a_film(toys: ModuleType) -> Graph:
    graph = Graph()
    lines = [graph.add(f"line{n}", toys.say, text=f"line {n}") for n in range(3)]
    shots = [graph.add(f"shot{n}", toys.cut, seconds=line.seconds) for n, line in enumerate(lines)]
    graph.output("film", graph.add("mix", toys.mix, blobs=shots, over=lines[0].blob))
    return graph


def test_mermaid_names_nodes_tasks_ports_and_outputs(toys: ModuleType) -> None:
    text = mermaid(a_film(toys))
    assert 'n_line0["line0<br/><small>toy.say</small>"]' in text
    assert 'n_line0 -->|"seconds → seconds"| n_shot0' in text
    assert 'n_mix --> out_n_film(["film"])' in text


def test_every_edge_of_the_picture_spans_one_layer(toys: ModuleType) -> None:
    rows, edges = layers(a_film(toys))
    at = {name: index for index, row in enumerate(rows) for name in row}
    assert all(at[target] - at[source] == 1 for source, target in edges)
    assert sorted(name for row in rows for name in row if "→" not in name) == sorted(a_film(toys).nodes)


@pytest.mark.parametrize("back", [False, True])
def test_a_graph_too_large_for_a_picture_is_refused_soon(toys: ModuleType, back: bool, tmp_path) -> None:
    graph = Graph()
    first = last = graph.add("n0", toys.number, value=0)
    for n in range(1, 5000):
        node = Node(f"n{n}", toys.add.task, {"a": {"from": str(last)}, **({"b": {"from": "n0"}} if back else {})})
        graph.nodes[node.name], last = node, Link(node.name)
    graph.output("first", first)
    with pytest.raises(InputError, match=r"of 5,000 nodes is too large for a picture; leave -o out"):
        png(graph, tmp_path / "graph.png")
    assert not list(tmp_path.iterdir())


def test_the_picture_shows_every_box(toys: ModuleType, tmp_path) -> None:
    from PIL import Image

    png(a_film(toys), tmp_path / "graph.png")
    with Image.open(tmp_path / "graph.png") as picture:
        colours = {colour for _, colour in picture.getcolors(1 << 20)}
        assert picture.width > picture.height
    assert {(0x2F, 0x6F, 0x8F), (0x8F, 0x5A, 0x2F), (0x4F, 0x7F, 0x3F)} <= colours  # one for each of the three tasks
    assert [path.name for path in tmp_path.iterdir()] == ["graph.png"]
