"""Codes in pieces sound as they do at once."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from soundstage.codec.centred import CentredStream
from soundstage.codec.encodec import Encodec, EncodecConfig, encodec_24khz, encodec_48khz
from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError


def codec(**more: int | bool) -> Encodec:
    net = SeanetConfig(
        channels=1,
        latent=6,
        width=3,
        ratios=(4, 2),
        causal=False,
        padding="reflect",
        **{"lstm": 2, **more},  # type: ignore[arg-type]
    )
    torch.manual_seed(0)
    model = Encodec(EncodecConfig(rate=800, seanet=net, books=2, codes=16)).eval().requires_grad_(False)
    for book in model.quantiser.books:
        book.codebook.normal_()
    return model


CODES = torch.randint(0, 16, (2, 2, 40), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("cuts", [(40,), (1, 2, 3, 10, 40), tuple(range(1, 41)), (20, 21, 40), (39, 40)])
@pytest.mark.parametrize("more", [{}, {"lstm": 0}, {"residuals": 3, "skip": False}])
def test_pieces_joined_are_the_whole(cuts: tuple[int, ...], more: dict[str, int | bool]) -> None:
    model = codec(**more)
    stream = CentredStream(model)
    parts = [stream.push(CODES[..., a:b], last=b == 40) for a, b in pairwise((0, *cuts))]
    whole = model.decode(CODES)
    assert torch.cat(parts, -1).shape == whole.shape
    assert torch.allclose(torch.cat(parts, -1), whole, atol=1e-5)


def test_sound_is_not_far_behind_the_codes() -> None:
    stream = CentredStream(codec())
    sounded = [stream.push(CODES[..., at : at + 1]).shape[-1] // 8 for at in range(30)]
    assert sum(sounded) == 30 - 3 - stream.reach[1]
    assert max(sounded) == 1
    assert stream.latents is not None and stream.latents.shape[-1] <= 7  # what nobody looks at is forgotten


def test_one_frame_alone_sounds() -> None:
    model = codec()
    assert torch.allclose(CentredStream(model).push(CODES[..., :1], last=True), model.decode(CODES[..., :1]), atol=1e-6)


@pytest.mark.parametrize("config", [encodec_24khz(), encodec_48khz()])
def test_other_codecs_are_refused(config: EncodecConfig) -> None:
    with torch.device("meta"):
        model = Encodec(config)
    with pytest.raises(InputError, match="centred"):
        CentredStream(model)
