"""The three stages of `starter/bark`: their shapes, their batches and their losses.

Notable: a batch is laid out as the engine will lay out its windows: the semantic one with its text and now and then a
history summed under it, the coarse one as two recordings of a speaker end to end (so that the first is the second's
voice), the fine one with the first frames known in all books.

B batch · S symbols · T semantic tokens · N flattened coarse tokens · F frames of the codec · K codebooks
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from soundstage.models.bark import (
    Bark,
    BarkConfig,
    Guide,
    TokeniserConfig,
    TransformerConfig,
    coarse_guides,
    semantic_guides,
    symbols_at,
)
from soundstage.models.bark.model import CausalModel, FineModel
from soundstage.recipes.bark_corpus import CLASSES, MANNERS, Line, alike
from soundstage.recipes.code_vectors import turned

UNITS, BEGINS = 512, 3
CODES, BOOKS = 1024, 4
FRAME_RATE = 25.0  # of the codec, as that of the semantic tokens


def bark_starter() -> BarkConfig:
    """`starter/bark`: 25 semantic tokens and 25 frames a second, text of phones and tags, `starter/speech-codec`."""
    guide = Guide(units=UNITS, begins=BEGINS, told=True)
    semantic, text = UNITS * BEGINS, CLASSES * MANNERS
    coarse = 2 * CODES
    offset = semantic + 1
    return BarkConfig(
        semantic=TransformerConfig(
            width=192, depth=4, heads=4, ids=offset + text + 2, out=semantic + 1, context=96 + 280,
            beside=(text + 1,) * 3 + (guide.waits,),
        ),
        coarse=TransformerConfig(
            width=256, depth=5, heads=4, ids=coarse + 2, out=coarse, context=1 + 400,
            beside=(UNITS + 1,) * 3 + (2,) + (text + 1,) * 3,
        ),
        fine=TransformerConfig(width=256, depth=4, heads=4, ids=CODES + 1, out=CODES + 1, context=128),
        codec=None, guide=guide, tokeniser=TokeniserConfig(symbols=CLASSES, units=UNITS, begins=BEGINS),
        books=BOOKS, codes=CODES, semantic_codes=semantic, text_offset=offset, text_padding=offset + text,
        semantic_start=offset + text + 1, text_tokens=96, semantic_tokens=279, coarse_padding=coarse,
        coarse_start=coarse + 1, coarse_reads=0, coarse_history=320, coarse_step=80, fine_window=128, fine_step=64,
        semantic_rate=25.0, frame_rate=FRAME_RATE,
    )  # fmt: skip


def fits(config: BarkConfig, line: Line) -> bool:
    """Whether a recording is short enough for the semantic stage."""
    return len(line.text) <= config.text_tokens and line.length < config.semantic_tokens


def semantic_batch(
    config: BarkConfig, found: Sequence[Line], order: NDArray[np.int64], of: Sequence[NDArray[np.int64]],
    tokens: int, generator: torch.Generator,
) -> dict[str, Tensor]:  # fmt: skip
    """Lines of about one length, `tokens` in all; half of them continue what their speaker said elsewhere."""
    middle = found[order[int(torch.randint(len(order), (), generator=generator))]]
    batch = alike(found, order, max(2, tokens // middle.length), generator, near=middle.length)
    room = max(len(line.text) for line in batch)
    longest = max(line.length for line in batch)
    text = torch.full((len(batch), room), config.text_ids)
    past = torch.full((len(batch), room), config.semantic_codes)
    made = torch.full((len(batch), longest), config.semantic_codes)
    for row, line in enumerate(batch):
        text[row, : len(line.text)] = torch.from_numpy(line.text)
        made[row, : line.length] = torch.from_numpy(line.tokens)
        if torch.rand((), generator=generator) < 0.5:
            others = of[line.speaker]
            said = found[others[int(torch.randint(len(others), (), generator=generator))]].tokens
            if said is not line.tokens:
                said = said[-room:]
                past[row, : len(said)] = torch.from_numpy(said)
    return {"text": text, "past": past, "made": made}


def semantic_logits(config: BarkConfig, model: CausalModel, batch: dict[str, Tensor]) -> Tensor:
    """Logits [B, 1 + T, V] of each token and of the end."""
    text, made = batch["text"], batch["made"]
    start = text.new_full((len(text), 1), config.semantic_start)
    room = text.shape[1]
    places = torch.cat((torch.arange(room), torch.arange(config.text_tokens, config.text_tokens + 1 + made.shape[1])))
    logits: Tensor = model(
        torch.cat((batch["past"], start, made), 1), beside_BS=text + config.text_offset, since=room,
        among=slice(config.semantic_codes + 1), guides_BTJ=semantic_guides(config, text, made), places_T=places,
    )  # fmt: skip
    return logits


def semantic_loss(config: BarkConfig, model: CausalModel, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross entropy of each token and of the end, the padding behind it left out."""
    logits = semantic_logits(config, model, batch)
    made, end = batch["made"], config.semantic_codes
    truth = functional.pad(made, (0, 1), value=end)
    real = functional.pad(made != end, (1, 0), value=True)
    logits, truth = logits[real].float(), truth[real]
    loss = functional.cross_entropy(logits, truth, label_smoothing=0.02)
    right = (logits.argmax(-1) == truth).float().mean()
    return loss, {"right": right.detach()}


def coarse_batch(
    config: BarkConfig, found: Sequence[Line], of: Sequence[NDArray[np.int64]], rows: int, generator: torch.Generator
) -> dict[str, Tensor]:
    """Stretches of two recordings of one speaker end to end, [B, T] semantic tokens and [B, 2, F] codes.

    All rows of a batch are cut to one length, at most what the stage reads. The text is that of the second recording,
    and of the first too in the half of the rows that have no voice.
    """
    ratio, most = round(config.ratio), (config.coarse.context - 1) // round(config.ratio)
    semantic, codes, symbols = [], [], []
    for _ in range(rows):
        own = of[int(torch.randint(len(of), (), generator=generator))]
        picks = [found[own[int(torch.randint(len(own), (), generator=generator))]] for _ in range(2)]
        semantic.append(np.concatenate([line.tokens for line in picks]))
        symbols.append(_told(config, picks, int(torch.randint(2, (), generator=generator))))
        codes.append(np.concatenate([line.codes[:, : line.length * ratio // 2] for line in picks], 1))
    length = min(most, int(np.median([len(tokens) for tokens in semantic])))
    frames = length * ratio // config.coarse_books
    semantic = [_sized(tokens, length, config.semantic_codes) for tokens in semantic]
    codes = [_sized(known, frames, -1) for known in codes]
    symbols = [_sized(told.T, length, config.text_ids).T for told in symbols]
    parts = {"semantic": semantic, "codes": codes, "symbols": symbols}
    return {name: torch.from_numpy(np.stack(rows)) for name, rows in parts.items()}


def _told(config: BarkConfig, picks: Sequence[Line], known: int) -> NDArray[np.int64]:
    """The symbols around each token [T, J] of some lines end to end; those of the first are kept back, or `known`."""
    rows = []
    for index, line in enumerate(picks):
        tokens, text = (torch.from_numpy(values)[None] for values in (line.tokens, line.text))
        behind = 0 if index or known else line.length
        rows.append(symbols_at(config, tokens, text, behind)[0].numpy())
    return np.concatenate(rows)


def _sized(values: NDArray[np.int64], length: int, fill: int) -> NDArray[np.int64]:
    """Values [..., T] cut or filled up to a length."""
    values = values[..., :length]
    pad = [(0, 0)] * (values.ndim - 1) + [(0, length - values.shape[-1])]
    return np.pad(values, pad, constant_values=fill)


def coarse_loss(config: BarkConfig, model: CausalModel, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross entropy of either book's codes, each among its own."""
    codes_BKF = batch["codes"][:, : config.coarse_books].long()
    books = config.coarse_books
    offsets = torch.arange(books)[:, None] * config.codes + config.coarse_first
    known = codes_BKF >= 0
    flat = torch.where(known, codes_BKF + offsets, config.coarse_padding).transpose(1, 2).flatten(1)
    start = flat.new_full((len(flat), 1), config.coarse_start)
    guides = coarse_guides(config, batch["semantic"], flat.shape[1], batch["symbols"])
    x_BND = model.hidden(torch.cat((start, flat[:, :-1]), 1), guides_BTJ=guides)
    losses, values = [], {}
    for book in range(books):
        first = config.coarse_first + book * config.codes
        real = known[:, book]
        logits = functional.linear(x_BND[:, book::books][real], model.head.weight[first : first + config.codes]).float()
        truth = codes_BKF[:, book][real]
        losses.append(functional.cross_entropy(logits, truth))
        values[f"book {book + 1}"] = losses[-1].detach()
        values[f"right {book + 1}"] = (logits.argmax(-1) == truth).float().mean()
    return torch.stack(losses).mean(), values


def fine_batch(
    config: BarkConfig, found: Sequence[Line], of: Sequence[NDArray[np.int64]], rows: int, generator: torch.Generator
) -> Tensor:
    """Windows [B, K, F] of all books, two recordings of a speaker end to end; padding is `codes`."""
    window = []
    for _ in range(rows):
        own = of[int(torch.randint(len(of), (), generator=generator))]
        picks = [found[own[int(torch.randint(len(own), (), generator=generator))]].codes for _ in range(2)]
        codes = np.concatenate(picks, 1)[: config.books]
        start = int(torch.randint(max(1, codes.shape[1] - config.fine_window // 2), (), generator=generator))
        codes = codes[:, start : start + config.fine_window]
        spare = config.fine_window - codes.shape[1]
        window.append(np.pad(codes, ((0, 0), (0, spare)), constant_values=config.codes))
    return torch.from_numpy(np.stack(window).astype(np.int64))


def fine_loss(
    config: BarkConfig, model: FineModel, codes_BKF: Tensor, index: int, generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross entropy of one book, in turn, where it is not known: behind a history of no or some frames."""
    book = config.coarse_books + index % (config.books - config.coarse_books)
    since = 0
    if torch.rand((), generator=generator) < 0.5:
        since = int(torch.randint(config.fine_step, (), generator=generator))
    truth = codes_BKF[:, book, since:]
    seen = codes_BKF.clone()
    seen[:, book, since:] = config.codes
    real = truth < config.codes
    logits = model(seen, book, since=since, among=slice(config.codes))[real].float()
    loss = functional.cross_entropy(logits, truth[real])
    return loss, {f"book {book + 1}": loss.detach()}


@torch.no_grad()
def informed(model: Bark, codebooks_KND: Tensor, seed: int = 0) -> Bark:
    """Let codes that sound alike begin alike: the codec's own vectors, turned at random, as embeddings and heads.

    In the fine stage, whose embeddings are summed over the books, the sum is so the codec's latent from the start.
    """
    config = model.config
    vectors = turned(codebooks_KND, model.coarse.config.width, 0.04, seed)
    for book in range(config.coarse_books):
        first = config.coarse_first + book * config.codes
        rows = slice(first, first + config.codes)
        model.coarse.embed.weight[rows] = vectors[book]
        model.coarse.head.weight[rows] = vectors[book] * (0.04 / vectors[book].std())
    for book in range(config.books):
        cast(nn.Embedding, model.fine.embed[book]).weight[: config.codes] = vectors[book]
        cast(nn.Embedding, model.fine.embed[book]).weight[config.codes] = 0.0
    return model


def untrained(seed: int = 0) -> Bark:
    """The starter before training, the same at every call; small weights, as transformers like them."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Bark(bark_starter())
        for name, parameter in model.named_parameters():
            if not name.startswith("tokeniser") and parameter.ndim == 2:
                torch.nn.init.normal_(parameter, std=0.02 if "fall" not in name and ".out." not in name else 0.008)
        return model
