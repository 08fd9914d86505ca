"""Against diffusers: CogVideoX's networks that it saved, the same predictions, latents and pixels."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.models.cogvideox import Transformer, TransformerConfig, Vae, VaeConfig
from soundstage.weights.cogvideox import build, build_vae, config, keys
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity
TOKENS, TEXT = 5, 32
NETWORK = {
    "num_attention_heads": 2, "attention_head_dim": 16, "in_channels": 4, "out_channels": 4, "time_embed_dim": 12,
    "text_embed_dim": TEXT, "num_layers": 2, "sample_width": 8, "sample_height": 6, "sample_frames": 9,
    "max_text_seq_length": TOKENS,
}  # fmt: skip
TURNED = {"use_rotary_positional_embeddings": True}
VARIANTS: dict[str, dict[str, Any]] = {
    "2b": {},
    "5b": TURNED,
    "5b-i2v": {**TURNED, "use_learned_positional_embeddings": True, "in_channels": 8},
    "1.5-5b": {**TURNED, "patch_size_t": 2, "patch_bias": False},
    "1.5-5b-i2v": {**TURNED, "patch_size_t": 2, "in_channels": 8, "ofs_embed_dim": 12},
}
AUTOENCODER = {
    "block_out_channels": (8, 8, 16, 16), "latent_channels": 4, "layers_per_block": 1, "norm_num_groups": 4,
    "sample_height": 96, "sample_width": 160, "scaling_factor": 0.7,
}  # fmt: skip
SHAPE = TransformerConfig(
    heads=2, depth=2, head=16, channels=4, out=4, text=TEXT, tokens=TOKENS, time=12, grid=(6, 8), frames=9
)
VAE = VaeConfig(latent=4, widths=(8, 8, 16, 16), blocks=1, groups=4, size=(96, 160), scale=0.7)


def filled(module: Any, seed: int = 0) -> Any:
    """A module of the reference's with weights of one seed, learned positions (a buffer there) included."""
    generator = torch.Generator().manual_seed(seed)
    learned = module.config.get("use_learned_positional_embeddings")
    with torch.no_grad():
        for weight in (*module.parameters(), *([module.patch_embed.pos_embedding] if learned else [])):
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.2 + (weight.ndim == 1) * 0.1)
    return module.eval()


def saved(module: Any, folder: Path) -> dict[str, Tensor]:
    module.save_pretrained(folder)
    (file,) = folder.glob("*.safetensors")
    return load_file(file)


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def rotations(theirs: Any, sizes: tuple[int, int, int]) -> Any:
    """As the reference's pipeline makes them for latents of that size."""
    if not theirs.config.use_rotary_positional_embeddings:
        return None
    pipeline = SimpleNamespace(vae_scale_factor_spatial=8, transformer=theirs)
    frames, height, width = sizes
    make = diffusers.CogVideoXPipeline._prepare_rotary_positional_embeddings
    return make(pipeline, 8 * height, 8 * width, frames, torch.device("cpu"))


@pytest.fixture(scope="module", params=VARIANTS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Transformer]:
    theirs = filled(diffusers.CogVideoXTransformer3DModel(**NETWORK | VARIANTS[request.param]))
    tensors = rename(saved(theirs, tmp_path_factory.mktemp("network")), keys.TRANSFORMER)
    shape = config.transformer(theirs.config)
    ours = assemble(lambda: Transformer(shape), tensors, torch.float32)
    assert isinstance(ours, Transformer)
    return theirs, ours


@pytest.mark.parametrize("sizes", [(4, 6, 8), (3, 6, 8), (6, 4, 6), (2, 6, 4)])
@pytest.mark.parametrize("times", [(999, 20), (500, 500)])
def test_predictions_agree(pair: tuple[Any, Transformer], sizes: tuple[int, int, int], times: tuple[int, int]) -> None:
    theirs, ours = pair
    shape = ours.config
    if sizes[0] % shape.span or (shape.positions == "learned" and sizes[1:] != shape.grid):
        pytest.skip("the reference cannot either")
    x, text, time = draw(2, sizes[0], shape.channels, *sizes[1:]), draw(2, TOKENS, TEXT, seed=2), torch.tensor(times)
    offset = torch.tensor([2.0]) if shape.offset else None
    with torch.no_grad():
        reference = theirs(
            x, text, time, ofs=offset, image_rotary_emb=rotations(theirs, sizes), return_dict=False
        )[0]  # fmt: skip
        assert float(reference.std()) > 0.1
        assert torch.allclose(ours(x, time, text), reference, atol=1e-4)
        if times[0] == times[1]:  # one time for all takes the fused path
            assert torch.allclose(ours(x, time[:1], ours.read(text)), reference, atol=1e-4)


def test_the_configs_are_read_as_they_are_saved() -> None:
    assert config.transformer(diffusers.CogVideoXTransformer3DModel(**NETWORK).config) == SHAPE
    assert config.vae(diffusers.AutoencoderKLCogVideoX(**AUTOENCODER).config) == VAE


@pytest.fixture(scope="module")
def vaes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Vae]:
    theirs = filled(diffusers.AutoencoderKLCogVideoX(**AUTOENCODER))
    tensors = rename(saved(theirs, tmp_path_factory.mktemp("vae")), keys.VAE)
    ours = assemble(lambda: Vae(VAE), tensors, torch.float32)
    assert isinstance(ours, Vae)
    return theirs, ours


@pytest.mark.parametrize("frames", [1, 5, 8, 9, 20, 25])
def test_latents_agree(vaes: tuple[Any, Vae], frames: int) -> None:
    theirs, ours = vaes
    x = draw(2, 3, frames, 16, 24).clamp(-1, 1)
    with torch.no_grad():
        reference = theirs.encode(x).latent_dist
        mean, spread = ours.encode(x)
    assert float(reference.mean.std()) > 0.1
    assert torch.allclose(mean, reference.mean, atol=1e-4) and torch.allclose(spread, reference.logvar, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 7])
def test_pixels_agree_whole_and_in_pieces(vaes: tuple[Any, Vae], frames: int) -> None:
    theirs, ours = vaes
    z = draw(2, 4, frames, 2, 3)
    with torch.no_grad():
        reference = theirs.decode(z).sample
        assert float(reference.std()) > 0.1
        assert torch.allclose(ours.decode(z), reference, atol=1e-4)
        assert torch.allclose(torch.cat(list(ours.decode_stream(z)), 2), reference, atol=1e-4)


@pytest.mark.parametrize("sides", [(8, 11), (12, 9), (6, 10)])
def test_tiles_agree(vaes: tuple[Any, Vae], sides: tuple[int, int]) -> None:
    theirs, ours = vaes
    z, x = draw(1, 4, 3, *sides), draw(1, 3, 5, *(8 * side for side in sides)).clamp(-1, 1)
    with torch.no_grad():
        theirs.enable_tiling()
        decoded, encoded = theirs.decode(z).sample, theirs.encode(x).latent_dist.mean
        theirs.disable_tiling()
        whole = theirs.decode(z).sample
        assert torch.allclose(ours.decode(z, ours.tiles()), decoded, atol=1e-4)
        assert torch.allclose(ours.encode(x, ours.tiles())[0], encoded, atol=1e-4)
    assert torch.equal(whole, decoded) == (sides == (6, 10))  # the last is one tile


def test_what_a_card_holds_builds_the_same_modules() -> None:
    listed = {"heads": 2, "depth": 1, "head": 16, "grid": [6, 8], "stretch": [1.875, 1.0]}  # as JSON has it
    assert isinstance(build(listed), Transformer)
    assert isinstance(build_vae({"latent": 4, "widths": [8, 8], "groups": 4, "size": [96, 160]}), Vae)
