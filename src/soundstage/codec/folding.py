"""Frames of sound folded into a few numbers: envelope, of speech also pitch and voicing, of several frames, and back.

Notable: a token is several frames of log envelope, log pitch and voicing, written in the directions in which recordings
differ most (principal components), each of unit spread. So a network works on 80 numbers in place of 408, at 25 tokens
a second, and nothing of it is trained. `starter/f5` makes such tokens, the codecs of speech and of MusicLM round them
to codes.

B batch · T frames of 10 ms · S tokens · M envelope bands · K components
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

QUIET, HUSH, DEPTH = -15.0, -14.5, 8.0
"""Log power that nothing lies under; what lies under the second is sounded that many times as far under it."""


class Folding(nn.Module):
    """Frames to tokens and back, by a matrix. What it holds are statistics of recordings, set by `fit`.

    `beside` are the channels behind the bands: 2 for pitch and voicing, 0 for none.
    """

    centre: Tensor
    scale: Tensor
    basis: Tensor
    spread: Tensor

    def __init__(self, bands: int, stack: int, components: int, *, beside: int = 2) -> None:
        super().__init__()
        self.bands, self.stack, self.beside = bands, stack, beside
        self.register_buffer("centre", torch.zeros(bands + beside))
        self.register_buffer("scale", torch.ones(bands + beside))
        self.register_buffer("basis", torch.zeros(components, stack * (bands + beside)))
        self.register_buffer("spread", torch.ones(components))

    def fit(self, frames_TC: Tensor, *, pitch: float = 4.0, voicing: float = 3.0) -> None:
        """From many frames [T, M + 2] whose last two channels, if any, are log pitch and voicing (−1 or 1).

        Those two count `pitch` and `voicing` times as much as a band.
        """
        self.centre.copy_(frames_TC.mean(0))
        scale = frames_TC.std(0).clamp_min(1e-3)
        if self.beside:
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
        frames = self.frames(tokens_BSK)
        envelope, pitch, voicing = frames[..., :-2], frames[..., -2], frames[..., -1]
        envelope = envelope - (DEPTH - 1) * F.relu(HUSH - envelope)
        return envelope.clamp(-21.0, 6.0), pitch.clamp(3.7, 6.2).exp(), (voicing > 0).to(frames.dtype)

    def frames(self, tokens_BSK: Tensor) -> Tensor:
        """The frames [B, T, M + 2] of tokens, as they were folded."""
        frames = (tokens_BSK * self.spread) @ self.basis
        return frames.reshape(len(frames), -1, len(self.scale)) * self.scale + self.centre

    def _stacked(self, frames_BTC: Tensor) -> Tensor:
        tokens = frames_BTC.shape[1] // self.stack
        plain = (frames_BTC[:, : tokens * self.stack] - self.centre) / self.scale
        return plain.reshape(len(plain), tokens, self.stack * len(self.scale))


def whole_frames(envelope_TM: Tensor, f0_T: Tensor, stack: int) -> Tensor:
    """[1, T, M + 2] as `Folding` takes them: log envelope, log pitch with its gaps bridged, voicing −1 or 1.

    f0 in Hz is 0 where there is no voice; the last frame is held until T fills whole tokens.
    """
    f0, spare = f0_T.double().cpu().numpy(), -len(f0_T) % stack
    voiced = np.flatnonzero(f0 > 0)
    pitch = np.full(len(f0), np.log(120.0))
    if len(voiced):
        pitch = np.interp(np.arange(len(f0)), voiced, np.log(f0[voiced]))
    told = np.stack((pitch, np.where(f0 > 0, 1.0, -1.0)), 1).astype(np.float32)
    frames = torch.cat((envelope_TM.clamp_min(QUIET), torch.from_numpy(told).to(envelope_TM.device)), 1)
    return torch.cat((frames, frames[-1:].expand(spare, -1)))[None]
