"""A network that mends what rounding did to a row of latents, by the frames around.

B batch · N frames of codes · D components
"""

from __future__ import annotations

from torch import Tensor, nn

from soundstage.nn.conv import ConvNeXtBlock


class Mender(nn.Module):
    """Rounded latents [B, D, N], each of unit spread, to what they were before, as far as the frames around tell."""

    def __init__(self, components: int, width: int, depth: int) -> None:
        super().__init__()
        self.into = nn.Conv1d(components, width, 5, padding=2)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(depth))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, components)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x_BDN: Tensor) -> Tensor:
        """[B, D, N] to the same."""
        hidden = self.into(x_BDN)
        for block in self.blocks:
            hidden = block(hidden)
        return x_BDN + self.out(self.norm(hidden.transpose(1, 2))).transpose(1, 2)  # type: ignore[no-any-return]
