"""Makes `data/mimi_kyutai.safetensors` with Kyutai's own package, in a virtual environment:

    pip install torch==2.13.0 numpy einops safetensors sentencepiece huggingface_hub
    pip install --no-deps moshi==0.2.13
    python tests/parity/make_mimi.py

A tiny codec of random weights in their layout (`codec.*`), samples, and what the package makes of them as a whole. Its
live mode is left out: its ring of keys drops the oldest one a token early, so from a full window on it is not its own
offline result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from moshi.models.loaders import get_mimi  # type: ignore[import-not-found]
from safetensors.torch import save_file

DATA = Path(__file__).parent / "data"
WIDTH, RATIOS, CODES, BOOKS, CODE_WIDTH, WINDOW = 16, [3, 2], 16, 5, 8, 6
CONFIG = {
    "channels": 1, "sample_rate": 240, "frame_rate": 20.0,
    "seanet": {
        "channels": 1, "dimension": WIDTH, "causal": True, "n_filters": 4, "n_residual_layers": 1, "activation": "ELU",
        "compress": 2, "dilation_base": 2, "disable_norm_outer_blocks": 0, "kernel_size": 7, "residual_kernel_size": 3,
        "last_kernel_size": 3, "norm": "none", "pad_mode": "constant", "ratios": RATIOS, "true_skip": True,
    },
    "quantizer": {
        "dimension": CODE_WIDTH, "n_q": BOOKS, "bins": CODES, "input_dimension": WIDTH, "output_dimension": WIDTH,
    },
    "transformer": {
        "d_model": WIDTH, "num_heads": 2, "num_layers": 2, "causal": True, "layer_scale": 0.01, "context": WINDOW,
        "conv_layout": True, "max_period": 10000, "gating": "none", "norm": "layer_norm",
        "positional_embedding": "rope", "dim_feedforward": 24, "input_dimension": WIDTH, "output_dimensions": [WIDTH],
    },
}  # fmt: skip


def randomised() -> Any:
    model, generator = get_mimi(None, CONFIG, num_codebooks=BOOKS), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if ("norm" in name and name.endswith("weight")) or "layer_scale" in name:
                parameter.copy_(1 + 0.3 * noise)
            else:
                parameter.copy_(noise * (parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05))
        for quantiser in (model.quantizer.rvq_first, model.quantizer.rvq_rest):
            for index, layer in enumerate(quantiser.vq.layers):
                book = layer._codebook
                book.cluster_usage.copy_(torch.rand(CODES, generator=generator) + 0.5)
                noise = torch.randn(CODES, CODE_WIDTH, generator=generator) * 0.7**index
                book.embedding_sum.copy_(noise * book.cluster_usage[:, None])
                book._initialized.fill_(1)
    return model


def main() -> None:
    model = randomised()
    samples = 0.5 * torch.randn(2, 1, 12 * 30, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        latent = model.encode_to_latent(samples, quantize=False)
        codes = model.encode(samples)
        back = model.decode(codes)
    tensors = {f"codec.{name}": tensor for name, tensor in model.state_dict().items()} | {
        "samples": samples, "latent": latent, "codes": codes, "back": back,
    }  # fmt: skip
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, DATA / "mimi_kyutai.safetensors")


if __name__ == "__main__":
    main()
