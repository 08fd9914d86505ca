"""One step of our Wan transformer against diffusers': the same weights, 15.7 M parameters, 1,280 tokens.

Notable: a clip of 50 steps looks 50 times at one text. Ours reads a text once, and its padding as one token; diffusers
reads all 512 tokens at every step. The second row gives both the whole text at every step.
"""

from __future__ import annotations

from typing import cast

import torch

from bench.pairs import Row, compare, table
from soundstage.models.wan import Wan
from soundstage.weights import wan as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

WIDTH, DEPTH, HEADS, TEXT = 384, 6, 6, 512
TOKENS, PADDED = 48, 512  # a prompt of 48 tokens, padded with zeros to 512 as Wan pads its prompts
GRID = (5, 32, 32)  # latent frames, height, width: 5 · 16 · 16 tokens


def rows(pairs: int = 9) -> list[Row]:
    """Two rows: the step as a film makes it, and with the text read anew."""
    from diffusers import WanTransformer3DModel

    reference = WanTransformer3DModel(
        num_attention_heads=HEADS, attention_head_dim=WIDTH // HEADS, text_dim=TEXT, ffn_dim=4 * WIDTH, num_layers=DEPTH
    ).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in reference.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    tensors = rename(reference.state_dict(), weights.KEYS, weights.IGNORED)
    shape = {"width": WIDTH, "depth": DEPTH, "heads": HEADS, "hidden": 4 * WIDTH, "text": TEXT}
    model = cast(Wan, assemble(lambda: weights.build(shape), tensors, torch.float32))
    x = torch.randn(1, 16, *GRID, generator=generator)
    prompt = torch.randn(1, TOKENS, TEXT, generator=generator)
    padded = torch.cat((prompt, torch.zeros(1, PADDED - TOKENS, TEXT)), 1)
    time = torch.tensor([500.0])
    with torch.inference_mode():
        text = model.read(prompt, PADDED - TOKENS)

        def theirs() -> torch.Tensor:
            return cast(torch.Tensor, reference(x, time, padded, return_dict=False)[0])

        error = max(float((model(x, time, given) - theirs()).abs().max()) for given in (text, padded))
        note = f"largest difference {error:.0e}"
        work = "Wan step, 15.7 M, 1,280 tokens"
        return [
            compare(f"{work}, text read once", "diffusers", "steps/s", 1, lambda: model(x, time, text), theirs,
                    pairs=pairs, note=note),
            compare(f"{work}, text read anew", "diffusers", "steps/s", 1, lambda: model(x, time, padded), theirs,
                    pairs=pairs, note=note),
        ]  # fmt: skip


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
