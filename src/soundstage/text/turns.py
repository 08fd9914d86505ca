"""A text as turns, each by one speaker: lines such as `Anna: Good morning.`, or the voices of SSML.

Notable: a text is a dialogue when two lines that follow each other begin with a name, or when it is told whose voices
the names have. A line without a name goes on with the speaker before it; after an empty line it is the narrator's.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from soundstage.text.normalise import clean
from soundstage.text.passage import Passage

LINE = re.compile(
    r"\s*\**(?P<name>[^\W\d_][\w'’.-]*(?: [\w'’.-]+){0,3}?)\**(?:\s*\([^)\n]{0,60}\))?\s*:\**\s+(?P<words>\S.*)$"
)
LABELS = frozenset(
    """note notes warning example examples chapter part scene act time date day place subject to from cc re ingredients
    monday tuesday wednesday thursday friday saturday sunday question answer q a step summary title author tip
    conclusion result results important today tomorrow update ps remember caution""".split()  # noqa: SIM905
)
"""Words before a colon that are nobody's name."""


@dataclass(frozen=True)
class Turn:
    """What one speaker says; an empty name is the narrator."""

    speaker: str
    passage: Passage
    is_voice: bool = False
    """Whether the speaker's name is a voice's own, as in SSML."""


def dialogue(text: str, names: Collection[str] = ()) -> list[Turn]:
    """The turns of a text; one by the narrator where it is no dialogue. `names` are known to be speakers."""
    lines = text.splitlines()
    known = {name.casefold() for name in names}
    heads = [_head(line, known) for line in lines]
    opened = [not before.strip() for before in ("", *lines)][: len(lines)]  # whether an empty line stands before
    units = [head for head, line, new in zip(heads, lines, opened, strict=True) if head or (line.strip() and new)]
    talking = any(one and other for one, other in pairwise(units))
    if not talking and not (known and any(head and head[0].casefold() in known for head in heads)):
        return [Turn("", Passage(clean(text)))]
    turns: list[tuple[str, list[str]]] = []
    paused = True
    for line, head in zip(lines, heads, strict=True):
        if head is not None:
            turns.append((head[0], [head[1]]))
        elif not line.strip():
            paused = True
            continue
        elif paused or not turns:
            if not turns or turns[-1][0]:
                turns.append(("", [line]))
            else:
                turns[-1][1].extend(("", line))
        else:
            turns[-1][1].append(line)
        paused = False
    return [Turn(name, Passage(clean("\n".join(said)))) for name, said in turns if any(map(str.isalnum, "".join(said)))]


def _head(line: str, known: Collection[str]) -> tuple[str, str] | None:
    """The name that begins a line, and the words after it."""
    found = LINE.match(line)
    if found is None:
        return None
    name = found["name"]
    if name.casefold() in known:
        return name, found["words"]
    parts = name.split()
    titled = (
        all(part[0].isupper() or part in ("the", "of", "de", "van", "von") for part in parts) and parts[0][0].isupper()
    )
    return (name, found["words"]) if titled and parts[0].casefold() not in LABELS else None
