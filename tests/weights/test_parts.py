"""Folders of parts: what is missing is named, what is not ours is refused, the hub is asked for the right files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from soundstage.errors import InputError, MissingError
from soundstage.weights import card_of, hub, load
from soundstage.weights.hub import sources
from soundstage.weights.parts import files_of, patterns
from soundstage.weights.wan import pipeline

VAE = {"_class_name": "AutoencoderKLWan", "base_dim": 4, "z_dim": 2, "num_res_blocks": 1}
TRANSFORMER = {
    "_class_name": "WanTransformer3DModel",
    "num_attention_heads": 1,
    "attention_head_dim": 6,
    "num_layers": 1,
}
TEXT = {"model_type": "umt5", "vocab_size": 8, "d_model": 4, "d_kv": 2, "d_ff": 4, "num_layers": 1, "num_heads": 2}


def folder_of(path: Path, kind: str = "WanPipeline", **index: Any) -> Path:
    path.mkdir()
    (path / "model_index.json").write_text(json.dumps({"_class_name": kind, **index}))
    for name, config in (("vae", VAE), ("transformer", TRANSFORMER), ("text_encoder", TEXT)):
        (path / name).mkdir()
        (path / name / "config.json").write_text(json.dumps(config))
        save_file({"x": torch.zeros(2)}, path / name / "model.safetensors")
    return path


def test_a_pipeline_that_no_family_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"kind FluxPipeline.*WanPipeline"):
        card_of(str(folder_of(tmp_path / "x", "FluxPipeline")))


def test_a_second_wan_is_refused_by_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Wan 2\.2"):
        card_of(str(folder_of(tmp_path / "x", transformer_2=["diffusers", "WanTransformer3DModel"])))
    assert pipeline({"transformer_2": [None, None], "boundary_ratio": None}, {"flow_shift": 3.0})["shift"] == 3.0


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x")
    (folder / "vae" / "model.safetensors").unlink()
    (folder / "vae" / "config.json").unlink()
    (folder / "vae").rmdir()
    with pytest.raises(MissingError, match="has no vae/"):
        load(str(folder))


def test_keys_are_checked_before_any_weight_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 left over: x"):
        load(str(folder_of(tmp_path / "x")))


def test_shards_that_are_listed_and_absent_are_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "vae" / "model.safetensors.index.json").write_text(json.dumps(index))
    save_file({"a": torch.zeros(2)}, folder / "vae" / "model-1.safetensors")
    with pytest.raises(MissingError, match=r"has no model-2\.safetensors"):
        files_of(folder, "vae")
    save_file({"b": torch.zeros(2)}, folder / "vae" / "model-2.safetensors")
    assert [path.name for path in files_of(folder, "vae")] == ["model-1.safetensors", "model-2.safetensors"]


def test_pickles_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x")
    (folder / "vae" / "model.safetensors").rename(folder / "vae" / "model.bin")
    with pytest.raises(InputError, match="pickle"):
        files_of(folder, "vae")


def test_the_hub_is_asked_for_the_index_and_then_for_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError

    folder = folder_of(tmp_path / "x")
    asked: list[str] = []
    wanted: list[list[str]] = []

    def download(repository: str, name: str, revision: str | None) -> str:
        asked.append(name)
        if not (folder / name).is_file():
            raise EntryNotFoundError(f"404: {name}")
        return str(folder / name)

    def snapshot(repository: str, revision: str | None, allow_patterns: list[str]) -> str:
        wanted.append(allow_patterns)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    monkeypatch.setattr(hub, "_failed", {})
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path / "none"))
    assert card_of("someone/wan-of-hers").family == "wan"
    assert asked == ["card.json", "model_index.json"]
    assert {"model_index.json", "transformer/*.safetensors", "vae/*.json", "tokenizer/*.json"} <= set(wanted[0])
    assert wanted[0] == list(patterns({"_class_name": "WanPipeline"}))


def test_known_repositories_have_cards_with_their_licence() -> None:
    known = {name: source for name, source in sources().items() if name.startswith("Wan-AI/")}
    assert len(known) == 5
    for name in known:
        card = card_of(name)
        assert (card.family, card.task, card.commercial, card.licence) == ("wan", "shoot", True, "Apache-2.0")
        assert ("image_encoder" in card.config) == ("I2V" in name or "FLF2V" in name)
