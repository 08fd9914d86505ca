"""The engines of the codec tasks: how each family codes a sound that comes block by block, and says it again.

Notable: what a causal codec makes live is what it makes of the whole, so a file of any length needs the memory of a
block. EnCodec at 48 kHz works chunk by chunk and its chunks overlap; the one at 32 kHz sees its whole signal.

K codebooks · N frames · S chunks
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soundstage.codec.encodec import Encodec, EncodecConfig, level
from soundstage.errors import InputError
from soundstage.models.mimi import MimiStream
from soundstage.nn.conv import Stream

if TYPE_CHECKING:
    from soundstage.weights.load import Loaded

Samples = NDArray[np.float32]
FRAMES = 512
"""Frames of codes that are made sound at once."""


class Config(Protocol):
    """What the config of every codec tells."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def books(self) -> int:
        """Codebooks that it has."""

    @property
    def codes(self) -> int:
        """Codes of each."""

    def kbps(self, books: int | None = None) -> float:
        """The bit rate of so many books."""


class Coder:
    """A causal codec of one channel: ours, EnCodec at 24 kHz, Mimi. Works in float32 only: codes are decisions."""

    dtypes: ClassVar[tuple[str, ...]] = ("float32",)
    channels = 1

    def __init__(self, loaded: Loaded, make_stream: Callable[[], Stream] = Stream) -> None:
        self.card, self.stream = loaded.card, make_stream
        self.codec: Any = loaded.module
        self.config = cast(Config, self.codec.config)
        self.device = next(iter(self.codec.state_dict().values())).device
        self.books = fingerprint(cast(nn.Module, self.codec.quantiser))

    def books_at(self, kbps: float | None) -> int:
        """As many books as fit into a bit rate, all when none is given. Raises InputError when not one fits."""
        if kbps is None:
            return self.config.books
        one = self.config.kbps(1)
        if kbps < one - 1e-6:
            most = self.config.kbps()
            raise InputError("kbps", f"{kbps:g} kbit/s hold no codebook", f"choose from {one:g} to {most:g}")
        return min(self.config.books, math.floor(kbps / one + 1e-6))

    def encode(self, blocks: Iterable[Samples], books: int) -> tuple[NDArray[np.uint16], Samples | None]:
        """Codes [K, N] of all the blocks [channels, time], and a scale [S] where the codec has one."""
        stream, parts = self.stream(), []
        for block in blocks:
            parts.append(self._codes(self.codec.encode(self._tensor(block), books, stream)))
        stream.ending = True
        parts.append(self._codes(self.codec.encode(torch.zeros(1, 1, 0, device=self.device), books, stream)))
        return np.concatenate(parts, axis=1), None

    def decode(self, codes: NDArray[np.uint16], scale: Samples | None, length: int) -> Iterator[Samples]:
        """Blocks [channels, time] of sound, `length` samples in all."""
        stream, left = self.stream(), length
        for start in range(0, codes.shape[1], FRAMES):
            stream.ending = start + FRAMES >= codes.shape[1]
            part = self._samples(self.codec.decode(self._ids(codes[:, start : start + FRAMES]), stream))[:, :left]
            left -= part.shape[1]
            yield part

    def _tensor(self, block: Samples) -> Tensor:
        return torch.from_numpy(np.array(block, np.float32, order="C"))[None].to(self.device)

    def _ids(self, codes: NDArray[np.uint16]) -> Tensor:
        return torch.from_numpy(codes.astype(np.int64))[None].to(self.device)

    @staticmethod
    def _codes(codes_BKN: Tensor) -> NDArray[np.uint16]:
        return codes_BKN[0].cpu().numpy().astype(np.uint16)

    @staticmethod
    def _samples(samples_BCT: Tensor) -> Samples:
        return samples_BCT[0].float().cpu().numpy()


class WholeCoder(Coder):
    """A codec that sees its whole signal (EnCodec at 32 kHz): no longer than what memory holds."""

    def encode(self, blocks: Iterable[Samples], books: int) -> tuple[NDArray[np.uint16], Samples | None]:
        """As `Coder.encode`."""
        whole = np.concatenate(list(blocks), axis=1)
        return self._codes(self.codec.encode(self._tensor(whole), books)), None

    def decode(self, codes: NDArray[np.uint16], scale: Samples | None, length: int) -> Iterator[Samples]:
        """As `Coder.decode`."""
        yield self._samples(self.codec.decode(self._ids(codes), length=length))


class ChunkCoder(Coder):
    """EnCodec in overlapping chunks of a second, each divided by its loudness where the codec says so."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)
        config = cast(EncodecConfig, self.config)
        self.channels = config.seanet.channels
        self.chunk, self.step = int(config.chunk or 0), int(config.step or 0)
        self.levelled, self.hop = config.levelled, config.seanet.hop

    def encode(self, blocks: Iterable[Samples], books: int) -> tuple[NDArray[np.uint16], Samples | None]:
        """As `Coder.encode`."""
        parts: list[NDArray[np.uint16]] = []
        scale: list[float] = []
        for piece in self._pieces(blocks):
            samples = self._tensor(piece)
            with torch.inference_mode():
                loud = level(samples) if self.levelled else samples.new_ones(1)
                parts.append(self._codes(self.codec.quantiser.encode(self.codec.encoder(samples / loud), books)))
            scale.append(float(loud))
        return np.concatenate(parts, axis=1), np.array(scale, np.float32) if self.levelled else None

    def decode(self, codes: NDArray[np.uint16], scale: Samples | None, length: int) -> Iterator[Samples]:
        """As `Coder.decode`; of two chunks that overlap each weighs as a triangle."""
        spans = self.codec.spans(length)
        frames = [-(-(stop - start) // self.hop) for start, stop in spans]
        if sum(frames) != codes.shape[1] or (self.levelled and (scale is None or len(scale) != len(frames))):
            raise InputError("codes", f"{codes.shape[1]} frames are not of {length} samples", "encode the sound again")
        out = weight = np.zeros((self.channels, 0), np.float32)
        ramp = np.linspace(0, 1, frames[0] * self.hop + 2, dtype=np.float32)[1:-1]
        triangle = 0.5 - np.abs(ramp - 0.5)
        at = made = 0
        for index, count in enumerate(frames):
            with torch.inference_mode():
                sound = self.codec.decoder(self.codec.quantiser.decode(self._ids(codes[:, at : at + count])))
            piece = self._samples(sound) * (1.0 if scale is None else scale[index])
            at += count
            part = triangle[: piece.shape[1]]
            reach = max(out.shape[1], piece.shape[1])
            out, weight = (np.pad(x, ((0, 0), (0, reach - x.shape[1]))) for x in (out, weight))
            out[:, : piece.shape[1]] += part * piece
            weight[:, : piece.shape[1]] += part
            done = self.step if index + 1 < len(frames) else reach
            block = (out[:, :done] / weight[:, :done])[:, : length - made]
            made += block.shape[1]
            out, weight = out[:, done:], weight[:, done:]
            yield block

    def _pieces(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The chunks of a signal that comes in blocks."""
        waiting = np.zeros((self.channels, 0), np.float32)
        for block in blocks:
            waiting = np.concatenate((waiting, block), axis=1)
            while waiting.shape[1] > self.chunk:
                yield waiting[:, : self.chunk]
                waiting = waiting[:, self.step :]
        while waiting.shape[1]:
            yield waiting[:, : self.chunk]
            waiting = waiting[:, self.step :]


def encodec(loaded: Loaded) -> Coder:
    """The way in which an EnCodec works: live, in chunks, or on the whole."""
    config = cast(Encodec, loaded.module).config
    if config.chunk is not None:
        return ChunkCoder(loaded)
    causal = config.seanet.causal and not config.seanet.grouped and not config.levelled
    return Coder(loaded) if causal else WholeCoder(loaded)


encodec.dtypes = Coder.dtypes  # type: ignore[attr-defined]


def mimi(loaded: Loaded) -> Coder:
    """Mimi, whose transformers remember."""
    return Coder(loaded, MimiStream)


mimi.dtypes = Coder.dtypes  # type: ignore[attr-defined]


def speech(loaded: Loaded) -> Coder:
    """The codec that is measured and sounded by a vocoder."""
    from soundstage.tasks.codec_speech import SpeechCoder

    return SpeechCoder(loaded)


speech.dtypes = Coder.dtypes  # type: ignore[attr-defined]


def fingerprint(quantiser: nn.Module) -> str:
    """The hash of the codebooks and of what lies about them: what the codes mean. Other weights do not enter."""
    found = hashlib.sha256()
    for name, tensor in sorted(quantiser.state_dict().items()):
        if name.rpartition(".")[2] not in ("uses", "sums", "ready"):  # of training only
            found.update(name.encode())
            found.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


ENGINES: dict[str, Callable[[Loaded], Coder]] = {
    "codec": Coder, "encodec": encodec, "mimi": mimi, "speech_codec": speech,
}  # fmt: skip
