"""CogVideoX by its names on the hub: what is listed is what the files say, licences are kept, offline is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from soundstage.errors import MissingError
from soundstage.media.sources import grade
from soundstage.runtime.room import KNOWN, sizes_of
from soundstage.weights import card_of, hub, load
from soundstage.weights.cogvideox import SOURCE, from_config
from soundstage.weights.cogvideox.config import sampler, vae
from soundstage.weights.hub import sources
from soundstage.weights.parts import INDEX, patterns
from soundstage.weights.reference import Reference

FREE = "zai-org/CogVideoX-2b"

# Of the published `config.json` of each transformer, what is not as diffusers has it by default.
LARGE: dict[str, Any] = {"num_attention_heads": 48, "num_layers": 42, "use_rotary_positional_embeddings": True}
LATE: dict[str, Any] = {**LARGE, "patch_bias": False, "patch_size_t": 2, "sample_frames": 81}
TRANSFORMERS: dict[str, dict[str, Any]] = {
    FREE: {},
    "zai-org/CogVideoX-5b": LARGE,
    "zai-org/CogVideoX-5b-I2V": {**LARGE, "in_channels": 32, "use_learned_positional_embeddings": True},
    "zai-org/CogVideoX1.5-5B": LATE,
    "zai-org/CogVideoX1.5-5B-I2V": {**LATE, "in_channels": 32, "ofs_embed_dim": 512},
}
NOISE = {
    "_class_name": "CogVideoXDDIMScheduler",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}


def test_the_hub_lists_the_five_checkpoints_of_which_one_is_free() -> None:
    assert set(TRANSFORMERS) == set(SOURCE) == {name for name in sources() if "CogVideoX" in name}
    for name in SOURCE:
        card = card_of(name)
        assert (card.ref, card.family, card.task, card.layout) == (name, "cogvideox", "shoot", "public")
        assert card.commercial == (name == FREE)
        assert card.licence == ("Apache-2.0" if name == FREE else "CogVideoX License")
        assert ("registration" in card.notes) == (name != FREE)
        assert ("ImageToVideo" in card.config["pipeline"]["class"]) == ("I2V" in name)
    assert grade(card_of(FREE).source) > grade(card_of("zai-org/CogVideoX-5b").source) == 1


@pytest.mark.parametrize("name", SOURCE)
def test_a_listed_config_builds_the_parameters_that_are_stated(name: str) -> None:
    card, known = card_of(name), next(known for known in KNOWN if known.ref == name)
    found = sizes_of(card)
    assert found == known.sizes and set(found) == {"text_encoder", "transformer", "vae"}
    counts = [part.all for part in found.values()]
    assert card.parameters == sum(counts) and card.size_mb == round(4 * sum(counts) / 2**20)
    assert card.memory_mb == round(4.4 * max(counts) / 2**20)


@pytest.mark.parametrize("name", SOURCE)
def test_a_listed_config_is_the_one_in_the_published_files(name: str) -> None:
    config, first, late = card_of(name).config, name == FREE, "1.5" in name
    listed, read = config["transformer"], vars(from_config(TRANSFORMERS[name]))
    if late:  # it counts its tokens, whatever the grid, and the files had more than one
        listed = {**listed, "grid": read["grid"]}
    assert listed == read
    scaled = {"scaling_factor": 1.15258426 if first else 0.7, "invert_scale_latents": late}
    assert config["vae"] == vars(vae(scaled))
    assert config["pipeline"]["sampler"] == vars(sampler({**NOISE, "snr_shift_scale": 3.0 if first else 1.0}))


def test_offline_the_error_says_what_to_place_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    def download(repository: str, name: str, revision: str | None) -> str:
        raise ConnectionError("no network")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(hub, "_failed", {})
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    with pytest.raises(MissingError, match=r"CogVideoX-2b: model_index\.json could not be fetched") as told:
        load(FREE)
    assert str(tmp_path / FREE) in str(told.value) and "the folders that it names" in str(told.value)


@pytest.mark.parametrize("fetched", [True, False], ids=["fetched", "placed by hand"])
def test_the_files_are_read_and_the_licence_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fetched: bool
) -> None:
    import huggingface_hub

    folder, wanted = tmp_path / FREE, list[str]()
    configs = {"transformer": {"num_layers": 1}, "vae": {}, "text_encoder": {"model_type": "t5"}, "scheduler": NOISE}
    for part, config in configs.items():
        (folder / part).mkdir(parents=True)
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        (folder / part / name).write_text(json.dumps(config))
        save_file({"x": torch.zeros(2)}, folder / part / "model.safetensors")
    (folder / INDEX).write_text(json.dumps({"_class_name": "CogVideoXPipeline"}))

    def snapshot(repository: str, revision: str | None, allow_patterns: list[str]) -> str:
        wanted.extend(allow_patterns)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda repository, name, revision: str(folder / name))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path / "none" if fetched else tmp_path))
    card, paths = hub.locate(Reference.parse(FREE))
    assert (card.licence, card.commercial, card.config["transformer"]["depth"]) == ("Apache-2.0", True, 1)
    assert [path.parent.name for path in paths] == ["text_encoder", "transformer", "vae"]
    assert wanted == (list(patterns({"_class_name": "CogVideoXPipeline"})) if fetched else [])
    assert not fetched or {"tokenizer/*.model", "transformer/*.safetensors"} <= set(wanted)
