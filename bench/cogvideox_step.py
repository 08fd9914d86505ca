"""One step of our CogVideoX transformer and a decoding of its autoencoder against diffusers': the same weights.

Notable: a guided step is a batch of two, text and no text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch

from bench.pairs import Row, compare, table
from soundstage.models.cogvideox import Transformer, Vae, VaeConfig, cogvideox_5b
from soundstage.weights.cogvideox import keys
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

HEADS, DEPTH, TEXT, TOKENS = 6, 6, 512, 226
GRID = (5, 32, 32)  # latent frames, height, width: 5 · 16 · 16 tokens of video
WIDTHS, BLOCKS, LATENTS = (32, 64, 64, 128), 1, (3, 12, 16)


def rows(pairs: int = 9) -> list[Row]:
    """A step, a guided one, and pixels."""
    return [*_steps(pairs), _pixels(pairs)]


def _steps(pairs: int) -> list[Row]:
    from diffusers import CogVideoXTransformer3DModel
    from diffusers.models.embeddings import get_3d_rotary_pos_embed

    config = replace(cogvideox_5b().transformer, heads=HEADS, depth=DEPTH, text=TEXT, grid=GRID[1:])
    reference = _filled(
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
    with torch.inference_mode():
        for batch, name in ((1, "step"), (2, "guided step")):
            x = torch.randn(1, GRID[0], 16, *GRID[1:], generator=generator).expand(batch, -1, -1, -1, -1).contiguous()
            text, time = torch.randn(batch, TOKENS, TEXT, generator=generator), torch.full((batch,), 500)
            read = model.read(text)

            def theirs(x: torch.Tensor = x, text: torch.Tensor = text, time: torch.Tensor = time) -> torch.Tensor:
                said = reference(x, text, time, image_rotary_emb=rope, return_dict=False)[0]
                return cast(torch.Tensor, said)

            def ours(x: torch.Tensor = x, time: torch.Tensor = time, read: object = read) -> torch.Tensor:
                return cast(torch.Tensor, model(x, time[:1], read))

            error = float((ours() - theirs()).abs().max())
            work = f"CogVideoX {name}, 19 M, 1,506 tokens"
            note = f"largest difference {error:.0e}"
            found.append(compare(work, "diffusers", "steps/s", 1, ours, theirs, pairs=pairs, note=note))
    return found


def _pixels(pairs: int) -> Row:
    from diffusers import AutoencoderKLCogVideoX

    reference = _filled(AutoencoderKLCogVideoX(block_out_channels=WIDTHS, layers_per_block=BLOCKS, norm_num_groups=16))
    config = VaeConfig(widths=WIDTHS, blocks=BLOCKS, groups=16)
    model = cast(Vae, assemble(lambda: Vae(config), rename(reference.state_dict(), keys.VAE), torch.float32))
    z = torch.randn(1, 16, *LATENTS, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        error = float((model.decode(z) - reference.decode(z).sample).abs().max())
        frames = 4 * LATENTS[0] - 3
        return compare(
            "CogVideoX decoding, 96 × 128", "diffusers", "frames/s", frames, lambda: model.decode(z),
            lambda: reference.decode(z).sample, pairs=pairs, note=f"largest difference {error:.0e}",
        )  # fmt: skip


def _filled(module: torch.nn.Module) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return module.eval()


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
