"""MusicGen's decoder: text states to four delayed streams of codec tokens (Copet et al., 2023).

Notable: K codebook embeddings are summed into one token, K heads read one token; positions are added sinusoids; nothing
has a bias but the norms. Without biases a null text of zeros adds exactly nothing, so guidance masks no context.

B batch · K codebooks · T steps · V codes a book · D width · S text tokens · C text width
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from soundstage.decode import Delays, KVCache, guided_step
from soundstage.decode import generate as run
from soundstage.decode.loop import OnStep
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.nn.embed import sinusoids
from soundstage.nn.linear import Linear
from soundstage.nn.transformer import Attention, KeyValue, TransformerBlock


@dataclass(frozen=True, kw_only=True)
class MusicgenConfig:
    """The shape of the decoder. A book's id `codes` is the start and padding token."""

    width: int
    depth: int
    heads: int
    hidden: int
    books: int
    codes: int
    delays: tuple[int, ...]
    context: int | None = None  # width of the text encoder, projected to `width`; None: it has that width already


def musicgen_small() -> MusicgenConfig:
    """300 M parameters, mono."""
    return MusicgenConfig(
        width=1024, depth=24, heads=16, hidden=4096, books=4, codes=2048, delays=(0, 1, 2, 3), context=768
    )


def musicgen_medium() -> MusicgenConfig:
    """1.5 B parameters, mono."""
    return MusicgenConfig(
        width=1536, depth=48, heads=24, hidden=6144, books=4, codes=2048, delays=(0, 1, 2, 3), context=768
    )


class Musicgen(nn.Module):
    """ids [B, K, T] and text to logits [B, K, T, V] of the next codes."""

    def __init__(self, config: MusicgenConfig) -> None:
        super().__init__()
        self.config = config
        self.read = None if config.context is None else nn.Linear(config.context, config.width)
        self.embed = nn.ModuleList(nn.Embedding(config.codes + 1, config.width) for _ in range(config.books))
        self.blocks = nn.ModuleList(
            TransformerBlock(config.width, config.heads, hidden=config.hidden, context=config.width, bias=False)
            for _ in range(config.depth)
        )
        self.norm = nn.LayerNorm(config.width)
        self.heads = nn.ModuleList(Linear(config.width, config.codes, bias=False) for _ in range(config.books))

    def keys(self, text_BSC: Tensor) -> list[KeyValue]:
        """Each block's keys and values of the text, made once for a whole loop."""
        text = text_BSC if self.read is None else self.read(text_BSC)
        return [cast(Attention, cast(TransformerBlock, block).cross).keys(text) for block in self.blocks]

    def forward(
        self,
        ids_BKT: Tensor,
        text: Tensor | list[KeyValue],
        *,
        text_mask: Tensor | None = None,
        cache: KVCache | None = None,
        last: bool = False,
    ) -> Tensor:
        """`text` is [B, S, C] or its `keys`; `text_mask` [B, S], True = a token. A cache holds the steps before.

        `last` reads the heads at the last step only, as a loop needs: [B, K, 1, V].
        """
        keys = self.keys(text) if isinstance(text, Tensor) else text
        mask = None if text_mask is None else text_mask[:, None, None]
        start = 0 if cache is None else cache.length
        x_BTD = torch.stack([embed(ids_BKT[:, book]) for book, embed in enumerate(self.embed)]).sum(0)
        at = torch.arange(start, start + x_BTD.shape[1], device=x_BTD.device)
        x_BTD = x_BTD + sinusoids(at, self.config.width, spread=True).to(x_BTD.dtype)
        for index, block in enumerate(self.blocks):
            layer = None if cache is None else cache.layers[index]
            x_BTD = block(x_BTD, keys[index], causal=True, context_mask=mask, cache=layer)
        x_BTD = self.norm(x_BTD[:, -1:] if last else x_BTD)
        return torch.stack([head(x_BTD) for head in self.heads], 1)


def generate(
    model: Musicgen,
    text_BSC: Tensor,
    frames: int,
    choose: Choose,
    *,
    text_mask: Tensor | None = None,
    guidance: float = 3.0,
    prompt_BKT: Tensor | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Codes [B, K, frames], continuing `prompt_BKT` where one is given; `on_step` hears every column of the pattern.

    Guidance runs as a batch of two; 1 runs without. Raises InputError for no frames, or a prompt longer than `frames`.
    """
    if frames < 1:
        raise InputError("frames", f"{frames} frames are no music", "ask for at least 1; 50 are a second")
    config, batch = model.config, len(text_BSC)
    pattern = Delays(config.delays)
    if prompt_BKT is None:
        prompt_BKT = torch.zeros(batch, config.books, 0, dtype=torch.long, device=text_BSC.device)
    template = pattern.template(prompt_BKT, frames, config.codes)
    with torch.inference_mode():
        keys, mask = model.keys(text_BSC), text_mask
        rows = batch if guidance == 1 else 2 * batch
        if guidance != 1:  # the null text is zeros, and so are its keys and values, for nothing has a bias
            keys = [KeyValue(*(torch.cat((part, torch.zeros_like(part))) for part in pair)) for pair in keys]
            mask = None if mask is None else torch.cat((mask, mask))
        width = config.width // config.heads
        cache = KVCache.empty(
            config.depth, rows, config.heads, template.shape[-1], width, device=text_BSC.device, dtype=text_BSC.dtype
        )

        def step(ids_BKT: Tensor) -> Tensor:
            return model(ids_BKT, keys, text_mask=mask, cache=cache, last=True)[:, :, -1]  # type: ignore[no-any-return]

        sequence = run(step if guidance == 1 else guided_step(step, guidance), template, choose, on_step=on_step)
    return pattern.lift(sequence[..., 1:])
