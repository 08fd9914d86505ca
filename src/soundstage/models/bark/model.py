"""Bark's three transformers: text to semantic tokens, those to two codebooks, and two codebooks to eight.

Notable: all three are GPT-2's shape. Semantic and coarse are causal; fine is not, and reads the sum of the codebooks
known so far to fill in the next. Text and history are summed, not joined: one prompt of 256 places holds both. A head
may read only the rows of the tokens that are allowed (`among`), a twelfth of them in the coarse stage.

A small Bark cannot learn by itself where in its text it is, so it is told (`Guide`): to each token is added which
symbol of the text, or which semantic token, is being said.

B batch · T tokens or frames · K codebooks · D width · V ids that are allowed · J kinds of ids beside a token
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict, Unpack, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.encodec import Encodec, EncodecConfig, encodec_24khz
from soundstage.decode import KVCache
from soundstage.errors import InputError
from soundstage.models.bark.tokeniser import Tokeniser, TokeniserConfig
from soundstage.nn.packed import PackedLinear
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
    beside: tuple[int, ...] = ()
    """How many ids each of the tables has whose rows are added to a token."""


@dataclass(frozen=True, kw_only=True)
class Guide:
    """How a small Bark keeps to its text: a semantic token is a unit, and how many symbols begin with it.

    So which symbol is being said is known by counting, none is left out or said twice, and the end can only come
    behind the last (VALL-E R, Han et al., 2024, has the same aim). A coarse token is told the units of its time and,
    where it is `told`, the symbols: a unit alone leaves some of them open.
    """

    units: int  # semantic id = unit + units · symbols that begin with it
    begins: int = 3  # 0, 1 or 2 symbols may
    ahead: int = 2  # symbols that are seen after the one being said
    waits: int = 32  # tokens since it began, counted up to
    patience: int = 60  # tokens after which the next symbol must begin
    around: int = 1  # units, and symbols, that a coarse token sees before and after its own
    told: bool = False  # whether it sees symbols


@dataclass(frozen=True, kw_only=True)
class BarkConfig:
    """The shapes, and how ids and windows are laid out; the defaults are those of every published checkpoint.

    Semantic ids are 0 to `semantic_codes`, whose last is the end and the padding; ids of text follow from
    `text_offset` on. Coarse ids are `coarse_first` + `codes` · book + code. Raises InputError when a stage's tokens
    are more than its transformer has places for, or lie outside its ids.
    """

    semantic: TransformerConfig
    coarse: TransformerConfig
    fine: TransformerConfig
    codec: EncodecConfig | None = field(default_factory=encodec_24khz)  # None: another model's is used
    guide: Guide | None = None
    tokeniser: TokeniserConfig | None = None  # the ear that clones a recording
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
        coarse = self.coarse_first + self.coarse_books * self.codes
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
        for stage, wanted in (("semantic", self.semantic_tables), ("coarse", self.coarse_tables)):
            tables = getattr(self, stage).beside
            if tuple(tables) != wanted:
                raise InputError(f"{stage}.beside", f"{tables} are not the tables of the guide", f"give {wanted}")
        if self.coarse_history % self.coarse_books or self.coarse_step % self.coarse_books:
            raise InputError("coarse_step", "a window does not hold whole frames", "use multiples of the books")

    @property
    def coarse_first(self) -> int:
        """The id of the first coarse code: behind the semantic ones, where the coarse stage reads those."""
        return self.semantic_codes if self.coarse_reads else 0

    @property
    def text_ids(self) -> int:
        """Ids of the text front end, the padding one more."""
        return self.text_padding - self.text_offset

    @property
    def semantic_tables(self) -> tuple[int, ...]:
        """What stands beside a semantic token: the symbol being said, those ahead, how long it has been said."""
        guide = self.guide
        return () if guide is None else (self.text_ids + 1,) * (1 + guide.ahead) + (guide.waits,)

    @property
    def coarse_tables(self) -> tuple[int, ...]:
        """What stands beside a coarse token: the units around its time, its place within a unit's time, symbols."""
        guide = self.guide
        if guide is None:
            return ()
        near = 1 + 2 * guide.around
        return (guide.units + 1,) * near + (round(self.ratio),) + (self.text_ids + 1,) * (near * guide.told)

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

    def forward(
        self,
        x_BTD: Tensor,
        *,
        causal: bool,
        cache: KVCache | None = None,
        since: int = 0,
        places_T: Tensor | None = None,
    ) -> Tensor:
        """[B, T, D] to [B, T - since, D], of the tokens from `since` on (-1: the last). A cache holds those before.

        `places_T` are the tokens' positions where they are not one after another.
        """
        start = 0 if cache is None else cache.length
        here = slice(start, start + x_BTD.shape[1]) if places_T is None else places_T
        x_BTD = x_BTD + self.positions.weight[here]
        for index, block in enumerate(self.blocks):
            x_BTD = block(x_BTD, causal=causal, cache=None if cache is None else cache.layers[index])
        return self.norm(x_BTD[:, since:])  # type: ignore[no-any-return]


class Told(TypedDict, total=False):
    """What `CausalModel` is told beside its ids; explained at `CausalModel.hidden`."""

    beside_BS: Tensor | None
    cache: KVCache | None
    since: int
    guides_BTJ: Tensor | None
    places_T: Tensor | None


class CausalModel(nn.Module):
    """ids [B, T] to logits [B, T, V] of the next: the semantic and the coarse stage."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.ids, config.width)
        self.tables = nn.ModuleList(nn.Embedding(ids, config.width) for ids in config.beside)
        self.body = Body(
            config.width, config.depth, config.heads, config.context, bias=config.bias, norm_bias=config.bias
        )
        self.head = nn.Linear(config.width, config.out, bias=False)

    def forward(self, ids_BT: Tensor, *, among: slice = slice(None), **told: Unpack[Told]) -> Tensor:
        """Logits of the ids `among` all; see `hidden` for what else may be told."""
        states, head = self.hidden(ids_BT, **told), cast(nn.Module, self.head)
        return head.among(states, among) if isinstance(head, PackedLinear) else linear(states, self.head.weight[among])

    def hidden(
        self,
        ids_BT: Tensor,
        *,
        beside_BS: Tensor | None = None,
        cache: KVCache | None = None,
        since: int = 0,
        guides_BTJ: Tensor | None = None,
        places_T: Tensor | None = None,
    ) -> Tensor:
        """[B, T] to [B, T - since, D], before the head, of the tokens from `since` on; -1 is the last, as a loop needs.

        `beside_BS` are ids whose embeddings are added to the first S tokens. `guides_BTJ` are ids of the tables, for
        the last tokens; `places_T` their positions, where they are not one after another.
        """
        x_BTD = self.embed(ids_BT)
        if beside_BS is not None:
            x_BTD = x_BTD + F.pad(self.embed(beside_BS), (0, 0, 0, ids_BT.shape[1] - beside_BS.shape[1]))
        if guides_BTJ is not None:
            told_BTD = torch.stack([table(guides_BTJ[..., index]) for index, table in enumerate(self.tables)]).sum(0)
            x_BTD = x_BTD + F.pad(told_BTD, (0, 0, ids_BT.shape[1] - guides_BTJ.shape[1], 0))
        return self.body(x_BTD, causal=True, cache=cache, since=since, places_T=places_T)  # type: ignore[no-any-return]

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
        self.codec = None if config.codec is None else Encodec(config.codec)
        self.tokeniser = None if config.tokeniser is None else Tokeniser(config.tokeniser)
