"""UniPC for flows: a multistep predictor, and a corrector that costs no further look (Zhao et al., 2023).

Notable: one look a step, of second order. It works on what the velocity says of the data, and in the logarithm of
signal over noise, so `times` may start at the noise but not quite (1 − 1e-6 of noise, as `schedule.wan` has it). Of
its variants this is the one that Wan is drawn with: order 2, B(h) = expm1(−h), the last step of first order.

t  time [B] in [0, 1], 0 = noise, 1 = data
x  any shape, batch first
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from soundstage.errors import InputError
from soundstage.flow.solve import OnStep, Velocity, ignore


def unipc(velocity: Velocity, x: Tensor, times: Tensor, on_step: OnStep = ignore) -> Tensor:
    """Second order, one look a step. `times` is increasing, length steps + 1, and above 0; 1 only at its end.

    `on_step` gets what the predictor says of the next time. Raises InputError for times that begin at pure noise.
    """
    at = [float(t) for t in times.double()]
    if at[0] <= 0:
        raise InputError("times", "begin at pure noise, where the signal has no logarithm", "begin at 1e-6")
    knots = [_log_snr(t) for t in at]
    steps = len(at) - 1
    last = x  # at the time before, corrected
    seen: list[Tensor] = []  # what the last looks say of the data, newest last
    for step, (t, t_next) in enumerate(pairwise(at)):
        looked = velocity(x, times[step].to(x).expand(len(x)))
        data = x + (1 - t) * looked
        if seen:
            order = min(2, step)
            x = _correct(last, data, seen, at[step - 1 : step + 1], knots[max(0, step - 2) : step + 1], order)
        seen, last = [*seen, data][-2:], x
        order = min(2, steps - step, step + 1)
        x = _predict(x, seen, (t, t_next), knots[max(0, step - 1) : step + 2], order)
        on_step(step, x)
    return x


def _predict(x: Tensor, seen: list[Tensor], span: tuple[float, float], knots: list[float], order: int) -> Tensor:
    """From the first time of the span to the second; `knots` end with their logarithms."""
    t, t_next = span
    data, rise = seen[-1], math.expm1(knots[-2] - knots[-1])  # −1 where the step ends in the data
    x = (1 - t_next) / (1 - t) * x - t_next * rise * data
    if order == 2:
        ratio = (knots[-3] - knots[-2]) / (knots[-1] - knots[-2])
        x = x - t_next * rise * 0.5 * (seen[-2] - data) / ratio
    return x


def _correct(
    last: Tensor, data: Tensor, seen: list[Tensor], span: list[float], knots: list[float], order: int
) -> Tensor:
    """The step that led here, made again now that the data has been looked at from here."""
    t, here = span
    h = knots[-1] - knots[-2]
    rise, before = math.expm1(-h), seen[-1]
    x = (1 - here) / (1 - t) * last - here * rise * before
    if order == 1:
        return x - here * rise * 0.5 * (data - before)
    ratio = (knots[-3] - knots[-2]) / h
    first = rise / -h - 1
    second = first / -h - 0.5
    b1, b2 = first / rise, 2 * second / rise
    far = (b2 - b1) / (ratio - 1)  # of the system [[1, 1], [ratio, 1]] · weights = b
    return x - here * rise * (far * (seen[-2] - before) / ratio + (b1 - far) * (data - before))


def _log_snr(t: float) -> float:
    """log(signal / noise) of the straight path: infinite at the data."""
    return math.inf if t >= 1 else math.log(t) - math.log1p(-t)
