"""MusicGen's loop against transformers' at two sizes: the same weights, greedy, guidance on; and eight songs at once.

Notable: both songs are compared token by token before anything is timed. *Packed* keeps weights in float16
(`--dtype float16`); how far that moves the guided logits stands in its note, measured along one song. Beside ours
stands what a step reads and how fast this machine reads, which no loop can beat. Eight songs at once are measured
against one after another, each in the layout of weights that suits it; first sound, against the wait for the whole.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, cast

import torch
from torch import Tensor, nn

from bench.pairs import Row, compare, seconds, table
from soundstage.codec.centred import CentredStream
from soundstage.codec.encodec import Encodec, encodec_32khz
from soundstage.decode import greedy
from soundstage.models.musicgen import Decoder, Heard, Musicgen, generate, window
from soundstage.nn.packed import pack
from soundstage.nn.transformer import Folded
from soundstage.weights import musicgen as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

CODES, TEXT, EIGHT = 2048, 12, 8
BREATH = 25  # frames until sound is made, half a second


@dataclass(frozen=True, kw_only=True)
class Size:
    """A decoder, and how many frames it is asked for."""

    name: str
    width: int
    depth: int
    heads: int
    frames: int
    pairs: int


STARTER = Size(name="12.6 M decoder", width=256, depth=12, heads=4, frames=150, pairs=9)
SMALL = Size(name="300 M decoder", width=1024, depth=24, heads=16, frames=27, pairs=3)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same weights: transformers' model and ours, and the states of eight texts."""

    size: Size
    reference: Any
    config: Any
    decoder: Decoder
    text_BSD: Tensor

    def ours(self, decoder: Decoder, rows: slice = slice(1)) -> Tensor:
        """The songs [B, 4, frames] of some texts."""
        with torch.inference_mode():
            return generate(decoder, decoder.hear(self.text_BSD[rows]), self.size.frames, greedy)

    def heard(self) -> Heard:
        """The first text."""
        return self.decoder.hear(self.text_BSD[:1])

    def theirs(self) -> Tensor:
        """The song of the first text."""
        from transformers import DynamicCache, EncoderDecoderCache

        text, mask = self.text_BSD[:1], torch.ones(1, TEXT, dtype=torch.long)
        return self.reference.generate(  # type: ignore[no-any-return]
            torch.full((4, 1), CODES),
            attention_mask=torch.ones(1, 1, dtype=torch.long),
            encoder_hidden_states=torch.cat((text, torch.zeros_like(text))),
            encoder_attention_mask=torch.cat((mask, torch.zeros_like(mask))),
            past_key_values=EncoderDecoderCache(DynamicCache(config=self.config), DynamicCache(config=self.config)),
            guidance_scale=3.0,
            do_sample=False,
            max_length=self.size.frames + 4,
            num_return_sequences=1,
            num_beams=1,
            use_cache=True,
            decoder_start_token_id=CODES,
        )


def pair(size: Size) -> Pair:
    """Random weights, whose logits spread as those of a trained model do."""
    from transformers import MusicgenForCausalLM
    from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

    shaped = MusicgenDecoderConfig(
        vocab_size=CODES, hidden_size=size.width, num_hidden_layers=size.depth, num_attention_heads=size.heads,
        ffn_dim=4 * size.width, pad_token_id=CODES, bos_token_id=CODES,
    )  # fmt: skip
    reference = MusicgenForCausalLM(shaped).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in reference.named_parameters():
            if parameter.ndim > 1:
                spread = 0.2 if "embed" in name else 0.8 * size.width**-0.5
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
    shape = {
        "width": size.width, "depth": size.depth, "heads": size.heads, "hidden": 4 * size.width, "books": 4,
        "codes": CODES,
    }  # fmt: skip
    tensors = rename(reference.state_dict(), weights.KEYS, weights.IGNORED)
    config = {"decoder": {**shape, "delays": [0, 1, 2, 3]}}
    model = cast(Musicgen, assemble(lambda: weights.build(config), tensors, torch.float32)).decoder
    text = torch.randn(EIGHT, TEXT, size.width, generator=generator)
    return Pair(size=size, reference=reference, config=shaped, decoder=model.requires_grad_(False), text_BSD=text)


def rows(pairs: int | None = None, sizes: tuple[Size, ...] = (STARTER, SMALL)) -> list[Row]:
    """For each size: float32 and packed against transformers, then eight at once and the first sound against ours."""
    return [row for size in sizes for row in rows_of(size, pairs or size.pairs)]


def rows_of(size: Size, pairs: int) -> list[Row]:
    """The rows of one size, each printed as it is found."""
    made, steps, work = pair(size), size.frames + 3, f"MusicGen loop, {size.name}, guidance 3"
    true, limit, found = made.ours(made.decoder), reading(), []

    def say(row: Row) -> None:
        found.append(row)
        print(table([row]).splitlines()[-1], flush=True)

    def against(kind: str, decoder: Decoder, note: str, size_of: int) -> None:
        read = read_a_step(decoder, decoder.hear(made.text_BSD[:1]).guided, size_of)
        note += f"; reads {read / 1e6:.0f} MB a step, at {limit / 1e9:.0f} GB/s at most {limit / read:.0f} steps/s"
        ours = partial(made.ours, decoder)
        say(compare(f"{work}, {kind}", "transformers", "steps/s", steps, ours, made.theirs, pairs=pairs, note=note))

    same = float((true == made.theirs()).float().mean())
    against("float32", made.decoder, f"{same:.0%} of tokens the same", 4)
    half = pack(copy.deepcopy(made.decoder))
    against("packed", half, apart(made, half, true), 2)
    del half
    ordered = pack(copy.deepcopy(made.decoder), half=False)
    together = partial(made.ours, ordered, slice(EIGHT))

    def one_by_one() -> list[Tensor]:
        return [made.ours(made.decoder, slice(at, at + 1)) for at in range(EIGHT)]

    name, total = f"{work}, 8 songs at once, float32", EIGHT * steps
    say(compare(name, "ours, one by one", "steps/s", total, together, one_by_one, pairs=pairs))
    first, whole = heard_first(made)
    name = f"{work}, {size.frames / 50:g} s: half a second of sound"
    say(compare(name, "ours, the whole song", "times/s", 1, first, whole, pairs=pairs))
    return found


def apart(made: Pair, near: Decoder, song: Tensor) -> str:
    """How far a decoder's guided logits are from those of the plain one along a song, relative to their spread."""
    plain, moved = (logits_along(made, decoder, song) for decoder in (made.decoder, near))
    off, spread = (moved - plain).abs(), float(plain.std())
    same = float((moved.argmax(-1) == plain.argmax(-1)).float().mean())
    mean, most = float(off.mean()) / spread, float(off.max()) / spread
    return f"logits off by {mean:.4f} (most {most:.3f}) of their spread, {same:.0%} of tokens the same"


def logits_along(made: Pair, decoder: Decoder, song: Tensor) -> Tensor:
    """The logits [columns, 4, V] that the loop chooses from while a song is forced upon it."""
    heard, delays = [], decoder.config.delays

    def forced(logits: Tensor, history: Tensor) -> Tensor:
        at = history.shape[-1] - 1
        heard.append(logits[0])
        picked = [song[:, book, min(max(at - late, 0), song.shape[-1] - 1)] for book, late in enumerate(delays)]
        return torch.stack(picked, 1)

    with torch.inference_mode():
        generate(decoder, decoder.hear(made.text_BSD[:1]), made.size.frames, forced)
    return torch.stack(heard)


def reading(megabytes: int = 256) -> float:
    """Bytes a second that this machine reads from memory in one long sum, the best of five."""
    held = torch.ones(megabytes * 2**18)
    return held.nbytes / min(seconds(held.sum) for _ in range(5))


def read_a_step(decoder: Decoder, heard: Heard, size_of: int) -> float:
    """Bytes of weights that one step of the loop reads; of a text that is folded in, what took the projections' place.

    Weights of a layer are `size_of` bytes each, what is folded in is float32.
    """
    folded = heard.keys is not None and isinstance(heard.keys[0], Folded)
    skipped = (".cross.kv", ".cross.q", ".cross.out") if folded else (".cross.kv",)
    counts: dict[str, int] = {}
    for name, layer in decoder.named_modules():
        shaped = getattr(layer, "weight", None)
        if hasattr(layer, "unpacked"):
            counts[name] = layer.unpacked().numel()
        elif isinstance(layer, nn.Linear):
            counts[name] = cast(Tensor, shaped).numel()
    weights_read = sum(
        n for name, n in counts.items() if name.startswith(("blocks", "heads")) and not name.endswith(skipped)
    )
    parts = [part for keys in heard.keys or () if isinstance(keys, Folded) for part in (keys.into_BDN, keys.back_BND)]
    return weights_read * size_of + sum(4 * part.numel() for part in parts)


def heard_first(made: Pair) -> tuple[Callable[[], Tensor], Callable[[], Tensor]]:
    """What makes the first half second of sound of a song, and what makes all of it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        codec = Encodec(encodec_32khz()).eval().requires_grad_(False)

    @torch.inference_mode()
    def first() -> Tensor:
        stream, walk = CentredStream(codec), window(made.decoder, made.heard(), made.size.frames, greedy)
        return stream.push(torch.cat(list(islice(walk, min(BREATH, made.size.frames))), -1), last=False)

    @torch.inference_mode()
    def whole() -> Tensor:
        return codec.decode(made.ours(made.decoder))

    return first, whole


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
