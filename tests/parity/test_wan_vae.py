"""Against diffusers: Wan's autoencoder that it saved, the same latents and pixels, whole, streamed and tiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from soundstage.codec.tiles import Tiles
from soundstage.models.wan.vae import WanVae
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble
from soundstage.weights.wan import vae as weights

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, WanVae]:
    theirs = diffusers.AutoencoderKLWan(base_dim=4, z_dim=3, dim_mult=[1, 2, 4, 4], num_res_blocks=1,
                                        latents_mean=[0.1, -0.2, 0.3], latents_std=[1.5, 0.7, 2.0]).eval()  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            scale = 0.8 * parameter[0].numel() ** -0.5 if parameter.ndim > 3 and len(parameter) > 1 else 0.2
            noise = torch.randn(parameter.shape, generator=generator) * scale
            parameter.copy_(noise + (parameter == 1) * 1.0)
    folder: Path = tmp_path_factory.mktemp("vae")
    theirs.save_pretrained(folder)
    config = weights.from_config(dict(theirs.config))
    ours = assemble(
        lambda: WanVae(config),
        rename(load_file(folder / "diffusion_pytorch_model.safetensors"), weights.KEYS, weights.IGNORED),
        torch.float32,
    )
    assert isinstance(ours, WanVae)
    return theirs, ours


def scaled(theirs: Any) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(theirs.config.latents_mean).view(-1, 1, 1, 1), torch.tensor(theirs.config.latents_std).view(
        -1, 1, 1, 1
    )


@pytest.mark.parametrize("frames", [1, 5, 13])
def test_latents_agree_whole_and_streamed(pair: tuple[Any, WanVae], frames: int) -> None:
    theirs, ours = pair
    x = torch.randn(2, 3, frames, 16, 24, generator=torch.Generator().manual_seed(frames)).clamp(-1, 1)
    mean, spread = scaled(theirs)
    with torch.no_grad():
        reference = (theirs.encode(x).latent_dist.mode() - mean) / spread
        assert float(reference.std()) > 0.05
        assert torch.allclose(ours.encode(x), reference, atol=1e-4)
        assert torch.allclose(ours.encode_stream(x), reference, atol=1e-4)


@pytest.mark.parametrize("latents", [1, 2, 4])
def test_pixels_agree_whole_and_streamed(pair: tuple[Any, WanVae], latents: int) -> None:
    theirs, ours = pair
    z = torch.randn(2, 3, latents, 2, 3, generator=torch.Generator().manual_seed(latents))
    mean, spread = scaled(theirs)
    with torch.no_grad():
        reference = theirs.decode(z * spread + mean, return_dict=False)[0]
        assert reference.shape[2] == 1 + 4 * (latents - 1) and float(reference.std()) > 0.05
        assert torch.allclose(ours.decode(z), reference, atol=1e-4)
        assert torch.allclose(torch.cat(list(ours.decode_stream(z)), 2), reference, atol=1e-4)


def test_tiles_are_blended_alike(pair: tuple[Any, WanVae]) -> None:
    theirs, ours = pair
    z = torch.randn(1, 3, 2, 7, 5, generator=torch.Generator().manual_seed(5))
    mean, spread = scaled(theirs)
    theirs.enable_tiling(32, 32, 24, 24)
    try:
        with torch.no_grad():
            reference = theirs.decode(z * spread + mean, return_dict=False)[0]
            mine = ours.decode_tiles(z, Tiles(side=32, step=24))
            assert mine.shape == reference.shape == (1, 3, 5, 56, 40)
            assert torch.allclose(mine, reference, atol=1e-4)
            assert not torch.allclose(mine, ours.decode(z), atol=1e-4)
    finally:
        theirs.use_tiling = False
