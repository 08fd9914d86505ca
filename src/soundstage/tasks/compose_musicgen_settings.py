"""What MusicGen's users set, and how its tokens are then drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from soundstage.decode import Sampler, greedy
from soundstage.decode.sample import Choose
from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True)
class MusicgenSettings:
    """What MusicGen's users set, under the names that they know, with the published defaults.

    `top_p` above 0 takes the place of `top_k`; `temperature` 0, or `use_sampling` off, takes the likeliest always.
    `cfg_coef` 1 is no guidance; `two_step_cfg` guides with half the memory in nearly twice the time. Past the window of
    30 s every `extend_stride` seconds a new one begins, on what the one before ended with. Raises InputError for what
    is out of range.
    """

    use_sampling: bool = True
    top_k: int = 250
    top_p: float = 0.0
    temperature: float = 1.0
    cfg_coef: float = 3.0
    two_step_cfg: bool = False
    extend_stride: float = 18.0

    def __post_init__(self) -> None:
        for field, good, remedy in (
            ("top_k", self.top_k >= 0, "0 keeps every token"),
            ("top_p", 0 <= self.top_p <= 1, "choose from 0, which leaves the choice to top_k, to 1"),
            ("temperature", 0 <= self.temperature < math.inf, "0 is greedy, 1 leaves the chances as they are"),
            ("cfg_coef", 0 <= self.cfg_coef < math.inf, "1 is no guidance, 3 is usual"),
            ("extend_stride", 0 < self.extend_stride < math.inf, "18 of 30 seconds is usual"),
        ):
            if not good:
                raise InputError(field, f"{getattr(self, field)} is out of range", remedy)

    def choose(self, generator: torch.Generator) -> Choose:
        """How tokens are drawn."""
        if not self.use_sampling or self.temperature == 0:
            return greedy
        top_k, top_p = (0, self.top_p) if self.top_p > 0 else (self.top_k, 1.0)
        return Sampler(generator=generator, temperature=self.temperature, top_k=top_k, top_p=top_p)
