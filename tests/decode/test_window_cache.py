"""A window of keys: what is given is what a mask over all keys would leave, in steady memory."""

from __future__ import annotations

import pytest
import torch

from soundstage.decode import WindowCache
from soundstage.ops.attention import attention, windowed


@pytest.mark.parametrize("chunks", [[1] * 60, [2] * 30, [60], [1, 30, 3, 26], [13, 47]])
@pytest.mark.parametrize("window", [1, 5, 100])
def test_attention_through_a_window_is_masked_attention(chunks: list[int], window: int) -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 60, 4, generator=generator) for _ in range(3))
    whole = attention(q, k, v, mask=windowed(60, 60, window, q.device))
    cache, parts = WindowCache(window), []
    for q_part, k_part, v_part in zip(*(x.split(chunks, 2) for x in (q, k, v)), strict=True):
        tokens = q_part.shape[2]
        mask = windowed(tokens, cache.seen(tokens), window, q.device)
        parts.append(attention(q_part, k_part, v_part, mask=mask, cache=cache))
    assert torch.allclose(torch.cat(parts, 2), whole, atol=1e-6)
    assert cache.length == 60


def test_memory_stays_as_it_is_for_a_signal_without_end() -> None:
    cache, token = WindowCache(8), torch.ones(1, 2, 1, 4)
    places = set()
    for _ in range(500):
        keys, _ = cache.append(token, token)
        assert keys.shape[2] <= 8
        places.add(keys.untyped_storage().data_ptr())
    assert len(places) == 1
