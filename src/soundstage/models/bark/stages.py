"""Bark's stages as engine functions: ids in, ids out, and at last samples.

Notable: the coarse stage works in windows of 60 tokens, each with its own prompt of semantic and coarse tokens. As long
as a window only adds to the one before, which holds for the first four seconds without a voice, its cache goes on
instead of being made anew. A stage's tokens make the next stage's prompt, so what was said can be the voice of what
follows (`Spoken.voice`).

B batch · S text tokens · T semantic tokens or frames · K codebooks · N tokens of a flattened sequence · V ids
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.decode import Ending, KVCache, flatten, greedy, of_book, unflatten, within
from soundstage.decode import generate as run
from soundstage.decode.loop import OnStep
from soundstage.decode.patterns import UNKNOWN
from soundstage.decode.sample import Choose
from soundstage.errors import InputError
from soundstage.models.bark.guide import Pointer, coarse_guides, padded, symbols_at
from soundstage.models.bark.model import Bark, BarkConfig
from soundstage.models.bark.prompt import VoicePrompt

OnWindow = Callable[[int, int], object]  # what is done, and of how much
OnStage = Callable[[str, int, int], object]  # a stage's name, what is done of it, and at most of how much


class Spoken(NamedTuple):
    """What was said, in the tokens of every stage; row b has `tokens_B[b]` semantic tokens and `frames_B[b]` frames."""

    semantic_BT: Tensor
    coarse_BKT: Tensor
    fine_BKT: Tensor
    tokens_B: Tensor
    frames_B: Tensor

    def voice(self, row: int = 0) -> VoicePrompt:
        """A row as the voice for what follows."""
        tokens, frames = int(self.tokens_B[row]), int(self.frames_B[row])
        return VoicePrompt(
            semantic_S=self.semantic_BT[row, :tokens],
            coarse_KT=self.coarse_BKT[row, :, :frames],
            fine_KT=self.fine_BKT[row, :, :frames],
        )


@torch.inference_mode()
def semantic(
    model: Bark,
    text_BS: Tensor,
    choose: Choose,
    *,
    mask_BS: Tensor | None = None,
    voice: VoicePrompt | None = None,
    min_eos_p: float | None = 0.2,
    longest: int | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Semantic tokens [B, T] of WordPiece ids; a row that is shorter than T goes on with the end token.

    `mask_BS` is True at tokens, False at padding. `min_eos_p` ends a row as soon as the end is that probable, at
    temperature 1. At most `longest` tokens are made (None: all there is room for). `on_step` hears each column of the
    sequence, whose first 257 are the prompt. Raises InputError for more text than the model reads, or a bad `longest`.
    """
    config, end = model.config, model.config.semantic_codes
    longest = config.semantic_tokens if longest is None else longest
    if not 0 < longest <= config.semantic_tokens:
        raise InputError("longest", f"{longest} semantic tokens", f"choose 1 to {config.semantic_tokens}")
    beside = text_ids(config, text_BS, mask_BS)
    past, said = text_BS.new_full((config.text_tokens,), end), text_BS[0, :0]
    if voice is not None:
        said = _of(config, voice, text_BS).semantic_S[-config.text_tokens :]
        past[: len(said)] = said
    pointer = places = None
    if config.guide is not None:  # its prompt is as long as it must be
        pointer, room = Pointer(config, text_BS, mask_BS), max(text_BS.shape[1], len(said))
        beside, past = beside[:, :room], past[:room]
        places = torch.arange(config.semantic.context, device=text_BS.device)
        places = torch.cat((places[:room], places[config.text_tokens :]))
    start = text_BS.new_full((len(text_BS), 1), config.semantic_start)
    prompt = torch.cat((past.expand(len(text_BS), -1), start), 1)
    cache = model.semantic.room(len(text_BS), prompt.shape[1] + longest - 1)

    def step(ids_BKT: Tensor) -> Tensor:
        fresh, among = ids_BKT[:, 0], slice(end + 1)
        first = beside if cache.length == 0 else None
        if pointer is None or places is None:
            logits: Tensor = model.semantic(fresh, beside_BS=first, cache=cache, since=-1, among=among)
            return logits
        if first is None:
            pointer.take(fresh[:, -1])
        here = places[cache.length : cache.length + fresh.shape[1]]
        logits = model.semantic(
            fresh, beside_BS=first, cache=cache, since=-1, among=among, guides_BTJ=pointer.ids(), places_T=here
        )
        return pointer.allowed(logits)

    ending = Ending(choose=within(choose, 0, end + 1), end=end, least=min_eos_p)
    template = F.pad(prompt, (0, longest), value=UNKNOWN).unsqueeze(1)
    made_BT = run(step, template, ending, on_step=on_step, stop=ending.over)[:, 0, prompt.shape[1] :]
    return made_BT[:, : int(token_counts(config, made_BT).max())]


@torch.inference_mode()
def coarse(
    model: Bark,
    semantic_BT: Tensor,
    choose: Choose,
    *,
    text_BS: Tensor | None = None,
    mask_BS: Tensor | None = None,
    voice: VoicePrompt | None = None,
    on_window: OnWindow | None = None,
) -> Tensor:
    """Codes [B, 2, T] of the first two codebooks, to the length of the longest row (`frame_counts`).

    The text that the tokens say is for models whose guide tells it.
    The window of semantic tokens slides with the codes made. Only a book's own codes are chosen for it; transformers
    leaves the ids above the last book open to it. `on_window` hears (codes made, of how many).
    """
    config, books = model.config, model.config.coarse_books
    read, codes = histories(config, voice, semantic_BT)
    base, behind = read.shape[1], codes.shape[1]
    read = torch.cat((read, semantic_BT), 1)
    read = read.masked_fill(read == config.semantic_codes, config.coarse_padding)
    total = books * int(frame_counts(config, token_counts(config, semantic_BT)).max())
    start = semantic_BT.new_full((len(semantic_BT), 1), config.coarse_start)
    guides = None
    if config.guide is not None:
        told = None
        if text_BS is not None and config.guide.told:
            told = symbols_at(config, read, padded(config, text_BS, mask_BS), base)
        guides = coarse_guides(config, read, behind + total, told)
    cache = model.coarse.room(len(semantic_BT), config.coarse_reads + config.coarse_history + config.coarse_step)
    most = math.floor(config.coarse_history / config.ratio)
    seen = (-1, -1)  # where the cache's prompt begins: in the semantic tokens, and in the codes
    while (made := codes.shape[1] - behind) < total:
        first = max(0, base + round(made / config.ratio) - most)
        kept = max(0, codes.shape[1] - config.coarse_history)
        if seen != (first, kept):
            seen = (first, kept)
            cache.rewind()
        window = read[:, first : first + config.coarse_reads]
        window = F.pad(window, (0, config.coarse_reads - window.shape[1]), value=config.coarse_padding)
        prompt = torch.cat((window, start, codes[:, kept:]), 1)
        beside = None if guides is None else guides[:, kept:]
        fresh = _window(model, prompt, min(config.coarse_step, total - made), choose, cache, beside)
        codes = torch.cat((codes, fresh), 1)
        if on_window is not None:
            on_window(codes.shape[1] - behind, total)
    flat = codes[:, behind:].unsqueeze(1) - config.coarse_first
    return unflatten(flat, books, [config.codes] * books)


def _window(
    model: Bark, prompt_BN: Tensor, count: int, choose: Choose, cache: KVCache, guides_BNJ: Tensor | None = None
) -> Tensor:
    """The next `count` ids behind a prompt, of which the cache may hold the beginning.

    `guides_BNJ` stand beside the start token, the codes behind it and those to come.
    """
    config, behind = model.config, prompt_BN.shape[1]
    spans = [(config.coarse_first + book * config.codes, config.codes) for book in range(config.coarse_books)]
    choices = [within(choose, first, size) for first, size in spans]

    def step(ids_BKT: Tensor) -> Tensor:
        fresh = ids_BKT[:, 0, cache.length if cache.length < behind else 0 :]
        reached = cache.length + fresh.shape[1]
        first, size = spans[(reached - behind) % len(spans)]
        begin = max(0, cache.length - config.coarse_reads)
        beside = None if guides_BNJ is None else guides_BNJ[:, begin : reached - config.coarse_reads]
        logits: Tensor = model.coarse(fresh, cache=cache, since=-1, among=slice(first, first + size), guides_BTJ=beside)
        return logits

    def alternate(logits: Tensor, history: Tensor) -> Tensor:
        return choices[(history.shape[-1] - behind) % len(spans)](logits, history)

    template = F.pad(prompt_BN, (0, count), value=UNKNOWN).unsqueeze(1)
    return run(step, template, alternate)[:, 0, behind:]


@torch.inference_mode()
def fine(
    model: Bark,
    coarse_BKT: Tensor,
    choose: Choose | Sequence[Choose] = greedy,
    *,
    voice: VoicePrompt | None = None,
    on_window: OnWindow | None = None,
) -> Tensor:
    """Codes [B, 8, T] of all codebooks: window by window, book by book. `on_window` hears (window, of how many).

    `choose` is one for all further books, or one for each.
    """
    config, (batch, given, frames) = model.config, coarse_BKT.shape
    past = None if voice is None else _of(config, voice, coarse_BKT).fine_KT[:, -config.fine_step :]
    behind = 0 if past is None else past.shape[1]
    length = max(config.fine_window, behind + frames)
    codes = coarse_BKT.new_full((batch, config.books, length), config.codes)
    codes[:, :given, behind : behind + frames] = coarse_BKT
    if past is not None:
        codes[:, :, :behind] = past
    windows = 1 + max(0, math.ceil((behind + frames - config.fine_window) / config.fine_step)) if frames else 0
    for index in range(windows):
        start = min(index * config.fine_step, length - config.fine_window)
        since = min(behind + index * config.fine_step, length - config.fine_step) - start
        window = codes[..., start : start + config.fine_window]
        for book in range(given, config.books):
            logits = model.fine(window, book, since=since, among=slice(config.codes))
            chosen = of_book(choose, book - given)(logits, codes.new_empty(*logits.shape[:2], 0))
            window[:, book, since:] = chosen
        if on_window is not None:
            on_window(index + 1, windows)
    return codes[..., behind : behind + frames]


def generate(
    model: Bark,
    text_BS: Tensor,
    choose: Choose,
    *,
    mask_BS: Tensor | None = None,
    voice: VoicePrompt | None = None,
    acoustic: Choose | None = None,
    refine: Choose | Sequence[Choose] = greedy,
    min_eos_p: float | None = 0.2,
    on_stage: OnStage | None = None,
) -> Spoken:
    """Ids of text [B, S] to the tokens of all stages.

    `choose` serves the causal ones (`acoustic` the second of them, where it is given), `refine` the fine one.

    Its authors sample at 0.7, and at 0.5 in the fine stage. Raises InputError as the stages do.
    """
    config = model.config
    hear: OnStage = (lambda *_: None) if on_stage is None else on_stage
    prompt = config.text_tokens
    semantic_BT = semantic(
        model,
        text_BS,
        choose,
        mask_BS=mask_BS,
        voice=voice,
        min_eos_p=min_eos_p,
        on_step=lambda column, _: hear("semantic", column - prompt, config.semantic_tokens),
    )
    tokens_B = token_counts(config, semantic_BT)
    frames_B = frame_counts(config, tokens_B)
    coarse_BKT = coarse(
        model,
        semantic_BT,
        acoustic or choose,
        text_BS=text_BS,
        mask_BS=mask_BS,
        voice=voice,
        on_window=lambda made, total: hear("coarse", made, total),
    )
    fine_BKT = fine(model, coarse_BKT, refine, voice=voice, on_window=lambda made, windows: hear("fine", made, windows))
    return Spoken(semantic_BT, coarse_BKT, fine_BKT, tokens_B, frames_B)


@torch.inference_mode()
def wave(model: Bark, spoken: Spoken) -> tuple[Tensor, Tensor]:
    """Samples [B, 1, longest] and how many of them are each row's own; behind those is silence.

    A row is decoded at its own length, for the codec's recurrent layers would carry its padding on.
    """
    if model.codec is None:
        raise InputError("codec", "this Bark holds none", "decode `fine_BKT` with the codec that it shares")
    frames = spoken.frames_B.tolist()
    if len(set(frames)) == 1 and frames[0]:
        samples = model.codec.decode(spoken.fine_BKT)
        return samples, torch.full_like(spoken.frames_B, samples.shape[-1])
    rows = [
        model.codec.decode(spoken.fine_BKT[row : row + 1, :, :count]) if count else None
        for row, count in enumerate(frames)
    ]
    like = model.semantic.head.weight
    samples = like.new_zeros(len(rows), 1, max(0 if part is None else part.shape[-1] for part in rows))
    lengths = torch.zeros_like(spoken.frames_B)
    for row, part in enumerate(rows):
        if part is not None:
            lengths[row] = part.shape[-1]
            samples[row, :, : part.shape[-1]] = part[0]
    return samples, lengths


def text_ids(config: BarkConfig, text_BS: Tensor, mask_BS: Tensor | None = None) -> Tensor:
    """The model's ids [B, 256] of WordPiece ids [B, S]. Raises InputError for more of them than there are places."""
    if text_BS.shape[1] > config.text_tokens:
        raise InputError(
            "text", f"{text_BS.shape[1]} tokens", f"split it: the model reads {config.text_tokens} at a time"
        )
    ids = text_BS + config.text_offset
    if mask_BS is not None:
        ids = ids.masked_fill(~mask_BS, config.text_padding)
    return F.pad(ids, (0, config.text_tokens - ids.shape[1]), value=config.text_padding)


def token_counts(config: BarkConfig, semantic_BT: Tensor) -> Tensor:
    """How many semantic tokens [B] each row has before it ends."""
    return (semantic_BT != config.semantic_codes).sum(1)


def frame_counts(config: BarkConfig, tokens_B: Tensor) -> Tensor:
    """How many frames [B] so many semantic tokens last."""
    return (tokens_B * config.ratio / config.coarse_books).floor().long()


def histories(config: BarkConfig, voice: VoicePrompt | None, like_BT: Tensor) -> tuple[Tensor, Tensor]:
    """A voice's semantic tokens and flattened coarse ids [B, N], cut to one time and to what a window sees.

    The last coarse frame is left out: Bark was found to sound better so. With a guide it stays, for its codes are told
    the units of their time. Without a voice both are empty.
    """
    batch = len(like_BT)
    if voice is None:
        return like_BT.new_empty(batch, 0), like_BT.new_empty(batch, 0)
    voice = _of(config, voice, like_BT)
    tokens, books = voice.semantic_S, config.coarse_books
    flat = flatten(voice.coarse_KT[None], [config.codes] * books)[0, 0] + config.coarse_first
    count = min(
        math.floor(config.coarse_history / config.ratio),
        len(tokens) - len(tokens) % 2,
        math.floor(len(flat) / config.ratio),
    )
    less = books if config.guide is None else 0
    flat = flat[len(flat) - round(count * config.ratio) : len(flat) - less] if count else flat[:0]
    return tokens[len(tokens) - count :].expand(batch, -1), flat.expand(batch, -1)


def _of(config: BarkConfig, voice: VoicePrompt, like: Tensor) -> VoicePrompt:
    voice.check(
        semantic_codes=config.semantic_codes, coarse_books=config.coarse_books, books=config.books, codes=config.codes
    )
    return voice.to(like.device)
