"""A codec as a model that writes its codes uses it: codes of a recording, sound of codes, whole or piece by piece.

N samples · K codebooks · F frames of codes
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soundstage.decode import Central
from soundstage.decode.sample import Choose
from soundstage.nn.conv import Stream
from soundstage.tasks.codec_engines import speech
from soundstage.weights import Loaded

CHUNK = 25
"""Frames of codes of a live piece."""


class SharedCodec(Protocol):
    """What another model needs of a codec."""

    model: Any

    def codes_of(self, samples_N: NDArray[np.float32], books: int | None = None) -> Tensor:
        """Codes [1, K, F] of a recording at the codec's rate."""

    def sound_of(self, codes_1KF: Tensor) -> NDArray[np.float32]:
        """Samples [N]."""

    def pieces_of(self, codes_1KF: Tensor) -> Iterator[NDArray[np.float32]]:
        """The same, piece by piece."""


class CausalCodec:
    """A codec of one channel that is a network: ours, or EnCodec."""

    dtypes: ClassVar[tuple[str, ...]] = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model: Any = loaded.module
        self.device = next(self.model.parameters()).device

    @torch.inference_mode()
    def codes_of(self, samples_N: NDArray[np.float32], books: int | None = None) -> Tensor:
        """See `SharedCodec`."""
        codes: Tensor = self.model.encode(torch.from_numpy(samples_N)[None, None].to(self.device), books)
        return codes

    @torch.inference_mode()
    def sound_of(self, codes_1KF: Tensor) -> NDArray[np.float32]:
        """See `SharedCodec`."""
        sound: NDArray[np.float32] = self.model.decode(codes_1KF.to(self.device))[0, 0].float().cpu().numpy()
        return sound

    def pieces_of(self, codes_1KF: Tensor) -> Iterator[NDArray[np.float32]]:
        """See `SharedCodec`."""
        stream, count = Stream(), codes_1KF.shape[-1]
        for first in range(0, count, CHUNK):
            stream.ending = first + CHUNK >= count
            with torch.inference_mode():
                piece = self.model.decode(codes_1KF[..., first : first + CHUNK].to(self.device), stream)
            yield piece[0, 0].float().cpu().numpy()


CODECS: Mapping[str, Callable[[Loaded], Any]] = MappingProxyType(
    {"codec": CausalCodec, "encodec": CausalCodec, "speech_codec": speech}
)


def codebooks(codec: nn.Module, books: int) -> list[Tensor]:
    """The vectors [codes, D] of a codec's first books."""
    return [tensor for name, tensor in codec.state_dict().items() if name.endswith("codebook")][:books]


def central(codec: nn.Module, first: int, books: int) -> list[Choose]:
    """Who chooses in the books from `first` up to `books`: the code of the least expected error."""
    return [Central(vectors) for vectors in codebooks(codec, books)[first:]]


def books_stamp(codec: nn.Module, books: int) -> str:
    """What pins the meaning of the codes of a codec's first books, whatever becomes of the others and its decoder."""
    digest = hashlib.sha256()
    for tensor in codebooks(codec, books):
        digest.update(tensor.half().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
