"""MusicGen's decoder: what is asked for to delayed streams of codec tokens (Copet et al., 2023).

Notable: K codebook embeddings are summed into one token, K heads read one token; positions are added sinusoids; nothing
has a bias but the norms and what reads the conditions. The text is attended to in every layer. Melody checkpoints have
no such attention: the melody and the text stand before the first token, as tokens.

B batch · K codebooks · T steps · V codes a book · D width · S text tokens · C text width · P tokens before · N chroma
frames · M pitch classes
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from soundstage.decode import KVCache
from soundstage.nn.embed import sinusoids
from soundstage.nn.linear import Linear
from soundstage.nn.transformer import Attention, KeyValue, TransformerBlock


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
    """What a decoder was asked for, ready for every step: keys of the text in every layer, or tokens that stand before.

    `null` is what takes its place in guidance.
    """

    keys: list[KeyValue] | None = None
    mask: Tensor | None = None  # of the keys, [B, 1, 1, S], True = a token
    before_BPD: Tensor | None = None
    null_BPD: Tensor | None = None

    @property
    def rows(self) -> int:
        """The batch."""
        return len(self.before_BPD if self.before_BPD is not None else cast(list[KeyValue], self.keys)[0].k)

    @property
    def tokens(self) -> int:
        """How many tokens stand before."""
        return 0 if self.before_BPD is None else self.before_BPD.shape[1]

    @property
    def null(self) -> Heard:
        """Nothing. A null text is zeros, and so are its keys and values, so they need no mask."""
        keys = (
            None if self.keys is None else [KeyValue(*(torch.zeros_like(part) for part in pair)) for pair in self.keys]
        )
        return replace(self, keys=keys, mask=None, before_BPD=self.null_BPD)

    @property
    def guided(self) -> Heard:
        """This and its null as one batch."""
        null = self.null
        if self.before_BPD is not None and null.before_BPD is not None:
            return replace(
                self,
                before_BPD=torch.cat((self.before_BPD, null.before_BPD)),
                null_BPD=torch.cat((null.before_BPD, null.before_BPD)),
            )
        pairs = zip(cast(list[KeyValue], self.keys), cast(list[KeyValue], null.keys), strict=True)
        keys = [KeyValue(torch.cat((a.k, b.k)), torch.cat((a.v, b.v))) for a, b in pairs]
        return replace(self, keys=keys, mask=None if self.mask is None else torch.cat((self.mask, self.mask)))


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
            keys = [cast(Attention, cast(TransformerBlock, block).cross).keys(text_BSD) for block in self.blocks]
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

    def forward(self, ids_BKT: Tensor, heard: Heard, *, cache: KVCache | None = None, last: bool = False) -> Tensor:
        """A cache holds the steps before, and what stands before those.

        `last` reads the heads at the last step only, as a loop needs: [B, K, 1, V].
        """
        start = 0 if cache is None else cache.length
        x_BTD = torch.stack([embed(ids_BKT[:, book]) for book, embed in enumerate(self.embed)]).sum(0)
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
