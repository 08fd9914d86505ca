"""The reader: free text to what a piece should be like (after fastText, Joulin et al., 2017).

Notable: words are hashed pieces, so misspelt and unseen words still say something; two words in a row are read
together by
a convolution before they are pooled by attention and by maximum.

B batch · N words · P pieces of a word · D width
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PromptReader(nn.Module):
    """Pieces of words [B, N, P] to logits: `sizes` names the answers and how many choices each has."""

    def __init__(self, *, buckets: int, width: int, sizes: dict[str, int]) -> None:
        super().__init__()
        self.piece = nn.Embedding(buckets, width, padding_idx=0)
        self.pair = nn.Conv1d(width, width, 3, padding=1)
        self.weigh = nn.Linear(width, 4)
        self.mind = nn.Sequential(
            nn.Linear(5 * width, 2 * width), nn.SiLU(), nn.Linear(2 * width, 2 * width), nn.SiLU()
        )
        self.answers = nn.ModuleDict({name: nn.Linear(2 * width, size) for name, size in sizes.items()})

    def forward(self, piece_BNP: Tensor) -> dict[str, Tensor]:
        """Logits by name, each [B, choices]."""
        present = piece_BNP != 0
        word = self.piece(piece_BNP).sum(2) / present.sum(2, keepdim=True).clamp(min=1).sqrt()
        spoken = present.any(2)[..., None]
        word = word + nn.functional.silu(self.pair(word.transpose(1, 2)).transpose(1, 2)) * spoken
        weight = self.weigh(word).masked_fill(~spoken, -30.0).softmax(1)
        pooled = torch.einsum("bnh,bnd->bhd", weight, word).flatten(1)
        top = word.masked_fill(~spoken, -30.0).amax(1).clamp(min=-30)
        mind = self.mind(torch.cat([pooled, torch.where(spoken.any(1), top, torch.zeros_like(top))], dim=1))
        return {name: answer(mind) for name, answer in self.answers.items()}
