"""Reads a caption: which place, hour, weather and camera it asks for, and up to three subjects with what they do.

Notable: words come as bags of hashed character n-grams (`text.ngrams`), so a word never seen is read by its nearest
spelling. One learned token for the scene and one for each subject, in order of mention, read the words through a
small transformer.

B batch · N words · P pieces of a word · D width
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from soundstage.nn.embed import sinusoids
from soundstage.nn.transformer import TransformerBlock

SLOTS = 3
TEMPI = ("slow", "normal", "fast")


class Reader(nn.Module):
    """Word pieces [B, N, P] to logits: `scene` fields [B, classes] and `role` fields [B, SLOTS, classes]."""

    def __init__(
        self, buckets: int, width: int, depth: int, heads: int, scene: Mapping[str, int], role: Mapping[str, int]
    ) -> None:
        super().__init__()
        self.pieces = nn.Embedding(buckets, width, padding_idx=0)
        nn.init.normal_(self.pieces.weight, std=0.3)
        self.mark = nn.Parameter(torch.randn(1 + SLOTS, width) * 0.3)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, hidden=3 * width, norm_kind="rms") for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)
        self.scene = nn.ModuleDict({name: nn.Linear(width, count) for name, count in scene.items()})
        self.role = nn.ModuleDict({name: nn.Linear(width, count) for name, count in role.items()})

    def forward(self, pieces_BNP: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """(scene logits, role logits)."""
        known = (pieces_BNP > 0).unsqueeze(-1)
        words = (self.pieces(pieces_BNP) * known).sum(2) / known.sum(2).clamp_min(1).sqrt()
        words = words + 0.3 * sinusoids(torch.arange(words.shape[1], device=words.device), words.shape[2]).to(words)
        h = torch.cat((self.mark.expand(len(words), -1, -1), words), 1)
        seen = torch.cat((known.new_ones(len(words), 1 + SLOTS), known.flatten(2).any(-1)), 1)[:, None, None]
        for block in self.blocks:
            h = block(h, mask=seen)
        h = self.norm(h[:, : 1 + SLOTS])
        scene = {name: head(h[:, 0]) for name, head in self.scene.items()}
        return scene, {name: head(h[:, 1:]) for name, head in self.role.items()}
