"""Adapters in Wan: ours merged is the reference's weights changed by hand, from either layout of names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from soundstage.models.wan import Wan
from soundstage.weights import wan as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble
from soundstage.weights.lora import parse
from soundstage.weights.wan.lora import wear
from soundstage.weights.wan.transformer import from_config

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity
PLACES = {  # their modules, by the names of diffusers and of Wan's own code
    "blocks.0.attn1.to_k": "blocks.0.self_attn.k",
    "blocks.1.attn1.to_out.0": "blocks.1.self_attn.o",
    "blocks.0.attn2.to_v": "blocks.0.cross_attn.v",
    "blocks.1.attn2.to_q": "blocks.1.cross_attn.q",
    "blocks.1.attn2.add_k_proj": "blocks.1.cross_attn.k_img",
    "blocks.0.ffn.net.0.proj": "blocks.0.ffn.0",
    "blocks.0.ffn.net.2": "blocks.0.ffn.2",
    "condition_embedder.time_proj": "time_projection.1",
    "condition_embedder.text_embedder.linear_2": "text_embedding.2",
    "condition_embedder.image_embedder.ff.net.2": "img_emb.proj.3",
    "proj_out": "head.head",
    "patch_embedding": "patch_embedding",
}
LAYOUTS = {
    "peft": ("transformer.{}", ".lora_A.weight", ".lora_B.weight", False),
    "native": ("diffusion_model.{}", ".lora_down.weight", ".lora_up.weight", True),
    "kohya": ("lora_unet_{}", ".lora_down.weight", ".lora_up.weight", True),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_velocities_with_adapters_agree(layout: str) -> None:
    theirs: Any = diffusers.WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=20, in_channels=9, out_channels=4, text_dim=24, freq_dim=32,
        ffn_dim=64, num_layers=2, image_dim=10, added_kv_proj_dim=40,
    ).eval()  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    config = from_config(dict(theirs.config))
    tensors = {name: tensor.clone() for name, tensor in rename(theirs.state_dict(), weights.KEYS).items()}
    ours = cast(Wan, assemble(lambda: weights.build(asdict(config)), tensors, torch.float32))
    x, text = torch.randn(1, 9, 1, 4, 4, generator=generator), torch.randn(1, 512, 24, generator=generator)
    image, time = torch.randn(1, 3, 10, generator=generator), torch.tensor([400.0])

    def look() -> Tensor:
        with torch.no_grad():
            return ours(x, time, ours.read(text)._replace(image=ours.look(image)))

    plain = look()
    start, down_end, up_end, native = LAYOUTS[layout]
    places = {ours_: native_ for ours_, native_ in PLACES.items() if layout != "kohya" or ours_ != native_}
    worn = []
    for scale in (0.7, -0.4):
        found: dict[str, Tensor] = {}
        for name, other in places.items():
            weight = theirs.get_submodule(name).weight
            down = torch.randn(3, *weight.shape[1:], generator=generator) * 0.2
            up = torch.randn(len(weight), 3, generator=generator) * 0.2
            at = start.format((other if native else name).replace(".", "_" if layout == "kohya" else "."))
            found |= {at + down_end: down, at + up_end: up.view(-1, 3, *([1] * (down.ndim - 2)))}
            if native:
                found[f"{at}.alpha"] = torch.tensor(6.0)
            weight.data += scale * (2.0 if native else 1.0) * (up @ down.flatten(1)).view(weight.shape)
        worn.append((parse("a", found), scale))
    wear(ours, worn)
    with torch.no_grad():
        reference = theirs(x, time, text, image, return_dict=False)[0]
    assert not torch.allclose(plain, reference, atol=0.05)
    assert torch.allclose(look(), reference, atol=1e-4)
