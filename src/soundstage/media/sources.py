"""What a result was made with: models, sound fonts and files, each with its licence, and whose licence wins.

Notable: what nobody knows is allowed to nobody: an unknown licence is stricter than one that forbids commercial use,
and a result may be used commercially only when all of its sources may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from soundstage.errors import InputError

UNKNOWN = "unknown"
# Words of a licence's name in capitals, from what binds most to what binds least; a name with none of them is free.
GRADES: tuple[tuple[str, ...], ...] = (
    ("AGPL", "GPL", "CC-BY-SA", "MPL", "LGPL"),  # what is made of it must be shared alike
    ("RAIL", "COMMUNITY", "CPML"),  # uses are restricted
    ("CC-BY",),  # its author must be named
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One thing that a result was made with.

    `kind` is "model", "adapter", "sound font" or "language model"; `data` says what a model was trained on, or where a
    thing comes from.
    """

    name: str
    licence: str
    commercial: bool
    data: str = ""
    kind: str = "model"

    def __str__(self) -> str:
        use = "commercial use allowed" if self.commercial else "no commercial use"
        return f"{self.kind} {self.name}: {self.licence or UNKNOWN}, {use}" + (
            f"; made from: {self.data}" if self.data else ""
        )

    @classmethod
    def read(cls, facts: object) -> Source:
        """From JSON; fields of a later version are left out. Raises InputError for what is no source."""
        if not isinstance(facts, Mapping) or not isinstance(facts.get("name"), str):
            raise InputError("sources", "have no name", "was the file made by soundstage?")
        texts: dict[str, Any] = {key: str(facts[key]) for key in ("name", "data", "kind") if key in facts}
        return cls(licence=str(facts.get("licence", UNKNOWN)), commercial=facts.get("commercial") is True, **texts)


def grade(source: Source) -> int:
    """How much a source binds: 0 for the unknown, 1 for what is not for commercial use, the free come last."""
    licence = source.licence.upper().replace(" ", "-")
    if not source.commercial:
        return 0 if not licence or licence.startswith(UNKNOWN.upper()) else 1
    found = (place for place, words in enumerate(GRADES, 2) if any(word in licence for word in words))
    return next(found, 2 + len(GRADES))


def strictest(sources: Iterable[Source]) -> str:
    """The licence that a result has: that of the source that binds most, or those of all that do; "" without any."""
    graded = [(grade(source), source.licence or UNKNOWN) for source in sources]
    least = min((level for level, _ in graded), default=0)
    return ", ".join(dict.fromkeys(licence for level, licence in graded if level == least))


def joined(groups: Iterable[Iterable[Source]]) -> tuple[Source, ...]:
    """All sources, each once, in their order."""
    return tuple(dict.fromkeys(source for group in groups for source in group))


def refused(sources: Iterable[Source]) -> Source | None:
    """The source that binds most of those that may not be used commercially, or None."""
    return min((source for source in sources if not source.commercial), key=grade, default=None)
