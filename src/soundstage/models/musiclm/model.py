"""MusicLM: everything under one roof.

B batch · T samples · M bands · N frames · S tokens · Q books of MuLan · K books of the codec
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from soundstage.models.musiclm.acoustic import AcousticCodec
from soundstage.models.musiclm.config import NEAR, MusicLMConfig, StageConfig
from soundstage.models.musiclm.mulan import Mulan
from soundstage.models.musiclm.semantic import SemanticTokeniser
from soundstage.models.musiclm.spectrum import Spectrum
from soundstage.models.musiclm.stage import Stage, around

FINE_NEAR = (0, 1)
"""Frames around a fine code whose coarse codes it is told."""


class MusicLM(nn.Module):
    """The spectrum that all parts hear, the three makers of tokens, the three stages."""

    def __init__(self, config: MusicLMConfig) -> None:
        super().__init__()
        self.config = config
        self.spectrum = Spectrum(config.rate, config.size, config.hop, config.bands)
        self.mulan = Mulan(config.mulan, config.bands, config.stack)
        heard = config.semantic
        self.semantic = SemanticTokeniser(heard, config.bands, config.stack) if heard.depth else None
        self.acoustic = AcousticCodec(config.acoustic, config.bands, config.stack, config.hop)
        sound, asked = config.acoustic, {"asked": config.mulan.books, "asked_codes": config.mulan.codes}
        self.semantic_stage = self._stage(config.semantic_stage, books=1, codes=config.semantic.codes, **asked)
        self.coarse_stage = self._stage(
            config.coarse_stage,
            books=sound.coarse,
            codes=sound.codes,
            told=[config.semantic.codes] * len(NEAR),
            **asked,
        )
        self.fine_stage = self._stage(
            config.fine_stage, books=sound.books - sound.coarse, codes=sound.codes,
            told=[sound.codes] * (sound.coarse * len(FINE_NEAR)),
        )  # fmt: skip

    def _stage(self, shape: StageConfig, **given: Any) -> Stage:
        frames = self.config.tokens(shape.seconds)
        return Stage(width=shape.width, depth=shape.depth, heads=shape.heads, frames=frames, **given)

    def coarse_told(self, semantic_BS: Tensor) -> Tensor:
        """What the coarse stage is told, [B, J, S]."""
        return around(semantic_BS[:, None], NEAR, self.config.semantic.codes)

    def fine_told(self, coarse_BKS: Tensor) -> Tensor:
        """What the fine stage is told, [B, J, S]."""
        return around(coarse_BKS, FINE_NEAR, self.config.acoustic.codes)

    @torch.inference_mode()
    def ask_sound(self, samples_BT: Tensor) -> Tensor:
        """MuLan's tokens [B, Q] of music like this: of all the windows that it has, the mean."""
        mel, size = self.spectrum(samples_BT), self.config.tokens(self.config.mulan.seconds) * self.config.stack
        windows = [mel[..., at : at + size] for at in range(0, max(1, mel.shape[-1] - size // 2), size)]
        found = torch.stack([self.mulan.audio(window) for window in windows]).mean(0)
        return self.mulan.audio_tokens(torch.nn.functional.normalize(found, dim=1))

    @torch.inference_mode()
    def ask_words(self, piece_BWP: Tensor) -> Tensor:
        """MuLan's tokens [B, Q] of texts, in pieces of words as `text.ngrams` has them."""
        return self.mulan.text_tokens(self.mulan.text(piece_BWP))
