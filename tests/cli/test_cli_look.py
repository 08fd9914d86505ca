from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from soundstage.cli.cache import read_bytes, spell_bytes
from soundstage.errors import InputError
from soundstage.evaluate import Measure, Table

Run = Callable[..., tuple[int, str, str]]

GRAPH: dict[str, Any] = {
    "soundstage": 1,
    "nodes": {
        "split": {"task": "words", "version": 1, "inputs": {"text": "a b"}},
        "tone": {"task": "shout", "version": 1, "inputs": {"text": "hello", "instruments": {"from": "split"}}},
    },
    "outputs": {"film": {"from": "tone"}, "list": {"from": "split"}},
}


@pytest.fixture
def graph(toys: ModuleType, monkeypatch: pytest.MonkeyPatch) -> str:
    """A graph's document; the fingerprint of the toy's model is its name, for it has no weights."""
    monkeypatch.setattr("soundstage.weights.fingerprint", str)
    Path("graph.json").write_text(json.dumps(GRAPH))
    return "graph.json"


def test_a_graph_runs_and_a_second_run_computes_nothing(toys: ModuleType, soundstage: Run, graph: str) -> None:
    code, out, err = soundstage("run", graph, "-o", "out")
    assert (code, err) == (0, "")
    assert sorted(path.name for path in Path("out").iterdir()) == ["film.wav", "list.json"]
    assert json.loads(Path("out/list.json").read_text()) == ["a", "b"]
    first = Path("out/film.wav").read_bytes()
    code, out, _ = soundstage("run", graph, "-o", "out", "--json")
    assert json.loads(out) == {"film": "out/film.wav", "list": "out/list.json"}
    assert len(toys.SEEN) == 1 and Path("out/film.wav").read_bytes() == first


def test_a_made_file_is_its_own_recipe(toys: ModuleType, soundstage: Run, graph: str) -> None:
    soundstage("shout", "hello", "--speed", "2", "-o", "a.wav")
    assert soundstage("run", "a.wav", "-o", "again")[0] == 0
    assert Path("again/shout.wav").read_bytes() == Path("a.wav").read_bytes()


def test_an_estimate_is_told_before_and_not_run(toys: ModuleType, soundstage: Run, graph: str) -> None:
    code, out, _ = soundstage("run", graph, "--estimate")
    assert code == 0 and "2 of 2 nodes to run" in out and "not measured here yet: words, shout" in out
    assert not toys.SEEN
    soundstage("run", graph)
    assert "0 of 2 nodes to run" in soundstage("graph", "check", graph)[1]


def test_a_graph_is_checked_and_shown(soundstage: Run, graph: str) -> None:
    facts = json.loads(soundstage("graph", "check", graph, "--json")[1])
    assert facts["nodes"] == 2 and facts["unknown"] == ["words", "shout"]
    assert soundstage("graph", "show", graph)[1].startswith("flowchart LR\n")
    assert json.loads(soundstage("graph", "show", graph, "--json")[1])["mermaid"].startswith("flowchart LR\n")
    drawn = soundstage("graph", "show", graph, "-o", "graph.png", "--json")[1]
    assert json.loads(drawn) == {"output": "graph.png"}
    assert soundstage("graph", "show", graph, "-o", "graph.png")[0] == 0
    assert Path("graph.png").read_bytes().startswith(b"\x89PNG")
    assert soundstage("graph", "show", graph, "-o", "graph.svg")[0] == 2


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (lambda g: g["nodes"]["tone"]["inputs"].update(speed=9), 2, "nodes.tone.inputs.speed: is 9; give number"),
        (
            lambda g: g["nodes"]["tone"]["inputs"].update(voice={"from": "split"}),
            2,
            "tone.voice: Voice or nothing ← split",
        ),
        (lambda g: g["nodes"]["tone"].update(task="whisper"), 2, "nodes.tone.task: 'whisper' is not a task"),
        (lambda g: g["nodes"]["tone"]["inputs"].update(fails="run"), 1, "hoarse; drink tea"),
        (
            lambda g: g["outputs"].update(film={"from": "tone.samples"}),
            2,
            "outputs.film: tone.samples is ndarray[",
        ),
    ],
)
def test_a_bad_graph_is_one_line_and_an_exit_code(
    soundstage: Run, graph: str, change: Callable[[Any], None], code: int, message: str
) -> None:
    document = json.loads(json.dumps(GRAPH))
    change(document)
    Path("bad.json").write_text(json.dumps(document))
    given, _, err = soundstage("run", "bad.json")
    assert given == code and message in err and err.count("\n") == 1


def test_files_without_a_graph_are_refused(toys: ModuleType, soundstage: Run) -> None:
    from soundstage.media import Audio

    Audio.silence(0.1, 8000).save("plain.wav")
    assert "carries no graph" in soundstage("run", "plain.wav")[2]
    assert soundstage("run", "none.json")[0] == 3


def test_info_tells_what_a_file_is_and_how_it_was_made(toys: ModuleType, soundstage: Run) -> None:
    soundstage("shout", "hello", "-o", "a.wav")
    code, out, _ = soundstage("info", "a.wav")
    assert code == 0 and "8000 Hz, mono, 0.500 s" in out and "prompt" in out and "hello" in out
    assert json.loads(soundstage("info", "a.wav", "--json")[1])["provenance"]["task"] == "shout"
    assert soundstage("info", "none.wav")[0] == 3


def test_the_cache_is_listed_limited_and_cleared(soundstage: Run, graph: str) -> None:
    soundstage("run", graph)
    assert {row["task"] for row in json.loads(soundstage("cache", "ls", "--json")[1])} == {"words", "shout"}
    assert "shout" in soundstage("cache", "ls")[1]
    facts = json.loads(soundstage("cache", "size", "--json")[1])
    assert facts["results"] == 2 and facts["bytes"] > 16_000
    assert "limit  1.0 MB" in soundstage("cache", "limit", "1M")[1]
    assert "of 1.0 MB" in soundstage("cache", "size")[1]
    soundstage("cache", "limit", "1k")
    assert json.loads(soundstage("cache", "size", "--json")[1])["bytes"] <= 1024
    assert json.loads(soundstage("cache", "limit", "2k", "--json")[1]) == {"limit": 2048, "freed": 0}
    assert json.loads(soundstage("cache", "clear", "--json")[1])["freed"] <= 1024
    assert json.loads(soundstage("cache", "size", "--json")[1])["results"] == 0
    assert soundstage("cache", "limit", "lots")[0] == 2


def test_sizes_are_read_and_spelled() -> None:
    assert [read_bytes(text) for text in ("12", "1k", "1.5M", "20G", "1 GiB")] == [
        12,
        1024,
        3 * 2**19,
        20 * 2**30,
        2**30,
    ]
    assert [spell_bytes(count) for count in (12, 1536, 5 * 2**30)] == ["12 B", "1.5 KB", "5.0 GB"]
    with pytest.raises(InputError, match="is not a size"):
        read_bytes("-3")


@pytest.fixture
def starter(toys: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of starters with one model in it."""
    from torch import nn

    from soundstage.weights import Card, save_starter

    monkeypatch.setattr("soundstage.weights.reference.STARTERS", tmp_path / "starter")
    facts: dict[str, Any] = {"ref": "starter/voice", "family": "voice", "task": "speak", "licence": "Apache-2.0"}
    card = Card(**facts, data="none", commercial=True, size_mb=0, memory_mb=10, parameters=0)
    save_starter(tmp_path / "starter" / "voice", nn.Linear(3, 3), card)
    return tmp_path / "starter" / "voice"


def test_models_are_listed_and_shown_with_their_cards(soundstage: Run, starter: Path) -> None:
    code, out, _ = soundstage("models")
    assert code == 0 and "starter/voice" in out and "Apache-2.0" in out and "yes" in out
    assert json.loads(soundstage("models", "--json")[1])[0]["parameters"] == 12
    assert json.loads(soundstage("models", "starter/voice", "--json")[1])["data"] == "none"
    assert soundstage("models", "starter/nobody")[0] == 3


def test_a_card_is_spelled_for_people_with_its_scores_as_a_table(soundstage: Run, starter: Path) -> None:
    card = json.loads((starter / "card.json").read_text())
    card["scores"] = [{"name": "word errors", "value": 4.25, "unit": "%", "ceiling": 3, "of a later version": 1}]
    (starter / "card.json").write_text(json.dumps(card))
    out = soundstage("models", "starter/voice")[1]
    assert "word errors" in out and "4.25%" in out and "{'name'" not in out
    assert "commercial  yes" in out and "memory_mb   10 MB" in out
    assert json.loads(soundstage("models", "starter/voice", "--json")[1])["scores"][0]["value"] == 4.25


def findings(soundstage: Run) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in json.loads(soundstage("doctor", "--json")[1])}


def test_the_doctor_finds_what_is_missing_and_what_is_damaged(soundstage: Run, starter: Path) -> None:
    found = findings(soundstage)
    assert found["starter/voice"]["state"] == "good" and "hash is right" in found["starter/voice"]["text"]
    assert found["starter/music"]["state"] == "bad" and "reinstall" in found["starter/music"]["remedy"]
    assert found["python"]["state"] == found["codecs"]["state"] == found["cache"]["state"] == "good"
    data = bytearray((starter / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (starter / "weights.safetensors").write_bytes(data)
    code, out, err = soundstage("doctor")
    assert code == 3 and "3 of" in err
    assert "!!  starter/voice" in out and "its weights are not those of its card" in out


def test_evaluate_asks_the_meter_of_the_models_task(
    soundstage: Run, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def meter(model_ref: str, count: int = 5, seed: int = 0) -> Table:
        asked.append((model_ref, count, seed))
        return Table(title="toy", rows=[Measure(name="error", value=4.2, unit="%", ceiling=3.0, count=count)])

    module = ModuleType("soundstage.evaluate.voice")
    module.evaluate = meter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "soundstage.evaluate.voice", module)
    code, out, _ = soundstage("evaluate", "starter/voice", "--count", "3", "--seed", "9")
    assert code == 0 and asked == [("starter/voice", 3, 9)]
    assert "4.2%" in out and "error" in out
    assert json.loads(soundstage("evaluate", "starter/voice", "--json")[1])["rows"][0]["value"] == 4.2
    assert soundstage("evaluate", "starter/nobody")[0] == 3


def test_films_are_measured_by_their_file(toys: ModuleType) -> None:
    from soundstage.cli.look import meter_for

    assert meter_for("my/film.MP4") == meter_for("film") == "film"
