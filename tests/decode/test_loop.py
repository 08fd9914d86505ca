"""Cached decoding is the full forward pass; the loop fills what is unknown and nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from soundstage.decode import Delays, KVCache, Sampler, generate, greedy, guided_step
from soundstage.decode.patterns import UNKNOWN
from soundstage.errors import InputError
from soundstage.nn.transformer import TransformerBlock
from soundstage.ops.rope import rope

VOCABULARY, BOOKS, WIDTH, HEADS, KEY_HEADS = 11, 3, 32, 4, 2


class Tiny(nn.Module):
    """Two causal blocks over summed codebook embeddings, with rotation and grouped keys."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.ModuleList(nn.Embedding(VOCABULARY, WIDTH) for _ in range(BOOKS))
        self.blocks = nn.ModuleList(TransformerBlock(WIDTH, HEADS, kv_heads=KEY_HEADS, context=8) for _ in range(2))
        self.heads = nn.Linear(WIDTH, BOOKS * VOCABULARY)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4)
        self.table = rope(torch.arange(64), WIDTH // HEADS)

    def forward(self, ids_BKT: Tensor, context: Tensor, cache: KVCache | None = None) -> Tensor:
        start = cache.length if cache else 0
        x = torch.stack([embed(ids_BKT[:, book]) for book, embed in enumerate(self.embed)]).sum(0)
        table = self.table.rows(start, start + x.shape[1])
        for n, block in enumerate(self.blocks):
            x = block(x, context, causal=True, rope=table, cache=cache.layers[n] if cache else None)
        return self.heads(x).reshape(*x.shape[:2], BOOKS, VOCABULARY).transpose(1, 2)  # type: ignore[no-any-return]


def context(batch: int = 2) -> Tensor:
    return torch.randn(batch, 5, 8, generator=torch.Generator().manual_seed(1))


def fresh_cache(batch: int = 2) -> KVCache:
    return KVCache.empty(2, batch, KEY_HEADS, 32, WIDTH // HEADS)


@pytest.mark.parametrize("chunks", [[12], [1] * 12, [5, 1, 6], [1, 11]])
@torch.no_grad()
def test_cached_logits_are_those_of_the_full_forward(chunks: list[int]) -> None:
    model, cache = Tiny(), fresh_cache()
    ids = torch.randint(0, VOCABULARY, (2, BOOKS, 12), generator=torch.Generator().manual_seed(2))
    parts = [model(part, context(), cache) for part in ids.split(chunks, -1)]
    assert torch.allclose(torch.cat(parts, 2), model(ids, context()), atol=1e-5)
    assert cache.length == 12


@torch.no_grad()
def test_the_loop_with_a_cache_chooses_what_full_forwards_choose() -> None:
    model, cache = Tiny(), fresh_cache()
    template = Delays.staircase(BOOKS).template(torch.zeros(2, BOOKS, 0, dtype=torch.long), 9, VOCABULARY - 1)
    fast = generate(lambda ids: model(ids, context(), cache)[:, :, -1], template, greedy)
    seen: list[Tensor] = []

    def plain(ids: Tensor) -> Tensor:
        seen.append(ids)
        return model(torch.cat(seen, -1), context())[:, :, -1]  # type: ignore[no-any-return]

    assert torch.equal(fast, generate(plain, template, greedy))
    assert int((fast == UNKNOWN).sum()) == 0
    known = template != UNKNOWN
    assert torch.equal(fast[known], template[known])
    assert Delays.staircase(BOOKS).lift(fast).shape == (2, BOOKS, 9)


@torch.no_grad()
def test_a_rewound_cache_tells_the_same_story_again() -> None:
    model, cache = Tiny(), fresh_cache()
    template = torch.cat((torch.zeros(2, BOOKS, 1, dtype=torch.long), torch.full((2, BOOKS, 6), UNKNOWN)), -1)
    runs = []
    for _ in range(2):
        cache.rewind()
        choose = Sampler(generator=torch.Generator().manual_seed(5), top_k=5)
        runs.append(generate(lambda ids: model(ids, context(), cache)[:, :, -1], template, choose))
    assert torch.equal(runs[0], runs[1])


@torch.no_grad()
def test_guidance_as_a_batch_of_two_is_the_formula_and_one_is_none() -> None:
    model = Tiny()
    both_contexts = torch.cat((context(1), torch.zeros(1, 5, 8)))
    ids = torch.zeros(1, BOOKS, 3, dtype=torch.long)

    def step(ids: Tensor) -> Tensor:
        return model(ids, both_contexts)[:, :, -1]  # type: ignore[no-any-return]

    conditional, null = step(torch.cat((ids, ids))).chunk(2)
    assert torch.allclose(guided_step(step, 3.0)(ids), null + 3 * (conditional - null), atol=1e-5)
    assert torch.allclose(guided_step(step, 1.0)(ids), conditional, atol=1e-6)


def test_the_loop_stops_when_told_and_reports_each_column() -> None:
    columns: list[int] = []
    template = torch.tensor([[[3, UNKNOWN, 5, UNKNOWN, UNKNOWN]]])
    out = generate(
        lambda ids: torch.nn.functional.one_hot(ids[..., -1] + 1, 10).float(),
        template,
        greedy,
        on_step=lambda column, ids: columns.append(column),
        stop=lambda ids: bool((ids == 6).all()),
    )
    assert out.tolist() == [[[3, 4, 5, 6]]] and columns == [1, 2, 3]


def test_a_template_without_a_beginning_is_refused_and_one_without_gaps_comes_back() -> None:
    with pytest.raises(InputError, match="start token"):
        generate(lambda ids: ids, torch.tensor([[[UNKNOWN, 1]]]), greedy)
    full = torch.tensor([[[1, 2]]])
    assert torch.equal(generate(lambda ids: ids, full, greedy), full)


def test_a_full_cache_says_so() -> None:
    cache = KVCache.empty(1, 1, 1, 3, 2)
    with pytest.raises(InputError, match="do not fit a cache of 3"):
        cache.layers[0].append(torch.zeros(1, 1, 4, 2), torch.zeros(1, 1, 4, 2))
