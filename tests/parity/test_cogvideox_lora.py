"""Adapters in CogVideoX: ours merged is the reference's weights changed by hand, from either layout of names."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.cogvideox import Transformer
from soundstage.weights.cogvideox import KEYS, from_config
from soundstage.weights.cogvideox.lora import wear
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble
from soundstage.weights.lora import parse

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity
PLACES = (
    "transformer_blocks.0.attn1.to_k", "transformer_blocks.1.attn1.to_out.0", "transformer_blocks.0.norm2.linear",
    "transformer_blocks.1.ff.net.0.proj", "transformer_blocks.0.ff.net.2", "patch_embed.proj", "proj_out",
)  # fmt: skip
LAYOUTS = {
    "peft": ("transformer.{}", ".lora_A.weight", ".lora_B.weight"),
    "kohya": ("lora_unet__{}", ".lora_down.weight", ".lora_up.weight"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_predictions_with_an_adapter_agree(layout: str) -> None:
    theirs: Any = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=4, time_embed_dim=12,
        text_embed_dim=10, num_layers=2, sample_width=4, sample_height=4, sample_frames=5, max_text_seq_length=3,
    ).eval()  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    shape = from_config(theirs.config)
    tensors = {name: tensor.clone() for name, tensor in rename(theirs.state_dict(), KEYS).items()}
    ours = cast(Transformer, assemble(lambda: Transformer(shape), tensors, torch.float32))
    x, text = torch.randn(1, 2, 4, 4, 4, generator=generator), torch.randn(1, 3, 10, generator=generator)
    time = torch.tensor([400])
    with torch.no_grad():
        plain = ours(x, time, text)
    start, down_end, up_end = LAYOUTS[layout]
    found: dict[str, Tensor] = {}
    for name in PLACES:
        weight = theirs.get_submodule(name).weight
        down = torch.randn(3, *weight.shape[1:], generator=generator) * 0.2
        up = torch.randn(len(weight), 3, generator=generator) * 0.2
        at = start.format(name.replace(".", "_") if layout == "kohya" else name)
        found |= {at + down_end: down, at + up_end: up.view(-1, 3, *([1] * (down.ndim - 2)))}
        if layout == "kohya":
            found[f"{at}.alpha"] = torch.tensor(6.0)
        weight.data += 0.7 * (2.0 if layout == "kohya" else 1.0) * (up @ down.flatten(1)).view(weight.shape)
    wear(ours, [(parse("a", found), 0.7)])
    with torch.no_grad():
        reference = theirs(x, text, time, return_dict=False)[0]
        assert not torch.allclose(plain, reference, atol=0.05)
        assert torch.allclose(ours(x, time, text), reference, atol=1e-4)
    with pytest.raises(InputError, match="no such weight"):
        wear(ours, [(parse("b", {f"blocks.0.self_attn.q{end}": torch.zeros(3, 3) for end in (down_end, up_end)}), 1.0)])
