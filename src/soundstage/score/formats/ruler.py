"""The ruler between a score's beats and the quarter notes in which files count.

Notable: a beat is a note of the metre's value, so a quarter is one beat in 3/4 and two in 6/8; where the value changes,
so does the number of quarters that a minute holds. Files put changes where they like; here they come to lie on bars.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from soundstage.media.score import UNITS, Metre, Score, Tempo

NEAR = 1e-6


class Ruler:
    """Beats ↔ quarters for a metre and its changes."""

    def __init__(self, metre: tuple[int, int], metres: Sequence[Metre] = ()) -> None:
        self.bars, self.beats, self.quarters, self.units = [0], [0.0], [0.0], [metre[1]]
        beats = metre[0]
        for change in metres:
            span = (change.bar - self.bars[-1]) * beats
            self.beats.append(self.beats[-1] + span)
            self.quarters.append(self.quarters[-1] + span * 4 / self.units[-1])
            self.bars.append(change.bar)
            self.units.append(change.unit)
            beats = change.beats

    @classmethod
    def of(cls, score: Score) -> Ruler:
        """The ruler of a score."""
        return cls(score.metre, score.metres)

    def quarter_of(self, beat: float) -> float:
        """Quarters from the start to a beat."""
        part = max(0, bisect_right(self.beats, beat) - 1)
        return self.quarters[part] + (beat - self.beats[part]) * 4 / self.units[part]

    def beat_of(self, quarter: float) -> float:
        """The beat at a number of quarters from the start."""
        part = max(0, bisect_right(self.quarters, quarter + NEAR) - 1)
        return self.beats[part] + (quarter - self.quarters[part]) * self.units[part] / 4

    def unit_at(self, beat: float) -> int:
        """The note value of a beat."""
        return self.units[max(0, bisect_right(self.beats, beat + NEAR) - 1)]


def metres_of(changes: Iterable[tuple[float, int, int]]) -> tuple[tuple[int, int], tuple[Metre, ...]]:
    """The metre and its changes, of (quarter, beats, unit) in order of time.

    A change inside a bar makes that bar a short one, in a metre of its own, where a note value can name it; else the
    change waits for the next bar.
    """
    metre, start, bar = (4, 4), 0.0, 0
    found: dict[int, tuple[int, int]] = {}
    for quarter, beats, unit in changes:
        if beats < 1 or unit not in UNITS:
            continue
        size = metre[0] * 4 / metre[1]
        whole = int((quarter - start + NEAR) / size)
        rest = quarter - start - whole * size
        bar, start = bar + whole, start + whole * size
        if rest > NEAR:
            short = next((u for u in UNITS if u >= metre[1] and abs(rest * u / 4 - round(rest * u / 4)) < NEAR), None)
            if short is not None:
                found[bar] = (round(rest * short / 4), short)
                start = quarter
            else:
                start += size
            bar += 1
        found[bar] = metre = (beats, unit)
    first = found.pop(0, (4, 4))
    out: list[Metre] = []
    for at, (beats, unit) in sorted(found.items()):
        if (beats, unit) != ((out[-1].beats, out[-1].unit) if out else first):
            out.append(Metre(at, beats, unit))
    return first, tuple(out)


def tempi_of(changes: Iterable[tuple[float, float]], ruler: Ruler, exact: float = 1e-9) -> tuple[float, list[Tempo]]:
    """The bpm and its changes, of (quarter, quarters a minute) in order; `exact` to that part of their value."""
    paces = {0.0: 120.0}
    for quarter, pace in changes:
        paces[max(0.0, round(ruler.beat_of(quarter), 9))] = pace
    for beat in ruler.beats:
        paces.setdefault(beat, paces[max(at for at in paces if at <= beat)])
    bpms = {beat: tidy(pace * ruler.unit_at(beat) / 4, exact) for beat, pace in sorted(paces.items())}
    now = first = bpms.pop(0.0)
    tempi = []
    for beat, bpm in bpms.items():
        if bpm != now:
            tempi.append(Tempo(beat, bpm))
            now = bpm
    return first, tempi


def paces_of(score: Score, ruler: Ruler) -> list[tuple[float, float]]:
    """(beat, quarters a minute) wherever that changes: at tempi, and where a metre of another note value begins."""
    out: list[tuple[float, float]] = []
    for beat in sorted({*ruler.beats, *(tempo.beat for tempo in score.tempi)}):
        pace = score.bpm_at(beat) * 4 / ruler.unit_at(beat)
        if not out or pace != out[-1][1]:
            out.append((beat, pace))
    return out


def bars_for(end: float, metre: tuple[int, int], metres: Sequence[Metre], slack: float = 1e-3) -> int:
    """How many bars hold everything before beat `end`, at least one."""
    blank = Score(120, metre, "C major", 1, (), (), (), (), tuple(metres))
    return max(1, blank.bar_at(max(0.0, end - slack)) + 1)


def tidy(value: float, exact: float) -> float:
    """The number with the fewest decimals within `exact` (relative) of `value`."""
    return next((r for r in (round(value, digits) for digits in range(10)) if abs(r - value) <= exact * value), value)
