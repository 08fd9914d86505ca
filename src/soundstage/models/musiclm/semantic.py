"""Semantic tokens: what a network that guesses hidden stretches of music thinks halfway, rounded to averages.

Notable: the targets of its training are not learned: random projections of what was hidden, rounded to random points
(BEST-RQ: Chiu et al., 2022), in place of the contrastive codes of w2v-BERT. They and the head are only for training.

B batch · M bands · N frames · S tokens · D width · V codes
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.kmeans import nearest
from soundstage.models.musiclm.config import SemanticConfig
from soundstage.nn.conv import Conv1d, ConvNeXtBlock

TARGETS, FEATURES = 512, 16  # random points, and the width of the space that they lie in
SPAN, SHARE = 10, 0.08  # tokens hidden in a row; how often such a row begins


class SemanticTokeniser(nn.Module):
    """Standard mel frames [B, M, N] to tokens [B, S]."""

    averages: Tensor

    def __init__(self, config: SemanticConfig, bands: int, stack: int) -> None:
        super().__init__()
        self.config, self.stack = config, stack
        self.stem = Conv1d(bands, config.width, 2 * stack, stride=stack, causal=False)
        self.blocks = nn.ModuleList(ConvNeXtBlock(config.width, dilation=2 ** (i % 3)) for i in range(config.depth))
        self.register_buffer("averages", torch.zeros(config.codes, config.width))

    def hidden(self, mel_BMN: Tensor, layer: int | None = None) -> Tensor:
        """[B, S, D] behind the first `layer` blocks (the config's when not given), each token of zero mean."""
        x = self.stem(mel_BMN)
        for block in self.blocks[: self.config.layer if layer is None else layer]:
            x = block(x)
        return F.layer_norm(x.transpose(1, 2), (self.config.width,))

    def forward(self, mel_BMN: Tensor) -> Tensor:
        """The nearest average of each token."""
        hidden_BSD = self.hidden(mel_BMN)
        return nearest(hidden_BSD.flatten(0, 1), self.averages).view(hidden_BSD.shape[:2])


class Guess(NamedTuple):
    """What the network made of hidden stretches."""

    loss: Tensor
    right: Tensor  # share of hidden tokens


class MaskedPredictor(nn.Module):
    """The tokeniser in training: it is shown music with stretches hidden by noise, and tells what they were."""

    projection: Tensor
    points: Tensor

    def __init__(self, tokeniser: SemanticTokeniser, bands: int, *, targets: int = TARGETS, seed: int = 0) -> None:
        super().__init__()
        self.tokeniser = tokeniser
        self.head = nn.Linear(tokeniser.config.width, targets)
        generator = torch.Generator().manual_seed(seed)
        wide = bands * tokeniser.stack
        self.register_buffer("projection", torch.randn(wide, FEATURES, generator=generator) * wide**-0.5)
        points = torch.randn(targets, FEATURES, generator=generator)
        self.register_buffer("points", F.normalize(points, dim=1))

    def targets(self, mel_BMN: Tensor) -> Tensor:
        """[B, S]: the direction of a random projection of each token's frames, as the nearest of random ones."""
        stack = self.tokeniser.stack
        tokens = mel_BMN.shape[-1] // stack
        rows = mel_BMN[..., : tokens * stack].transpose(1, 2).reshape(len(mel_BMN), tokens, -1)
        found = F.normalize(rows @ self.projection, dim=-1)
        return nearest(found.flatten(0, 1), self.points).view(len(mel_BMN), tokens)

    def forward(self, mel_BMN: Tensor, generator: torch.Generator) -> Guess:
        """Of whole tokens. Cross-entropy over what was hidden."""
        stack, truth_BS = self.tokeniser.stack, self.targets(mel_BMN)
        begins = torch.rand(truth_BS.shape, generator=generator, device=generator.device) < SHARE
        begins[:, 0] |= ~begins.any(1)  # something is hidden in every row
        hidden_BS = F.max_pool1d(F.pad(begins.float(), (SPAN - 1, 0)), SPAN, 1).bool().to(mel_BMN.device)
        noise = torch.randn(mel_BMN.shape, generator=generator, device=generator.device).to(mel_BMN)
        shown = torch.where(hidden_BS.repeat_interleave(stack, 1)[:, None], 0.1 * noise, mel_BMN)
        logits = self.head(self.tokeniser.hidden(shown, self.tokeniser.config.depth)[hidden_BS]).float()
        truth = truth_BS[hidden_BS]
        return Guess(F.cross_entropy(logits, truth), (logits.argmax(-1) == truth).float().mean())
