"""How XTTS hears the manner of a reference: its mel, a stack of attention, and a perceiver that sums it up.

Notable: a block of the stack adds its attention to the normed input, not to the input itself. The perceiver has no
norms but its last one, and its latents attend to themselves as well as to the reference (Alayrac et al., 2022).

B batch · M mel bands · T mel frames · L latents · D width · H heads · E head width
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.nn.norms import RMSNorm
from soundstage.nn.transformer import FeedForward
from soundstage.ops.attention import attention
from soundstage.ops.mel import mel_filterbank
from soundstage.ops.stft import stft

SIZE, WINDOW, HOP, HIGHEST = 2048, 1024, 256, 8000.0


def style_mel(samples_BT: Tensor, rate: int, bands: int) -> Tensor:
    """Log power mel [B, M, T] of samples: HTK's scale, triangles of equal area, not yet divided by `mel_stats`."""
    window = F.pad(torch.hann_window(WINDOW, device=samples_BT.device), ((SIZE - WINDOW) // 2,) * 2)
    power = stft(samples_BT, SIZE, HOP, window=window).abs().square()
    bank = mel_filterbank(rate, SIZE, bands, 0.0, HIGHEST, scale="htk").to(power)
    return (bank @ power).clamp_min(1e-5).log()


def groups(width: int) -> int:
    """How many groups of channels a width is normed in."""
    count = 8 if width <= 16 else 16 if width <= 64 else 32
    while width % count:
        count //= 2
    return count


class StyleBlock(nn.Module):
    """Group norm, then attention over time added to what was normed."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups(width), width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """[B, T, D] to the same."""
        x_BTD = self.norm(x_BTD.transpose(1, 2)).transpose(1, 2)
        q, k, v = self.qkv(x_BTD).unflatten(-1, (self.heads, 3, -1)).permute(3, 0, 2, 1, 4)  # each head has its own qkv
        return x_BTD + self.out(attention(q, k, v).transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Gather(nn.Module):
    """Latents attend to the context and to themselves; the heads together may be narrower than the model."""

    def __init__(self, width: int, heads: int, head: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, heads * head, bias=False)
        self.kv = nn.Linear(width, 2 * heads * head, bias=False)
        self.out = nn.Linear(heads * head, width, bias=False)

    def forward(self, latents_BLD: Tensor, context_BTD: Tensor) -> Tensor:
        """[B, L, D] to the same."""
        k, v = self.kv(torch.cat((latents_BLD, context_BTD), 1)).chunk(2, -1)
        q, k, v = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (self.q(latents_BLD), k, v))
        return self.out(attention(q, k, v).transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Perceiver(nn.Module):
    """A context of any length to L latents."""

    def __init__(self, width: int, latents: int, depth: int, heads: int, head: int) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(latents, width) * 0.02)
        self.gathers = nn.ModuleList(Gather(width, heads, head) for _ in range(depth))
        self.feeds = nn.ModuleList(FeedForward(width, width * 8 // 3, gated=True) for _ in range(depth))
        self.norm = RMSNorm(width, 1e-12)  # the reference divides by the norm itself

    def forward(self, context_BTD: Tensor) -> Tensor:
        """[B, T, D] to [B, L, D]."""
        x = self.latents.expand(len(context_BTD), -1, -1)
        for gather, feed in zip(self.gathers, self.feeds, strict=True):
            x = x + gather(x, context_BTD)
            x = x + feed(x)
        return self.norm(x)  # type: ignore[no-any-return]


class StyleEncoder(nn.Module):
    """Mel [B, M, T], divided by its statistics, to the latents [B, L, D] that the language model is prompted with."""

    def __init__(
        self, bands: int, width: int, heads: int, depth: int, latents: int, shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.register_buffer("mel_stats", torch.ones(bands))
        self.mel_stats: Tensor
        self.read = nn.Linear(bands, width)
        self.blocks = nn.ModuleList(StyleBlock(width, heads) for _ in range(depth))
        self.perceiver = Perceiver(width, latents, *shape)

    def forward(self, mel_BMT: Tensor) -> Tensor:
        """Latents of a mel as `style_mel` gives it."""
        x = self.read((mel_BMT / self.mel_stats[:, None]).transpose(1, 2).to(self.read.weight.dtype))
        for block in self.blocks:
            x = block(x)
        return self.perceiver(x)  # type: ignore[no-any-return]
