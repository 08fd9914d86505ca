"""Fewer looks at the network: where a velocity changes little from step to step, it is drawn on from the last two.

Notable: how much a velocity changes is known after each look, so nothing is fitted to any model in advance (TeaCache,
Liu et al., 2024, fits a polynomial to each). A wrong guess shows at the next look, which compares it with what was
then seen: that is the error it reports. Wrapped round a guided velocity it spares both looks.

t  time [B] in [0, 1], the same for the whole batch · x  any shape, batch first
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.solve import Velocity

FIRST = 2
"""Looks at the beginning: what will be seen is decided there."""


@dataclass
class Reuse:
    """A velocity that is looked at only as often as `threshold`, the relative change that may be guessed, asks for.

    `most` guesses follow one another at most, and from `last` on every time is looked at. `looks`, `guesses` and
    `errors` (of each guess that a look came after, relative) tell what happened; `reset` forgets it all.
    """

    velocity: Velocity
    threshold: float = 0.05
    most: int = 3
    last: float = 0.97
    looks: int = 0
    guesses: int = 0
    errors: list[float] = field(default_factory=list)
    _known: list[tuple[float, Tensor]] = field(default_factory=list, repr=False)
    _run: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError("threshold", f"is {self.threshold:g}", "0 looks every time, 0.05 is a good beginning")

    def reset(self) -> None:
        """Ready for another picture."""
        self.looks, self.guesses, self._run = 0, 0, 0
        self.errors.clear()
        self._known.clear()

    def __call__(self, x: Tensor, t_B: Tensor) -> Tensor:
        """The velocity at x and t, seen or guessed."""
        t = float(t_B[0])
        guess = self._guess(t)
        if guess is not None and self._run < self.most and t < self.last and self._change(t) <= self.threshold:
            self.guesses, self._run = self.guesses + 1, self._run + 1
            return guess
        seen = self.velocity(x, t_B)
        if guess is not None and self._run:
            self.errors.append(float((guess - seen).norm() / seen.norm().clamp_min(1e-12)))
        self.looks, self._run = self.looks + 1, 0
        self._known = [*self._known[-1:], (t, seen)]
        return seen

    def _guess(self, t: float) -> Tensor | None:
        """On a straight line from the last two; None before there are enough."""
        if self.looks < FIRST or len(self._known) < 2:
            return None
        (t0, v0), (t1, v1) = self._known
        return v1 + (v1 - v0) * ((t - t1) / (t1 - t0))

    def _change(self, t: float) -> float:
        """How much it is expected to have changed since the last look, relative: it goes on changing as fast."""
        (t0, v0), (t1, v1) = self._known
        rate = float((v1 - v0).norm() / v1.norm().clamp_min(1e-12)) / max(t1 - t0, 1e-9)
        return rate * (t - t1)
