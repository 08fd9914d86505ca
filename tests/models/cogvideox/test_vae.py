"""CogVideoX's autoencoder on its own: a golden output, chunks, pieces, and its norm against the plain way."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.cogvideox import Vae, VaeConfig
from soundstage.models.cogvideox.vae import LatentNorm, RepeatConv3d, chunks
from soundstage.nn.conv import Stream
from soundstage.ops import conv3d

TINY = VaeConfig(latent=4, widths=(4, 4, 8, 8), blocks=1, groups=2, size=(32, 32))
GOLDEN = [0.08026, 0.11307, 0.06764, 0.07721, 0.08568, 0.08433]


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def vae() -> Vae:
    model, generator = Vae(TINY), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2 + (parameter.ndim == 1) * 0.1)
    return model.eval().requires_grad_(False)


def test_the_golden_pixels_of_the_tiny_model(vae: Vae) -> None:
    assert vae.decode(draw(1, 4, 1, 1, 1)).flatten()[:6].tolist() == pytest.approx(GOLDEN, abs=1e-4)


def test_a_clip_passes_in_chunks_and_the_first_takes_what_is_left() -> None:
    assert list(chunks(49, 8)) == [(0, 9), (9, 17), (17, 25), (25, 33), (33, 41), (41, 49)]
    assert list(chunks(13, 2))[:2] == [(0, 3), (3, 5)]
    assert list(chunks(5, 8)) == [(0, 5)]
    assert list(chunks(1, 2)) == [(0, 1)]


def test_lengths_come_back(vae: Vae) -> None:
    for frames in (1, 9, 17):
        mean, _ = vae.encode(draw(1, 3, frames, 16, 8))
        assert mean.shape == (1, 4, (frames - 1) // 4 + 1, 2, 1)
        assert vae.decode(mean).shape == (1, 3, frames, 16, 8)


def test_pieces_joined_are_the_whole_and_the_past_is_that_of_the_whole(vae: Vae) -> None:
    z = draw(1, 4, 7, 2, 2)
    pieces = list(vae.decode_stream(z))
    assert [piece.shape[2] for piece in pieces] == [9, 8, 8]
    assert torch.equal(torch.cat(pieces, 2), vae.decode(z))
    other = z.clone()
    other[:, :, 5:] += 1  # what comes later does not touch what came before
    assert torch.equal(vae.decode(other)[:, :, :17], vae.decode(z)[:, :, :17])
    assert not torch.allclose(vae.decode(other)[:, :, 17:], vae.decode(z)[:, :, 17:], atol=1e-2)


def test_the_fast_convolutions_decode_what_the_plain_ones_do(vae: Vae, monkeypatch: pytest.MonkeyPatch) -> None:
    z = draw(2, 4, 5, 2, 3)
    with torch.no_grad():
        plain = vae.decode(z)
        monkeypatch.setattr(conv3d, "FEW", 1)
        monkeypatch.setattr(conv3d, "WIDE", 1)
        assert float(plain.std()) > 0.01 and torch.allclose(vae.decode(z), plain, atol=1e-4)


def test_a_convolution_remembers_two_frames_and_starts_with_the_first_repeated() -> None:
    conv, x = RepeatConv3d(2, 3), draw(1, 2, 6, 4, 4)
    stream = Stream()
    halves = torch.cat((conv(x[:, :, :4], stream), conv(x[:, :, 4:], stream)), 2)
    whole = conv(x, Stream())
    padded = conv.conv(torch.cat((x[:, :, :1], x[:, :, :1], x), 2))
    assert torch.allclose(halves, whole, atol=1e-6) and torch.allclose(whole, padded, atol=1e-6)
    assert torch.equal(stream.memory[conv], x[:, :, -2:])


@torch.no_grad()
@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (3, 3), (5, 3), (9, 3), (2, 2), (8, 2)])
def test_a_norm_read_small_and_repeated_is_one_read_large(frames: int, latents: int) -> None:
    norm, x, z = LatentNorm(4, 3, 2), draw(2, 4, frames, 8, 4), draw(2, 3, latents, 2, 1)
    if frames % 2 and frames > 1:
        parts = F.interpolate(z[:, :, :1], size=(1, 8, 4)), F.interpolate(z[:, :, 1:], size=(frames - 1, 8, 4))
        large = torch.cat(parts, 2)
    else:
        large = F.interpolate(z, size=(frames, 8, 4))
    gain, shift = norm.read(large).chunk(2, 1)
    assert torch.allclose(norm(x, z), norm.norm(x) * gain + shift, atol=1e-5)


def test_tiles_are_blended_without_a_seam_and_one_tile_is_the_whole(vae: Vae) -> None:
    small, large = draw(1, 4, 1, 2, 2), draw(1, 4, 1, 4, 5)
    assert torch.equal(vae.decode(small, vae.tiles()), vae.decode(small))
    tiled, whole = vae.decode(large, vae.tiles()), vae.decode(large)
    assert tiled.shape[3:] == whole.shape[3:] or tiled.shape[3] >= whole.shape[3] - 8
    assert not torch.equal(tiled, whole)


def test_sides_that_do_not_divide_are_refused(vae: Vae) -> None:
    with pytest.raises(InputError, match="multiples of 8"):
        vae.encode(draw(1, 3, 1, 12, 8))


def test_the_published_one_has_its_size() -> None:
    with torch.device("meta"):
        model = Vae(VaeConfig())
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(215.6e6, rel=0.01)
