"""The form of a piece as its user writes it: "intro 4", "verse 8", "chorus 8" to places in phrases, and back to names.

Notable: a section that returns is the same music again, so a chorus is recognised; what is between differs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from soundstage.errors import InputError
from soundstage.media.score import Section
from soundstage.score.sheet import Place, Sheet

KINDS = {
    "intro": "intro", "verse": "A", "a": "A", "theme": "A", "head": "A", "main": "A", "solo": "A", "break": "A",
    "pre-chorus": "A", "prechorus": "A", "chorus": "B", "refrain": "B", "hook": "B", "drop": "B", "b": "B",
    "bridge": "B", "middle": "B", "interlude": "A", "c": "B", "outro": "outro", "coda": "outro", "ending": "outro",
}  # fmt: skip
"""What each name is to the writer, which knows four kinds of section."""
_ENTRY = re.compile(r"\[?\s*([A-Za-z-]+?)(?:\s*\d+(?=\s*[\]:(]))?\s*\]?\s*[:x(]?\s*(?:(\d+)(?:\s*bars?)?\)?)?")


@dataclass(frozen=True)
class Part:
    """A section to be written: its name as the user says it, and its bars (0: what is left, shared evenly)."""

    name: str
    bars: int

    @property
    def kind(self) -> str:
        """The writer's kind of section."""
        return KINDS[self.name]


def parse_structure(entries: Sequence[str]) -> tuple[Part, ...]:
    """Parts from entries such as "verse", "chorus 8", "[bridge] 4" or "verse 2: 8"; commas in an entry separate.

    Raises InputError for a name that is not known, listing those that are.
    """
    found = []
    for entry in (part for line in entries for part in line.split(",") if part.strip()):
        match = _ENTRY.fullmatch(entry.strip())
        name = match[1].lower() if match else ""
        if match is None or name not in KINDS:
            known = ", ".join(dict.fromkeys(KINDS))
            raise InputError("structure", f"{entry.strip()!r} is not known", f'write "verse" or "verse 8", of {known}')
        bars = int(match[2] or 0)
        if match[2] and bars < 1:
            raise InputError("structure", f"{entry.strip()!r} has no bars", "give it at least one")
        found.append(Part(name, bars))
    if not found:
        raise InputError("structure", "is empty", 'name its sections, such as "intro 4, verse 8, chorus 8"')
    return tuple(found)


def counted(parts: Sequence[Part]) -> int | None:
    """All bars where every part says its own, else None."""
    return sum(part.bars for part in parts) if all(part.bars for part in parts) else None


def shared(parts: Sequence[Part], bars: int) -> tuple[Part, ...]:
    """Parts that fill `bars` bars: what is not said is shared, intros and endings with half a share.

    Raises InputError where there are fewer bars than parts need.
    """
    said = sum(part.bars for part in parts)
    open_ones = [part for part in parts if not part.bars]
    if said + len(open_ones) > bars or (not open_ones and said != bars):
        problem = f"needs {said + len(open_ones)} bars where the length gives {bars}"
        raise InputError("structure", problem, "change the seconds, the bpm, or the bars of its sections")
    weights = [0.5 if part.kind in ("intro", "outro") else 1.0 for part in open_ones]
    left, out = bars - said, []
    for part in parts:
        if part.bars:
            out.append(part)
            continue
        weight, rest = weights.pop(0), 1.0 * sum(weights)
        count = left - len(weights) if not weights else max(1, _even(left * weight / (weight + rest)))
        count = min(count, left - len(weights))
        out.append(replace(part, bars=count))
        left -= count
    return tuple(out)


def _even(bars: float) -> int:
    """A number of bars near that makes phrases of four, or of two, come out even."""
    step = 4 if bars >= 6 else 2 if bars >= 2 else 1
    return max(1, round(bars / step) * step)


def places_of(parts: Sequence[Part]) -> tuple[Place, ...]:
    """The place of every bar, and of the ending, which is one bar more."""
    total = sum(part.bars for part in parts)
    places: list[Place] = []
    for part in parts:
        for index in range(part.bars):
            places.append(Place(part.kind, index % 4, total - len(places)))
    return (*places, Place("end", 0, 0))


def returned(sheet: Sheet, parts: Sequence[Part]) -> Sheet:
    """The sheet in which every part that returns plays the bars of its first time."""
    bars, at = list(sheet.bars), 0
    first: dict[str, int] = {}
    for part in parts:
        start = first.setdefault(part.name, at)
        heard = next(each.bars for each in parts if each.name == part.name)
        if start != at:
            for index in range(min(part.bars, heard)):
                bars[at + index] = replace(bars[start + index], phrase=bars[at + index].phrase)
        at += part.bars
    return replace(sheet, bars=tuple(bars))


def sections_of(parts: Sequence[Part]) -> tuple[Section, ...]:
    """The sections with the user's names, and the ending."""
    out, at = [], 0
    for part in parts:
        out.append(Section(part.name, at, part.bars))
        at += part.bars
    return (*out, Section("end", at, 1))
