"""What a small F5 hears and what it makes: mel of a reference, and a vocoder's frames folded into a few numbers.

Notable: a token is several frames of log envelope, log pitch and voicing, written in the directions in which recordings
differ most (principal components), each of unit spread. So the flow works on 80 numbers in place of 408, at 25 tokens a
second, and nothing of it is trained. The network does not hear in these numbers, for they would need a pitch tracker:
of a reference it gets a plain mel.

B batch · N samples · T frames of 10 ms · S tokens · M envelope bands · K components · H mel bands of a token
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.ops.mel import log_mel

RATE, HOP = 24_000, 240
HEARD, HEARD_SIZE, HEARD_TOP = 80, 1024, 8000.0  # mel bands of a reference, and how high it is heard
HEARD_CENTRE, HEARD_SCALE = -2.0, 2.2
LOUDNESS = 0.07  # root mean square that a reference is brought to
QUIET, HUSH, DEPTH = -15.0, -14.5, 8.0
"""Log power that nothing lies under; what lies under the second is sounded that many times as far under it."""


def hear(samples_BN: Tensor, stack: int) -> Tensor:
    """Standardised mel [B, S, H] of recordings at 24 kHz and any level, `stack` frames a token, whole tokens only."""
    level = samples_BN.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-5)
    mel_BMT = log_mel(
        samples_BN * (LOUDNESS / level), RATE, HEARD_SIZE, HOP, HEARD, high=HEARD_TOP, scale="htk", area=False
    )
    mel_BTM = (mel_BMT.transpose(1, 2) - HEARD_CENTRE) / HEARD_SCALE
    tokens = samples_BN.shape[-1] // HOP // stack
    return mel_BTM[:, : tokens * stack].reshape(len(mel_BTM), tokens, stack * HEARD)


class Folding(nn.Module):
    """Frames to tokens and back, by a matrix. What it holds are statistics of recordings, set by `fit`."""

    centre: Tensor
    scale: Tensor
    basis: Tensor
    spread: Tensor

    def __init__(self, bands: int, stack: int, components: int) -> None:
        super().__init__()
        self.bands, self.stack = bands, stack
        self.register_buffer("centre", torch.zeros(bands + 2))
        self.register_buffer("scale", torch.ones(bands + 2))
        self.register_buffer("basis", torch.zeros(components, stack * (bands + 2)))
        self.register_buffer("spread", torch.ones(components))

    def fit(self, frames_TC: Tensor, *, pitch: float = 4.0, voicing: float = 3.0) -> None:
        """From many frames [T, M + 2] whose last two channels are log pitch and voicing (−1 or 1).

        Those two count `pitch` and `voicing` times as much as a band.
        """
        self.centre.copy_(frames_TC.mean(0))
        scale = frames_TC.std(0).clamp_min(1e-3)
        scale[-2:] /= torch.tensor([pitch, voicing])
        self.scale.copy_(scale)
        tokens = self._stacked(frames_TC[None])[0]
        power, directions = torch.linalg.eigh(tokens.T.double() @ tokens.double() / len(tokens))
        count = len(self.spread)
        self.basis.copy_(directions.flip(1)[:, :count].T)
        self.spread.copy_(power.flip(0)[:count].clamp_min(1e-4).sqrt())

    def fold(self, frames_BTC: Tensor) -> Tensor:
        """[B, T, M + 2] to [B, T / stack, K]; frames that do not fill a token are left out."""
        return self._stacked(frames_BTC) @ self.basis.T / self.spread

    def unfold(self, tokens_BSK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log envelope [B, T, M], pitch in Hz [B, T] and voicing, 0 or 1, [B, T]."""
        frames = (tokens_BSK * self.spread) @ self.basis
        frames = frames.reshape(len(frames), -1, len(self.scale)) * self.scale + self.centre
        envelope, pitch, voicing = frames[..., :-2], frames[..., -2], frames[..., -1]
        envelope = envelope - (DEPTH - 1) * F.relu(HUSH - envelope)
        return envelope.clamp(-21.0, 6.0), pitch.clamp(3.7, 6.2).exp(), (voicing > 0).to(frames.dtype)

    def _stacked(self, frames_BTC: Tensor) -> Tensor:
        tokens = frames_BTC.shape[1] // self.stack
        plain = (frames_BTC[:, : tokens * self.stack] - self.centre) / self.scale
        return plain.reshape(len(plain), tokens, self.stack * len(self.scale))
