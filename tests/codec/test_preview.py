"""A linear look at latents."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from soundstage.codec.preview import Preview


def test_pictures_are_seen_through_latents_that_mix_their_colours() -> None:
    draw = torch.Generator().manual_seed(2)
    mix = torch.randn(6, 3, generator=draw)

    def encode(x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("dc,bchw->bdhw", mix, F.avg_pool2d(x, 4)) + 0.3

    picture = torch.rand(1, 3, 16, 24, generator=draw) * 1.6 - 0.8
    seen = Preview(encode, 4)(encode(picture)[0])
    assert seen.shape == (4, 6, 3)
    true = F.avg_pool2d(picture, 4)[0].permute(1, 2, 0) * 127.5 + 127.5
    assert float((seen.float() - true).abs().max()) < 4
