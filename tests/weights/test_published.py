"""Folders and repositories as published: the family by `model_type`, and a card made from what is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from soundstage.errors import InputError, MissingError
from soundstage.weights import card_of, hub
from soundstage.weights.published import card_in


def folder_of(path: Path, config: dict[str, object]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    save_file({"a": torch.zeros(3, 4), "b": torch.zeros(5)}, path / "model.safetensors")
    return path


def test_a_folder_that_transformers_saved_gets_a_card_that_claims_nothing(tmp_path: Path) -> None:
    card = card_in(folder_of(tmp_path / "x", {"model_type": "vits"}), "./x")
    assert (card.family, card.task, card.layout, card.parameters) == ("vits", "speak", "public", 17)
    assert not card.commercial
    assert "unknown" in card.licence
    assert card.config["rate"] == 16_000


def test_a_kind_that_no_family_reads_is_refused_with_those_that_one_does(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"kind llama; kinds.*bark, encodec, mimi, musicgen"):
        card_of(str(folder_of(tmp_path / "x", {"model_type": "llama"})))


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00"])
def test_a_broken_config_is_refused(tmp_path: Path, text: str) -> None:
    folder = folder_of(tmp_path / "x", {})
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json"):
        card_in(folder, "./x")


def test_a_cut_off_file_of_weights_is_told(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x", {"model_type": "vits"})
    (folder / "model.safetensors").write_bytes((2**40).to_bytes(8, "little"))
    with pytest.raises(MissingError, match="cut off"):
        card_in(folder, "./x")


def test_a_repository_without_our_card_is_read_by_its_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError

    folder = folder_of(tmp_path / "x", {"model_type": "vits"})
    (folder / "vocab.json").write_text("{}")
    asked: list[str] = []

    def download(repository: str, name: str, revision: str | None) -> str:
        asked.append(name)
        if not (folder / name).is_file():
            raise EntryNotFoundError(f"404: {name}")
        return str(folder / name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(hub, "_failed", {})
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path / "none"))
    assert card_of("someone/mms-tts-xyz").family == "vits"
    assert {"card.json", "config.json", "model.safetensors", "vocab.json"} <= set(asked)
