"""Against transformers: a CLIP vision encoder that it saved, the same states of the same picture, prepared alike."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from soundstage.errors import InputError
from soundstage.nn.clip import ClipVision, prepared
from soundstage.weights import clip as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity
SHAPE = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2,
         "image_size": 28, "patch_size": 7, "hidden_act": "gelu"}  # fmt: skip


@pytest.fixture(scope="module")
def theirs() -> Any:
    model = transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**SHAPE)).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model


@pytest.mark.parametrize("prefix", ["vision_model.", ""])
def test_states_before_the_last_block_agree(theirs: Any, prefix: str, tmp_path: Path) -> None:
    theirs.save_pretrained(tmp_path)
    saved = load_file(tmp_path / "model.safetensors")
    tensors = {prefix + name.removeprefix("vision_model."): tensor for name, tensor in saved.items()}
    config = weights.from_config(theirs.config.to_dict())
    ours = assemble(
        lambda: weights.build(asdict(config)), rename(tensors, weights.KEYS, weights.IGNORED), torch.float32
    )
    assert isinstance(ours, ClipVision)
    x = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        reference = theirs(x, output_hidden_states=True).hidden_states[-2]
        assert reference.shape[1] == config.tokens == 17
        assert torch.allclose(ours(x), reference, atol=1e-4)


@pytest.mark.parametrize("size", [(40, 64), (101, 57), (224, 224), (300, 223)])
def test_pictures_are_prepared_alike(size: tuple[int, int]) -> None:
    kind = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    reference = kind()(images=[pixels], return_tensors="pt").pixel_values[0]
    assert torch.allclose(prepared(pixels, 224), reference, atol=1e-5)


def test_an_activation_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="hidden_act: 'quick_gelu'"):
        weights.from_config({})
