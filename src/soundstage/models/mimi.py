"""Mimi, the codec of Moshi: SEANet, a transformer and split codebooks at 12.5 frames a second (Défossez et al., 2024).

Notable: everything is causal, so a stream of one frame (80 ms) at a time is the offline result; its transformers see
the last ten seconds and need steady memory. Whole signals go through them in long segments by the same caches.

B batch · C audio channels · T samples · D latent width · M latents (25 a second) · K codebooks · N frames
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from soundstage.codec.rvq import SplitQuantiser
from soundstage.codec.seanet import Decoder, Encoder, SeanetConfig, require_samples
from soundstage.codec.vq import Quantised
from soundstage.decode import WindowCache
from soundstage.nn.conv import Conv1d, ConvTranspose1d, Stream
from soundstage.nn.transformer import TransformerBlock
from soundstage.ops.attention import windowed
from soundstage.ops.rope import rope

SEGMENT = 4  # windows of a whole signal at once


@dataclass(frozen=True, kw_only=True)
class MimiConfig:
    """The shape of the codec; the transformers are as wide as SEANet's latents."""

    rate: int
    seanet: SeanetConfig
    books: int
    codes: int
    code_width: int | None  # None: as wide as the latents, without a projection
    depth: int
    heads: int
    hidden: int
    window: int  # latents that a token sees, itself among them
    meaning: int = 1  # books that quantise on their own
    stride: int = 2  # latents a frame
    base: float = 10_000.0
    interleaved: bool = False  # rotated pairs side by side (Kyutai's layout) or half a head apart (transformers')

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.seanet.hop * self.stride

    def kbps(self, books: int | None = None) -> float:
        """The bit rate of so many books (all when not given)."""
        return (books or self.books) * math.log2(self.codes) * self.rate / self.hop / 1000


def mimi(*, interleaved: bool = False) -> MimiConfig:
    """The published codec, 24 kHz, 32 books of 0.1375 kbit/s each; Moshi speaks the first 8."""
    net = SeanetConfig(channels=1, latent=512, width=64, ratios=(8, 6, 5, 4), last_kernel=3, skip=False)
    return MimiConfig(
        rate=24_000, seanet=net, books=32, codes=2048, code_width=256, depth=8, heads=8, hidden=2048, window=250,
        interleaved=interleaved,
    )  # fmt: skip


@dataclass
class MimiStream(Stream):
    """One live signal, coded or decoded (one stream each); also what the transformer remembers of it."""

    caches: list[WindowCache] = field(default_factory=list)

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self.caches.clear()


class CodecTransformer(nn.Module):
    """Causal blocks over latents; each sees the last `window` latents."""

    def __init__(self, config: MimiConfig) -> None:
        super().__init__()
        width = config.seanet.latent
        self.config, self.head = config, width // config.heads
        self.blocks = nn.ModuleList(
            TransformerBlock(width, config.heads, hidden=config.hidden, bias=False) for _ in range(config.depth)
        )

    def forward(self, x_BDM: Tensor, stream: MimiStream | None = None) -> Tensor:
        """[B, D, M] to the same."""
        caches = [] if stream is None else stream.caches
        if not caches and (stream is not None or x_BDM.shape[-1] > SEGMENT * self.config.window):
            caches += [WindowCache(self.config.window) for _ in self.blocks]
        parts = [self._segment(part, caches) for part in torch.split(x_BDM, SEGMENT * self.config.window, -1)]
        return parts[0] if len(parts) == 1 else torch.cat(parts, -1)

    def _segment(self, x_BDM: Tensor, caches: list[WindowCache]) -> Tensor:
        tokens, window = x_BDM.shape[-1], self.config.window
        if tokens == 0:
            return x_BDM
        start, keys = (caches[0].length, caches[0].seen(tokens)) if caches else (0, tokens)
        at = torch.arange(start, start + tokens, device=x_BDM.device)
        table = rope(at, self.head, base=self.config.base, interleaved=self.config.interleaved)
        mask = windowed(tokens, keys, window, x_BDM.device) if tokens > 1 and window < keys else None
        x = x_BDM.transpose(1, 2)
        for index, block in enumerate(self.blocks):
            x = block(x, mask=mask, causal=mask is None, rope=table, cache=caches[index] if caches else None)
        return x.transpose(1, 2)


class Mimi(nn.Module):
    """Samples to codes and back. A forward pass is the training pass; `encode` and `decode` are for use."""

    def __init__(self, config: MimiConfig) -> None:
        super().__init__()
        self.config = config
        width, step = config.seanet.latent, config.stride
        self.encoder = Encoder(config.seanet)
        self.listen = CodecTransformer(config)
        self.down = Conv1d(width, width, 2 * step, stride=step, bias=False, padding="replicate")
        self.quantiser = SplitQuantiser(
            width, config.books, config.codes, meaning=config.meaning, code_width=config.code_width, dropout=0.5
        )
        self.up = ConvTranspose1d(width, width, 2 * step, stride=step, groups=width, bias=False)
        self.speak = CodecTransformer(config)
        self.decoder = Decoder(config.seanet)

    def latents(self, samples_BCT: Tensor, stream: MimiStream | None = None) -> Tensor:
        """[B, C, T] to [B, D, N], before the codebooks."""
        return self.down(self.listen(self.encoder(samples_BCT, stream), stream), stream)  # type: ignore[no-any-return]

    def sound(self, latent_BDN: Tensor, stream: MimiStream | None = None) -> Tensor:
        """[B, D, N] to [B, C, N · hop]."""
        return self.decoder(self.speak(self.up(latent_BDN, stream), stream), stream)  # type: ignore[no-any-return]

    def forward(self, samples_BCT: Tensor, generator: torch.Generator | None = None) -> Quantised:
        """Samples there and back, [B, C, T] as `value`, with codes and commitment; gradients pass through."""
        coded = self.quantiser(self.latents(samples_BCT), generator)
        return Quantised(self.sound(coded.value)[..., : samples_BCT.shape[-1]], coded.codes, coded.commitment)

    @torch.inference_mode()
    def encode(self, samples_BCT: Tensor, books: int | None = None, stream: MimiStream | None = None) -> Tensor:
        """Codes [B, K, N] of the first `books` books, N = ceil(T / hop).

        With a stream, those of the frames that these samples complete (maybe none). Raises InputError for samples or
        books that the codec does not have.
        """
        require_samples(samples_BCT, self.config.seanet.channels, live=stream is not None)
        return self.quantiser.encode(self.latents(samples_BCT, stream), books)

    @torch.inference_mode()
    def decode(self, codes_BKN: Tensor, stream: MimiStream | None = None, *, length: int | None = None) -> Tensor:
        """Samples [B, C, N · hop], or the first `length` of them; as many books are read as there are codes."""
        return self.sound(self.quantiser.decode(codes_BKN), stream)[..., :length]
