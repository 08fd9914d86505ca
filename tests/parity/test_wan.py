"""Against diffusers: its own checkpoint of random weights, the same velocity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from soundstage.models.wan import Wan
from soundstage.weights import wan as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity
CONFIG = {"width": 40, "depth": 2, "heads": 2, "hidden": 64, "channels": 4, "out": 4, "text": 24, "frequencies": 32}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Wan]:
    theirs = diffusers.WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=20, in_channels=4, out_channels=4, text_dim=24, freq_dim=32,
        ffn_dim=64, num_layers=2,
    ).eval()  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2 + (parameter.ndim == 1) * 0.1)
    folder: Path = tmp_path_factory.mktemp("wan")
    theirs.save_pretrained(folder)
    (file,) = folder.glob("*.safetensors")
    ours = assemble(
        lambda: weights.build(CONFIG), rename(load_file(file), weights.KEYS, weights.IGNORED), torch.float32
    )
    assert isinstance(ours, Wan)
    return theirs, ours


@pytest.mark.parametrize("sizes", [(3, 4, 6), (1, 2, 2), (2, 8, 4)])
@pytest.mark.parametrize("times", [(0.0, 0.0), (999.0, 20.5), (500.0, 500.0)])
def test_velocities_agree(pair: tuple[Any, Wan], sizes: tuple[int, int, int], times: tuple[float, float]) -> None:
    theirs, ours = pair
    generator = torch.Generator().manual_seed(1)
    x, text = torch.randn(2, 4, *sizes, generator=generator), torch.randn(2, 5, 24, generator=generator)
    with torch.no_grad():
        reference = theirs(x, torch.tensor(times), text, return_dict=False)[0]
        assert float(reference.std()) > 0.1
        assert torch.allclose(ours(x, torch.tensor(times), text), reference, atol=1e-4)
        if times[0] == times[1]:  # one time for all takes the fused path
            assert torch.allclose(ours(x, torch.tensor(times[:1]), ours.read(text)), reference, atol=1e-4)
