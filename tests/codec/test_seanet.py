"""SEANet: live equals offline, lengths are whole frames."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.codec.seanet import Decoder, Encoder, Recurrent, SeanetConfig, encodec_24khz, encodec_32khz
from soundstage.nn.conv import Stream

TINY = SeanetConfig(channels=1, latent=6, width=4, ratios=(4, 3, 2), residuals=2, lstm=2, normed=True)


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("chunks", [(24,) * 5, (48, 24, 48), (120,), (7, 100, 1, 12), (1,) * 120])
@torch.no_grad()
def test_a_live_encoder_is_the_offline_one(chunks: tuple[int, ...]) -> None:
    encoder, x, stream = Encoder(TINY), draw(2, 1, 120), Stream()
    offline = encoder(x)
    assert offline.shape == (2, 6, 5)
    parts = [encoder(part, stream) for part in torch.split(x, chunks, -1)]
    live = torch.cat([part for part in parts if part.shape[-1]], -1)
    assert torch.allclose(live, offline, atol=1e-6)


@pytest.mark.parametrize("chunks", [(1,) * 5, (2, 3), (5,)])
@torch.no_grad()
def test_a_live_decoder_is_the_offline_one(chunks: tuple[int, ...]) -> None:
    decoder, z, stream = Decoder(TINY), draw(2, 6, 5), Stream()
    offline = decoder(z)
    assert offline.shape == (2, 1, 5 * TINY.hop)
    live = torch.cat([decoder(part, stream) for part in torch.split(z, chunks, -1)], -1)
    assert torch.allclose(live, offline, atol=1e-6)


@pytest.mark.parametrize("length", [1, 23, 24, 25, 100])
@pytest.mark.parametrize("causal", [True, False])
@torch.no_grad()
def test_any_length_gives_the_ceiling_of_frames(length: int, causal: bool) -> None:
    config = replace(TINY, causal=causal, padding="reflect")
    frames = Encoder(config)(draw(1, 1, length)).shape[-1]
    assert frames == -(-length // config.hop)
    assert Decoder(config)(draw(1, 6, frames)).shape[-1] == frames * config.hop


def test_presets_have_the_published_frame_rates() -> None:
    assert 24_000 / encodec_24khz().hop == 75 and 32_000 / encodec_32khz().hop == 50


@pytest.mark.parametrize("steps", [1, 5, 16])
def test_a_few_steps_by_hand_are_the_lstm(steps: int) -> None:
    layer, stream, x = Recurrent(6, 2), Stream(), draw(3, 6, steps + 3)
    with torch.no_grad():
        live = torch.cat([layer(x[..., :3], stream), layer(x[..., 3:], stream)], -1)
        assert torch.allclose(live, layer(x), atol=1e-6)
