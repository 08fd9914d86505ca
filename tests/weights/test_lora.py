"""Adapters: every layout means the same, several are summed, and what does not fit changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from soundstage.errors import InputError, MissingError
from soundstage.weights.keys import Row, fuse
from soundstage.weights.lora import Adapter, load, merge, parse

TABLE: tuple[Row, ...] = (
    (("block.q.weight", "block.k.weight"), "qk.weight", fuse()),
    ("block.out.*", "out.*"),
    ("patch.weight", "patch.weight"),
)
ALIASES = (("inner.q", "block.q"), ("lora_unet_inner_o", "block.out"))


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qk, self.out, self.patch = nn.Linear(3, 8, bias=False), nn.Linear(4, 3), nn.Conv2d(2, 3, 2, bias=False)


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


UP, DOWN = draw(4, 2), draw(2, 3)


@pytest.mark.parametrize(
    ("names", "alpha", "strength"),
    [
        (("transformer.block.q.lora_B.weight", "transformer.block.q.lora_A.weight"), None, 1.0),
        (
            ("base_model.model.block.q.lora_B.default.weight", "base_model.model.block.q.lora_A.default.weight"),
            None,
            1.0,
        ),
        (("diffusion_model.inner.q.lora_up.weight", "diffusion_model.inner.q.lora_down.weight"), 3.0, 1.5),
        (("unet.block.q.lora.up.weight", "unet.block.q.lora.down.weight"), None, 1.0),
    ],
)
def test_every_layout_changes_its_part_of_a_fused_weight(
    names: tuple[str, str], alpha: float | None, strength: float
) -> None:
    module = Small()
    before = module.qk.weight.detach().clone()
    tensors = dict(zip(names, (UP, DOWN), strict=True))
    if alpha is not None:
        tensors[names[0].removesuffix(".lora_up.weight") + ".alpha"] = torch.tensor(alpha)
    merge(module, [(parse("a", tensors), 0.5)], TABLE, ALIASES)
    change = module.qk.weight.detach() - before
    assert torch.allclose(change[:4], 0.5 * strength * UP @ DOWN, atol=1e-6)
    assert float(change[4:].abs().max()) == 0


def test_several_are_summed_and_plain_differences_and_kernels_are_known() -> None:
    module, twin = Small(), Small()
    twin.load_state_dict(module.state_dict())
    one = parse("one", {"block.out.diff": draw(3, 4), "block.out.diff_b": draw(3)})
    low = {"lora_unet_inner_o.lora_up.weight": draw(3, 1), "lora_unet_inner_o.lora_down.weight": draw(1, 4)}
    kernels = {"patch.lora_A.weight": draw(2, 2, 2, 2), "patch.lora_B.weight": draw(3, 2, 1, 1)}
    other = parse("other", low | kernels)
    merge(module, [(one, 1.0), (other, -2.0)], TABLE, ALIASES)
    assert torch.allclose(module.out.weight, twin.out.weight + draw(3, 4) - 2 * draw(3, 1) @ draw(1, 4), atol=1e-6)
    assert torch.allclose(module.out.bias, twin.out.bias + draw(3), atol=1e-6)
    kernel = torch.einsum("or,rchw->ochw", draw(3, 2, 1, 1)[..., 0, 0], draw(2, 2, 2, 2))
    assert torch.allclose(module.patch.weight, twin.patch.weight - 2 * kernel, atol=1e-5)


def fits_not() -> list[tuple[dict[str, Tensor], str]]:
    pair = {"block.q.lora_A.weight": DOWN, "block.q.lora_B.weight": UP}
    return [
        ({**pair, "block.v.lora_A.weight": DOWN, "block.v.lora_B.weight": UP}, r"block\.v\.weight \(no such weight\)"),
        (
            {"block.q.lora_A.weight": draw(2, 5), "block.q.lora_B.weight": UP},
            r"block\.q\.weight.*\(8, 5\), not \(8, 3\)",
        ),
        (
            {**pair, "block.k.lora_A.weight": draw(2, 5), "block.k.lora_B.weight": UP},
            r"block\.q\.weight, block\.k\.weight",
        ),
        ({}, "empty"),
    ]


@pytest.mark.parametrize(("tensors", "problem"), fits_not())
def test_what_does_not_fit_is_named_and_nothing_is_changed(tensors: dict[str, Tensor], problem: str) -> None:
    module = Small()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    good = parse("good", {"block.out.diff_b": draw(3)})
    with pytest.raises(InputError, match=problem):
        merge(module, [(good, 1.0), (parse("bad", tensors), 1.0)], TABLE, ALIASES)
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def test_halves_without_partners_and_strange_tensors_are_named() -> None:
    with pytest.raises(InputError, match=r"what, block\.q"):
        parse("x", {"block.q.lora_A.weight": DOWN, "what": UP})
    with pytest.raises(InputError, match="ranks 2 and 3"):
        parse("x", {"block.q.lora_A.weight": DOWN, "block.q.lora_B.weight": draw(4, 3)})


def test_a_sleeping_module_is_only_checked() -> None:
    with torch.device("meta"):
        module = Small()
    merge(module, [(parse("good", {"block.out.diff_b": draw(3)}), 1.0)], TABLE)
    with pytest.raises(InputError, match="no such weight"):
        merge(module, [(parse("bad", {"nothing.diff": draw(3)}), 1.0)], TABLE)


def test_a_file_s_metadata_tells_alpha(tmp_path: Path) -> None:
    told = {"transformer.lora_alpha": 8, "transformer.alpha_pattern": {"block.out": 2}, "transformer.r": 2}
    first = {"transformer.block.q.lora_A.weight": DOWN, "transformer.block.q.lora_B.weight": UP}
    last = {"transformer.block.out.lora_A.weight": draw(2, 4), "transformer.block.out.lora_B.weight": draw(3, 2)}
    save_file(first | last, tmp_path / "a.safetensors", metadata={"lora_adapter_metadata": json.dumps(told)})
    adapter: Adapter = load(tmp_path / "a.safetensors")
    assert {name: delta.scale for name, delta in adapter.deltas.items()} == {"block.q.weight": 4, "block.out.weight": 1}
    with pytest.raises(MissingError, match="not there"):
        load(tmp_path / "b.safetensors")
