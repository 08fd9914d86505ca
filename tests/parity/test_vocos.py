"""Against vocos 0.1.0: what `make_f5.py` kept of it, a checkpoint of random weights, its mels and its samples."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.vocos import Vocos, VocosConfig, decode, decode_codes, listen, vocos_encodec_24khz
from soundstage.weights import vocos as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

pytestmark = pytest.mark.parity
DATA = Path(__file__).parent / "data"


def their_config(padding: str) -> dict[str, Any]:
    return {
        "feature_extractor": {
            "class_path": "vocos.feature_extractors.MelSpectrogramFeatures",
            "init_args": {"sample_rate": 24000, "n_fft": 64, "hop_length": 16, "n_mels": 10, "padding": padding},
        },
        "backbone": {
            "class_path": "vocos.models.VocosBackbone",
            "init_args": {"input_channels": 10, "dim": 16, "intermediate_dim": 24, "num_layers": 2},
        },
        "head": {
            "class_path": "vocos.heads.ISTFTHead",
            "init_args": {"dim": 16, "n_fft": 64, "hop_length": 16, "padding": padding},
        },
    }


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return load_file(DATA / "vocos_golden.safetensors")


@pytest.fixture(scope="module", params=["center", "same"])
def ours(request: pytest.FixtureRequest) -> tuple[str, Vocos]:
    config = weights.from_config(their_config(request.param))
    tensors = rename(load_file(DATA / "vocos.safetensors"), weights.KEYS, weights.IGNORED)
    model = assemble(lambda: Vocos(config), tensors, torch.float32)
    assert isinstance(model, Vocos)
    return request.param, model


def close(ours: Tensor, theirs: Tensor) -> bool:
    assert ours.shape == theirs.shape and float(theirs.std()) > 0.05
    print(f"max abs difference {float((ours - theirs).abs().max()):.1e} at a spread of {float(theirs.std()):.2f}")
    return torch.allclose(ours, theirs, atol=1e-4)


def test_mels_agree(ours: tuple[str, Vocos], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    assert close(listen(model.config, golden["samples"]), golden[f"{kind}.mel"])


def test_samples_agree(ours: tuple[str, Vocos], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    samples = decode(model, golden["mel_in"])
    assert samples.shape[-1] == (11 if kind == "center" else 12) * 16
    assert close(samples, golden[f"{kind}.decoded"])


def test_codes_agree_at_every_bit_rate(golden: dict[str, Tensor]) -> None:
    config = VocosConfig(
        width=16, depth=2, hidden=24, bands=6, rate=24_000, size=64, hop=16, centre=False, books=(2, 4), codes=8
    )
    tensors = rename(load_file(DATA / "vocos_codes.safetensors"), weights.KEYS, weights.IGNORED)
    model = assemble(lambda: weights.build(asdict(config)), tensors, torch.float32)
    assert isinstance(model, Vocos)
    for count in config.books:
        assert close(decode_codes(model, golden[f"codes.{count}"].transpose(0, 1)), golden[f"decoded.{count}"])


def test_the_config_for_codes_is_read() -> None:
    theirs = their_config("same")
    theirs["feature_extractor"] = {
        "class_path": "vocos.feature_extractors.EncodecFeatures",
        "init_args": {"encodec_model": "encodec_24khz", "bandwidths": [1.5, 3.0, 6.0, 12.0]},
    }
    theirs["backbone"]["init_args"] = {
        "input_channels": 128, "dim": 384, "intermediate_dim": 1152, "num_layers": 8, "adanorm_num_embeddings": 4,
    }  # fmt: skip
    theirs["head"]["init_args"] = {"dim": 384, "n_fft": 1280, "hop_length": 320, "padding": "same"}
    assert weights.from_config(theirs) == vocos_encodec_24khz()


@pytest.mark.parametrize(
    ("part", "change", "field"),
    [
        ("feature_extractor", {"class_path": "vocos.feature_extractors.SomeOther"}, "feature_extractor"),
        ("head", {"class_path": "vocos.heads.IMDCTCosHead"}, "head"),
        ("head", {"init_args": {"dim": 16, "n_fft": 64, "hop_length": 32, "padding": "center"}}, "head"),
        ("backbone", {"init_args": {"adanorm_num_embeddings": 4}}, "adanorm_num_embeddings"),
        (
            "feature_extractor",
            {"class_path": "vocos.feature_extractors.EncodecFeatures", "init_args": {"encodec_model": "encodec_48khz"}},
            "encodec_model",
        ),
    ],
)
def test_what_is_not_supported_is_named(part: str, change: dict[str, Any], field: str) -> None:
    theirs = their_config("center")
    with pytest.raises(InputError, match=field):
        weights.from_config({**theirs, part: {**theirs[part], **change}})
