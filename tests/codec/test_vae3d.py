"""The causal video autoencoder: pieces and tiles give what the whole gives, and the first frame stands alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from soundstage.codec.vae3d import Vae3d, Vae3dConfig
from soundstage.errors import InputError
from soundstage.nn.conv import Stream


def tiny(attention: bool = False) -> Vae3d:
    config = Vae3dConfig(
        channels=3, latent=4, widths=(4, 6, 8), halves_time=(False, True), blocks=1, attention=attention
    )  # fmt: skip
    model = Vae3d(config)
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2, generator=generator)
    return model.eval()


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_shapes_go_there_and_back() -> None:
    model = tiny()
    mean, log_variance = model.encode(draw(2, 3, 7, 8, 12))
    assert mean.shape == log_variance.shape == (2, 4, 4, 2, 3)
    assert model.decode(mean).shape == (2, 3, 7, 8, 12)
    assert model.decode(model.encode(draw(1, 3, 1, 8, 8))[0]).shape == (1, 3, 1, 8, 8)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("pieces", [(1, 2, 2, 2), (1, 4, 2), (7,)])
@torch.no_grad()
def test_encoding_in_pieces_is_encoding_the_whole(pieces: tuple[int, ...], attention: bool) -> None:
    model, x, stream = tiny(attention), draw(1, 3, 7, 8, 8), Stream()
    parts = [model.encode(part, stream)[0] for part in torch.split(x, pieces, 2)]
    assert torch.allclose(torch.cat(parts, 2), model.encode(x)[0], atol=1e-4)


@pytest.mark.parametrize("attention", [False, True])
@torch.no_grad()
def test_decoding_as_a_stream_is_decoding_the_whole(attention: bool) -> None:
    model, z = tiny(attention), draw(1, 4, 4, 2, 3)
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
    assert bool(moved[(29 - 6) * 4]) and not bool(moved[: (29 - model.margin) * 4].any())


@torch.no_grad()
def test_a_later_frame_does_not_change_an_earlier_latent() -> None:
    model, x = tiny(), draw(1, 3, 5, 8, 8)
    before = model.encode(x)[0]
    x[:, :, 3:] += 1
    after = model.encode(x)[0]
    assert torch.equal(before[:, :, :2], after[:, :, :2]) and not torch.equal(before[:, :, 2], after[:, :, 2])


def test_lengths_and_sides_that_do_not_divide_are_refused() -> None:
    with pytest.raises(InputError, match="multiple of 2 frames"):
        tiny().encode(draw(1, 3, 4, 8, 8))
    with pytest.raises(InputError, match="multiples of 4"):
        tiny().encode(draw(1, 3, 1, 8, 6))
    with pytest.raises(InputError, match="tile"):
        tiny(attention=True).decode_tiles(draw(1, 4, 1, 2, 2), 1)


def test_it_learns_to_reconstruct() -> None:
    torch.manual_seed(2)  # the layers' own initial weights
    generator = torch.Generator().manual_seed(2)
    model = Vae3d(Vae3dConfig(channels=1, latent=4, widths=(8, 8), halves_time=(True,), blocks=1))
    clip = torch.zeros(1, 1, 3, 8, 8)
    for t in range(3):
        clip[:, :, t, 2:5, t + 1 : t + 4] = 1
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        made, mean, log_variance = model(clip, generator)
        ((made - clip).square().mean() + 1e-4 * (mean.square() + log_variance.exp() - log_variance).mean()).backward()
        optimizer.step()
    with torch.no_grad():
        assert float((model.decode(model.encode(clip)[0]) - clip).square().mean()) < 0.05
