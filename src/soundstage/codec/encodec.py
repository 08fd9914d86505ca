"""EnCodec and SoundStream: SEANet around residual codebooks (Défossez et al., 2022; Zeghidour et al., 2021).

Notable: the bit rate is chosen by how many of the books are written. The causal codecs stream: pass the same `Stream`
with every chunk, and the parts joined are the offline result. The stereo codec at 48 kHz codes overlapping chunks of a
second, each divided by its loudness (`scale`), which the codes do not hold and `decode` needs.

B batch · C audio channels · T samples · K codebooks · N frames · S chunks
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import Tensor, nn

from soundstage.codec import seanet
from soundstage.codec.rvq import ResidualQuantiser
from soundstage.codec.seanet import Decoder, Encoder, SeanetConfig, require_samples
from soundstage.codec.vq import Quantised
from soundstage.errors import InputError
from soundstage.nn.conv import Stream

AT_ONCE = 8  # chunks in one batch


@dataclass(frozen=True, kw_only=True)
class EncodecConfig:
    """The shape of a codec. `chunk` and `step` are samples; a codec without them codes the whole signal at once."""

    rate: int
    seanet: SeanetConfig
    books: int
    codes: int = 1024
    levelled: bool = False  # every chunk is divided by its root mean square
    chunk: int | None = None
    step: int | None = None  # from the start of one chunk to that of the next

    @property
    def frames_per_second(self) -> float:
        """Of every book."""
        return self.rate / self.seanet.hop

    def kbps(self, books: int | None = None) -> float:
        """The bit rate of so many books (all when not given)."""
        return (books or self.books) * math.log2(self.codes) * self.frames_per_second / 1000

    def books_at(self, kbps: float) -> int:
        """As many books as fit into a bit rate. Raises InputError for one that holds no book."""
        books = min(self.books, math.floor(kbps / self.kbps(1) + 1e-6))
        if books < 1:
            raise InputError("kbps", f"{kbps:g} kbit/s hold no codebook", f"choose from {self.kbps(1):g} up")
        return books


def encodec_24khz() -> EncodecConfig:
    """Mono, causal, 75 frames a second, 0.75 to 24 kbit/s: the codec of Bark and VALL-E."""
    return EncodecConfig(rate=24_000, seanet=_folded(seanet.encodec_24khz()), books=32)


def encodec_32khz() -> EncodecConfig:
    """MusicGen's: mono, centred, 50 frames a second, 2.2 kbit/s."""
    return EncodecConfig(rate=32_000, seanet=_folded(seanet.encodec_32khz()), books=4, codes=2048)


def encodec_48khz() -> EncodecConfig:
    """Stereo in chunks of a second that overlap by a hundredth, 150 frames a second, 1.5 to 24 kbit/s."""
    net = replace(seanet.encodec_24khz(), channels=2, causal=False, normed=False, grouped=True)
    return EncodecConfig(rate=48_000, seanet=net, books=16, levelled=True, chunk=48_000, step=47_520)


def soundstream() -> EncodecConfig:
    """The paper's shape, mono at 24 kHz and 75 frames a second, up to 6 kbit/s. No checkpoint of it is public."""
    net = SeanetConfig(
        channels=1, latent=128, width=32, ratios=(8, 5, 4, 2), residual_kernel=7, residuals=3, dilation=3, shrink=1,
        skip=False, normed=True,
    )  # fmt: skip
    return EncodecConfig(rate=24_000, seanet=net, books=8)


class Encodec(nn.Module):
    """Samples to codes and back. A forward pass is the training pass; `encode` and `decode` are for use."""

    def __init__(self, config: EncodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config.seanet)
        self.quantiser = ResidualQuantiser(config.seanet.latent, config.books, config.codes, dropout=0.5)
        self.decoder = Decoder(config.seanet)

    def forward(self, samples_BCT: Tensor, generator: torch.Generator | None = None) -> Quantised:
        """Samples there and back, [B, C, T] as `value`, with codes and commitment; gradients pass through."""
        coded = self.quantiser(self.encoder(samples_BCT), generator)
        return Quantised(self.decoder(coded.value)[..., : samples_BCT.shape[-1]], coded.codes, coded.commitment)

    @torch.inference_mode()
    def encode(self, samples_BCT: Tensor, books: int | None = None, stream: Stream | None = None) -> Tensor:
        """Codes [B, K, N] of the first `books` books; N is ceil(T / hop), or its sum over the chunks.

        With a stream, the codes of the frames that these samples complete (maybe none). Raises InputError for samples
        or books that the codec does not have, and for a stream through a codec that sees the future.
        """
        require_samples(samples_BCT, self.config.seanet.channels, live=stream is not None)
        self._check(stream)
        if stream is not None:
            latent_BDN = self.encoder(samples_BCT, stream)
            return self.quantiser.encode(latent_BDN, books)
        pieces = [samples_BCT[..., start:stop] for start, stop in self.spans(samples_BCT.shape[-1])]
        if self.config.levelled:
            pieces = [piece / level(piece)[:, None, None] for piece in pieces]
        return torch.cat(_together(lambda x_BCT: self.quantiser.encode(self.encoder(x_BCT), books), pieces), -1)

    @torch.inference_mode()
    def scale(self, samples_BCT: Tensor) -> Tensor | None:
        """The loudness [B, S] of every chunk, where the codec takes it out of the signal; else None."""
        if not self.config.levelled:
            return None
        return torch.stack([level(samples_BCT[..., a:b]) for a, b in self.spans(samples_BCT.shape[-1])], -1)

    @torch.inference_mode()
    def decode(
        self,
        codes_BKN: Tensor,
        stream: Stream | None = None,
        *,
        scale_BS: Tensor | None = None,
        length: int | None = None,
    ) -> Tensor:
        """Samples [B, C, N · hop], or the first `length` of them; as many books are read as there are codes.

        With a stream, the samples that these codes complete (maybe none). A levelled codec needs its `scale`. Raises
        InputError when codes, scale and length are not of one signal.
        """
        self._check(stream)
        if stream is not None:
            return self.decoder(self.quantiser.decode(codes_BKN), stream)  # type: ignore[no-any-return]
        if self.config.levelled and scale_BS is None:
            raise InputError("scale", "these codes do not hold their loudness", "pass codec.scale(samples)")
        frames = self._frames(codes_BKN.shape[-1], scale_BS, length)
        pieces = _together(
            lambda codes_BKN: self._sound(self.quantiser.decode(codes_BKN)), list(torch.split(codes_BKN, frames, -1))
        )
        if scale_BS is not None:
            pieces = [piece * scale_BS[:, index, None, None] for index, piece in enumerate(pieces)]
        return _overlapped(pieces, self.config.step or 0)[..., :length]

    def _sound(self, latent_BDN: Tensor) -> Tensor:
        """Samples of latents. On a CPU row by row, for one row's waves fit its cache: 1.4 times as fast for eight."""
        rows = torch.split(latent_BDN, 1) if latent_BDN.device.type == "cpu" else (latent_BDN,)
        return torch.cat([self.decoder(row) for row in rows])

    def spans(self, samples: int) -> list[tuple[int, int]]:
        """First and last-plus-one sample of every chunk of a signal."""
        if self.config.chunk is None or self.config.step is None:
            return [(0, samples)]
        starts = range(0, samples, self.config.step)
        return [(start, min(start + self.config.chunk, samples)) for start in starts]

    def _frames(self, frames: int, scale_BS: Tensor | None, length: int | None) -> list[int]:
        """How many of the codes' frames belong to each chunk; without `length`, all chunks but the last are full."""
        hop, chunk = self.config.seanet.hop, self.config.chunk
        if length is not None:
            split = [-(-(stop - start) // hop) for start, stop in self.spans(length)]
        elif chunk is None:
            split = [frames]
        else:
            full = -(-chunk // hop)
            count = -(-frames // full) if scale_BS is None else scale_BS.shape[1]
            split = [full] * (count - 1) + [frames - full * (count - 1)]
        chunks = len(split) if scale_BS is None else scale_BS.shape[1]
        if sum(split) != frames or min(split, default=0) < 1 or chunks != len(split):
            wanted = f"{length} samples" if length is not None else f"{chunks} chunks"
            raise InputError("codes", f"{frames} frames are not of {wanted}", "pass codes, scale and length together")
        return split

    def _check(self, stream: Stream | None) -> None:
        net = self.config.seanet
        if stream is not None and (not net.causal or net.grouped or self.config.levelled or self.config.chunk):
            raise InputError("stream", "this codec sees the future of its signal", "give it the whole signal")


def level(samples_BCT: Tensor) -> Tensor:
    """The root mean square [B] of the channels' mean."""
    return samples_BCT.mean(1).square().mean(-1).sqrt() + 1e-8


def _folded(net: SeanetConfig) -> SeanetConfig:
    return replace(net, normed=False)


def _together(function: Callable[[Tensor], Tensor], pieces: list[Tensor]) -> list[Tensor]:
    """A function of every piece; pieces of one length share a batch."""
    done: list[Tensor] = []
    for _, group in groupby(pieces, lambda piece: piece.shape[-1]):
        alike = list(group)
        for first in range(0, len(alike), AT_ONCE):
            batch = alike[first : first + AT_ONCE]
            done += function(torch.cat(batch)).chunk(len(batch))
    return done


def _overlapped(pieces: list[Tensor], step: int) -> Tensor:
    """Pieces [B, C, T] laid `step` apart and crossfaded: each weighs as a triangle, and the weights are divided out."""
    if len(pieces) == 1:
        return pieces[0]
    total = max(index * step + piece.shape[-1] for index, piece in enumerate(pieces))
    ramp = torch.linspace(0, 1, pieces[0].shape[-1] + 2, device=pieces[0].device, dtype=pieces[0].dtype)[1:-1]
    triangle = 0.5 - (ramp - 0.5).abs()
    out, weight = pieces[0].new_zeros(*pieces[0].shape[:-1], total), triangle.new_zeros(total)
    for index, piece in enumerate(pieces):
        at, part = slice(index * step, index * step + piece.shape[-1]), triangle[: piece.shape[-1]]
        out[..., at] += part * piece
        weight[at] += part
    return out / weight
