"""Our autoregressive loop against transformers' MusicGen: the same weights, greedy, guidance on.

Notable: both songs are compared token by token before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from bench.pairs import Row, compare, table
from soundstage.decode import greedy
from soundstage.models.musicgen import Musicgen, generate
from soundstage.weights import musicgen as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

WIDTH, DEPTH, HEADS, CODES = 256, 12, 4, 2048  # 12.6 M parameters in the blocks
FRAMES, TEXT = 150, 12


def rows(pairs: int = 9) -> list[Row]:
    """One row: steps a second."""
    ours, theirs = songs()
    same = float((ours() == theirs()).float().mean())
    steps = FRAMES + 3
    return [
        compare(
            "MusicGen loop, 12.6 M decoder, guidance 3",
            "transformers",
            "steps/s",
            steps,
            ours,
            theirs,
            pairs=pairs,
            note=f"{same:.0%} of tokens the same",
        )
    ]


def songs() -> tuple[Callable[[], Tensor], Callable[[], Tensor]]:
    """Ours and theirs: each makes the song [1, 4, FRAMES]."""
    from transformers import DynamicCache, EncoderDecoderCache, MusicgenForCausalLM
    from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

    shaped = MusicgenDecoderConfig(
        vocab_size=CODES, hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, ffn_dim=4 * WIDTH,
        pad_token_id=CODES, bos_token_id=CODES,
    )  # fmt: skip
    reference = MusicgenForCausalLM(shaped).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in reference.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (0.2 if "embed" in name else 0.05))
    shape = {"width": WIDTH, "depth": DEPTH, "heads": HEADS, "hidden": 4 * WIDTH, "books": 4, "codes": CODES}
    tensors = rename(reference.state_dict(), weights.KEYS, weights.IGNORED)
    config = {"decoder": {**shape, "delays": [0, 1, 2, 3]}}
    model = cast(Musicgen, assemble(lambda: weights.build(config), tensors, torch.float32)).decoder
    text = torch.randn(1, TEXT, WIDTH, generator=generator)
    both_texts = torch.cat((text, torch.zeros_like(text)))
    both_masks = torch.cat((torch.ones(1, TEXT, dtype=torch.long), torch.zeros(1, TEXT, dtype=torch.long)))

    def theirs() -> Tensor:
        return reference.generate(  # type: ignore[no-any-return]
            torch.full((4, 1), CODES),
            attention_mask=torch.ones(1, 1, dtype=torch.long),
            encoder_hidden_states=both_texts,
            encoder_attention_mask=both_masks,
            past_key_values=EncoderDecoderCache(DynamicCache(config=shaped), DynamicCache(config=shaped)),
            guidance_scale=3.0,
            do_sample=False,
            max_length=FRAMES + 4,
            num_return_sequences=1,
            num_beams=1,
            use_cache=True,
            decoder_start_token_id=CODES,
        )

    return lambda: generate(model, model.hear(text), FRAMES, greedy), theirs


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
