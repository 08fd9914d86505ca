"""The voice that Bark continues: the tokens of something it has said, or of a preset.

S semantic tokens · K codebooks · T frames
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from soundstage.errors import InputError


@dataclass(frozen=True, kw_only=True, eq=False)
class VoicePrompt:
    """Semantic tokens [S], coarse codes [2, T] and fine codes [8, T] of one utterance, in order of time."""

    semantic_S: Tensor
    coarse_KT: Tensor
    fine_KT: Tensor

    def __post_init__(self) -> None:
        for name, tokens, axes in (
            ("semantic_prompt", self.semantic_S, 1),
            ("coarse_prompt", self.coarse_KT, 2),
            ("fine_prompt", self.fine_KT, 2),
        ):
            if tokens.ndim != axes or tokens.is_floating_point():
                raise InputError(
                    name,
                    f"{tuple(tokens.shape)} of {tokens.dtype}",
                    f"a voice has whole numbers over {axes} axes there",
                )

    def to(self, device: torch.device | str) -> VoicePrompt:
        """The same tokens on another device, as the 64-bit integers that embeddings take."""
        return VoicePrompt(
            semantic_S=self.semantic_S.to(device, torch.long),
            coarse_KT=self.coarse_KT.to(device, torch.long),
            fine_KT=self.fine_KT.to(device, torch.long),
        )

    def check(self, *, semantic_codes: int, coarse_books: int, books: int, codes: int) -> None:
        """Raises InputError when the books or the ids are not those of a model."""
        for name, tokens, rows, ids in (
            ("semantic_prompt", self.semantic_S[None], 1, semantic_codes),
            ("coarse_prompt", self.coarse_KT, coarse_books, codes),
            ("fine_prompt", self.fine_KT, books, codes),
        ):
            if len(tokens) != rows:
                raise InputError(name, f"has {len(tokens)} codebooks, the model {rows}", "use a voice of this model")
            if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < ids:
                raise InputError(name, f"holds ids outside 0 to {ids - 1}", "use a voice of this model")
