"""Against f5-tts 1.1.22: what `make_f5.py` kept of it, a checkpoint of random weights and what came of it.

Its batches let the padding of shorter rows be heard; so the rows of a batch of ours are compared with its single runs.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.f5 import F5, f5_base, f5_small, f5_v1_base, f5_v1_small, generate, listen
from soundstage.weights import f5 as weights
from soundstage.weights.card import Card
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble, load

pytestmark = pytest.mark.parity
DATA = Path(__file__).parent / "data"
THEIRS = {
    "model": {
        "backbone": "DiT",
        "arch": {
            "dim": 16, "depth": 2, "heads": 2, "dim_head": 8, "ff_mult": 2, "text_dim": 12, "conv_layers": 2,
            "attn_backend": "torch", "checkpoint_activations": False,
        },
        "mel_spec": {"n_mel_channels": 10, "mel_spec_type": "vocos"},
    }
}  # fmt: skip
KINDS = {
    "v0": {"text_mask_padding": False, "pe_attn_head": 1},
    "v1": {"text_mask_padding": True, "pe_attn_head": None},
}


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return load_file(DATA / "f5_golden.safetensors")


@pytest.fixture(scope="module", params=KINDS)
def ours(request: pytest.FixtureRequest) -> tuple[str, F5]:
    theirs = {"model": {**THEIRS["model"], "arch": {**THEIRS["model"]["arch"], **KINDS[request.param]}}}
    config = weights.from_config(theirs, vocabulary=20)
    tensors = rename(load_file(DATA / "f5.safetensors"), weights.KEYS, weights.IGNORED)
    model = assemble(lambda: F5(config), tensors, torch.float32)
    assert isinstance(model, F5)
    return request.param, model


def test_a_folder_with_their_checkpoint_loads(ours: tuple[str, F5], golden: dict[str, Tensor], tmp_path: Path) -> None:
    kind, model = ours
    facts = {"licence": "CC-BY-NC-4.0", "commercial": False, "data": "none", "size_mb": 0, "memory_mb": 0}
    Card(
        ref=str(tmp_path),
        family="f5",
        task="speak",
        parameters=0,
        config=asdict(model.config),
        layout="public",
        **facts,
    ).save(tmp_path)
    shutil.copy(DATA / "f5.safetensors", tmp_path / "weights.safetensors")
    loaded = load(str(tmp_path)).module
    read = loaded.read(golden["text"], torch.zeros(2, 15, 10), null=True)  # type: ignore[operator]
    with torch.inference_mode():
        assert close(loaded(golden["x"], golden["time"], read), golden[f"{kind}.null"])


def close(ours: Tensor, theirs: Tensor) -> bool:
    assert ours.shape == theirs.shape and float(theirs.std()) > 0.05
    print(f"max abs difference {float((ours - theirs).abs().max()):.1e} at a spread of {float(theirs.std()):.2f}")
    return torch.allclose(ours, theirs, atol=1e-4)


@torch.inference_mode()
def test_the_parts_agree(ours: tuple[str, F5], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    assert close(model.time(golden["time"]), golden[f"{kind}.time_embed"])
    assert close(model.text(golden["text"], 15, None), golden[f"{kind}.text_embed"])
    assert close(model.text(golden["text"], 15, None, null=True), golden[f"{kind}.text_null"])


@torch.inference_mode()
def test_velocities_agree(ours: tuple[str, F5], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    given = torch.nn.functional.pad(golden["reference"], (0, 0, 0, 9))
    for null, name in ((False, "velocity"), (True, "null")):
        read = model.read(golden["text"], given, null=null)
        assert close(model(golden["x"], golden["time"], read), golden[f"{kind}.{name}"])
        assert close(model(golden["x"], golden["time"][:1], read), golden[f"{kind}.{name}"])


def test_samples_agree_row_by_row_in_one_batch(ours: tuple[str, F5], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    generators = [torch.Generator().manual_seed(5) for _ in range(2)]
    mel = generate(
        model, golden["text"], golden["reference"], golden["frames"], generator=generators, known=golden["lengths"],
        steps=7, guidance=2.0, sway=-1.0,
    )  # fmt: skip
    for row, frames in enumerate(golden["frames"].tolist()):
        assert close(mel[row, :frames], golden[f"{kind}.sample.{row}"])
        assert float(mel[row, frames:].abs().sum()) == 0


def test_samples_agree_without_guidance_and_sway(ours: tuple[str, F5], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    generators = [torch.Generator().manual_seed(6) for _ in range(2)]
    mel = generate(
        model, golden["text"], golden["reference"], 15, generator=generators, steps=4, guidance=0.0, sway=0.0
    )
    assert close(mel, golden[f"{kind}.plain"])


def test_edits_inside_a_recording_agree(ours: tuple[str, F5], golden: dict[str, Tensor]) -> None:
    kind, model = ours
    known = torch.tensor([[True, True, False, False, True, True]]).expand(2, -1)
    mel = generate(
        model, golden["text"], golden["reference"], 15, generator=[torch.Generator().manual_seed(6) for _ in range(2)],
        known=known, steps=5, guidance=1.0, sway=-0.5,
    )  # fmt: skip
    assert close(mel, golden[f"{kind}.edit"])


def test_the_mel_agrees(golden: dict[str, Tensor]) -> None:
    assert close(listen(golden["samples"]).transpose(1, 2), golden["mel"])


def test_the_published_configs_are_the_presets() -> None:
    base = {"dim": 1024, "depth": 22, "heads": 16, "ff_mult": 2, "text_dim": 512, "conv_layers": 4}
    small = {**base, "dim": 768, "depth": 18, "heads": 12}
    for arch, presets in ((base, (f5_base, f5_v1_base)), (small, (f5_small, f5_v1_small))):
        for kind, preset in zip(KINDS.values(), presets, strict=True):
            assert weights.from_config({"model": {"arch": {**arch, **kind}}}) == preset()


@pytest.mark.parametrize(
    ("field", "value"),
    [("qk_norm", "layer"), ("long_skip_connection", True), ("text_embedding_average_upsampling", True)],
)
def test_what_is_not_supported_is_named(field: str, value: object) -> None:
    arch = {**THEIRS["model"]["arch"], field: value}
    with pytest.raises(InputError, match=field):
        weights.from_config(arch)
    with pytest.raises(InputError, match="backbone"):
        weights.from_config({"model": {"backbone": "UNetT", "arch": arch}})
