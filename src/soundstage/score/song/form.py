"""How long everything takes: bars for every line and section, the tempo, and where each line is sung.

Notable: every tempo and number of bars that fill the length to the sample is looked at, and the one is taken whose
lines are sung at the most natural pace. What is left over is for the instruments.

All bars are counted from 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from soundstage.errors import InputError
from soundstage.score.lyrics import Line
from soundstage.score.perform import RING, RING_LEAST
from soundstage.score.song.stanzas import Stanza
from soundstage.score.structure import Part

EASY, HURRIED = 0.28, 0.19
"""Seconds from syllable to syllable in a line: at ease, and the least."""
TAIL = 1.25
"""Seconds for a line's last syllable and a breath."""
SHORTEST, LONGEST = 20.0, 360.0
"""Seconds of a song."""
SLOWEST, FASTEST = 52.0, 168.0
"""Beats a minute that are considered where none is asked for."""
SOLO, INTRO, OUTRO = 8, 4, 2
"""Bars of instrumental sections where there is time."""


@dataclass(frozen=True)
class Phrase:
    """A line in its place: first bar and bars, its section's name, which of its stanza's lines it is, of how many."""

    line: Line
    bar: int
    bars: int
    section: str
    index: int
    count: int


@dataclass(frozen=True)
class Form:
    """A whole song before a note is written. `parts` fill all bars but the ending's."""

    parts: tuple[Part, ...]
    phrases: tuple[Phrase, ...]
    bpm: float
    seconds: float

    @property
    def bars(self) -> int:
        """All bars, the ending's included."""
        return sum(part.bars for part in self.parts) + 1


@dataclass(frozen=True)
class _Room:
    """Stanzas at a tempo: bars of every line, and bars that nobody sings."""

    lines: tuple[tuple[int, ...], ...]
    said: tuple[int, ...]
    """Bars that the user gave each section; 0 where none."""
    bpm: float
    exact: bool = False
    """Whether the user named all sections, so that none is added."""

    @property
    def sung(self) -> int:
        return sum(max(sum(each), said) for each, said in zip(self.lines, self.said, strict=True) if each)

    @property
    def fixed(self) -> int:
        """Bars of instrumental sections that were said."""
        return sum(said for each, said in zip(self.lines, self.said, strict=True) if not each)


def line_bars(line: Line, bpm: float, beats: int, *, hurried: bool = False) -> int:
    """The bars a line needs at a tempo: one, or an even number, in which its syllables and a breath fit."""
    step = max(0.25, HURRIED * bpm / 60) if hurried else max(0.5, EASY * bpm / 60)
    needed = (len(line.syllables) - 1) * step + max((0.6 if hurried else 1.0) * TAIL * bpm / 60, step)
    bars = 1
    while bars * beats < needed - 1e-9:
        bars = bars + 1 if bars == 1 else bars + 2
    return bars


def arranged(
    stanzas: Sequence[Stanza],
    beats: int,
    wish: float,
    *,
    bpm: float | None = None,
    seconds: float | None = None,
    said: Sequence[int] | None = None,
) -> Form:
    """The form of stanzas: at `bpm` where given, else near `wish`; of `seconds` where given, else as long as it needs.

    `said` are bars that the user wants for each stanza, 0 for none. Raises InputError for lyrics that do not fit.
    """
    given = tuple(said) if said is not None else (0,) * len(stanzas)
    if seconds is None:
        room = _room(stanzas, beats, bpm or min(max(wish, SLOWEST), FASTEST), given)
        body = room.sung + room.fixed + _usual(stanzas, given, room.sung, exact=said is not None)
        seconds = round(body * beats * 60 / room.bpm + RING, 2)
        if seconds < SHORTEST:
            return arranged(stanzas, beats, wish, bpm=bpm, seconds=SHORTEST, said=said)
        if seconds > LONGEST:
            lines = sum(len(stanza.lines) for stanza in stanzas)
            problem = f"have {lines} lines, {seconds:.0f} s of song at {room.bpm:g} bpm"
            raise InputError("lyrics", problem, f"give fewer, or the seconds, at most {LONGEST:g}")
    else:
        room, body = _fitted(stanzas, beats, wish, bpm, seconds, given, exact=said is not None)
    return _laid(stanzas, replace(room, exact=said is not None), body, seconds)


def _room(stanzas: Sequence[Stanza], beats: int, bpm: float, said: Sequence[int], *, hurried: bool = False) -> _Room:
    lines = []
    for stanza, bars in zip(stanzas, said, strict=True):
        each = [line_bars(line, bpm, beats, hurried=hurried) for line in stanza.lines]
        if each and not hurried:  # lines of a stanza are alike, unless one cannot be
            usual = max(sorted(each)[len(each) // 2], 2 if beats * 2 * 60 / bpm < 7 else 1)
            quick = [line_bars(line, bpm, beats, hurried=True) for line in stanza.lines]
            each = [usual if least <= usual else count for count, least in zip(each, quick, strict=True)]
        if each and bars:
            if sum(each) > bars:
                each = [line_bars(line, bpm, beats, hurried=True) for line in stanza.lines]
            if sum(each) > bars:
                raise InputError(
                    "structure", f"gives {stanza.name} {bars} bars for {len(each)} lines that need {sum(each)}",
                    "give it more bars, or no number",
                )  # fmt: skip
            each = [max(count, bars // len(each)) if max(each) <= bars // len(each) else count for count in each]
        lines.append(tuple(each))
    return _Room(tuple(lines), tuple(said), bpm)


def _usual(stanzas: Sequence[Stanza], said: Sequence[int], sung: int, *, exact: bool) -> int:
    """Bars for the instruments where nobody counts: of open sections, and an opening and an ending."""
    solos = [s for s, bars in zip(stanzas, said, strict=True) if not s.lines and not bars]
    open_bars = sum(INTRO if s.name in ("intro", "outro") else SOLO for s in solos)
    if exact:
        return open_bars
    names = {stanza.name for stanza in stanzas}
    small = sung < 12
    open_bars += 0 if "intro" in names else INTRO // 2 if small else INTRO
    return open_bars + (0 if "outro" in names or small else OUTRO)


def _fitted(
    stanzas: Sequence[Stanza],
    beats: int,
    wish: float,
    bpm: float | None,
    seconds: float,
    said: tuple[int, ...],
    *,
    exact: bool,
) -> tuple[_Room, int]:
    """The room and the bars of the whole but its ending, whose lines are sung most naturally."""
    best: tuple[float, _Room, int] | None = None
    for tempo, body in _tempi(beats, bpm, seconds):
        for hurried in (False, True):
            try:
                room = _room(stanzas, beats, tempo, said, hurried=hurried)
            except InputError:
                if bpm is not None and hurried:
                    raise
                continue
            usual = _usual(stanzas, said, room.sung, exact=exact)
            least = sum(1 for s, bars in zip(stanzas, said, strict=True) if not s.lines and not bars)
            extra = body - room.sung - room.fixed
            if extra < least:
                continue
            counted = all(bars for bars in said) and extra > 0
            off = abs(math.log(tempo / wish))
            cost = 10 * off + 20 * max(0.0, off - 0.3) + 3.0 * hurried + 0.12 * abs(extra - usual) + 0.2 * (extra % 2)
            cost += (0.3 if body % 4 else 0) + (1.0 if counted else 0)
            if best is None or cost < best[0]:
                best = (cost, room, body)
    if best is None:
        raise InputError("lyrics", *_too_long(stanzas, beats, wish, bpm, seconds, said))
    return best[1], best[2]


def _tempi(beats: int, bpm: float | None, seconds: float) -> list[tuple[float, int]]:
    """Tempi and bars that fill a length, but for the ring of the last chord."""
    if bpm is not None:
        return [(bpm, max(1, int((seconds - RING_LEAST) / (beats * 60 / bpm) + 1e-9)))]
    room = max(seconds - RING, 0.5 * seconds)
    low, high = (max(1, math.ceil(SLOWEST * room / (60 * beats))), int(FASTEST * room / (60 * beats)))
    return [(round(body * beats * 60 / room, 3), body) for body in range(low, max(high, low) + 1)]


def _too_long(
    stanzas: Sequence[Stanza], beats: int, wish: float, bpm: float | None, seconds: float, said: tuple[int, ...]
) -> tuple[str, str]:
    """What is wrong, and how long a song the lines make."""
    lines = sum(len(stanza.lines) for stanza in stanzas)
    tempo = bpm or min(FASTEST, 1.3 * wish)
    try:
        room = _room(stanzas, beats, tempo, said, hurried=True)
    except InputError:
        room = _room(stanzas, beats, tempo, (0,) * len(said), hurried=True)
    empty = sum(1 for stanza in stanzas if not stanza.lines)
    needed = (room.sung + room.fixed + empty) * beats * 60 / tempo + RING
    at = f" at {bpm:g} bpm" if bpm else ""
    return (
        f"have {lines} lines, too many for {seconds:g} s{at}",
        f"give fewer lines, or ask for {math.ceil(max(needed, seconds + 1))} s or more",
    )


def _laid(stanzas: Sequence[Stanza], room: _Room, body: int, seconds: float) -> Form:
    """Parts with their bars, instrumental ones sharing what is left, and every line in its place."""
    sizes = [
        max(sum(each), said) if each else said for each, said in zip(room.lines, room.said, strict=True)
    ]  # fmt: skip
    parts = [Part(stanza.name, size) for stanza, size in zip(stanzas, sizes, strict=True)]
    lines = list(room.lines)
    places = list(stanzas)
    names = {stanza.name for stanza in stanzas}
    left = body - sum(sizes)
    if room.exact:
        names |= {"intro", "outro", "solo"}
    if left and "intro" not in names and left > sum(1 for part in parts if not part.bars):
        parts, lines, places = [Part("intro", 0), *parts], [(), *lines], [Stanza("intro"), *places]
    if left > INTRO + 1 and "outro" not in names:
        parts, lines, places = [*parts, Part("outro", 0)], [*lines, ()], [*places, Stanza("outro")]
    wide = left - INTRO - OUTRO
    if wide >= SOLO and "solo" not in names and len(stanzas) > 2:
        at = max((i for i, s in enumerate(places) if s.name == "chorus" and i > 1), default=len(places) - 1)
        parts.insert(at, Part("solo", 0))
        lines.insert(at, ())
        places.insert(at, Stanza("solo"))
    parts = _shared(parts, left)
    phrases, at = [], 0
    for part, bars, stanza in zip(parts, lines, places, strict=True):
        start = at
        for index, (line, count) in enumerate(zip(stanza.lines, bars, strict=True)):
            phrases.append(Phrase(line, start, count, stanza.name, index, len(stanza.lines)))
            start += count
        at += part.bars
    return Form(tuple(parts), tuple(phrases), room.bpm, seconds)


def _shared(parts: Sequence[Part], left: int) -> list[Part]:
    """Parts without bars share what is left: evenly by weight, in twos where that comes out."""
    open_ones = [index for index, part in enumerate(parts) if not part.bars]
    if not open_ones:
        last = len(parts) - 1
        return [replace(part, bars=part.bars + (left if index == last else 0)) for index, part in enumerate(parts)]
    weights = {index: {"intro": INTRO, "outro": OUTRO + 1}.get(parts[index].name, SOLO) for index in open_ones}
    bars = dict.fromkeys(open_ones, 1)
    for _ in range(left - len(open_ones)):
        bars[min(open_ones, key=lambda index: (bars[index] / weights[index], index))] += 1
    odd = [index for index in open_ones if bars[index] % 2 and bars[index] > 1]
    for giving, taking in zip(odd[::2], odd[1::2], strict=False):
        bars[giving], bars[taking] = bars[giving] - 1, bars[taking] + 1
    return [replace(part, bars=bars.get(index, part.bars)) for index, part in enumerate(parts)]
