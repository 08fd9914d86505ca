"""Residual vector quantisation: each book quantises what the ones before left over (Zeghidour et al., 2021).

Notable: quantiser dropout. In training a random number of leading books is used, so any prefix of the books is a codec
of a lower rate.

B batch · D width · K codebooks · T frames
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from soundstage.codec.vq import Quantised, VectorQuantiser
from soundstage.errors import InputError


class ResidualQuantiser(nn.Module):
    """`books` quantisers of `size` codes; `code_width` projects in and out of a narrower space (Mimi, DAC)."""

    def __init__(
        self,
        width: int,
        books: int,
        size: int,
        *,
        code_width: int | None = None,
        decay: float = 0.99,
        alive: float = 0.03,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        inner = code_width or width
        self.width, self.dropout = width, dropout
        self.rise = nn.Conv1d(width, inner, 1, bias=False) if code_width else nn.Identity()
        self.fall = nn.Conv1d(inner, width, 1, bias=False) if code_width else nn.Identity()
        self.books = nn.ModuleList(VectorQuantiser(inner, size, decay=decay, alive=alive) for _ in range(books))

    def encode(self, x_BDT: Tensor, books: int | None = None) -> Tensor:
        """Codes [B, K, T] of the first `books` books (all when not given)."""
        chosen = self._first(books)
        if x_BDT.shape[-1] == 0:  # a stream that waits
            return torch.zeros(len(x_BDT), len(chosen), 0, dtype=torch.long, device=x_BDT.device)
        residual, codes = self.rise(x_BDT), []
        for book in chosen:
            codes.append(book.encode(residual))
            residual = residual - book.decode(codes[-1])
        return torch.stack(codes, 1)

    def decode(self, codes_BKT: Tensor) -> Tensor:
        """Vectors [B, D, T] from as many books as there are codes."""
        books = self._first(codes_BKT.shape[1])
        if codes_BKT.shape[-1] == 0:
            return books[0].codebook.new_zeros(len(codes_BKT), self.width, 0)
        value = torch.stack([book.decode(codes_BKT[:, k]) for k, book in enumerate(books)]).sum(0)
        return self.fall(value)  # type: ignore[no-any-return]

    def forward(self, x_BDT: Tensor, generator: torch.Generator | None = None, books: int | None = None) -> Quantised:
        """Quantise with the first `books` books; when not given, all, or in training a random prefix now and then."""
        x = self.rise(x_BDT)
        if books is None and self.training and self.dropout > 0 and generator is not None:
            draw = torch.rand(2, generator=generator, device=generator.device).tolist()
            books = 1 + int(draw[1] * len(self.books)) if draw[0] < self.dropout else None
        residual, value, commitment, codes = x, torch.zeros_like(x), x.new_zeros(()), []
        for book in self._first(books):
            part: Quantised = book(residual, generator)
            residual = residual - part.value.detach()
            value = value + part.value.detach()
            commitment = commitment + part.commitment
            codes.append(part.codes)
        value = x + (value - x).detach()
        return Quantised(self.fall(value), torch.stack(codes, 1), commitment / len(codes))

    def _first(self, books: int | None) -> list[VectorQuantiser]:
        if books is not None and not 1 <= books <= len(self.books):
            raise InputError("books", f"{books} of {len(self.books)} codebooks", f"choose from 1 to {len(self.books)}")
        return [cast(VectorQuantiser, book) for book in self.books][:books]


class SplitQuantiser(nn.Module):
    """Mimi's: the first `meaning` books and the others each quantise the same input, and their values are added.

    So the first can be trained to hold what is said, whatever sound the others leave over (Défossez et al., 2024).
    """

    def __init__(
        self,
        width: int,
        books: int,
        size: int,
        *,
        meaning: int = 1,
        code_width: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.first = ResidualQuantiser(width, meaning, size, code_width=code_width)
        self.rest = ResidualQuantiser(width, books - meaning, size, code_width=code_width, dropout=dropout)

    def encode(self, x_BDT: Tensor, books: int | None = None) -> Tensor:
        """Codes [B, K, T] of the first `books` books (all when not given)."""
        first, rest = self._parts(books)
        codes = [self.first.encode(x_BDT, first), *([self.rest.encode(x_BDT, rest)] if rest else [])]
        return torch.cat(codes, 1)

    def decode(self, codes_BKT: Tensor) -> Tensor:
        """Vectors [B, D, T] from as many books as there are codes."""
        first, rest = self._parts(codes_BKT.shape[1])
        value = self.first.decode(codes_BKT[:, :first])
        return value + self.rest.decode(codes_BKT[:, first:]) if rest else value

    def forward(self, x_BDT: Tensor, generator: torch.Generator | None = None) -> Quantised:
        """Quantise with all books, or in training with a random prefix now and then."""
        first, rest = self.first(x_BDT, generator), self.rest(x_BDT, generator)
        return Quantised(
            first.value + rest.value, torch.cat((first.codes, rest.codes), 1), first.commitment + rest.commitment
        )

    def _parts(self, books: int | None) -> tuple[int, int]:
        meaning, most = len(self.first.books), len(self.first.books) + len(self.rest.books)
        books = most if books is None else books
        if not 1 <= books <= most:
            raise InputError("books", f"{books} of {most} codebooks", f"choose from 1 to {most}")
        return min(meaning, books), max(0, books - meaning)
