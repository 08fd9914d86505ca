"""One step of our Wan transformer with a byte a weight against the same in float32: time, error and bytes.

Notable: the same weights, 15.7 M, and 1,280 tokens. Times are by `BENCH_CLOCK`; the error is that of the velocity, its
norm over that of float32. On a GPU, where weights wait for memory, the times are others.
"""

from __future__ import annotations

from typing import cast

import torch

from bench.pairs import Row, compare, table
from soundstage.models.wan import Wan, WanConfig
from soundstage.nn.narrow import LARGEST, make_room, narrowed
from soundstage.weights.keys import matches
from soundstage.weights.wan.transformer import FULL, NARROW

SHAPE = WanConfig(width=384, depth=6, heads=6, hidden=1536, text=512)
GRID = (5, 32, 32)  # latent frames, height, width: 5 · 16 · 16 tokens
TOKENS = 48
KINDS = {"int8": torch.int8, "fp8": torch.float8_e4m3fn, "bfloat16": None}


def drawn() -> Wan:
    """The transformer with random weights."""
    model, generator = Wan(SHAPE), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return model.eval().requires_grad_(False)


def changed(kind: str) -> Wan:
    """The same one, its blocks' products narrow, or all of it in bfloat16 but what stays float32 in any dtype."""
    model, dtype = drawn(), KINDS[kind]
    state = dict(model.state_dict())
    if dtype is None:
        state = {name: t if matches(name, FULL) else t.bfloat16() for name, t in state.items()}
        model.load_state_dict(state, strict=True, assign=True)
        return model
    assert dtype in LARGEST
    names = [name for name in state if matches(name, NARROW)]
    make_room(model, names, dtype)
    for name in names:
        state[name], state[f"{name.removesuffix('weight')}scale"] = narrowed(state[name], dtype)
    model.load_state_dict(state, strict=True, assign=True)
    return model


def size(model: Wan) -> int:
    """Bytes of its weights."""
    return sum(weight.numel() * weight.element_size() for weight in model.parameters())


def rows(pairs: int = 9) -> list[Row]:
    """One row a kind."""
    generator = torch.Generator().manual_seed(1)
    x, prompt = torch.randn(1, 16, *GRID, generator=generator), torch.randn(1, TOKENS, SHAPE.text, generator=generator)
    wide, found = drawn(), []

    def step(model: Wan) -> torch.Tensor:
        dtype = model.patch.weight.dtype
        made = model(x.to(dtype), torch.tensor([500.0]), model.read(prompt.to(dtype), 464))
        return cast(torch.Tensor, made).float()

    with torch.inference_mode():
        plain = step(wide)
        for kind in KINDS:
            model = changed(kind)
            off = float((step(model) - plain).norm() / plain.norm())
            note = f"velocity {100 * off:.2f}% off; {size(model) / 1e6:.1f} MB, float32 {size(wide) / 1e6:.1f}"
            work = f"Wan step, 15.7 M, 1,280 tokens, {kind}"
            found.append(compare(work, "float32", "steps/s", 1, lambda m=model: step(m), lambda: step(wide),  # type: ignore[misc]
                                 pairs=pairs, note=note))  # fmt: skip
    return found


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
