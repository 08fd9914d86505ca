"""Bark's three transformers: text to semantic tokens, those to two codebooks, and two codebooks to eight.

Notable: all three are GPT-2's shape. Semantic and coarse are causal; fine is not, and reads the sum of the codebooks
known so far to fill in the next. Text and history are summed, not joined: one prompt of 256 places holds both. A head
may read only the rows of the tokens that are allowed (`among`), a twelfth of them in the coarse stage.

B batch · T tokens or frames · K codebooks · D width · V ids that are allowed
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.encodec import Encodec, EncodecConfig, encodec_24khz
from soundstage.decode import KVCache
from soundstage.errors import InputError
from soundstage.nn.transformer import TransformerBlock
from soundstage.ops.linear import linear


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """The shape of one of the three. It reads `ids` and chooses among the first `out` of them."""

    width: int
    depth: int
    heads: int
    ids: int
    out: int
    context: int = 1024
    bias: bool = False


@dataclass(frozen=True, kw_only=True)
class BarkConfig:
    """The shapes, and how ids and windows are laid out; the defaults are those of every published checkpoint.

    Semantic ids are 0 to `semantic_codes`, whose last is the end and the padding; ids of text follow from
    `text_offset` on. Coarse ids are `semantic_codes` + `codes` · book + code. Raises InputError when a stage's tokens
    are more than its transformer has places for, or lie outside its ids.
    """

    semantic: TransformerConfig
    coarse: TransformerConfig
    fine: TransformerConfig
    codec: EncodecConfig = field(default_factory=encodec_24khz)
    books: int = 8
    coarse_books: int = 2
    codes: int = 1024
    semantic_codes: int = 10_000
    text_offset: int = 10_048
    text_padding: int = 129_595
    semantic_start: int = 129_599
    text_tokens: int = 256
    semantic_tokens: int = 768
    coarse_padding: int = 12_048
    coarse_start: int = 12_050
    coarse_reads: int = 256  # semantic tokens that a window of the coarse stage sees
    coarse_history: int = 630  # coarse tokens behind it that it sees
    coarse_step: int = 60  # coarse tokens that it makes
    fine_window: int = 1024
    fine_step: int = 512
    semantic_rate: float = 49.9  # Hz
    frame_rate: float = 75  # Hz

    def __post_init__(self) -> None:
        coarse = self.semantic_codes + self.coarse_books * self.codes
        for name, places, needed in (
            ("semantic.context", self.semantic.context, self.text_tokens + self.semantic_tokens),
            ("coarse.context", self.coarse.context, self.coarse_reads + self.coarse_history + self.coarse_step),
            ("fine.context", self.fine.context, self.fine_window),
            ("semantic.ids", self.semantic.ids, 1 + max(self.semantic_start, self.text_padding, self.text_offset)),
            ("semantic.out", self.semantic.out, self.semantic_codes + 1),
            ("coarse.ids", self.coarse.ids, 1 + max(self.coarse_start, self.coarse_padding, coarse - 1)),
            ("coarse.out", self.coarse.out, coarse),
            ("fine.ids", self.fine.ids, self.codes + 1),
            ("fine_window", self.fine_window, self.fine_step),
            ("books", self.books, self.coarse_books + 1),
        ):
            if places < needed:
                raise InputError(name, f"{places} is less than the {needed} that the rest asks for", "mend the config")
        if self.coarse_history % self.coarse_books or self.coarse_step % self.coarse_books:
            raise InputError("coarse_step", "a window does not hold whole frames", "use multiples of the books")

    @property
    def ratio(self) -> float:
        """Coarse tokens for one semantic token, about 3."""
        return self.frame_rate / self.semantic_rate * self.coarse_books


def bark_small() -> BarkConfig:
    """`suno/bark-small`: 400 M parameters; three transformers of 85 M and their vocabularies, and the codec."""
    return _published(width=768, depth=12, heads=12)


def bark_large() -> BarkConfig:
    """`suno/bark`: 1.1 B parameters; three transformers of 300 M and their vocabularies, and the codec."""
    return _published(width=1024, depth=24, heads=16)


def _published(width: int, depth: int, heads: int) -> BarkConfig:
    semantic, coarse, fine = (
        TransformerConfig(width=width, depth=depth, heads=heads, ids=ids, out=out)
        for ids, out in ((129_600, 10_048), (12_096, 12_096), (1056, 1056))
    )
    return BarkConfig(semantic=semantic, coarse=coarse, fine=fine)


class Body(nn.Module):
    """Learned positions, blocks and a last norm: what the three transformers have in common."""

    def __init__(self, width: int, depth: int, heads: int, context: int, *, bias: bool, norm_bias: bool) -> None:
        super().__init__()
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, bias=bias, norm_bias=norm_bias) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width, bias=norm_bias)

    def forward(self, x_BTD: Tensor, *, causal: bool, cache: KVCache | None = None, since: int = 0) -> Tensor:
        """[B, T, D] to [B, T - since, D], of the tokens from `since` on (-1: the last). A cache holds those before."""
        start = 0 if cache is None else cache.length
        x_BTD = x_BTD + self.positions.weight[start : start + x_BTD.shape[1]]
        for index, block in enumerate(self.blocks):
            x_BTD = block(x_BTD, causal=causal, cache=None if cache is None else cache.layers[index])
        return self.norm(x_BTD[:, since:])  # type: ignore[no-any-return]


class CausalModel(nn.Module):
    """ids [B, T] to logits [B, T, V] of the next: the semantic and the coarse stage."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.ids, config.width)
        self.body = Body(
            config.width, config.depth, config.heads, config.context, bias=config.bias, norm_bias=config.bias
        )
        self.head = nn.Linear(config.width, config.out, bias=False)

    def forward(
        self,
        ids_BT: Tensor,
        *,
        beside_BS: Tensor | None = None,
        cache: KVCache | None = None,
        since: int = 0,
        among: slice = slice(None),
    ) -> Tensor:
        """`beside_BS` are ids whose embeddings are added to the first S tokens; `among` are the ids to give logits of.

        `since` reads the head from that token on only; -1 is the last, as a loop needs.
        """
        x_BTD = self.embed(ids_BT)
        if beside_BS is not None:
            x_BTD = x_BTD + F.pad(self.embed(beside_BS), (0, 0, 0, ids_BT.shape[1] - beside_BS.shape[1]))
        x_BTD = self.body(x_BTD, causal=True, cache=cache, since=since)
        return linear(x_BTD, self.head.weight[among])

    def room(self, batch: int, capacity: int) -> KVCache:
        """An empty cache for `capacity` tokens, like the weights in device and dtype."""
        shape, like = self.config, self.head.weight
        width = shape.width // shape.heads
        return KVCache.empty(shape.depth, batch, shape.heads, capacity, width, device=like.device, dtype=like.dtype)


class FineModel(nn.Module):
    """Codes [B, K, T] to logits [B, T, V] of one book, seen from both sides; each book's head is its embedding."""

    def __init__(self, config: TransformerConfig, books: int) -> None:
        super().__init__()
        self.embed = nn.ModuleList(nn.Embedding(config.ids, config.width) for _ in range(books))
        self.body = Body(config.width, config.depth, config.heads, config.context, bias=config.bias, norm_bias=True)

    def forward(self, codes_BKT: Tensor, book: int, *, since: int = 0, among: slice = slice(None)) -> Tensor:
        """Logits of `book` from frame `since` on; the books up to and with it are read, the later ones are not."""
        tables = [cast(nn.Embedding, table) for table in self.embed[: book + 1]]
        x_BTD = torch.stack([table(codes_BKT[:, index]) for index, table in enumerate(tables)]).sum(0)
        return linear(self.body(x_BTD, causal=False, since=since), tables[book].weight[among])


class Bark(nn.Module):
    """The three transformers and the codec under one roof; `stages` drives them."""

    def __init__(self, config: BarkConfig) -> None:
        super().__init__()
        self.config = config
        self.semantic = CausalModel(config.semantic)
        self.coarse = CausalModel(config.coarse)
        self.fine = FineModel(config.fine, config.books)
        self.codec = Encodec(config.codec)
