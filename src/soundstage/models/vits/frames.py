"""A prior that knows its frames: where each lies in its symbol, what stands around it, whose voice it is.

Notable: VITS' prior is the same for all frames of a symbol, and leaves it to the flow to make speech of such steps.
This network (as in VISinger: Zhang et al., 2022) adds to it what differs from frame to frame, so that a small flow is
enough. It begins as nothing added. Where frames are folded, a latent stands for several.

B batch · S symbols · I frames = T · fold · T latents · D width · L latent width · C width of a voice's vector
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundstage.nn.conv import ConvNeXtBlock
from soundstage.ops.alignment import place_in_symbol, spread


class FramePrior(nn.Module):
    """States of symbols laid over frames to what is added to mean and log deviation of every latent."""

    def __init__(self, states: int, width: int, latent: int, *, depth: int, fold: int, condition: int) -> None:
        super().__init__()
        self.fold = fold
        self.read = nn.Linear(states, width)
        self.place = nn.Linear(4, width)
        self.into = nn.Linear(fold * width, width)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, hidden=2 * width, scale=1 / depth, condition=condition or None) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width, 1e-6)
        self.out = nn.Linear(width, 2 * latent)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self,
        states_BSD: Tensor,
        durations_BS: Tensor,
        symbol_BI: Tensor,
        mask_B1T: Tensor | None = None,
        voice_BC: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Two [B, L, T]; `symbol` says whose each frame is, the mask where there is a latent."""
        x_BID = spread(self.read(states_BSD), symbol_BI) + self.place(place_in_symbol(durations_BS, symbol_BI))
        x_BDT = self.into(x_BID.reshape(len(x_BID), x_BID.shape[1] // self.fold, -1)).transpose(1, 2)
        for block in self.blocks:
            x_BDT = block(x_BDT, voice_BC, mask=mask_B1T)
        mean, log_deviation = self.out(self.norm(x_BDT.transpose(1, 2))).transpose(1, 2).chunk(2, 1)
        return mean, log_deviation


def whole_latents(durations_BS: Tensor, fold: int) -> Tensor:
    """Durations whose sum fills whole latents of `fold` frames: each row's last symbol is drawn out."""
    if fold == 1:
        return durations_BS
    last_B = (durations_BS > 0).long().mul(torch.arange(1, durations_BS.shape[1] + 1, device=durations_BS.device))
    at_B1 = (last_B.amax(1, keepdim=True) - 1).clamp_min(0)
    return durations_BS.scatter_add(1, at_B1, -durations_BS.sum(1, keepdim=True) % fold)


def folded(x_BCI: Tensor, fold: int) -> Tensor:
    """[B, C, I] to [B, C · fold, T]: the frames of a latent together."""
    if fold == 1:
        return x_BCI
    batch, channels, frames = x_BCI.shape
    return x_BCI.reshape(batch, channels, frames // fold, fold).transpose(2, 3).flatten(1, 2)
