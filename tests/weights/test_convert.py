"""Pickles to safetensors, and pickles that want more than that."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from soundstage.cli import run
from soundstage.errors import InputError, MissingError
from soundstage.weights.convert import convert


@pytest.mark.parametrize(
    ("nest", "key"),
    [
        (lambda state: state, None),
        (lambda state: {"state_dict": state, "step": 3}, None),
        (lambda state: {"model": {"generator": state}}, "model.generator"),
    ],
)
def test_tensors_come_out_under_their_names(tmp_path: Path, nest: object, key: str | None) -> None:
    whole = torch.arange(12.0).view(3, 4)
    state = {"a.weight": whole, "tied": whole, "b": whole.T, "count": torch.tensor(3)}
    torch.save(nest(state), tmp_path / "x.pth")  # type: ignore[operator]
    facts = convert(tmp_path / "x.pth", tmp_path / "x.safetensors", key)
    found = load_file(tmp_path / "x.safetensors")
    assert set(found) == set(state)
    assert all(torch.equal(found[name], state[name]) for name in state)
    assert facts["tensors"] == 4


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("boom",)


def test_a_pickle_that_would_run_code_runs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": torch.zeros(2), "b": Bomb()}, tmp_path / "x.pt")
    with pytest.raises(InputError, match="not plain tensors"):
        convert(tmp_path / "x.pt", tmp_path / "x.safetensors")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.pt"]


def test_configs_beside_the_tensors_are_dropped_and_their_classes_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TTS", "TTS.tts", "TTS.tts.configs", "TTS.tts.configs.xtts_config"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    config = type("XttsConfig", (), {"__module__": "TTS.tts.configs.xtts_config"})
    monkeypatch.setattr(sys.modules["TTS.tts.configs.xtts_config"], "XttsConfig", config, raising=False)
    made = config()
    made.languages, made.inner = ["en"], config()
    torch.save({"config": made, "model": {"a": torch.ones(2)}}, tmp_path / "model.pth")
    made.inner = Bomb()
    torch.save({"config": made, "model": {"a": torch.ones(2)}}, tmp_path / "bomb.pth")
    monkeypatch.undo()
    convert(tmp_path / "model.pth", tmp_path / "model.safetensors")
    assert load_file(tmp_path / "model.safetensors").keys() == {"a"}
    assert "TTS" not in sys.modules
    with pytest.raises(InputError, match="not plain tensors"):
        convert(tmp_path / "bomb.pth", tmp_path / "bomb.safetensors")


def test_a_file_of_voices_keeps_its_own_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"Ada Löwe": {"a": torch.ones(2)}, "J. R. Smith": {"a": torch.zeros(3)}}, tmp_path / "speakers_x.pth")
    assert run(["weights", "convert", str(tmp_path / "speakers_x.pth"), "--json"]) == 0
    assert '"tensors": 2' in capsys.readouterr().out
    assert load_file(tmp_path / "speakers_x.safetensors").keys() == {"Ada Löwe.a", "J. R. Smith.a"}


def test_what_cannot_be_converted_says_why(tmp_path: Path) -> None:
    torch.save({"config": {"a": 1}}, tmp_path / "x.pt")
    with pytest.raises(InputError, match="no tensors at its top; it holds: config"):
        convert(tmp_path / "x.pt", tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="no 'model'"):
        convert(tmp_path / "x.pt", tmp_path / "x.safetensors", "model")
    with pytest.raises(InputError, match="output"):
        convert(tmp_path / "x.pt", tmp_path / "x.bin")
    with pytest.raises(MissingError):
        convert(tmp_path / "none.pt", tmp_path / "x.safetensors")
    (tmp_path / "y.pt").write_bytes(b"not a pickle")
    with pytest.raises(InputError, match="not plain tensors"):
        convert(tmp_path / "y.pt", tmp_path / "x.safetensors")


def test_the_command_writes_beside_the_pickle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "pytorch_model.bin")
    assert run(["weights", "convert", str(tmp_path / "pytorch_model.bin"), "--json"]) == 0
    assert '"tensors": 1' in capsys.readouterr().out
    assert (tmp_path / "model.safetensors").is_file()
