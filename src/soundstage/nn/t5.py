"""T5's encoder: ids of a text to its states (Raffel et al., 2020); also T5 1.1 (gated layers) and UMT5.

Notable: attention is not scaled. Where a token stands is told by a bias on each head's scores, learned for buckets of
distances: one table in the first layer for all (T5), or one in every layer (UMT5).

B batch · S tokens · D width · H heads · E head width
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from soundstage.nn.norms import RMSNorm
from soundstage.nn.transformer import Activation, FeedForward
from soundstage.ops.attention import attention


@dataclass(frozen=True, kw_only=True)
class T5Config:
    """The shape of an encoder. `buckets` tell distances apart: half of them each way, up to `reach` tokens."""

    ids: int
    width: int
    depth: int
    heads: int
    hidden: int
    head: int = 64
    buckets: int = 32
    reach: int = 128
    shared: bool = True  # one table of positions for all layers
    gated: bool = False
    activation: Activation = "relu"
    eps: float = 1e-6


def t5_base() -> T5Config:
    """110 M parameters: MusicGen's."""
    return T5Config(ids=32_128, width=768, depth=12, heads=12, hidden=3072)


def t5_xxl() -> T5Config:
    """T5 1.1, 4.8 B parameters: CogVideoX's."""
    return T5Config(ids=32_128, width=4096, depth=24, heads=64, hidden=10_240, gated=True, activation="gelu-tanh")


def umt5_xxl() -> T5Config:
    """Of 107 languages, 5.7 B parameters: Wan's."""
    return T5Config(
        ids=256_384, width=4096, depth=24, heads=64, hidden=10_240, gated=True, activation="gelu-tanh", shared=False
    )


class T5Block(nn.Module):
    """Attention and feed-forward, each behind an RMS norm; nothing has a bias."""

    def __init__(
        self, width: int, heads: int, head: int, hidden: int, *, gated: bool, activation: Activation, eps: float
    ) -> None:
        super().__init__()
        self.head = head
        self.norm = RMSNorm(width, eps)
        self.qkv = nn.Linear(width, 3 * heads * head, bias=False)
        self.out = nn.Linear(heads * head, width, bias=False)
        self.feed_norm = RMSNorm(width, eps)
        self.feed = FeedForward(width, hidden, activation=activation, gated=gated, bias=False)

    def forward(self, x_BSD: Tensor, bias: Tensor) -> Tensor:
        """[B, S, D] to the same; `bias` broadcasts to [B, H, S, S] and is added to the scores."""
        q, k, v = (
            part.view(*part.shape[:-1], -1, self.head).transpose(1, 2)
            for part in self.qkv(self.norm(x_BSD)).chunk(3, -1)
        )
        x_BSD = x_BSD + self.out(attention(q, k, v, mask=bias, scale=1.0).transpose(1, 2).flatten(2))
        return x_BSD + self.feed(self.feed_norm(x_BSD))  # type: ignore[no-any-return]


class T5Encoder(nn.Module):
    """Ids [B, S] to states [B, S, D]."""

    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.ids, config.width)
        tables = 1 if config.shared else config.depth
        self.places = nn.ModuleList(nn.Embedding(config.buckets, config.heads) for _ in range(tables))
        self.blocks = nn.ModuleList(
            T5Block(
                config.width,
                config.heads,
                config.head,
                config.hidden,
                gated=config.gated,
                activation=config.activation,
                eps=config.eps,
            )
            for _ in range(config.depth)
        )
        self.norm = RMSNorm(config.width, config.eps)

    def forward(self, ids_BS: Tensor, mask_BS: Tensor | None = None) -> Tensor:
        """`mask` is True for tokens, False for padding; a row needs at least one token."""
        x_BSD = self.embed(ids_BS)
        bucket_SS = buckets(ids_BS.shape[1], self.config.buckets, self.config.reach, ids_BS.device)
        biases = [self._bias(cast(nn.Embedding, table), bucket_SS, mask_BS) for table in self.places]
        for index, block in enumerate(self.blocks):
            x_BSD = block(x_BSD, biases[0 if self.config.shared else index])
        return self.norm(x_BSD)  # type: ignore[no-any-return]

    @staticmethod
    def _bias(table: nn.Embedding, bucket_SS: Tensor, mask_BS: Tensor | None) -> Tensor:
        bias_1HSS: Tensor = table(bucket_SS).permute(2, 0, 1).unsqueeze(0)
        return bias_1HSS if mask_BS is None else bias_1HSS.masked_fill(~mask_BS[:, None, None], -math.inf)


def buckets(tokens: int, count: int, reach: int, device: torch.device | str = "cpu") -> Tensor:
    """The bucket [S, S] of every key for every query: near distances have their own, further ones share by logarithm.

    The upper half of the buckets is for keys behind the query.
    """
    at = torch.arange(tokens, device=device)
    away = at - at.unsqueeze(1)
    each = count // 2
    near = each // 2
    beyond = (away.abs().clamp(min=near).float() / near).log() / math.log(reach / near) * (each - near)
    far = (near + beyond.long()).clamp(max=each - 1)
    return torch.where(away.abs() < near, away.abs(), far) + each * (away > 0)
