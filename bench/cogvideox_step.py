"""One step of our CogVideoX transformer against diffusers': the same weights. Its decoding is timed by `vae_decode`.

Notable: a guided step is a batch of two, text and no text. Below stand the shares of the machine's peak that both
reach, and where their time goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

import torch
from torch import Tensor

from bench import shares
from bench.pairs import Row, compare, table
from soundstage.models.cogvideox import Transformer, cogvideox_5b
from soundstage.weights.cogvideox import keys
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

HEADS, DEPTH, TEXT, TOKENS = 6, 6, 512, 226
GRID = (5, 32, 32)  # latent frames, height, width: 5 · 16 · 16 tokens of video


class Step(NamedTuple):
    """A step by its name: ours, diffusers', and how many tokens pass."""

    work: str
    ours: Callable[[], Tensor]
    theirs: Callable[[], Tensor]
    tokens: int


def steps() -> list[Step]:
    """A step and a guided one, of both models, with the same random weights."""
    from diffusers import CogVideoXTransformer3DModel
    from diffusers.models.embeddings import get_3d_rotary_pos_embed

    config = replace(cogvideox_5b().transformer, heads=HEADS, depth=DEPTH, text=TEXT, grid=GRID[1:])
    reference = filled(
        CogVideoXTransformer3DModel(
            num_attention_heads=HEADS, num_layers=DEPTH, text_embed_dim=TEXT, sample_height=GRID[1],
            sample_width=GRID[2], use_rotary_positional_embeddings=True,
        )
    )  # fmt: skip
    tensors = rename(reference.state_dict(), keys.TRANSFORMER)
    model = cast(Transformer, assemble(lambda: Transformer(config), tensors, torch.float32))
    sides = (GRID[1] // 2, GRID[2] // 2)
    rope = get_3d_rotary_pos_embed(64, ((0, 0), sides), sides, GRID[0])
    generator = torch.Generator().manual_seed(1)
    found = []
    for batch, name in ((1, "step"), (2, "guided step")):
        x = torch.randn(1, GRID[0], 16, *GRID[1:], generator=generator).expand(batch, -1, -1, -1, -1).contiguous()
        text, time = torch.randn(batch, TOKENS, TEXT, generator=generator), torch.full((batch,), 500)
        with torch.inference_mode():
            read = model.read(text)

        def theirs(x: Tensor = x, text: Tensor = text, time: Tensor = time) -> Tensor:
            said = reference(x, text, time, image_rotary_emb=rope, return_dict=False)[0]
            return cast(Tensor, said)

        def ours(x: Tensor = x, time: Tensor = time, read: object = read) -> Tensor:
            return cast(Tensor, model(x, time[:1], read))

        tokens = batch * (GRID[0] * sides[0] * sides[1] + TOKENS)
        found.append(Step(f"CogVideoX {name}, 19 M, 1,506 tokens", ours, theirs, tokens))
    return found


def rows(pairs: int = 9) -> list[Row]:
    """A step, and a guided one."""
    return _rows(steps(), pairs)


@torch.inference_mode()
def _rows(made: list[Step], pairs: int) -> list[Row]:
    found = []
    for step in made:
        note = f"largest difference {float((step.ours() - step.theirs()).abs().max()):.0e}"
        found.append(compare(step.work, "diffusers", "steps/s", 1, step.ours, step.theirs, pairs=pairs, note=note))
    return found


@torch.inference_mode()
def shared(made: list[Step]) -> str:
    """The table of shares of both."""
    each = [
        (step.work, whose, work, step.tokens)
        for step in made
        for whose, work in (("ours", step.ours), ("diffusers'", step.theirs))
    ]
    return shares.table([(work, whose, shares.share(run, tokens, 64 * HEADS)) for work, whose, run, tokens in each])


def filled(module: torch.nn.Module) -> torch.nn.Module:
    """With random weights, always the same."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return module.eval()


def main() -> list[Row]:
    """Measure and print."""
    made = steps()
    found = _rows(made, 9)
    print(table(found), shared(made), sep="\n\n")
    return found


if __name__ == "__main__":
    main()
