"""A lyric as its user writes it to sections: by tags, or, without any, parted into verses and choruses.

Notable: what comes back, whole or by its first line, is the chorus; where nothing does, every second stanza is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from soundstage.errors import InputError
from soundstage.score.lyrics import Line, read_lyrics
from soundstage.score.structure import KINDS, Part
from soundstage.text.phonemes import Frontend

SYNONYMS = {"refrain": "chorus", "hook": "chorus", "interlude": "solo", "break": "solo", "instrumental": "solo",
            "prechorus": "pre-chorus", "coda": "outro", "ending": "outro", "middle": "bridge"}  # fmt: skip
TAGS = ("intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "outro")
QUATRAIN = 4
"""Lines of a stanza in a text that has no empty lines."""
_TAG = re.compile(r"\[\s*([A-Za-z][A-Za-z -]*?)\s*\d*\s*\]\s*:?")


@dataclass(frozen=True)
class Stanza:
    """A section and the lines sung in it; without lines it is for the instruments alone."""

    name: str
    lines: tuple[Line, ...] = ()

    @property
    def kind(self) -> str:
        """The writer's kind of section."""
        return KINDS[self.name]


def parse_stanzas(text: str, frontend: Frontend | None = None) -> tuple[Stanza, ...]:
    """The sections of a lyric in order. A line such as [chorus] opens one; it may come again, and [verse 2] is a verse.

    Raises InputError for a tag that is not known, and when there is nothing to sing.
    """
    blocks: list[tuple[str, list[str]]] = [("", [])]
    tagged = False
    for row in text.splitlines():
        written = row.strip()
        if match := _TAG.fullmatch(written):
            tagged = True
            blocks.append((tag_of(match[1]), []))
        elif re.search(r"[^\W_]", written):
            blocks[-1][1].append(written)
        elif not tagged and not written:
            blocks.append(("", []))
    blocks = [(name, lines) for name, lines in blocks if name or lines]
    if not any(lines for _, lines in blocks):
        raise InputError("lyrics", "have no words to sing", "give some English words, a line for each phrase")
    if not tagged:
        blocks = _parted([lines for _, lines in blocks])
    blocks = [(name or "verse", lines) for name, lines in blocks]
    return tuple(Stanza(name, tuple(read_line(line, frontend) for line in lines)) for name, lines in blocks)


def read_line(text: str, frontend: Frontend | None = None) -> Line:
    """One line as it is sung. Raises InputError for one without words."""
    return read_lyrics(text.replace("[", "(").replace("]", ")"), frontend)[0]


def tag_of(written: str) -> str:
    """A section's name. Raises InputError listing those that are known."""
    name = re.sub(r"[\s-]+", "-", written.strip().lower())
    name = SYNONYMS.get(name, name)
    if name not in TAGS:
        known = " ".join(f"[{tag}]" for tag in TAGS)
        raise InputError("lyrics", f"have a tag [{written[:30]}] that is not known", f"use {known}")
    return name


def _parted(stanzas: Sequence[list[str]]) -> list[tuple[str, list[str]]]:
    """Stanzas without tags, named."""
    if len(stanzas) == 1 and len(stanzas[0]) > QUATRAIN + 1:
        lines = stanzas[0]
        stanzas = [lines[at : at + QUATRAIN] for at in range(0, len(lines), QUATRAIN)]
    plain = [tuple(re.sub(r"\W+", " ", line.lower()).strip() for line in lines) for lines in stanzas]
    returning = {each for each in plain if plain.count(each) > 1}
    heads = [each[0] for each in plain]
    if not returning:
        returning = {each for each in plain if heads.count(each[0]) > 1}
    if returning:
        return [("chorus" if each in returning else "verse", lines) for each, lines in zip(plain, stanzas, strict=True)]
    return [("chorus" if index % 2 else "verse", lines) for index, lines in enumerate(stanzas)]


def with_form(stanzas: Sequence[Stanza], parts: Sequence[Part]) -> tuple[Stanza, ...]:
    """The stanzas in the order of a form that was asked for, which may have instrumental sections besides.

    A section whose name has had all its stanzas sings its first one again; one that never had any is instrumental.
    Raises InputError when the form leaves lines unsung.
    """
    waiting: dict[str, list[Stanza]] = {}
    for stanza in stanzas:
        if stanza.lines:
            waiting.setdefault(stanza.name, []).append(stanza)
    first = {name: each[0] for name, each in waiting.items()}
    found = []
    for part in parts:
        name = SYNONYMS.get(part.name, part.name)
        left = waiting.get(name, [])
        stanza = left.pop(0) if left else first.get(name, Stanza(name))
        found.append(Stanza(part.name, stanza.lines))
    if unsung := [name for name, left in waiting.items() if left]:
        raise InputError("structure", f"has no place for every {unsung[0]}", f"name one more {unsung[0]} in it")
    return tuple(found)
