"""An exponential moving average of a module's weights; what is sampled from and what is shipped."""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn


class Ema:
    """Keeps `module`, a copy whose parameters trail those of the module in training.

    The decay is warmed up, min(decay, (1 + n) / (10 + n)) at update n, so that the first updates do not drag the random
    initial weights along. Buffers (running statistics, codebooks that learn by their own averages) are copied.
    """

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, count: int) -> None:
        """Move towards `module`; `count` is the number of updates made before this one."""
        decay = min(self.decay, (1 + count) / (10 + count))
        ours = cast(list[Tensor], list(self.module.parameters()))
        torch._foreach_lerp_(ours, cast(list[Tensor], list(module.parameters())), 1 - decay)
        for mine, theirs in zip(self.module.buffers(), module.buffers(), strict=True):
            mine.copy_(theirs)
