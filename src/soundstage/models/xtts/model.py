"""XTTS v2: text and a voice to codes of speech by a language model, whose states a HiFi-GAN decodes (Casanova, 2024).

Notable: the decoder does not read the codes but the states that chose them, one a code, drawn out to its frames. The
voice comes in twice: as 32 latents before the text, and as a vector added at every stride of the decoder.

B batch · S text tokens · P prompt tokens · T codes · D width · V ids of codes
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.hifigan import Generator
from soundstage.decode import KVCache
from soundstage.errors import InputError
from soundstage.models.xtts.config import XttsConfig
from soundstage.models.xtts.speaker import SpeakerEncoder
from soundstage.models.xtts.style import StyleEncoder
from soundstage.nn.transformer import TransformerBlock


class Seen(NamedTuple):
    """What the language model thinks of codes: logits [B, T, V] of the ones that follow, and its states [B, T, D]."""

    logits: Tensor
    states: Tensor


class Xtts(nn.Module):
    """The language model, its two ears and the decoder under one roof."""

    def __init__(self, config: XttsConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        shape = (config.perceiver_depth, config.perceiver_heads, config.perceiver_head)
        self.style = StyleEncoder(config.bands, width, config.heads, config.style_depth, config.latents, shape)
        self.speaker = SpeakerEncoder(config.speaker)
        self.text = nn.Embedding(config.text_ids, width)
        self.text_places = nn.Embedding(config.longest_text + 2, width)
        self.embed = nn.Embedding(config.codes, width)
        self.places = nn.Embedding(config.longest + 3, width)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, config.heads, activation="gelu-tanh") for _ in range(config.depth)
        )
        self.norm, self.final_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.head = nn.Linear(width, config.codes)
        self.decoder = Generator(config.decoder)

    def prompt(self, style_BLD: Tensor, text_BS: Tensor) -> Tensor:
        """The voice's latents and the text between its start and its stop, [B, P, D].

        Raises InputError for a text of more tokens than there are places, or with ids outside the vocabulary.
        """
        config = self.config
        if text_BS.shape[1] >= config.longest_text:
            raise InputError("text", f"{text_BS.shape[1]} tokens", f"split it: at most {config.longest_text - 1} fit")
        if text_BS.numel() and not 0 <= int(text_BS.min()) <= int(text_BS.max()) < config.text_ids:
            raise InputError("text", "an id is outside the vocabulary", f"ids run from 0 to {config.text_ids - 1}")
        text_BS = F.pad(F.pad(text_BS, (1, 0), value=config.text_start), (0, 1), value=config.text_stop)
        text = self.text(text_BS) + self.text_places.weight[: text_BS.shape[1]]
        return torch.cat((style_BLD.to(text.dtype), text), 1)

    def forward(self, prompt_BPD: Tensor, codes_BT: Tensor, cache: KVCache | None = None) -> Seen:
        """Codes, from the start on, behind a prompt. A cache holds what came before; an empty one takes the prompt."""
        known = 0 if cache is None else cache.length
        first = max(0, known - prompt_BPD.shape[1])
        x = self.embed(codes_BT) + self.places.weight[first : first + codes_BT.shape[1]]
        if not known:
            x = torch.cat((prompt_BPD, x), 1)
        for index, block in enumerate(self.blocks):
            x = block(x, causal=True, cache=None if cache is None else cache.layers[index])
        states = self.final_norm(self.norm(x[:, -codes_BT.shape[1] :]))
        return Seen(self.head(states), states)

    def room(self, batch: int, capacity: int) -> KVCache:
        """An empty cache for `capacity` tokens, like the weights in device and dtype."""
        config, like = self.config, self.head.weight
        head = config.width // config.heads
        return KVCache.empty(config.depth, batch, config.heads, capacity, head, device=like.device, dtype=like.dtype)
