"""MuLan: sound and words in one space, and that space in residual tokens (Huang et al., 2022).

Notable: sound and words never meet point by point; the two kinds lie in two clouds beside each other. What is quantised
is therefore the way from each cloud's centre, so that books laid by sounds code words as well.

B batch · M bands · N frames · W words · P pieces of a word · D width · E embedding · Q books
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.rvq import ResidualQuantiser
from soundstage.models.musiclm.config import MulanConfig
from soundstage.nn.conv import Conv1d, ConvNeXtBlock
from soundstage.nn.embed import sinusoids
from soundstage.nn.transformer import TransformerBlock


class AudioTower(nn.Module):
    """Standard mel frames [B, M, N] to [B, E] of unit length: ConvNeXt blocks, their reach growing, averaged."""

    def __init__(self, bands: int, stack: int, width: int, depth: int, embedding: int) -> None:
        super().__init__()
        self.stem = Conv1d(bands, width, 2 * stack, stride=stack, causal=False)
        self.blocks = nn.ModuleList(ConvNeXtBlock(width, dilation=2 ** (index % 4)) for index in range(depth))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(2 * width, embedding)

    def forward(self, mel_BMN: Tensor) -> Tensor:
        """The mean over time, and how far it varies."""
        x = self.stem(mel_BMN)
        for block in self.blocks:
            x = block(x)
        x_BND = self.norm(x.transpose(1, 2))
        spread = (x_BND.var(1, unbiased=False) + 1e-5).sqrt()
        return F.normalize(self.out(torch.cat((x_BND.mean(1), spread), 1)), dim=1)


class TextTower(nn.Module):
    """Pieces of words [B, W, P], 0 for none, to [B, E] of unit length; no words at all are a text too."""

    def __init__(self, buckets: int, width: int, depth: int, heads: int, embedding: int) -> None:
        super().__init__()
        self.piece = nn.Embedding(buckets, width, padding_idx=0)
        self.start = nn.Parameter(0.02 * torch.randn(width))
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(depth))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, embedding)

    def forward(self, piece_BWP: Tensor) -> Tensor:
        """The mean over the words and the start that stands before them."""
        present = piece_BWP != 0
        word_BWD = self.piece(piece_BWP).sum(2) / present.sum(2, keepdim=True).clamp(min=1).sqrt()
        x = torch.cat((self.start.expand(len(word_BWD), 1, -1), word_BWD), 1)
        real_BW = F.pad(present.any(2), (1, 0), value=True)
        x = x + 0.1 * sinusoids(torch.arange(x.shape[1], device=x.device), x.shape[2]).to(x.dtype)
        for block in self.blocks:
            x = block(x, mask=real_BW[:, None, None])
        kept = real_BW[..., None].to(x.dtype)
        return F.normalize(self.out((self.norm(x) * kept).sum(1) / kept.sum(1)), dim=1)


class Mulan(nn.Module):
    """The two towers, and the books."""

    heard: Tensor
    said: Tensor

    def __init__(self, config: MulanConfig, bands: int, stack: int) -> None:
        super().__init__()
        self.config = config
        self.audio = AudioTower(bands, stack, config.width, config.depth, config.embedding)
        self.text = TextTower(config.buckets, config.text_width, config.text_depth, config.text_heads, config.embedding)
        self.sharpness = nn.Parameter(torch.tensor(2.3))  # log of what similarities are multiplied by
        self.quantiser = ResidualQuantiser(config.embedding, config.books, config.codes)
        self.register_buffer("heard", torch.zeros(config.embedding))  # centres of the two clouds
        self.register_buffer("said", torch.zeros(config.embedding))

    def contrast(self, audio_BE: Tensor, text_BE: Tensor) -> Tensor:
        """Cross-entropy, both ways, of finding each one's own among the batch (Radford et al., 2021)."""
        logits = audio_BE @ text_BE.T * self.sharpness.clamp(max=4.6).exp()
        own = torch.arange(len(logits), device=logits.device)
        return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2

    def audio_tokens(self, audio_BE: Tensor) -> Tensor:
        """[B, Q] of embeddings of sound."""
        return self.quantiser.encode((audio_BE - self.heard)[..., None])[..., 0]

    def text_tokens(self, text_BE: Tensor) -> Tensor:
        """[B, Q] of embeddings of words."""
        return self.quantiser.encode((text_BE - self.said)[..., None])[..., 0]
