"""CLIP's vision encoder on its own: the last block is not run, and pictures are cut in the middle."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from soundstage.nn.clip import ClipConfig, ClipVision, clip_vit_h, prepared

TINY = ClipConfig(width=8, depth=2, heads=2, hidden=12, size=14, patch=7)


@torch.no_grad()
def test_what_comes_out_is_the_state_before_the_last_block() -> None:
    model, x = ClipVision(TINY).eval(), torch.randn(2, 3, 14, 14, generator=torch.Generator().manual_seed(0))
    before = model(x)
    assert before.shape == (2, TINY.tokens, 8) == (2, 5, 8)
    model.blocks[-1].feed.fall.weight.fill_(9.0)  # type: ignore[union-attr, operator]
    assert torch.equal(model(x), before)
    model.blocks[0].feed.fall.bias.fill_(9.0)  # type: ignore[union-attr, operator]
    assert not torch.allclose(model(x), before)


def test_the_middle_of_a_picture_is_seen() -> None:
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = 255
    x = prepared(pixels, 10, mean=(0.5, 0.5, 0.5), spread=(0.5, 0.5, 0.5))
    assert x.shape == (3, 10, 10)
    assert float(x[:, :, 1:-1].min()) > 0.9


def test_the_preset_has_the_published_size() -> None:
    with torch.device("meta"):
        model = ClipVision(clip_vit_h())
    assert clip_vit_h().tokens == 257
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(630.76e6, rel=1e-4)
