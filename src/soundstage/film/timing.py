"""The film's clock: whole frames at 24 a second, the cards at both ends, and where every shot and every line begins.

Notable: dialogue first. A shot lasts as long as its script plans, or longer when the measured speech needs it; what
one shot does moves no other shot's length. A cross-fade is centred on the cut and takes no time out of the film.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

FPS = 24
"""Frames a second of every film."""
FADE = 10
"""Frames of a cross-fade, centred on its cut; the film opens from black and closes to black over as many."""
LEAD = 7
"""Frames of a shot before its first line."""
TAIL = 7
"""Frames of a shot after its last line."""
TIGHT = 4
"""Frames that each of the two may shrink to before a shot grows."""
_SETTLE = 0.9
"""Seconds at most that a shot with time to spare waits before its first line."""
_BREATH = 1.4
"""Seconds at most that such a shot adds between two lines."""


@dataclass(frozen=True, kw_only=True)
class Length:
    """A shot in time: `frames`, where its lines start (seconds from its start), and `take`, the seconds of each clip.

    A clip has half a cross-fade more at both ends than the film shows of it.
    """

    frames: int
    starts: tuple[float, ...]
    take: float


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The whole film in frames: the title card, the shots, the end card. `seconds` is exact at 24 a second."""

    title: int
    shots: tuple[Length, ...]
    end: int
    frames: int
    seconds: float

    def starts(self) -> list[int]:
        """The first frame of every shot."""
        starts = [self.title]
        for shot in self.shots[:-1]:
            starts.append(starts[-1] + shot.frames)
        return starts

    def line_starts(self) -> list[float]:
        """When every line of the film starts, in seconds, in order."""
        return [
            first / FPS + start for first, shot in zip(self.starts(), self.shots, strict=True) for start in shot.starts
        ]


def join(title: int, shots: Sequence[Length], end: int) -> Cut:
    """The film's clock from its parts."""
    frames = title + sum(shot.frames for shot in shots) + end
    return Cut(title=title, shots=tuple(shots), end=end, frames=frames, seconds=frames / FPS)


def card_frames(total: int) -> tuple[int, int]:
    """Frames of the title card and of the end card in a film of `total` frames; very short films have no end card."""
    seconds = total / FPS
    if seconds < 12:
        return 30, 0
    return (50, 40) if seconds < 45 else (72, 60)


def frames_of(seconds: float | Fraction) -> int:
    """Whole frames that hold this time, rounded up on the grid (a thousandth of a frame is forgiven)."""
    exact = Fraction(seconds) * FPS - Fraction(1, 1000)
    return max(1, -(-exact.numerator // exact.denominator))


def measure(lines: Sequence[float], pauses: Sequence[float], planned: int, takes: int = 1) -> Length:
    """A shot of spoken lines (seconds each, with the pause after each but the last), at least `planned` frames long.

    Spare time goes before the first line and between the lines, up to a breath each; the rest follows the last line.
    """
    needed = sum(lines) + sum(pauses[: max(0, len(lines) - 1)])
    spoken = frames_of(needed) if lines else 0
    frames = max(planned, spoken + 2 * TIGHT)
    lead = min(LEAD, (frames - spoken) // 2)
    spare = max(0.0, (frames - lead - TAIL) / FPS - needed)
    settle = min(_SETTLE, spare * 0.35)
    breath = min(_BREATH, spare * 0.35 / (len(lines) - 1)) if len(lines) > 1 else 0.0
    starts, now = [], lead / FPS + settle
    for seconds, pause in zip(lines, pauses, strict=True):
        starts.append(round(now, 6))
        now += seconds + pause + breath
    return Length(frames=frames, starts=tuple(starts), take=(-(-frames // takes) + FADE) / FPS)


def split_frames(total: int, weights: Sequence[float], *, shortest: int) -> list[int]:
    """`total` frames split by weights, none below `shortest` where the total allows it; the sum is exact."""
    floor = min(shortest, total // len(weights))
    spare = total - floor * len(weights)
    over = [max(0.0, weight / sum(weights) * total - floor) for weight in weights]
    scale = spare / sum(over) if sum(over) > 0 else 0.0
    frames = [floor + int(part * scale) for part in over]
    for index in range(total - sum(frames)):
        frames[index % len(frames)] += 1
    return frames
