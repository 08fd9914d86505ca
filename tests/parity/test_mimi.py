"""Against transformers' Mimi: its own checkpoint of random weights, the same latents, codes and samples."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.models.mimi import Mimi, MimiConfig, mimi
from soundstage.weights import mimi as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity
DATA = Path(__file__).parent / "data"
SMALL = {
    "num_hidden_layers": 2, "num_filters": 4, "hidden_size": 24, "num_attention_heads": 2, "num_key_value_heads": 2,
    "intermediate_size": 32, "upsample_groups": 24, "codebook_size": 16, "codebook_dim": 8, "num_quantizers": 5,
    "vector_quantization_hidden_dimension": 8, "sliding_window": 6, "upsampling_ratios": [4, 3, 2],
    "frame_rate": 500.0,
}  # fmt: skip
Pair = tuple[Any, Mimi]


def randomised(model: Any) -> Any:
    """Weights under which noise stays noise of about its own size, and codebooks of the latents' size."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "layernorm.weight" in name or "scale" in name:
                parameter.copy_(1 + 0.3 * noise)
            else:
                parameter.copy_(noise * (parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05))
        model.eval()
        latent = model.encoder(0.5 * torch.randn(1, 1, 4800, generator=generator)).latents
        for quantiser in (
            model.quantizer.semantic_residual_vector_quantizer, model.quantizer.acoustic_residual_vector_quantizer
        ):  # fmt: skip
            spread = quantiser.input_proj(latent).std((0, 2))
            for index, layer in enumerate(quantiser.layers):
                book = layer.codebook
                book.cluster_usage.copy_(torch.rand(16, generator=generator) + 0.5)
                noise = torch.randn(16, 8, generator=generator) * spread * 0.7**index
                book.embed_sum.copy_(noise * book.cluster_usage[:, None])
    return model


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    theirs = randomised(transformers.MimiModel(transformers.MimiConfig(**SMALL)))
    folder = tmp_path_factory.mktemp("mimi")
    theirs.save_pretrained(folder)
    tensors = rename(load_file(folder / "model.safetensors"), weights.KEYS, weights.IGNORED)
    config = asdict(weights.from_config(theirs.config.to_dict()))
    ours = assemble(lambda: weights.build(config), tensors, torch.float32)
    assert isinstance(ours, Mimi)
    return theirs, ours


def signal(length: int) -> Tensor:
    return 0.5 * torch.randn(2, 1, length, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_every_module_agrees(pair: Pair) -> None:
    theirs, ours = pair
    samples = signal(1000)
    latent = theirs.encoder.encoder_seanet(samples)
    assert float(latent.std()) > 0.01 and latent.shape[-1] > 6 * theirs.config.sliding_window
    assert torch.allclose(ours.encoder(samples), latent, atol=1e-4)
    heard = theirs.encoder.encoder_transformer(latent.transpose(1, 2)).last_hidden_state.transpose(1, 2)
    assert float((heard - latent).std()) > 0.1
    assert torch.allclose(ours.listen(latent), heard, atol=1e-4)
    assert torch.allclose(ours.down(heard), theirs.encoder.downsample(heard), atol=1e-4)
    assert torch.allclose(ours.latents(samples), theirs.encoder(samples).latents, atol=1e-4)
    coarse = theirs.encoder(samples).latents
    codes = theirs.quantizer.encode(coarse).transpose(0, 1)
    assert torch.equal(ours.quantiser.encode(coarse), codes) and len(codes.unique()) == 16
    value = theirs.quantizer.decode(codes)
    assert torch.allclose(ours.quantiser.decode(codes), value, atol=1e-4)
    assert torch.allclose(ours.up(value), theirs.decoder.upsample(value), atol=1e-4)
    assert torch.allclose(ours.sound(value), theirs.decoder(value).audio_values, atol=1e-4)


@pytest.mark.parametrize("length", [1, 47, 480, 1013, 2000])
@pytest.mark.parametrize("books", [1, 3, 5])
@torch.no_grad()
def test_codes_and_samples_agree_end_to_end(pair: Pair, length: int, books: int) -> None:
    theirs, ours = pair
    codes = theirs.encode(signal(length), num_quantizers=books).audio_codes
    assert torch.equal(ours.encode(signal(length), books), codes)
    assert torch.allclose(ours.decode(codes), theirs.decode(codes).audio_values, atol=1e-4)
    assert ours.decode(codes, length=length).shape[-1] == length


@torch.no_grad()
def test_kyutais_own_layout_gives_what_kyutais_own_package_gave() -> None:
    """The data was made by `make_mimi.py`; its weights are spelled as the package saves them now, or as published."""
    golden = load_file(DATA / "mimi_kyutai.safetensors")
    now = {name.removeprefix("codec."): tensor for name, tensor in golden.items() if name.startswith("codec.")}
    published = {
        name.replace("in_projs.0.weight", "in_proj_weight").replace("out_projs.0", "out_proj"): tensor
        for name, tensor in now.items()
    }
    assert published.keys() != now.keys()
    net = SeanetConfig(channels=1, latent=16, width=4, ratios=(3, 2), last_kernel=3, skip=False)
    config = MimiConfig(
        rate=240, seanet=net, books=5, codes=16, code_width=8, depth=2, heads=2, hidden=24, window=6, interleaved=True
    )
    for tensors in (now, published):
        ours = assemble(partial(weights.build, asdict(config)), rename(tensors, weights.KEYS), torch.float32)
        assert isinstance(ours, Mimi)
        assert torch.allclose(ours.latents(golden["samples"]), golden["latent"], atol=1e-4)
        assert torch.equal(ours.encode(golden["samples"]), golden["codes"])
        assert torch.allclose(ours.decode(golden["codes"]), golden["back"], atol=1e-4)


def test_the_preset_is_the_published_config() -> None:
    assert weights.from_config(transformers.MimiConfig().to_dict()) == mimi()


def test_what_we_do_not_support_is_refused_by_name() -> None:
    for field, value in {"use_causal_conv": False, "hidden_act": "relu", "frame_rate": 25, "codebook_dim": 7}.items():
        with pytest.raises(InputError, match=field):
            weights.from_config({field: value})
