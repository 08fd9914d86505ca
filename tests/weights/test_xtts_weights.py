"""XTTS's config and named voices from Coqui's own files."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from soundstage.errors import InputError
from soundstage.models.xtts import XttsConfig, xtts_v2
from soundstage.weights import xtts as weights
from soundstage.weights.convert import convert, default_output
from soundstage.weights.load import weight_files
from soundstage.weights.published import card_in
from soundstage.weights.xtts.keys import fold_batch_norm

PUBLISHED: dict[str, Any] = {
    "model": "xtts",
    "model_args": {
        "gpt_max_audio_tokens": 605, "gpt_max_text_tokens": 402, "gpt_layers": 30, "gpt_n_model_channels": 1024,
        "gpt_n_heads": 16, "gpt_number_text_tokens": 6681, "gpt_start_text_token": None, "gpt_stop_text_token": None,
        "gpt_num_audio_tokens": 1026, "gpt_start_audio_token": 1024, "gpt_stop_audio_token": 1025,
        "gpt_code_stride_len": 1024, "gpt_use_perceiver_resampler": True, "input_sample_rate": 22050,
        "output_sample_rate": 24000, "output_hop_length": 256, "decoder_input_dim": 1024, "d_vector_dim": 512,
        "cond_d_vector_in_each_upsampling_layer": True,
    },
}  # fmt: skip
VOCAB = {
    "model": {"vocab": {"[STOP]": 0, "a": 1, "[START]": 2}},
    "added_tokens": [{"content": "[START]", "id": 2}, {"content": "[new]", "id": 9}],
}


def test_the_published_config_is_the_preset() -> None:
    assert weights.from_config(PUBLISHED) == xtts_v2()


def test_the_vocabulary_says_how_many_texts_ids_there_are() -> None:
    config = weights.from_config(PUBLISHED, VOCAB)
    assert (config.text_ids, config.text_start, config.text_stop) == (10, 2, 0)


def test_a_config_survives_its_card() -> None:
    config = replace(xtts_v2(), depth=1)
    with torch.device("meta"):
        rebuilt = weights.build(json.loads(json.dumps(asdict(config))))
    assert rebuilt.config == config


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"gpt_use_perceiver_resampler": False}, "v1"),
        ({"decoder_input_dim": 512}, "decoder_input_dim"),
        ({"output_hop_length": 128}, "output_hop_length"),
        ({"gpt_number_text_tokens": None}, "vocab.json"),
    ],
)
def test_what_is_not_supported_is_named(args: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        weights.from_config({**PUBLISHED, "model_args": {**PUBLISHED["model_args"], **args}})


def test_a_folder_of_coquis_is_known_by_its_model_and_its_voices_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(PUBLISHED))
    (tmp_path / "vocab.json").write_text(json.dumps(VOCAB))
    for name in ("model", "speakers_xtts"):
        save_file({name: torch.zeros(2)}, tmp_path / f"{name}.safetensors")
    card = card_in(tmp_path, "./x")
    assert (card.family, card.task, card.config["text_ids"]) == ("xtts", "speak", 10)
    assert weight_files(tmp_path) == (tmp_path / "model.safetensors",)


def test_voices_are_read_by_names_with_spaces_and_points(tmp_path: Path) -> None:
    config = replace(xtts_v2(), latents=3)
    voices = {
        name: {"gpt_cond_latent": torch.full((1, 3, 1024), number), "speaker_embedding": torch.zeros(1, 512, 1)}
        for name, number in (("Claribel Dervla", 1.0), ("J. R. Smith", 2.0))
    }
    pickled = tmp_path / "speakers_xtts.pth"
    torch.save(voices, pickled)
    convert(pickled, default_output(pickled))
    found = weights.read_speakers(tmp_path / weights.SPEAKERS, config)
    assert list(found) == ["Claribel Dervla", "J. R. Smith"]
    assert found["J. R. Smith"].style_BLD.unique().tolist() == [2.0]
    assert found["J. R. Smith"].speaker_BC.shape == (1, 512)


@pytest.mark.parametrize(
    "tensors",
    [
        {"Ada.gpt_cond_latent": torch.zeros(1, 32, 1024)},
        {"Ada.gpt_cond_latent": torch.zeros(1, 32, 512), "Ada.speaker_embedding": torch.zeros(1, 512, 1)},
        {"speaker_embedding": torch.zeros(1, 512, 1)},
    ],
)
def test_a_file_of_other_voices_is_refused(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="is no voice of this model"):
        weights.read_speakers(tmp_path / "x.safetensors", XttsConfig())


def test_a_folded_batch_norm_computes_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    norm = torch.nn.BatchNorm1d(5).eval()
    for tensor in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
        assert tensor is not None
        tensor.copy_(torch.rand(5, generator=generator) + 0.1)
    assert norm.running_mean is not None and norm.running_var is not None
    scale, shift = fold_batch_norm(norm.weight, norm.bias, norm.running_mean, norm.running_var)
    x = torch.randn(3, 5, generator=generator)
    torch.testing.assert_close(x * scale + shift, norm(x))
