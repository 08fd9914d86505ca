"""One token a row through a stack of blocks, written flat: what `TransformerBlock` does, without the calls of modules.

Notable: at one token a call of a module costs as much as a small product, and a decoding step of a small model makes a
hundred of them. Here the weights are looked up once for a whole loop.

B batch · D width · H heads · K key heads · E head width
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.packed import PackedLinear
from soundstage.nn.transformer import Attention, Context, TransformerBlock
from soundstage.ops.attention import Cache, attention
from soundstage.ops.linear import PAIR

Rows = Callable[[Tensor], Tensor]  # [B, D] to [B, O]


def product(layer: nn.Module, rows: int) -> Rows:
    """The product of a linear layer, packed or not, for so many rows: `ops.linear` with its choice made beforehand."""
    if isinstance(layer, PackedLinear):
        return layer.product(rows)
    assert isinstance(layer, nn.Linear)
    weight, bias = layer.weight, layer.bias
    if rows > PAIR or weight.device.type != "cpu":
        return partial(F.linear, weight=weight, bias=bias)
    column = None if bias is None else bias.unsqueeze(1)

    def turned(x_BD: Tensor) -> Tensor:
        columns = (x_BD.contiguous() if rows == PAIR else torch.cat((x_BD, x_BD))).t()
        y = torch.mm(weight, columns) if column is None else torch.addmm(column, weight, columns)
        return (y if rows == PAIR else y[:, :1]).t()

    return turned


def normed(layer: nn.Module) -> Rows:
    """A norm over the last axis."""
    if not isinstance(layer, nn.LayerNorm):
        return layer.forward
    shape, weight, bias, eps = list(layer.normalized_shape), layer.weight, layer.bias, layer.eps
    return lambda x: torch.layer_norm(x, shape, weight, bias, eps)


class _Block:
    """What one block does to rows [B, D]."""

    def __init__(self, block: TransformerBlock, rows: int, told: int) -> None:
        own, cross, feed = block.attention, block.cross, block.feed
        self.norm, self.qkv, self.out = normed(block.norm), product(own.qkv, rows), product(own.out, rows)
        self.heads, self.kv_heads, self.head = own.heads, own.kv_heads, own.head
        self.feed_norm, self.rise, self.fall = (
            normed(block.feed_norm),
            product(feed.rise, rows),
            product(feed.fall, rows),
        )
        self.activation, self.gated, self.told = feed.activation, feed.gated, told
        self.cross_norm: Rows | None = None
        if cross is not None and block.cross_norm is not None and told:
            self.cross_norm, self.cross = normed(block.cross_norm), cross

    def __call__(self, x_BD: Tensor, cache: Cache, context: Context | None, mask: Tensor | None) -> Tensor:
        heads, keys = self.heads, self.kv_heads
        every = self.qkv(self.norm(x_BD)).view(len(x_BD), heads + 2 * keys, 1, self.head)
        q, k, v = every.split_with_sizes((heads, keys, keys), 1)
        x_BD = x_BD + self.out(attention(q, k, v, cache=cache).reshape(len(x_BD), -1))
        if self.cross_norm is not None and context is not None:
            told_BD = x_BD[: self.told]
            seen = self.cross.forward(self.cross_norm(told_BD).unsqueeze(1), context, mask=mask)
            told_BD += seen.squeeze(1)  # x is this step's own
        risen = self.rise(self.feed_norm(x_BD))
        if self.gated:
            gate, risen = risen.chunk(2, -1)
            return x_BD + self.fall(self.activation(gate) * risen)
        return x_BD + self.fall(self.activation(risen))


class Steps:
    """The blocks for a loop of one token at a time, of `rows` rows, of which the first `told` have a context.

    For blocks whose attention has neither norms of its own nor vectors of distance, and is not turned by rope.
    """

    def __init__(self, blocks: Iterable[nn.Module], rows: int, told: int = 0) -> None:
        self.blocks: list[_Block] = []
        for block in blocks:
            assert isinstance(block, TransformerBlock) and _plain(block.attention)
            self.blocks.append(_Block(block, rows, told))

    def __call__(
        self,
        x_BD: Tensor,
        caches: Sequence[Cache],
        contexts: Sequence[Context] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """[B, D] to the same, with a cache and a context for each block. Not for learning."""
        for index, block in enumerate(self.blocks):
            x_BD = block(x_BD, caches[index], None if contexts is None else contexts[index], mask)
        return x_BD


def _plain(layer: Attention) -> bool:
    return layer.qk is None and layer.near is None
