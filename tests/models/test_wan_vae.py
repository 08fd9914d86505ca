"""Wan's autoencoder on its own: pieces are the whole, a picture is a video of one frame, sizes that do not fit."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.wan import WanVae, WanVaeConfig, condition, latent_shape, vae
from soundstage.nn.conv import Stream
from soundstage.ops import conv3d

TINY = WanVaeConfig(width=4, decoder_width=4, latent=2, blocks=1, mean=(0.1, -0.2), spread=(1.5, 0.5))


def tiny() -> WanVae:
    model, generator = WanVae(TINY), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            wide = parameter[0].numel() if len(parameter) > 1 else 1
            noise = torch.randn(parameter.shape, generator=generator) * wide**-0.5
            parameter.copy_(noise + (1.0 if parameter.ndim == 4 and wide == 1 else 0.0))
    return model.eval()


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).clamp(-1, 1)


@torch.no_grad()
def test_a_clip_in_pieces_is_the_whole_both_ways() -> None:
    model, x = tiny(), draw(2, 3, 13, 16, 8)
    z = model.encode(x)
    assert z.shape == (2, 2, 4, 2, 1)
    assert torch.allclose(model.encode_stream(x), z, atol=1e-5)
    stream = Stream()
    halves = [model.encode(piece, stream) for piece in (x[:, :, :5], x[:, :, 5:])]
    assert torch.allclose(torch.cat(halves, 2), z, atol=1e-5)
    pieces = list(model.decode_stream(z))
    assert [piece.shape[2] for piece in pieces] == [1, 4, 4, 4]
    assert torch.allclose(torch.cat(pieces, 2), model.decode(z), atol=1e-3)


@torch.no_grad()
def test_the_first_frame_knows_nothing_of_what_follows() -> None:
    model, x = tiny(), draw(1, 3, 5, 16, 16)
    assert torch.allclose(model.encode(x)[:, :, :1], model.encode(x[:, :, :1]), atol=1e-5)


@torch.no_grad()
def test_the_fast_convolutions_decode_what_the_plain_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    model, z = tiny(), draw(2, 2, 3, 2, 3)
    plain = model.decode(z)
    monkeypatch.setattr(conv3d, "FEW", 1)
    monkeypatch.setattr(conv3d, "WIDE", 1)
    assert float(plain.std()) > 0.1 and torch.allclose(model.decode(z), plain, atol=1e-3)
    assert torch.allclose(torch.cat(list(model.decode_stream(z)), 2), plain, atol=1e-3)


@pytest.mark.parametrize("last", [True, False])
@torch.no_grad()
def test_a_norm_in_pieces_is_the_whole(monkeypatch: pytest.MonkeyPatch, last: bool) -> None:
    norm, x = vae.Norm(5), draw(2, 5, 3, 7, 4)
    x = x.to(memory_format=torch.channels_last_3d) if last else x
    norm.gain.copy_(draw(5, 1, 1, 1))
    monkeypatch.setattr(vae, "PIECE", 90)
    assert torch.allclose(norm.lit(x), F.silu(norm(x)), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 3, 4, 16, 16), (1, 3, 5, 12, 16)])
def test_sizes_that_do_not_divide_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="does not divide"):
        tiny().encode(draw(*shape))


def test_what_stands_beside_the_noise_says_which_frames_are_given() -> None:
    model, first, last = tiny(), draw(1, 3, 16, 16), draw(1, 3, 16, 16).flip(-1)
    alone, both = condition(model, first, 9), condition(model, first, 9, last)
    assert alone.shape == (1, 4 + 2, 3, 2, 2)
    assert alone[0, :4, :, 0, 0].tolist() == [[1, 0, 0]] * 4
    assert both[0, :4, :, 0, 0].tolist() == [[1, 0, 0]] * 3 + [[1, 0, 1]]
    assert torch.allclose(alone[:, 4:, 0], both[:, 4:, 0], atol=1e-5)
    assert not torch.allclose(alone[:, 4:, 2], both[:, 4:, 2], atol=1e-3)


@pytest.mark.parametrize(
    ("frames", "height", "width", "problem"),
    [
        (8, 16, 16, "frames: is 8; give 1 .* such as 9"),
        (9, 16, 40, "size: is 40x16; .* such as 32x16"),
        (0, 16, 16, "such as 1"),
    ],
)
def test_clips_that_cannot_be_drawn_are_told_what_can(frames: int, height: int, width: int, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        latent_shape(tiny(), frames, height, width)
    assert latent_shape(tiny(), 81, 480, 832) == (2, 21, 60, 104)
