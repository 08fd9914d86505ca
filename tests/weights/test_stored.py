"""Tensors one by one: float8 with its scales under either name, and what is refused because it cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from soundstage.errors import InputError, MissingError
from soundstage.weights.stored import Stored

E4M3 = torch.float8_e4m3fn


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def stored(folder: Path, tensors: dict[str, Tensor], aliases: tuple[tuple[str, str], ...] = ()) -> Stored:
    save_file(tensors, folder / "x.safetensors")
    return Stored([folder / "x.safetensors"], aliases)


@pytest.mark.parametrize("spelling", ["scale_weight", "weight_scale"])
@pytest.mark.parametrize("shape", [(), (1,), (4,), (4, 1)])
def test_a_weight_in_float8_is_its_bytes_times_its_scale(spelling: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    scale = 0.1 + torch.arange(4.0)[: max(1, torch.Size(shape).numel())].reshape(shape)
    given = {
        "a.weight": draw(4, 6).to(E4M3), f"a.{spelling}": scale, "a.bias": draw(4).half(),
        "b.weight": draw(2, 2).to(E4M3), "c.weight": draw(2, 2).to(torch.float8_e5m2),
        "scaled_fp8": torch.zeros(0).to(E4M3),
        "a.scale_input": torch.tensor(2.5), "b.input_scale": torch.tensor(1.0),
    }  # fmt: skip
    found = stored(tmp_path, given)
    assert set(found) == {"a.weight", "a.bias", "b.weight", "c.weight"} and len(found) == 4
    by_row = scale.reshape(-1, 1) if scale.numel() > 1 else scale
    assert torch.equal(found["a.weight"], given["a.weight"].float() * by_row)
    assert torch.equal(found["a.bias"], given["a.bias"])
    assert torch.equal(found["b.weight"], given["b.weight"].float())
    assert torch.equal(found["c.weight"], given["c.weight"].float())
    kept = found.narrow("a.weight")
    assert kept is not None and kept.values.dtype == E4M3 and torch.equal(kept.wide(), found["a.weight"])
    assert found.narrow("c.weight") is None and found.narrow("a.bias") is None
    shapes = found.shapes()
    assert shapes["a.weight"].is_meta and {name: t.shape for name, t in shapes.items()} == {
        name: found[name].shape for name in found
    }


def marker(kind: str) -> Tensor:
    return torch.tensor(list(json.dumps({"format": kind}).encode()), dtype=torch.uint8)


def test_a_layer_that_says_that_it_is_float8_is_read(tmp_path: Path) -> None:
    scaled = {"a.weight": draw(4, 6).to(E4M3), "a.weight_scale": torch.tensor(0.5)}
    given = scaled | {"a.comfy_quant": marker("float8_e4m3fn")}
    assert torch.equal(stored(tmp_path, given)["a.weight"], given["a.weight"].float() / 2)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"a.weight_scale": torch.ones(2, 3)}, r"a\.weight_scale is F32 \[2, 3\], for 4 rows"),
        ({"a.weight_scale": torch.ones(4, dtype=torch.uint8)}, r"a\.weight_scale is U8"),
        ({"a.weight_scale": torch.ones(1), "a.scale_weight": torch.ones(1)}, r"a\.weight has two scales"),
        ({"b.scale_weight": torch.ones(1)}, r"scale of b\.weight, which is not there"),
        ({"b.scale_weight": torch.ones(1), "b.weight": torch.ones(2, 2, dtype=torch.int8)}, r"b\.weight is I8 with"),
        ({"b.scale_weight": torch.ones(1), "b.weight": torch.ones(2, 2)}, r"b\.weight is F32 with a scale"),
        ({"a.comfy_quant": marker("int8_tensorwise")}, r"a\.comfy_quant says int8_tensorwise"),
        ({"a.comfy_quant": torch.ones(3, dtype=torch.uint8)}, r"a\.comfy_quant cannot be read"),
    ],
)
def test_other_bytes_are_refused_by_name(given: dict[str, Tensor], problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        stored(tmp_path, {"a.weight": draw(4, 6).to(E4M3), **given})


def test_scales_that_are_not_known_are_left_over_for_the_key_table_to_name(tmp_path: Path) -> None:
    found = stored(tmp_path, {"a.weight": draw(4, 6).to(E4M3), "a.weight_scale_2": torch.ones(1)})
    assert set(found) == {"a.weight", "a.weight_scale_2"}


def test_tensors_go_by_one_name(tmp_path: Path) -> None:
    given = {"blocks.3.q.weight": draw(2, 2).to(E4M3), "blocks.3.q.scale_weight": torch.tensor(2.0)}
    found = stored(tmp_path, given, (("blocks.{}.q.weight", "layers.{}.to_q.weight"),))
    assert torch.equal(found["layers.3.to_q.weight"], 2 * given["blocks.3.q.weight"].float()) and len(found) == 1
    with pytest.raises(InputError, match=r"as b\.x too"):
        stored(tmp_path, {"a.x": draw(1), "b.x": draw(1)}, (("a.{}", "b.{}"), ("a.x", "b.x")))


def test_broken_cut_off_doubled_and_pickled_files_are_refused(tmp_path: Path) -> None:
    stored(tmp_path, {"a": draw(2)})
    with pytest.raises(InputError, match="a stand in two files"):
        Stored([tmp_path / "x.safetensors", tmp_path / "x.safetensors"])
    (tmp_path / "y.safetensors").write_bytes(b"\xff" * 20)
    with pytest.raises(MissingError, match="cut off"):
        Stored([tmp_path / "y.safetensors"])
    (tmp_path / "z.safetensors").write_bytes((4).to_bytes(8, "little") + b"nono")
    with pytest.raises(InputError, match="cannot be read"):
        Stored([tmp_path / "z.safetensors"])
    with pytest.raises(InputError, match="pickle"):
        Stored([tmp_path / "x.pt"])
