"""One step of our Wan transformer against diffusers': the same weights, 15.7 M parameters, 1,280 tokens.

Notable: a clip of 50 steps looks 50 times at one text. Ours reads a text once, and its padding as one token; diffusers
reads all 512 tokens at every step. The second row gives both the whole text at every step. Below stand the shares of
the machine's peak that both reach, and where their time goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import torch
from torch import Tensor

from bench import shares
from bench.pairs import Row, compare, table
from soundstage.models.wan import Wan
from soundstage.weights import wan as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

WIDTH, DEPTH, HEADS, TEXT = 384, 6, 6, 512
TOKENS, PADDED = 48, 512  # a prompt of 48 tokens, padded with zeros to 512 as Wan pads its prompts
GRID = (5, 32, 32)  # latent frames, height, width: 5 · 16 · 16 tokens
WORK = "Wan step, 15.7 M, 1,280 tokens"


class Steps(NamedTuple):
    """One step: ours with a text read once and read anew, and diffusers'."""

    once: Callable[[], Tensor]
    anew: Callable[[], Tensor]
    theirs: Callable[[], Tensor]


def steps() -> Steps:
    """Both models, with the same random weights, on one noise and one text."""
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
    return Steps(
        once=lambda: cast(Tensor, model(x, time, text)),
        anew=lambda: cast(Tensor, model(x, time, padded)),
        theirs=lambda: cast(Tensor, reference(x, time, padded, return_dict=False)[0]),
    )


def rows(pairs: int = 9) -> list[Row]:
    """Two rows: the step as a film makes it, and with the text read anew."""
    return _rows(steps(), pairs)


@torch.inference_mode()
def _rows(made: Steps, pairs: int) -> list[Row]:
    truth = made.theirs()
    error = max(float((ours() - truth).abs().max()) for ours in (made.once, made.anew))
    note = f"largest difference {error:.0e}"
    return [
        compare(f"{WORK}, text read {name}", "diffusers", "steps/s", 1, ours, made.theirs, pairs=pairs, note=note)
        for name, ours in (("once", made.once), ("anew", made.anew))
    ]


@torch.inference_mode()
def shared(made: Steps) -> str:
    """The table of shares of both."""
    each = (("ours, text read once", made.once), ("ours, text read anew", made.anew), ("diffusers'", made.theirs))
    tokens = GRID[0] * GRID[1] * GRID[2] // 4
    return shares.table([(WORK, whose, shares.share(work, tokens, WIDTH)) for whose, work in each])


def main() -> list[Row]:
    """Measure and print."""
    made = steps()
    found = _rows(made, 9)
    print(table(found), shared(made), sep="\n\n")
    return found


if __name__ == "__main__":
    main()
