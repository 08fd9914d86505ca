"""The score language: a sheet as tokens, and the grammar that says what may follow.

Notable: a bar names its place in the form, then its chords, then each part in turn: `rest`, `same as n bars ago`
(under the
new chords), or events, each a place, an optional accent, a length and steps above the chord's root. A part ends when
the
next part is named. With every token go its *sides*: what the reader of the sentence so far knows (part, instrument,
place
in the bar, chord …), which the model gets as extra embeddings.

    style mode metre tempo energy  {role instrument}…  start
    { place left  root quality [half root quality]  { role (rest | same | events) }… }…  stop
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from soundstage.score.instruments import NAMES
from soundstage.score.sheet import (
    METRES,
    MOODS,
    PIECE_ORDER,
    ROLES,
    SECTIONS,
    TOP_STEP,
    Place,
    Sheet,
)
from soundstage.score.styles import STYLE_NAMES
from soundstage.score.theory import MODES, QUALITY_NAMES, Harmony, Key

TEMPOS = (70, 84, 98, 112, 126, 140, 156)  # bpm at which one bucket ends
SAMES = (1, 2, 4, 8)
LEFT_MAX = 7
HALF = 8
MOST_PITCHES = 6


def _vocabulary() -> dict[tuple[str, int], int]:
    sizes = {
        "pad": 1,
        "start": 1,
        "stop": 1,
        "style": len(STYLE_NAMES),
        "mode": len(MODES),
        "metre": len(METRES),
        "tempo": len(TEMPOS) + 1,
        "energy": len(MOODS),
        "role": len(ROLES),
        "instrument": len(NAMES),
        "place": len(SECTIONS) * 4,
        "left": LEFT_MAX + 1,
        "root": 21,
        "quality": len(QUALITY_NAMES),
        "half": 1,
        "rest": 1,
        "same": len(SAMES),
        "at": 16,
        "soft": 1,
        "loud": 1,
        "flat": 1,
        "sharp": 1,
        "length": 16,
        "step": TOP_STEP + 1,
        "again": 1,
        "drum": len(PIECE_ORDER),
    }
    return {key: i for i, key in enumerate((kind, n) for kind, size in sizes.items() for n in range(size))}


IDS = _vocabulary()
TOKENS = tuple(IDS)
VOCABULARY = len(TOKENS)
PAD = IDS["pad", 0]
STOP = IDS["stop", 0]


class Side(NamedTuple):
    """What is known beside a token; each a small number, 0 for nothing yet."""

    style: int
    place: int
    left: int
    role: int
    instrument: int
    at: int
    root: int


SIDE_SIZES = Side(len(STYLE_NAMES) + 1, len(SECTIONS) * 4 + 1, LEFT_MAX + 2, len(ROLES) + 1, len(NAMES) + 1, 17, 22)


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What the writer is told before it writes: the head of a sheet."""

    style: str
    key: Key
    bpm: float
    metre: str
    energy: int
    roster: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    chords: tuple[tuple[Harmony, ...], ...] = ()
    """One or two for each of the first bars, which the writer then has to take."""


def head(brief: Brief) -> list[int]:
    """The tokens of a brief, up to and with `start`."""
    tempo = sum(brief.bpm > top for top in TEMPOS)
    ids = [
        IDS["style", STYLE_NAMES.index(brief.style)],
        IDS["mode", tuple(MODES).index(brief.key.mode)],
        IDS["metre", METRES.index(brief.metre)],
        IDS["tempo", tempo],
        IDS["energy", brief.energy],
    ]
    for role, name in brief.roster:
        ids += [IDS["role", ROLES.index(role)], IDS["instrument", NAMES.index(name)]]
    return [*ids, IDS["start", 0]]


def brief_of(sheet: Sheet) -> Brief:
    """The head of a sheet."""
    last = len(sheet.bars) - 1
    places = tuple(Place(bar.section, bar.phrase, last - i) for i, bar in enumerate(sheet.bars))
    return Brief(
        style=sheet.style,
        key=sheet.key,
        bpm=sheet.bpm,
        metre=sheet.metre,
        energy=sheet.energy,
        roster=sheet.roster,
        places=places,
    )


def spell(sheet: Sheet) -> Iterator[int]:
    """The tokens of a sheet."""
    yield from head(brief_of(sheet))
    last = len(sheet.bars) - 1
    for index in range(len(sheet.bars)):
        yield from spell_bar(sheet, index, last - index)
    yield STOP


def spell_bar(sheet: Sheet, index: int, left: int) -> Iterator[int]:
    """The tokens of one bar, behind which `left` follow."""
    bar = sheet.bars[index]
    yield IDS["place", SECTIONS.index(bar.section) * 4 + bar.phrase]
    yield IDS["left", min(left, LEFT_MAX)]
    for i, (_, harmony) in enumerate(bar.chords[:2]):
        if i:
            yield IDS["half", 0]
        yield IDS["root", harmony.degree * 3 + harmony.alter + 1]
        yield IDS["quality", QUALITY_NAMES.index(harmony.quality)]
    for role, _ in sheet.roster:
        yield IDS["role", ROLES.index(role)]
        yield from spell_part(sheet, index, role)


def spell_part(sheet: Sheet, index: int, role: str) -> Iterator[int]:
    """The tokens of what a role plays in a bar, behind the one that names it."""
    events = sheet.bars[index].parts[role]
    if not events:
        yield IDS["rest", 0]
        return
    for i, ago in enumerate(SAMES):
        if index >= ago and sheet.bars[index].section != "end" and sheet.bars[index - ago].parts[role] == events:
            yield IDS["same", i]
            return
    before: tuple[int, ...] = ()
    for event in events:
        yield IDS["at", event.position]
        if event.accent:
            yield IDS["soft" if event.accent < 0 else "loud", 0]
        if role == "drums":
            yield from (IDS["drum", n] for n in event.pitches)
            continue
        if event.alter:
            yield IDS["flat" if event.alter < 0 else "sharp", 0]
        yield IDS["length", event.length - 1]
        if event.pitches == before:
            yield IDS["again", 0]
        else:
            yield from (IDS["step", n] for n in event.pitches)
        before = event.pitches
