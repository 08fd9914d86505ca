"""How K codebooks of a codec become one sequence (Copet et al., 2023), and back.

Delay: book k starts `delays[k]` steps late. Parallel: no delays. Flattened: K steps a frame, one token a step.
A *template* is a sequence that holds what is known, and `UNKNOWN` where the loop is to choose.

B batch · K codebooks · T frames · S steps
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.errors import InputError

UNKNOWN = -1


@dataclass(frozen=True)
class Delays:
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

    def steps(self, frames: int) -> int:
        """The length S of `frames` frames."""
        return frames + max(self.delays)

    def lay(self, codes_BKT: Tensor, fill: int) -> Tensor:
        """Codes to a sequence [B, K, S]; places before and after a book's frames hold `fill`."""
        frames = codes_BKT.shape[-1]
        out = codes_BKT.new_full((*codes_BKT.shape[:2], self.steps(frames)), fill)
        for book, late in enumerate(self.delays):
            out[:, book, late : late + frames] = codes_BKT[:, book]
        return out

    def lift(self, sequence_BKS: Tensor) -> Tensor:
        """The codes [B, K, T] of a sequence; the inverse of `lay`."""
        frames = sequence_BKS.shape[-1] - max(self.delays)
        return torch.stack([sequence_BKS[:, book, late : late + frames] for book, late in enumerate(self.delays)], 1)

    def template(self, prompt_BKT: Tensor, frames: int, fill: int) -> Tensor:
        """The sequence [B, K, 1 + S] that begins with a column of `fill` and continues `prompt` to `frames` frames."""
        batch, books, known = prompt_BKT.shape
        if books != len(self.delays):
            raise InputError(
                "prompt", f"{books} codebooks for {len(self.delays)} delays", "give one delay for each book"
            )
        if known > frames:
            raise InputError("frames", f"the prompt's {known} frames are more than {frames}", "ask for more, or cut it")
        codes = prompt_BKT.new_full((batch, books, frames), UNKNOWN)
        codes[..., :known] = prompt_BKT
        return torch.cat((prompt_BKT.new_full((batch, books, 1), fill), self.lay(codes, fill)), -1)


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
