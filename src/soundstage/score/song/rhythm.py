"""The rhythm of a line: on which sixteenth each syllable begins, and how long it is held.

Notable: one cheapest path over a grid. Stress wants strong beats and weak syllables shun them, all want an even pace
near what the line's bars allow, and a line wants the rhythm of the line before it, which is what makes it remembered.
The last syllable is long, and a breath is left behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from soundstage.score.syllables import Syllable

BREATH = 0.55
"""Seconds that are left behind a line, where there is room."""
FLEETEST = 0.12
"""Seconds below which no syllable is set."""
LONGEST = 2.6
"""Seconds that a line's last syllable is held at most."""
WEIGHT = {2: 1.3, 1: 1.0, 0: 0.8}
"""How long syllables want to be against each other, by their stress."""
FAR = float("inf")


@dataclass(frozen=True)
class Beat:
    """A syllable in its time: sixteenths from the line's first bar, and sixteenths that it is held."""

    at: int
    length: int


def strength(at: int, bar: int) -> float:
    """How strong a sixteenth is in a bar of `bar` sixteenths, 0 to 1."""
    place = at % bar
    if place == 0:
        return 1.0
    if bar == 16 and place == 8:
        return 0.8
    return 0.5 if place % 4 == 0 else 0.2 if place % 2 == 0 else 0.0


def rhythm(
    syllables: Sequence[Syllable],
    bars: int,
    bar: int,
    seconds: float,
    *,
    like: Collection[int] = (),
    liking: float = 0.45,
    taste: Sequence[float] = (),
) -> list[Beat]:
    """The syllables of a line in `bars` bars of `bar` sixteenths that last `seconds` each.

    `like` are the onsets of a line that this one should resemble; `taste` adds a cost to every sixteenth of a bar.
    """
    count, size = len(syllables), bars * bar
    tail = min(max(6 if size >= 24 else 2, round((BREATH + 0.5) / seconds)), max(1, size // 3))
    fine = 1 if 2 * seconds * (count + 1) > (size - tail) * seconds or seconds >= 0.2 else 2
    places = list(range(0, size, fine))
    latest = size - tail
    pace = float(np.clip((latest - 0.12 * size) / max(1, count), 0.17 / seconds, 0.5 / seconds))
    least = max(1, int(np.ceil(min(FLEETEST / seconds, max(1.0, latest / max(1, count))) - 1e-9)))
    cost = np.full((count, len(places)), FAR)
    back = np.zeros((count, len(places)), int)
    fits = [[_fit(each, at, bar, like, liking, taste) for at in places] for each in syllables]
    for p, at in enumerate(places):
        if at <= max(bar // 2, size - least * count - tail):
            cost[0, p] = fits[0][p] + 0.24 * at * seconds / 0.25
    for i in range(1, count):
        inside = syllables[i].word == syllables[i - 1].word
        for p, at in enumerate(places):
            if at > latest:
                break
            for q in range(p):
                gap = at - places[q]
                if gap < least or cost[i - 1, q] == FAR:
                    continue
                off = np.log(gap / (pace * WEIGHT[syllables[i - 1].stress]))
                price = cost[i - 1, q] + 1.3 * off**2 + (0.5 * max(0.0, gap - 6) if inside else 0.1 * max(0, gap - 8))
                price -= 0.12 * (gap in (2, 4))
                if price < cost[i, p]:
                    cost[i, p], back[i, p] = price, q
            cost[i, p] += fits[i][p]
    ending = [
        cost[-1, p] + 0.8 * max(0.0, (latest - at) * seconds - 0.4) + 0.6 * (1 - strength(at, bar))
        for p, at in enumerate(places)
    ]
    at = int(np.argmin(ending))
    if ending[at] == FAR:  # no grid is fine enough: all alike
        onsets = [int(i * latest / count) for i in range(count)]
    else:
        onsets = []
        for i in range(count - 1, -1, -1):
            onsets.append(places[at])
            at = int(back[i, at])
        onsets.reverse()
    return _held(syllables, onsets, size, seconds)


def _fit(syllable: Syllable, at: int, bar: int, like: Collection[int], liking: float, taste: Sequence[float]) -> float:
    """What it costs to begin a syllable on a sixteenth."""
    strong = strength(at, bar)
    cost = {2: 1.1 * (1 - strong), 1: 0.35 * (1 - strong)}.get(syllable.stress, 0.75 * strong)
    cost -= liking if at in like else 0.0
    return cost + (taste[at % bar] if len(taste) else 0.0) + (0.25 if at % 2 else 0.0)


def _held(syllables: Sequence[Syllable], onsets: Sequence[int], size: int, seconds: float) -> list[Beat]:
    """Every syllable is held to the next one, long ones a little shorter behind a comma; the last to the breath."""
    beats = []
    for i, at in enumerate(onsets):
        if i + 1 < len(onsets):
            length = max(1, onsets[i + 1] - at)
            if syllables[i].text[-1:] in ",.;:!?" and length >= 4:
                length -= 1 if length < 6 else 2
        else:
            rest = max(round(BREATH / seconds), 4 if size >= 24 else 2)
            length = max(1, min(size - at - rest, round(LONGEST / seconds)))
        beats.append(Beat(at, length))
    return beats
