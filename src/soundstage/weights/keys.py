"""Key tables: from a public checkpoint's names and layouts of tensors to ours.

Notable: a table is a tuple of `(theirs, ours)` or `(theirs, ours, transform)`. `{}` stands for a layer's index and a
trailing `*` for the rest of the name; either side may be a tuple of patterns, and then the transform takes and gives
that many tensors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from soundstage.errors import InputError

Transform = Callable[..., Tensor | tuple[Tensor, ...]]
Patterns = str | tuple[str, ...]
Row = tuple[Patterns, Patterns] | tuple[Patterns, Patterns, Transform]


class Route(NamedTuple):
    """The names of their tensors that are joined, of ours that are made of them, and how."""

    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    transform: Transform

    def made(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Ours, of theirs."""
        result = self.transform(*tensors)
        return result if isinstance(result, tuple) else (result,)


def fold_weight_norm(g: Tensor, v: Tensor) -> Tensor:
    """The plain weight of a weight-normed layer:

    `g` [out, 1, …] and `v` [out, in, …]; the norm runs over all but the first axis.
    """
    folded: Tensor = g * v / torch.linalg.vector_norm(v, dim=tuple(range(1, v.ndim)), keepdim=True)
    return folded


def permute(*order: int) -> Transform:
    """Axes in another order, for instance `permute(1, 0)` for a matrix kept the other way round."""
    return lambda tensor: tensor.permute(order).contiguous()


def fuse(dim: int = 0) -> Transform:
    """Several tensors joined along one axis: separate q, k and v into one projection."""
    return lambda *tensors: torch.cat(tensors, dim)


def split(parts: int, dim: int = 0) -> Transform:
    """One tensor cut into equal parts along one axis: a fused qkv projection into its three."""
    return lambda tensor: tuple(part.contiguous() for part in tensor.chunk(parts, dim))


def rename(tensors: Mapping[str, Tensor], table: Sequence[Row], ignored: Sequence[str] = ()) -> dict[str, Tensor]:
    """The tensors under our names, by `table`; those that match `ignored` are dropped. Raises as `plan` does."""
    ours: dict[str, Tensor] = {}
    for route in plan(tensors, table, ignored):
        ours |= zip(route.ours, route.made(*(tensors[name] for name in route.theirs)), strict=True)
    return ours


def plan(names: Iterable[str], table: Sequence[Row], ignored: Sequence[str] = ()) -> list[Route]:
    """Which of their tensors make which of ours, by `table`; names that match `ignored` are dropped.

    Raises InputError naming every tensor that no row takes, and every row's partner that is not there.
    """
    left = {name for name in names if not matches(name, ignored)}
    found: list[Route] = []
    partners: list[str] = []
    for row in table:
        theirs, targets = _tuple(row[0]), _tuple(row[1])
        for captures in _captures(theirs[0], left):
            wanted = tuple(_fill(pattern, captures) for pattern in theirs)
            absent = [name for name in wanted if name not in left]
            if absent:
                partners += absent
                continue
            ours = tuple(_fill(pattern, captures) for pattern in targets)
            found.append(Route(wanted, ours, row[2] if len(row) == 3 else _same))
            left -= set(wanted)
    if partners or left:
        problem = "; ".join(
            f"{len(names)} {what}: {', '.join(sorted(names))}"
            for names, what in ((partners, "missing"), (left, "left over"))
            if names
        )
        raise InputError("weights", problem, "this is not the checkpoint that the family's key table was written for")
    return found


def routes(names: Iterable[str], table: Sequence[Row]) -> Iterator[Route]:
    """Where some tensors go. Unlike `plan` it lets partners be absent: a row is met by any of its names, once."""
    names = set(names)
    for row in table:
        theirs, targets = _tuple(row[0]), _tuple(row[1])
        found = sorted({captures for pattern in theirs for captures in _captures(pattern, names)})
        for captures in found:
            ours = tuple(_fill(pattern, captures) for pattern in targets)
            yield Route(tuple(_fill(pattern, captures) for pattern in theirs), ours, row[2] if len(row) == 3 else _same)


def filled(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A name by the first pair of patterns that it matches, or as it is."""
    for theirs, ours in pairs:
        if (match := _pattern(theirs).fullmatch(name)) is not None:
            return _fill(ours, match.groups())
    return name


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name is of one of some patterns."""
    return any(_pattern(pattern).fullmatch(name) for pattern in patterns)


def _same(tensor: Tensor) -> Tensor:
    return tensor


def _tuple(patterns: Patterns) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else patterns


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\{\}", r"(\d+)")
    return re.compile(escaped.removesuffix(r"\*") + "(.*)" if pattern.endswith("*") else escaped)


def _captures(pattern: str, names: Iterable[str]) -> list[tuple[str, ...]]:
    compiled = _pattern(pattern)
    return [match.groups() for name in sorted(names) if (match := compiled.fullmatch(name))]


def _fill(pattern: str, captures: tuple[str, ...]) -> str:
    """A pattern with its `{}` and its `*` filled in, in order."""
    rest = iter(captures)
    return re.sub(r"\{\}|\*$", lambda _: next(rest, ""), pattern)
