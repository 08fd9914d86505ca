"""When a solver looks: increasing times [steps + 1] from 0 (noise) to 1 (data)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from soundstage.errors import InputError

PRUNED = {  # the steps' ends in thirty-seconds
    5: (0, 2, 4, 8, 16, 32),
    6: (0, 2, 4, 6, 8, 16, 32),
    7: (0, 2, 4, 6, 8, 16, 24, 32),
    10: (0, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32),
    12: (0, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32),
    16: (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32),
}


def linear(steps: int) -> Tensor:
    """Equal steps."""
    if steps < 1:
        raise InputError("steps", f"{steps} steps solve nothing", "give at least 1")
    return torch.linspace(0, 1, steps + 1)


def pruned(steps: int) -> Tensor:
    """F5-TTS's empirically pruned steps: 32 equal ones, thinned where the path is straightest (Zheng et al., 2025).

    Tables exist for 5, 6, 7, 10, 12 and 16 steps; other numbers get equal steps.
    """
    if steps not in PRUNED:
        return linear(steps)
    return torch.tensor(PRUNED[steps]) / 32


def sway(steps: int, coefficient: float = -1.0) -> Tensor:
    """Sway sampling of F5-TTS (Chen et al., 2024): negative coefficients look more closely near the noise."""
    return swayed(linear(steps), coefficient)


def swayed(times: Tensor, coefficient: float) -> Tensor:
    """Any times, swayed: 0 leaves them as they are."""
    if not -1 <= coefficient <= 2 / (math.pi - 2):
        raise InputError("sway", f"{coefficient} would let time run backwards", "choose from -1 to 1.75")
    return times + coefficient * (torch.cos(math.pi / 2 * times) - 1 + times)


def shifted(steps: int, shift: float = 3.0) -> Tensor:
    """The resolution shift of Esser et al. (2024), as in Wan: above 1, more steps near the noise.

    In noise level s = 1 - t the shift is s' = shift · s / (1 + (shift - 1) · s).
    """
    if shift <= 0:
        raise InputError("shift", f"{shift} is not positive", "1 leaves the steps equal, video models use 3 to 8")
    level = 1 - linear(steps)
    return 1 - shift * level / (1 + (shift - 1) * level)
