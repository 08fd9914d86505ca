"""F5-TTS at v1's base size against f5-tts: the same random weights, the same noise, guidance 2, a few steps.

Notable: a step is matrix products of 337 M weights by all frames twice, once without the text; the time is theirs. So
the second row packs (`nn.packed`: products in bfloat16), and tells how far the mel moves.
"""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import Tensor

from bench.pairs import Row, compare, table
from bench.peers import absent, enter
from soundstage.models.f5 import F5, f5_v1_base, generate
from soundstage.nn.packed import pack
from soundstage.weights import f5 as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

FRAMES, REFERENCE, TEXT, STEPS, EIGHT = 240, 100, 40, 2, 8
DIT = {"dim": 1024, "depth": 22, "heads": 16, "ff_mult": 2, "text_dim": 512, "conv_layers": 4, "mel_dim": 100,
       "text_num_embeds": 2545, "text_mask_padding": True, "pe_attn_head": None}  # fmt: skip


def rows(pairs: int = 3) -> list[Row]:
    """In float32, packed, and eight at once."""
    unit, work = "steps/s", f"F5 v1 base, guidance 2, {FRAMES} frames"
    generator = torch.Generator().manual_seed(1)
    mel = torch.randn(1, REFERENCE, 100, generator=generator)
    text = torch.randint(0, 2545, (1, TEXT), generator=generator)
    theirs = _theirs() if enter("f5_tts") else None
    if theirs is None:
        plain = F5(f5_v1_base()).eval().requires_grad_(False)
    else:
        tensors = {f"ema_model.{name}": tensor for name, tensor in theirs.state_dict().items()}
        kept = rename(tensors, weights.KEYS, weights.IGNORED)
        plain = cast(F5, assemble(lambda: F5(f5_v1_base()), kept, torch.float32))

    def ours(model: F5, rows: int = 1) -> Tensor:
        draws = [torch.Generator().manual_seed(0) for _ in range(rows)]
        return generate(model, text.expand(rows, -1), mel.expand(rows, -1, -1), FRAMES, generator=draws, steps=STEPS)

    packed = copy.deepcopy(plain)
    pack(packed.blocks)
    with torch.inference_mode():
        true = ours(plain)[:, REFERENCE:]
        moved = float((ours(packed)[:, REFERENCE:] - true).abs().mean() / true.std())
        if theirs is None:
            return [absent(f"{work}, float32", "f5-tts", unit, STEPS, lambda: ours(plain)),
                    absent(f"{work}, packed", "f5-tts", unit, STEPS, lambda: ours(packed))]  # fmt: skip

        def their() -> Tensor:
            asked = {"steps": STEPS, "cfg_strength": 2.0, "sway_sampling_coef": -1.0, "seed": 0}
            return theirs.sample(mel, text, FRAMES, **asked)[0]  # type: ignore[no-any-return]

        off = float((their()[:, REFERENCE:] - true).abs().max())
        return [
            compare(f"{work}, float32", "f5-tts", unit, STEPS, lambda: ours(plain), their, pairs=pairs,
                    note=f"largest difference {off:.0e}"),
            compare(f"{work}, packed", "f5-tts", unit, STEPS, lambda: ours(packed), their, pairs=pairs,
                    note=f"mel moved by {moved:.3f} of its spread"),
            compare(f"{work}, 4 at once, packed", "ours, one by one", unit, 4 * STEPS, lambda: ours(packed, 4),
                    lambda: [ours(packed) for _ in range(4)], pairs=pairs),
        ]  # fmt: skip


def _theirs() -> Any:
    from f5_tts.model.backbones.dit import DiT
    from f5_tts.model.cfm import CFM

    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = CFM(transformer=DiT(**DIT), mel_spec_kwargs={"n_mel_channels": 100}, num_channels=100).eval()
        with torch.no_grad():
            for name, parameter in made.named_parameters():
                if parameter.ndim > 1 and float(parameter.abs().max()) == 0:  # it begins as the identity
                    parameter.normal_(0, 0.02)
                elif name.endswith("weight") and parameter.ndim == 1:
                    parameter.fill_(1.0)
    return made


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
