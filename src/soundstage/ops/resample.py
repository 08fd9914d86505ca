"""Change of sample rate by a polyphase windowed sinc, with lengths that come out exactly.

T samples
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError


def resample(x: Tensor, rate: int, target: int, *, zeros: int = 24, rolloff: float = 0.95) -> Tensor:
    """[..., T] at `rate` to [..., ceil(T · target / rate)] at `target`, aligned: sample 0 stays at time 0.

    `zeros` is the half-width of the sinc in zero crossings, `rolloff` the pass band as a part of the lower Nyquist
    rate.
    """
    if rate <= 0 or target <= 0:
        raise InputError("rate", f"{rate} Hz to {target} Hz", "rates are positive")
    if rate == target:
        return x
    divisor = math.gcd(rate, target)
    down, up = rate // divisor, target // divisor
    bank, reach = _bank(down, up, zeros, rolloff)
    flat = x.reshape(-1, 1, x.shape[-1])
    padded = F.pad(flat, (reach, reach + down))
    y = F.conv1d(padded, bank.to(x)[:, None], stride=down)  # [B, up, strides]
    length = -(-x.shape[-1] * up // down)
    return y.transpose(1, 2).reshape(*x.shape[:-1], -1)[..., :length]


@lru_cache(maxsize=32)
def _bank(down: int, up: int, zeros: int, rolloff: float) -> tuple[Tensor, int]:
    """One filter for each of the `up` phases between two strides of `down` input samples, and their reach."""
    with torch.inference_mode(False):  # what is kept may be used in training too
        cut = min(1.0, up / down) * rolloff  # as a part of the input's Nyquist rate
        reach = math.ceil(zeros / cut)
        phase = torch.arange(up, dtype=torch.float64)[:, None] * down / up  # the output's place in input samples
        distance = torch.arange(-reach, reach + down, dtype=torch.float64) - phase
        window = torch.special.i0(10.0 * (1 - (distance / reach).square()).clamp_min(0).sqrt()) / torch.special.i0(
            torch.tensor(10.0, dtype=torch.float64)
        )
        bank = torch.where(distance.abs() < reach, torch.sinc(distance * cut) * window * cut, 0.0)
        return bank / bank.sum(1, keepdim=True), reach
