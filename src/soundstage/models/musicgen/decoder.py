"""MusicGen's decoder: what is asked for to delayed streams of codec tokens (Copet et al., 2023).

Notable: K codebook embeddings are summed into one token, K heads read one token; positions are added sinusoids; nothing
has a bias but the norms and what reads the conditions. The text is attended to in every layer. Melody checkpoints have
no such attention: the melody and the text stand before the first token, as tokens.

B batch · K codebooks · T steps · V codes a book · D width · S text tokens · C text width · P tokens before · N chroma
frames · M pitch classes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from soundstage.decode import KVCache
from soundstage.decode.loop import Step
from soundstage.nn.embed import sinusoids
from soundstage.nn.linear import Linear
from soundstage.nn.step import Steps, normed, product
from soundstage.nn.transformer import Attention, Folded, KeyValue, TransformerBlock


@dataclass(frozen=True, kw_only=True)
class DecoderConfig:
    """The shape of the decoder. A book's id `codes` is the start and padding token."""

    width: int
    depth: int
    heads: int
    hidden: int
    books: int
    codes: int
    delays: tuple[int, ...]
    context: int | None = None  # width of the text encoder, projected to `width`; None: it has that width already
    chroma: int | None = None  # pitch classes of a melody; None: the model hears none
    chroma_frames: int = 235  # a melody is repeated or cut to so many


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a decoder was asked for, ready for every step: the text for every layer, or tokens that stand before.

    `null` is what takes its place in guidance.
    """

    keys: Sequence[KeyValue | Folded] | None = None
    mask: Tensor | None = None  # of the keys, [B, 1, 1, S], True = a token; what is folded has its own
    deaf: int = 0  # rows behind those of the keys that hear no text
    before_BPD: Tensor | None = None
    null_BPD: Tensor | None = None

    @property
    def rows(self) -> int:
        """The batch."""
        if self.before_BPD is not None:
            return len(self.before_BPD)
        return self.deaf + (0 if self.keys is None else self.keys[0].rows)

    @property
    def tokens(self) -> int:
        """How many tokens stand before."""
        return 0 if self.before_BPD is None else self.before_BPD.shape[1]

    @property
    def null(self) -> Heard:
        """Nothing. A null text is zeros, and so are its keys, its values, and what is seen in them: none is kept."""
        deaf = 0 if self.before_BPD is not None else self.rows
        return replace(self, keys=None, mask=None, deaf=deaf, before_BPD=self.null_BPD)

    @property
    def guided(self) -> Heard:
        """This and its null as one batch."""
        if self.before_BPD is None or self.null_BPD is None:
            return replace(self, deaf=self.deaf + self.rows)
        return replace(
            self,
            before_BPD=torch.cat((self.before_BPD, self.null_BPD)),
            null_BPD=torch.cat((self.null_BPD, self.null_BPD)),
        )


def worth_folding(tokens: int, heads: int, width: int) -> bool:
    """Whether a step reads less of a text's tokens (of all rows) folded in than of the projections they replace."""
    return tokens * heads <= width


class Decoder(nn.Module):
    """Ids [B, K, T] and what was `hear`d to logits [B, K, T, V] of the next codes."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        melodic = config.chroma is not None
        self.read = None if config.context is None else nn.Linear(config.context, config.width)
        self.read_melody = nn.Linear(config.chroma, config.width) if config.chroma is not None else None
        self.embed = nn.ModuleList(nn.Embedding(config.codes + 1, config.width) for _ in range(config.books))
        self.blocks = nn.ModuleList(
            TransformerBlock(
                config.width, config.heads, hidden=config.hidden, context=None if melodic else config.width, bias=False
            )
            for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width)
        self.heads = nn.ModuleList(Linear(config.width, config.codes, bias=False) for _ in range(config.books))

    def hear(self, text_BSC: Tensor, *, mask_BS: Tensor | None = None, melody_BNM: Tensor | None = None) -> Heard:
        """What is asked for, made once for a whole loop: the states of a text, and where the model hears one, a melody.

        `mask` is True for tokens. No melody is one that stays on C.
        """
        text_BSD = text_BSC if self.read is None else self.read(text_BSC)
        if mask_BS is not None:
            text_BSD = text_BSD * mask_BS.unsqueeze(-1)
        if self.read_melody is None:
            layers = [cast(Attention, cast(TransformerBlock, block).cross) for block in self.blocks]
            if worth_folding(text_BSD.shape[:2].numel(), self.config.heads, self.config.width):
                return Heard(keys=[layer.folded(text_BSD, mask_BS) for layer in layers])
            keys = [layer.keys(text_BSD) for layer in layers]
            return Heard(keys=keys, mask=None if mask_BS is None else mask_BS[:, None, None])
        none_BNM = text_BSD.new_zeros(len(text_BSD), 1, self.read_melody.in_features)
        none_BNM[..., 0] = 1
        melody_BND, none_BND = (
            self._as_long(self.read_melody(notes.to(text_BSD)))
            for notes in (none_BNM if melody_BNM is None else melody_BNM, none_BNM)
        )
        return Heard(
            before_BPD=torch.cat((melody_BND, text_BSD), 1),
            null_BPD=torch.cat((none_BND, torch.zeros_like(text_BSD)), 1),
        )

    def _as_long(self, melody_BND: Tensor) -> Tensor:
        """Repeated, or cut, to the length that the model was trained on."""
        times = -(-self.config.chroma_frames // melody_BND.shape[1])
        return melody_BND.repeat(1, times, 1)[:, : self.config.chroma_frames]

    def cache(self, heard: Heard, steps: int) -> KVCache:
        """An empty cache with room for so many steps and what stands before them."""
        config, like = self.config, self.norm.weight
        capacity, width = heard.tokens + steps, config.width // config.heads
        return KVCache.empty(
            config.depth, heard.rows, config.heads, capacity, width, device=like.device, dtype=like.dtype
        )

    def walk(self, heard: Heard, steps: int) -> Step:
        """A step of a loop over so many steps, with a cache of its own: ids [B, K, T] to logits [B, K, V] of the next.

        One token is taken flat (`nn.step`), more of them by `forward`.
        """
        cache, rows = self.cache(heard, steps), heard.rows
        told = 0 if heard.keys is None else heard.keys[0].rows
        blocks, norm, heads = Steps(self.blocks, rows, told), normed(self.norm), [product(h, rows) for h in self.heads]
        at = torch.arange(heard.tokens + steps, device=self.norm.weight.device)
        places_TD = sinusoids(at, self.config.width, spread=True).to(self.norm.weight.dtype)

        def step(ids_BKT: Tensor) -> Tensor:
            if ids_BKT.shape[-1] > 1 or not cache.length or torch.is_grad_enabled():
                return self(ids_BKT, heard, cache=cache, last=True)[:, :, -1]  # type: ignore[no-any-return]
            x_BD = self._summed(ids_BKT[..., 0]) + places_TD[cache.length]
            x_BD = norm(blocks(x_BD, cache.layers, heard.keys, heard.mask))
            return torch.stack([head(x_BD) for head in heads], 1)

        return step

    def _summed(self, ids: Tensor) -> Tensor:
        """The embeddings [B, ..., D] of ids [B, K, ...], summed over the books."""
        tables = [cast(nn.Embedding, table).weight for table in self.embed]
        total = torch.embedding(tables[0], ids[:, 0])
        for book, table in enumerate(tables[1:], 1):
            total = total + torch.embedding(table, ids[:, book])
        return total

    def forward(self, ids_BKT: Tensor, heard: Heard, *, cache: KVCache | None = None, last: bool = False) -> Tensor:
        """A cache holds the steps before, and what stands before those.

        `last` reads the heads at the last step only, as a loop needs: [B, K, 1, V].
        """
        start = 0 if cache is None else cache.length
        x_BTD = self._summed(ids_BKT)
        if start == 0 and heard.before_BPD is not None:
            x_BTD = torch.cat((heard.before_BPD, x_BTD), 1)
        at = torch.arange(start, start + x_BTD.shape[1], device=x_BTD.device)
        x_BTD = x_BTD + sinusoids(at, self.config.width, spread=True).to(x_BTD.dtype)
        for index, block in enumerate(self.blocks):
            layer = None if cache is None else cache.layers[index]
            keys = None if heard.keys is None else heard.keys[index]
            x_BTD = block(x_BTD, keys, causal=True, context_mask=heard.mask, cache=layer)
        x_BTD = self.norm(x_BTD[:, -1:] if last else x_BTD[:, -ids_BKT.shape[-1] :])
        return torch.stack([head(x_BTD) for head in self.heads], 1)
