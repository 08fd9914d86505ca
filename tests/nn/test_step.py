"""Steps written flat are those of the blocks, whatever the blocks are made of."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from soundstage.decode import KVCache
from soundstage.nn.packed import pack, packs
from soundstage.nn.step import Steps
from soundstage.nn.transformer import Folded, KeyValue, TransformerBlock

KINDS: dict[str, dict[str, Any]] = {
    "gpt": {},
    "llama": {"kv_heads": 2, "gated": True, "activation": "silu", "norm_kind": "rms", "bias": False},
    "told": {"context": 16, "bias": False},
}
TOKENS = 5


def blocks(kind: str, width: int = 32) -> list[TransformerBlock]:
    generator = torch.Generator().manual_seed(0)
    made = [TransformerBlock(width, 4, **KINDS[kind]).eval().requires_grad_(False) for _ in range(2)]
    for parameter in nn.ModuleList(made).parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return made


def caches(rows: int, kind: str, width: int) -> KVCache:
    return KVCache.empty(2, rows, KINDS[kind].get("kv_heads", 4), TOKENS, width // 4)


def run(
    made: list[TransformerBlock], kind: str, rows: int, contexts: list[Any] | None, told: int
) -> tuple[Tensor, Tensor]:
    width = made[0].attention.width
    x_BTD = torch.randn(rows, TOKENS, width, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        one, other, steps = caches(rows, kind, width), caches(rows, kind, width), Steps(made, rows, told)
        flat, plain = [], []
        for at in range(TOKENS):
            flat.append(steps(x_BTD[:, at], one.layers, contexts))
            x = x_BTD[:, at : at + 1]
            for index, block in enumerate(made):
                x = block(x, None if contexts is None else contexts[index], causal=True, cache=other.layers[index])
            plain.append(x[:, 0])
    return torch.stack(flat), torch.stack(plain)


@pytest.mark.parametrize("kind", ["gpt", "llama"])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_flat_step_is_that_of_the_blocks(kind: str, rows: int) -> None:
    flat, plain = run(blocks(kind), kind, rows, None, 0)
    assert torch.allclose(flat, plain, atol=1e-5)
    assert plain.std() > 0.1


@pytest.mark.parametrize("way", [KeyValue, Folded])
@pytest.mark.parametrize("told", [0, 1, 2])
def test_the_first_rows_have_a_context(way: type, told: int) -> None:
    made, context = blocks("told"), torch.randn(max(told, 1), 3, 16, generator=torch.Generator().manual_seed(2))
    layers = [block.cross for block in made if block.cross is not None]
    contexts = [layer.keys(context) if way is KeyValue else layer.folded(context) for layer in layers]
    flat, plain = run(made, "told", 2, contexts if told else None, told)
    assert torch.allclose(flat, plain, atol=1e-5)
    without, _ = run(made, "told", 2, None, 0)
    assert [torch.allclose(flat[:, row], without[:, row], atol=1e-3) for row in (0, 1)] == [told < 1, told < 2]


@pytest.mark.skipif(not packs(), reason="this machine does not pack")
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("rows", [1, 2])
def test_packed_blocks_take_flat_steps_too(half: bool, rows: int) -> None:
    made = list(pack(nn.ModuleList(blocks("gpt", 128)), half=half))
    flat, plain = run(made, "gpt", rows, None, 0)  # type: ignore[arg-type]
    assert torch.allclose(flat, plain, atol=1e-5)
