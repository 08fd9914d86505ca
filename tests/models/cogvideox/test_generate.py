"""CogVideoX at work: lengths, guidance, pictures and clips, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.cogvideox import (
    SamplerConfig,
    Transformer,
    TransformerConfig,
    Vae,
    VaeConfig,
    clip_latents,
    decode,
    decode_stream,
    generate,
    picture_latents,
)
from soundstage.models.cogvideox.generate import latent_frames

TINY = TransformerConfig(
    heads=2, depth=1, head=16, channels=4, out=4, text=10, tokens=3, time=12, positions="turned", grid=(2, 2), frames=9
)
VAE = VaeConfig(latent=4, widths=(4, 4, 8, 8), blocks=1, groups=2, size=(32, 32))
DDIM, DPM = SamplerConfig(), SamplerConfig(solver="dpm", shift=1.0)


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def filled(model: Any) -> Any:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model.eval().requires_grad_(False)


def made(config: TransformerConfig = TINY, sampler: SamplerConfig = DDIM, **how: Any) -> Tensor:
    given = {"frames": 9, "size": (2, 2), "steps": 3, "guidance": 3.0, "generator": torch.Generator().manual_seed(0)}
    network: Transformer = filled(Transformer(config))
    return generate(network, draw(1, 3, 10), draw(1, 3, 10, seed=2), sampler=sampler, **{**given, **how})


@pytest.mark.parametrize("sampler", [DDIM, DPM], ids=["ddim", "dpm"])
def test_a_seed_gives_one_clip_and_every_step_is_told(sampler: SamplerConfig) -> None:
    seen: list[Tensor] = []
    first = made(sampler=sampler, on_step=lambda step, x: seen.append(x))
    assert first.shape == (1, 3, 4, 2, 2) and len(seen) == 3 and torch.equal(seen[-1], first)
    assert torch.equal(made(sampler=sampler), first)
    assert not torch.allclose(made(sampler=sampler, generator=torch.Generator().manual_seed(1)), first, atol=0.1)


def test_pairs_of_frames_are_padded_at_the_front_and_cut_again() -> None:
    paired: Transformer = filled(Transformer(replace(TINY, patch_time=2)))
    assert latent_frames(paired, 9) == (3, 1) and latent_frames(paired, 13) == (4, 0)
    seen: list[int] = []
    out = made(replace(TINY, patch_time=2), on_step=lambda step, x: seen.append(x.shape[1]))
    assert out.shape[1] == 3 and set(seen) == {4}


def test_guidance_leads_and_rises() -> None:
    plain, guided = made(guidance=1.0), made()
    assert not torch.allclose(plain, guided, atol=1e-3)
    assert not torch.allclose(made(dynamic=True), guided, atol=1e-3)
    assert not torch.allclose(made(dynamic=True, as_diffusers=True), made(dynamic=True), atol=1e-3)
    alone = generate(
        filled(Transformer(TINY)), draw(1, 3, 10), sampler=DDIM, frames=9, size=(2, 2), steps=3, guidance=1.0,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert torch.equal(alone, plain)


def test_a_clip_is_kept_where_little_noise_is_added() -> None:
    clip = draw(1, 3, 4, 2, 2, seed=4)
    near, far = (made(clip_BFChw=clip, steps=20, strength=strength) for strength in (0.05, 1.0))
    assert float((near - clip).square().mean()) < 0.5 * float((far - clip).square().mean())


def test_an_image_to_video_network_sees_its_picture() -> None:
    config = replace(TINY, channels=8)
    one, other = (made(config, picture_B1Chw=draw(1, 1, 4, 2, 2, seed=seed)) for seed in (5, 6))
    assert not torch.allclose(one, other, atol=1e-3)


def test_what_does_not_fit_is_refused() -> None:
    for match, config, how in (
        ("frames: 8 does not fit", TINY, {"frames": 8}),
        ("image: is missing", replace(TINY, channels=8), {}),
        ("image: is not looked at", TINY, {"picture_B1Chw": draw(1, 1, 4, 2, 2)}),
        ("video: has 2 latent frames", TINY, {"clip_BFChw": draw(1, 2, 4, 2, 2)}),
        ("strength", TINY, {"clip_BFChw": draw(1, 3, 4, 2, 2), "strength": 0.1}),
        ("steps", TINY, {"steps": 0}),
    ):
        with pytest.raises(InputError, match=match):
            made(config, **how)
    with pytest.raises(InputError, match="guidance"):
        generate(
            filled(Transformer(TINY)), draw(1, 3, 10), sampler=DDIM, frames=9, size=(2, 2),
            generator=torch.Generator().manual_seed(0),
        )  # fmt: skip


def test_latents_are_scaled_on_their_way_in_and_out() -> None:
    vae: Vae = filled(Vae(VAE))
    divided: Vae = filled(Vae(replace(VAE, divides=True)))
    picture, scale = draw(1, 3, 16, 16).clamp(-1, 1), VAE.scale
    seen, seen_otherwise = picture_latents(vae, picture), picture_latents(divided, picture)
    assert seen.shape == (1, 1, 4, 2, 2)
    assert torch.allclose(seen, seen_otherwise * scale**2, atol=1e-5)
    assert torch.allclose(clip_latents(divided, picture.unsqueeze(2)), seen, atol=1e-6)
    drawn = picture_latents(vae, picture, torch.Generator().manual_seed(0))
    assert not torch.allclose(drawn, seen, atol=1e-3)
    z = draw(1, 3, 4, 2, 2)
    frames = decode(vae, z)
    assert torch.allclose(frames, vae.decode(z.transpose(1, 2) / scale), atol=1e-6)
    assert torch.equal(torch.cat(list(decode_stream(vae, z)), 2), frames)
