"""In which order the bars of a written sheet are played: repeats, endings, da capo, segno and coda.

Notable: a score has no repeats, so reading a sheet writes them out. After a jump back nothing is repeated and the last
endings are taken, as players do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 20_000
"""Bars after which a sheet is taken to be a circle."""
LAST = 99


@dataclass
class Mark:
    """What is written at a bar: whether a repeat opens before it; how often what it closes is played in all (0: it
    closes nothing); the endings it belongs to; and the signs of a jump, `jump` being "capo" or "segno"."""

    opens: bool = False
    closes: int = 0
    endings: frozenset[int] = frozenset()
    segno: bool = False
    coda: bool = False
    fine: bool = False
    to_coda: bool = False
    jump: str = ""


def order(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """(bar, the how-manieth time round, from 1) in the order of playing."""
    out: list[tuple[int, int]] = []
    at, start, times, jumped, ended = 0, 0, 1, False, False
    while at < len(marks) and len(out) < MOST:
        mark = marks[at]
        if (mark.opens and at != start) or (ended and not mark.endings):
            start, times = at, 1
        ended = bool(mark.endings)
        wanted = _last_ending(marks, at) if jumped else times
        if mark.endings and wanted not in mark.endings:
            at += 1
            continue
        out.append((at, 1 if jumped else times))
        if jumped and mark.fine:
            break
        if jumped and mark.to_coda and (coda := _find(marks, "coda", at)) is not None:
            at = coda
        elif mark.closes and not jumped and times < _plays(marks, at):
            at, times, ended = start, times + 1, False
        elif mark.jump and not jumped:
            jumped, ended = True, False
            at = (_find(marks, "segno", -1) or 0) if mark.jump == "segno" else 0
            start, times = at, 1
        else:
            if mark.closes and not mark.endings:
                start, times = at + 1, 1
            at += 1
    return out


def _find(marks: Sequence[Mark], sign: str, after: int) -> int | None:
    """The first bar after another that has a sign."""
    return next((index for index in range(after + 1, len(marks)) if getattr(marks[index], sign)), None)


def _group(marks: Sequence[Mark], at: int) -> frozenset[int]:
    """The endings of this bar and of those that follow it without a bar between."""
    found: frozenset[int] = frozenset()
    while at < len(marks) and marks[at].endings:
        found |= marks[at].endings
        at += 1
    return found


def _plays(marks: Sequence[Mark], at: int) -> int:
    """How often what a bar closes is played in all: as often as there are endings, where there are any."""
    return max(_group(marks, at)) if marks[at].endings else marks[at].closes


def _last_ending(marks: Sequence[Mark], at: int) -> int:
    """The ending to take after a jump: the highest of the bars of endings around this one."""
    while at and marks[at - 1].endings and marks[at].endings:
        at -= 1
    return max(_group(marks, at), default=LAST)
