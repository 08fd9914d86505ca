"""T5's encoder: buckets of distances, padding, and a golden output."""

from __future__ import annotations

import pytest
import torch

from soundstage.nn.t5 import T5Config, T5Encoder, buckets, t5_base, t5_xxl, umt5_xxl

TINY = T5Config(ids=11, width=6, depth=2, heads=2, head=3, hidden=8, buckets=8, reach=16)


def tiny(**more: bool) -> T5Encoder:
    model, generator = T5Encoder(T5Config(**{**vars(TINY), **more})), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model.requires_grad_(False)


def test_near_distances_have_buckets_of_their_own_and_far_ones_share() -> None:
    table = buckets(40, 8, 16)
    assert table[0, :4].tolist() == [0, 5, 6, 6]
    assert table[:4, 0].tolist() == [0, 1, 2, 2]
    assert table[0, 16:].unique().tolist() == [7]
    assert int(table.max()) == 7 and int(table.min()) == 0


def test_a_row_says_the_same_with_padding_behind_it() -> None:
    model, ids = tiny(), torch.tensor([[1, 5, 3]])
    padded = model(torch.tensor([[1, 5, 3, 9, 9]]), torch.tensor([[True] * 3 + [False] * 2]))
    assert torch.allclose(padded[:, :3], model(ids), atol=1e-6)


def test_order_counts() -> None:
    model = tiny()
    assert not torch.allclose(model(torch.tensor([[1, 5, 3]]))[0, 0], model(torch.tensor([[1, 3, 5]]))[0, 0], atol=1e-3)


def test_tables_are_shared_or_one_a_layer() -> None:
    assert len(tiny().places) == 1
    assert len(tiny(shared=False).places) == TINY.depth


@pytest.mark.parametrize(("config", "billions"), [(t5_base(), 0.1096), (t5_xxl(), 4.762), (umt5_xxl(), 5.681)])
def test_presets_have_the_published_sizes(config: T5Config, billions: float) -> None:
    with torch.device("meta"):
        model = T5Encoder(config)
    assert sum(p.numel() for p in model.parameters()) / 1e9 == pytest.approx(billions, rel=1e-3)
