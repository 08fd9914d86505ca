"""Measuring two ways of one piece of work, fairly.

Notable: the two run in turn, pair by pair, and each pair swaps who begins; what is reported is the median of the pairs'
ratios, so a machine that slows down half way slows both. The spread is that of the middle half of the pairs.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

CLOCK = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter
"""What times the runs: seconds of the wall, or of the processor, which a busy machine disturbs less."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison: amounts of `unit` a second, the median over pairs, and how many times faster ours is."""

    work: str
    peer: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    low: float  # the quartiles of the pairs' ratios
    high: float
    pairs: int
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row as text; a peer that is not there has no figures."""
        if math.isnan(self.ratio):
            return (self.work, self.peer, f"{self.ours:.3g} {self.unit}", "–", "–", "–", str(self.pairs), self.note)
        return (
            self.work,
            self.peer,
            f"{self.ours:.3g} {self.unit}",
            f"{self.theirs:.3g} {self.unit}",
            f"{self.ratio:.2f}×",
            f"{self.low:.2f}–{self.high:.2f}×",
            str(self.pairs),
            self.note,
        )


HEAD = ("work", "peer", "ours", "peer's", "ours is faster by", "middle half", "pairs", "note")


def compare(
    work: str,
    peer: str,
    unit: str,
    amount: float,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    pairs: int = 9,
    note: str = "",
) -> Row:
    """Time both on `amount` units of work, after one unmeasured run of each."""
    ours()
    theirs()
    times: list[tuple[float, float]] = []
    for index in range(pairs):
        if index % 2:
            peer_s = seconds(theirs)
            times.append((seconds(ours), peer_s))
        else:
            own_s = seconds(ours)
            times.append((own_s, seconds(theirs)))
    ratios = [peer_s / own_s for own_s, peer_s in times]
    low, _, high = quantiles(ratios, n=4) if pairs > 1 else [ratios[0]] * 3
    return Row(
        work=work,
        peer=peer,
        unit=unit,
        ours=amount / median(own for own, _ in times),
        theirs=amount / median(other for _, other in times),
        ratio=median(ratios),
        low=low,
        high=high,
        pairs=pairs,
        note=note,
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    return markdown(HEAD, [row.cells() for row in rows])


def markdown(head: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns aligned."""
    lines = [head, *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def machine() -> str:
    """What this machine is, in one line."""
    import torch

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = named[0].partition(":")[2].strip() if named else name
    clock = ", seconds of the processor" if CLOCK is time.process_time else ""
    return f"{name}, {os.cpu_count()} cores, torch {torch.__version__} with {torch.get_num_threads()} threads{clock}"


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    start = CLOCK()
    work()
    return CLOCK() - start
