"""The causal video autoencoder: pieces and tiles give what the whole gives, and the first frame stands alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from soundstage.codec.vae3d import Vae3d, Vae3dConfig
from soundstage.errors import InputError
from soundstage.nn.conv import Stream


def tiny() -> Vae3d:
    model = Vae3d(Vae3dConfig(channels=3, latent=4, widths=(4, 6, 8), doubles_time=(False, True), patch=1))
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2, generator=generator)
    return model.eval()


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_shapes_go_there_and_back() -> None:
    model = tiny()
    latents = model.encode(draw(2, 3, 7, 8, 12))
    assert latents.shape == (2, 4, 4, 2, 3)
    assert model.decode(latents).shape == (2, 3, 7, 8, 12)
    assert model.decode(model.encode(draw(1, 3, 1, 8, 8))).shape == (1, 3, 1, 8, 8)


@pytest.mark.parametrize("pieces", [(1, 2, 2, 2), (1, 4, 2), (7,)])
@torch.no_grad()
def test_encoding_in_pieces_is_encoding_the_whole(pieces: tuple[int, ...]) -> None:
    model, x, stream = tiny(), draw(1, 3, 7, 8, 8), Stream()
    parts = [model.encode(part, stream) for part in torch.split(x, pieces, 2)]
    assert torch.allclose(torch.cat(parts, 2), model.encode(x), atol=1e-4)


@torch.no_grad()
def test_decoding_as_a_stream_is_decoding_the_whole() -> None:
    model, z = tiny(), draw(1, 4, 4, 2, 3)
    pieces = list(model.decode_stream(z))
    assert [piece.shape[2] for piece in pieces] == [1, 2, 2, 2]
    assert torch.allclose(torch.cat(pieces, 2), model.decode(z), atol=1e-4)


@pytest.mark.parametrize("tile", [3, 8, 40])
@torch.no_grad()
def test_decoding_in_tiles_is_decoding_the_whole(tile: int) -> None:
    model, z = tiny(), draw(1, 4, 2, 27, 5)
    assert model.margin < 20
    assert torch.allclose(model.decode_tiles(z, tile), model.decode(z), atol=1e-4)


@torch.no_grad()
def test_the_margin_is_needed() -> None:
    model, z = tiny(), draw(1, 4, 1, 30, 1)
    before = model.decode(z)
    z[:, :, :, 29] += 100
    moved = (model.decode(z) - before).abs().amax((0, 1, 2, 4)) > 0
    assert bool(moved[(29 - 5) * 4]) and not bool(moved[: (29 - model.margin) * 4].any())


@torch.no_grad()
def test_a_later_frame_does_not_change_an_earlier_one() -> None:
    model, x = tiny(), draw(1, 3, 5, 8, 8)
    before = model.encode(x)
    x[:, :, 3:] += 1
    after = model.encode(x)
    assert torch.equal(before[:, :, :2], after[:, :, :2]) and not torch.equal(before[:, :, 2], after[:, :, 2])
    assert torch.allclose(model.decode(before)[:, :, :3], model.decode(after)[:, :, :3], atol=1e-6)


def test_lengths_and_sides_that_do_not_divide_are_refused() -> None:
    with pytest.raises(InputError, match="multiple of 2 frames"):
        tiny().encode(draw(1, 3, 4, 8, 8))
    with pytest.raises(InputError, match="multiples of 4"):
        tiny().encode(draw(1, 3, 1, 8, 6))


def moving(count: int) -> Tensor:
    """Clips [N, 1, 3, 8, 8] of a square that goes to the right."""
    clips = torch.zeros(count, 1, 3, 8, 8)
    for index in range(count):
        for t in range(3):
            left = (index + t) % 6
            clips[index, :, t, 2 + index % 3 : 5 + index % 3, left : left + 3] = 1
    return clips


@torch.no_grad()
def test_it_begins_as_the_best_linear_code() -> None:
    clips = moving(18)
    model = Vae3d(Vae3dConfig(channels=1, latent=16, widths=(8, 8), doubles_time=(True,), patch=2))
    cut = model.blocks.cut(clips)
    model.blocks.begin(cut)
    latents = model.encode(clips)
    plain = (model.decode(latents) - clips).square().mean()
    values = torch.linalg.eigvalsh(torch.cov((cut - cut.mean(0)).T))
    assert float(plain) < 2.5 * float(values[:-16].sum()) / cut.shape[1] + 0.01
    assert 0.5 < float(latents.square().mean()) < 2


def test_it_learns_to_mend() -> None:
    torch.manual_seed(2)  # the layers' own initial weights
    model = Vae3d(Vae3dConfig(channels=1, latent=4, widths=(8, 8), doubles_time=(True,)))
    clips = moving(6)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(80):
        optimizer.zero_grad()
        ((model.decode(model.encode(clips)) - clips).square().mean()).backward()
        optimizer.step()
    with torch.no_grad():
        assert float((model.decode(model.encode(clips)) - clips).square().mean()) < 0.05
