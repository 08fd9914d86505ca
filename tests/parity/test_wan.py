"""Against diffusers: its own checkpoints of random weights, of text alone and of pictures too, the same velocity."""

from __future__ import annotations

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from soundstage.models.wan import Wan
from soundstage.weights import wan as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble
from soundstage.weights.wan.transformer import FULL, from_config

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


@pytest.fixture(scope="module", params=[None, 6], ids=["first frame", "first and last frame"])
def seeing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Wan]:
    theirs = diffusers.WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=20, in_channels=9, out_channels=4, text_dim=24, freq_dim=32,
        ffn_dim=64, num_layers=2, image_dim=10, added_kv_proj_dim=40, pos_embed_seq_len=request.param,
    ).eval()  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2 + (parameter.ndim == 1) * 0.1)
    folder: Path = tmp_path_factory.mktemp("wan")
    theirs.save_pretrained(folder)
    (file,) = folder.glob("*.safetensors")
    config = from_config(dict(theirs.config))
    tensors = rename(load_file(file), weights.KEYS, weights.IGNORED)
    ours = assemble(lambda: weights.build(asdict(config)), tensors, torch.float32)
    assert isinstance(ours, Wan)
    return theirs, ours


def test_velocities_of_what_sees_pictures_agree(seeing: tuple[Any, Wan]) -> None:
    theirs, ours = seeing
    generator = torch.Generator().manual_seed(1)
    x, text = torch.randn(1, 9, 2, 4, 6, generator=generator), torch.randn(1, 512, 24, generator=generator)
    image = torch.randn(1, 6, 10, generator=generator)
    time = torch.tensor([500.0])
    shape = (1, 6, 10) if ours.config.places is None else (2, 3, 10)
    with torch.no_grad():
        reference = theirs(x, time, text, image.view(shape), return_dict=False)[0]
        blind = theirs(x, time, text, image.view(shape) * 0, return_dict=False)[0]
        mine = ours(x, time, ours.read(text)._replace(image=ours.look(image)))
    assert float((reference - blind).abs().max()) > 1e-2
    assert torch.allclose(mine, reference, atol=1e-4)


def test_it_runs_in_half_precision_as_the_reference_does(seeing: tuple[Any, Wan]) -> None:
    theirs, full = seeing
    half = copy.deepcopy(theirs)
    for name, parameter in half.named_parameters():
        if not set(name.split(".")) & set(theirs._keep_in_fp32_modules):
            parameter.data = parameter.data.bfloat16()
    tensors = rename(theirs.state_dict(), weights.KEYS, weights.IGNORED)
    ours = assemble(lambda: weights.build(asdict(full.config)), tensors, torch.bfloat16, full=FULL)
    assert isinstance(ours, Wan)
    kept = {name for name, tensor in ours.state_dict().items() if tensor.dtype == torch.float32}
    assert {"table", "blocks.0.table", "time_rise.weight", "blocks.1.cross_norm.bias"} <= kept
    assert "blocks.0.feed.rise.weight" not in kept
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(1, 9, 2, 4, 6, generator=generator)
    text, image = torch.randn(1, 512, 24, generator=generator), torch.randn(1, 6, 10, generator=generator)
    time = torch.tensor([500.0])
    with torch.no_grad():
        exact = full(x, time, full.read(text)._replace(image=full.look(image)))
        shape = (1, 6, 10) if full.config.places is None else (2, 3, 10)
        reference = half(
            x.bfloat16(), time, text.bfloat16(), image.view(shape).bfloat16(), return_dict=False
        )[0]  # fmt: skip
        mine = ours(x.bfloat16(), time, ours.read(text.bfloat16())._replace(image=ours.look(image.bfloat16())))
    assert mine.dtype == torch.bfloat16
    error, theirs_error = float((mine - exact).abs().mean()), float((reference - exact).abs().mean())
    assert error < 1.5 * theirs_error + 1e-3
