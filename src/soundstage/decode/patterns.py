"""Patterns of codebooks: how a frame's K codes are laid out in decoding steps, and back.

Delay: book k starts `delays[k]` steps late. Parallel: no delays. Flattened: several steps a frame. Coarse first: the
first book of every frame, then all the others. A pattern is where each code stands (`places`); laying out a *template*,
a sequence that holds what is known and `UNKNOWN` where the loop is to choose, and lifting the codes are the same for
all (Copet et al., 2023).

B batch · K codebooks · T frames · S steps
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.errors import InputError

UNKNOWN = -1


class Pattern(ABC):
    """A template [B, K, 1 + S] from a prompt, and the codes [B, K, T] from what the loop made of it.

    A template begins with a column of `fill`, which also stands wherever a step has no code of a book. `streams` tells
    that frames are whole one after another, long before the end.
    """

    streams = True

    @abstractmethod
    def places(self, frames: int) -> Tensor:
        """The step [K, T] of every code, from 0; those of a book are all different."""

    @abstractmethod
    def frames(self, steps: int) -> int:
        """How many frames are whole in the first so many steps."""

    def template(self, prompt_BKT: Tensor, frames: int, fill: int) -> Tensor:
        """The sequence [B, K, 1 + S] that continues `prompt` to `frames` frames.

        Raises InputError when the prompt has other books or is longer.
        """
        batch, books, known = prompt_BKT.shape
        at_KT = self.places(frames).to(prompt_BKT.device)
        if books != len(at_KT):
            raise InputError("prompt", f"{books} codebooks for a pattern of {len(at_KT)}", "make the two alike")
        if known > frames:
            raise InputError("frames", f"the prompt's {known} frames are more than {frames}", "ask for more, or cut it")
        codes_BKT = prompt_BKT.new_full((batch, books, frames), UNKNOWN)
        codes_BKT[..., :known] = prompt_BKT
        sequence = prompt_BKT.new_full((batch, books, 2 + int(at_KT.max()) if frames else 1), fill)
        return sequence.scatter(-1, (1 + at_KT).expand(batch, -1, -1), codes_BKT)

    def lift(self, sequence_BKS: Tensor) -> Tensor:
        """The codes [B, K, T] of a template, or of its first columns: those of the frames that are whole in them."""
        at_KT = self.places(self.frames(sequence_BKS.shape[-1] - 1)).to(sequence_BKS.device)
        return sequence_BKS.gather(-1, (1 + at_KT).expand(len(sequence_BKS), -1, -1))


@dataclass(frozen=True)
class Delays(Pattern):
    """The delay of each book in steps: MusicGen's mono (0, 1, 2, 3), stereo (0, 0, 1, 1, 2, 2, 3, 3)."""

    delays: tuple[int, ...]

    @classmethod
    def parallel(cls, books: int) -> Delays:
        """All books at once."""
        return cls((0,) * books)

    @classmethod
    def staircase(cls, books: int) -> Delays:
        """Each book one step after the one before."""
        return cls(tuple(range(books)))

    def places(self, frames: int) -> Tensor:
        """See `Pattern.places`."""
        return torch.tensor(self.delays).unsqueeze(1) + torch.arange(frames)

    def frames(self, steps: int) -> int:
        """See `Pattern.frames`."""
        return max(0, steps - max(self.delays))


@dataclass(frozen=True)
class Flattened(Pattern):
    """Several steps a frame: `order` tells at which of them a book comes, such as (0, 1, 2, 3), or (0, 1, 1, 1)."""

    order: tuple[int, ...]

    @classmethod
    def one_by_one(cls, books: int) -> Flattened:
        """A step for each book."""
        return cls(tuple(range(books)))

    def places(self, frames: int) -> Tensor:
        """See `Pattern.places`."""
        return torch.tensor(self.order).unsqueeze(1) + torch.arange(frames) * (1 + max(self.order))

    def frames(self, steps: int) -> int:
        """See `Pattern.frames`."""
        return steps // (1 + max(self.order))


@dataclass(frozen=True)
class CoarseFirst(Pattern):
    """The first book of every frame, then the others side by side, each later by its `delays`."""

    delays: tuple[int, ...]
    streams = False

    def places(self, frames: int) -> Tensor:
        """See `Pattern.places`."""
        late_K = torch.tensor((0, *(frames + late for late in self.delays)))
        return late_K.unsqueeze(1) + torch.arange(frames)

    def frames(self, steps: int) -> int:
        """Of a whole sequence; no frame is whole much before its end."""
        return max(0, steps - max(self.delays)) // 2


def flatten(codes_BKT: Tensor, sizes: Sequence[int] | None = None) -> Tensor:
    """Codes to [B, 1, T · K], frame by frame. With `sizes`, book k is moved up by the sizes of those before it."""
    if sizes is not None:
        codes_BKT = codes_BKT + _offsets(sizes, codes_BKT)
    return codes_BKT.transpose(1, 2).flatten(1).unsqueeze(1)


def unflatten(sequence_B1S: Tensor, books: int, sizes: Sequence[int] | None = None) -> Tensor:
    """The inverse of `flatten`; raises InputError when S does not divide by the books."""
    if sequence_B1S.shape[-1] % books:
        raise InputError("sequence", f"{sequence_B1S.shape[-1]} steps are not whole frames of {books}", "cut the rest")
    codes_BKT = sequence_B1S.reshape(len(sequence_B1S), -1, books).transpose(1, 2)
    return codes_BKT if sizes is None else codes_BKT - _offsets(sizes, codes_BKT)


def _offsets(sizes: Sequence[int], like: Tensor) -> Tensor:
    before = [sum(sizes[:book]) for book in range(len(sizes))]
    return torch.tensor(before, dtype=like.dtype, device=like.device)[:, None]
