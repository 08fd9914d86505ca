"""When a solver looks: increasing times [steps + 1] from 0 (noise) to 1 (data)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from soundstage.errors import InputError


def linear(steps: int) -> Tensor:
    """Equal steps."""
    if steps < 1:
        raise InputError("steps", f"{steps} steps solve nothing", "give at least 1")
    return torch.linspace(0, 1, steps + 1)


def sway(steps: int, coefficient: float = -1.0) -> Tensor:
    """Sway sampling of F5-TTS (Chen et al., 2024): negative coefficients look more closely near the noise."""
    if not -1 <= coefficient <= 2 / (math.pi - 2):
        raise InputError("sway", f"{coefficient} would let time run backwards", "choose from -1 to 1.75")
    t = linear(steps)
    return t + coefficient * (torch.cos(math.pi / 2 * t) - 1 + t)


def shifted(steps: int, shift: float = 3.0) -> Tensor:
    """The resolution shift of Esser et al. (2024), as in Wan: above 1, more steps near the noise.

    In noise level s = 1 - t the shift is s' = shift · s / (1 + (shift - 1) · s).
    """
    if shift <= 0:
        raise InputError("shift", f"{shift} is not positive", "1 leaves the steps equal, video models use 3 to 8")
    level = 1 - linear(steps)
    return 1 - shift * level / (1 + (shift - 1) * level)
