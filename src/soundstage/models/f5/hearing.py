"""What a small F5 hears of a reference: a plain mel, stacked to the length of its tokens (`codec.folding`).

Notable: it does not hear in the numbers that it makes, for they would need a pitch tracker.

B batch · N samples · M mel bands · T frames of 10 ms · S tokens · H mel bands of a token
"""

from __future__ import annotations

from torch import Tensor

from soundstage.ops.mel import log_mel

RATE, HOP = 24_000, 240
HEARD, HEARD_SIZE, HEARD_TOP = 80, 1024, 8000.0  # mel bands of a reference, and how high it is heard
HEARD_CENTRE, HEARD_SCALE = -2.0, 2.2
LOUDNESS = 0.07  # root mean square that a reference is brought to


def hear(samples_BN: Tensor, stack: int) -> Tensor:
    """Standardised mel [B, S, H] of recordings at 24 kHz and any level, `stack` frames a token, whole tokens only."""
    level = samples_BN.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-5)
    mel_BMT = log_mel(
        samples_BN * (LOUDNESS / level), RATE, HEARD_SIZE, HOP, HEARD, high=HEARD_TOP, scale="htk", area=False
    )
    mel_BTM = (mel_BMT.transpose(1, 2) - HEARD_CENTRE) / HEARD_SCALE
    tokens = samples_BN.shape[-1] // HOP // stack
    return mel_BTM[:, : tokens * stack].reshape(len(mel_BTM), tokens, stack * HEARD)
