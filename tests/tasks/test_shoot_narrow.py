"""Video models with a byte a weight: small checkpoints from folder to frames, against themselves in float32."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, processors
from torch import Tensor, nn

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.models.cogvideox import SamplerConfig, TransformerConfig, VaeConfig
from soundstage.models.wan import WanConfig, WanVaeConfig
from soundstage.nn.narrow import LARGEST, NarrowLinear
from soundstage.nn.t5 import T5Config
from soundstage.runtime.room import sizes_of
from soundstage.tasks.shoot_cogvideox import CogVideoXShooter
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_latent import Request
from soundstage.tasks.shoot_wan import WanShooter
from soundstage.weights import Card, load
from soundstage.weights.keys import filled, matches
from soundstage.weights.load import card_of, family_module
from soundstage.weights.parts import Parts
from soundstage.weights.wan.transformer import OTHERWISE

TEXT = T5Config(ids=8, width=16, depth=2, heads=2, hidden=24, head=8, gated=True, activation="gelu-tanh")
CONFIGS: Mapping[str, dict[str, Any]] = {
    "wan": {
        "text_encoder": asdict(T5Config(**{**asdict(TEXT), "shared": False})),
        "transformer": asdict(
            WanConfig(width=48, depth=2, heads=2, hidden=96, channels=2, out=2, text=16, frequencies=16)
        ),
        "vae": asdict(WanVaeConfig(width=4, decoder_width=4, latent=2, blocks=1, mean=(0.0, 0.0), spread=(1.0, 1.0))),
        "pipeline": {"class": "WanPipeline", "schedule": "diffusers", "shift": 3.0},
    },
    "cogvideox": {
        "text_encoder": asdict(TEXT),
        "transformer": asdict(
            TransformerConfig(
                heads=2, head=16, depth=2, channels=4, out=4, text=16, tokens=5, time=12, grid=(4, 4), frames=9
            )
        ),
        "vae": asdict(VaeConfig(latent=4, widths=(4, 4, 8, 8), blocks=1, groups=2, scale=0.7)),
        "pipeline": {"class": "CogVideoXPipeline", "sampler": asdict(SamplerConfig())},
    },
}
SKIPPED = ("encoder.block.{}.layer.1.DenseReluDense.wi.weight", "encoder.embed_tokens.weight")  # of other T5s
NARROW = {"int8": torch.int8, "fp8": torch.float8_e4m3fn}


def random(module: nn.Module, seed: int) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        gain = parameter.ndim < 2 and not name.endswith("bias")
        wide = parameter[0].numel() if parameter.ndim > 1 else 50
        parameter.data.copy_(noise * 0.7 * wide**-0.5 + gain)
    return module


def published(keys: Any, module: nn.Module) -> dict[str, Tensor]:
    """A module's tensors as their checkpoint has them: the key table backwards, what is fused cut up."""
    found: dict[str, Tensor] = {}
    for name, tensor in module.state_dict().items():
        for theirs, ours, *_ in keys:
            names = (theirs,) if isinstance(theirs, str) else theirs
            if matches(name, (ours,)) and names[0] not in SKIPPED:
                for each, piece in zip(names, tensor.chunk(len(names)), strict=True):
                    found[filled(name, ((ours, each),))] = piece.contiguous()
                break
    return found


@dataclass(frozen=True)
class Made:
    family: str
    folder: Path

    @property
    def ref(self) -> str:
        return str(self.folder)

    def weights(self, part: str = "transformer") -> Path:
        return self.folder / part / "model.safetensors"

    def engine(self, kind: str = "float32") -> Any:
        loaded = load(self.ref, "cpu", torch.float32, NARROW.get(kind))
        return WanShooter(loaded) if self.family == "wan" else CogVideoXShooter(loaded)


def folder_of(place: Path, family: str) -> Made:
    config = json.loads(json.dumps(CONFIGS[family]))
    kinds = family_module(family).PARTS
    made = Made(family, place)
    for seed, name in enumerate(("text_encoder", "transformer", "vae")):
        (place / name).mkdir()
        part = kinds[name]
        save_file(published(part.keys, random(part.build(config[name]), seed)), made.weights(name))
    (place / "model_index.json").write_text(json.dumps({"_class_name": config["pipeline"]["class"]}))
    Card(
        ref="./tiny", family=family, task="shoot", licence="MIT", commercial=True, data="none", size_mb=1, memory_mb=1,
        parameters=1, layout="public", config=config,
    ).save(place)  # fmt: skip
    words = Tokenizer(models.WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2, "a dog": 3}, unk_token="<unk>"))
    words.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", 1)])
    (place / "tokenizer").mkdir()
    words.save(str(place / "tokenizer" / "tokenizer.json"))
    return made


@pytest.fixture(scope="module", params=list(CONFIGS))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return folder_of(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture
def wan(tmp_path: Path) -> Made:
    (tmp_path / "wan").mkdir()
    return folder_of(tmp_path / "wan", "wan")


REQUEST = Request(prompt="a dog", negative="x", frames=9, height=32, width=32, steps=2, guidance=2.0, seed=3)


def drawn(engine: Any) -> tuple[Tensor, Any]:
    latents = engine.draw(REQUEST)
    return latents, engine.decode(latents)


def off(given: Tensor, plain: Tensor) -> float:
    return float((given - plain).norm() / plain.norm())


@pytest.mark.parametrize(("kind", "most", "least"), [("int8", 0.03, 35.0), ("fp8", 0.1, 24.0)])
def test_latents_and_frames_are_nearly_those_of_float32(made: Made, kind: str, most: float, least: float) -> None:
    plain, plain_frames = drawn(made.engine())
    given, frames = drawn(made.engine(kind))
    error = off(given, plain)
    noise = float(np.square(frames.astype(np.float64) - plain_frames).mean())
    psnr = 10 * np.log10(255**2 / max(noise, 1e-9))
    assert 1e-5 < error < most and psnr > least, (error, psnr)
    again, _ = drawn(made.engine(kind))
    assert torch.equal(again, given)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", *NARROW])
def test_weights_take_the_bytes_that_were_foretold(made: Made, kind: str) -> None:
    dtype = torch.bfloat16 if kind == "bfloat16" else torch.float32
    parts = cast(Parts, load(made.ref, "cpu", dtype, NARROW.get(kind)).module)
    sizes = sizes_of(card_of(made.ref))
    assert set(sizes) == {"text_encoder", "transformer", "vae"}
    for name, told in sizes.items():
        module = parts.wake(name)
        assert sum(weight.numel() * weight.element_size() for weight in module.parameters()) == told.bytes(kind, "cpu")


def test_only_the_products_of_blocks_are_narrow(made: Made) -> None:
    parts = cast(Parts, load(made.ref, "cpu", torch.bfloat16, torch.int8).module)
    for name in ("text_encoder", "transformer"):
        module = parts.wake(name)
        narrow = {each for each, layer in module.named_modules() if isinstance(layer, NarrowLinear)}
        assert narrow and all(each.startswith("blocks.") and "modulation" not in each for each in narrow)
        left = {each for each, layer in module.named_modules() if isinstance(layer, nn.Linear)}
        assert not {each for each in left if each.startswith("blocks.") and "modulation" not in each}
        assert all(weight.dtype != torch.int8 for each, weight in module.named_parameters() if "blocks" not in each)
    assert not [layer for layer in parts.wake("vae").modules() if isinstance(layer, NarrowLinear)]


def adapter(folder: Path) -> Path:
    down, up = torch.full((1, 48), 0.02), torch.full((48, 1), 0.01)
    name = "transformer.blocks.0.attn1.to_q"
    save_file({f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}, folder / "style.safetensors")
    return folder / "style.safetensors"


@pytest.mark.parametrize("kind", NARROW)
@pytest.mark.parametrize("awake", [False, True])
def test_an_adapter_is_merged_before_weights_are_rounded(wan: Made, kind: str, awake: bool, tmp_path: Path) -> None:
    tensors = load_file(wan.weights())
    engine = wan.engine(kind)
    if awake:
        engine.parts.wake("transformer")
    engine.wear([(adapter(tmp_path), 1.0)])
    worn = engine.parts.wake("transformer").state_dict()
    tensors["blocks.0.attn1.to_q.weight"] += 0.0002  # a part of a step, which rounding twice would lose
    save_file(tensors, wan.weights())
    merged = wan.engine(kind).parts.wake("transformer").state_dict()
    for name, tensor in merged.items():
        torch.testing.assert_close(worn[name].float(), tensor.float(), rtol=1e-5, atol=1.01 if "qkv.w" in name else 0)
    same = (worn["blocks.0.attention.qkv.weight"].float() == merged["blocks.0.attention.qkv.weight"].float()).float()
    assert float(same.mean()) > 0.99


def as_comfy(made: Made, *, scaled: bool) -> dict[str, Tensor]:
    """The checkpoint as ComfyUI has it: Wan's own names, products in float8, perhaps with a scale each."""
    tensors = {}
    for name, tensor in load_file(made.weights()).items():
        native = filled(name, [(ours, theirs) for theirs, ours in OTHERWISE])
        if tensor.ndim != 2:
            tensors[native] = tensor.half()
            continue
        scale = tensor.abs().max() / LARGEST[torch.float8_e4m3fn] if scaled else torch.tensor(1.0)
        tensors[native] = (tensor / scale).to(torch.float8_e4m3fn)
        if scaled:
            tensors[f"{native.removesuffix('weight')}scale_weight"] = scale
            tensors[f"{native.removesuffix('weight')}scale_input"] = torch.tensor(1.0)
    return tensors | ({"scaled_fp8": torch.zeros(0).to(torch.float8_e4m3fn)} if scaled else {})


@pytest.mark.parametrize("scaled", [True, False])
def test_a_checkpoint_in_float8_is_read_as_it_is(wan: Made, scaled: bool) -> None:
    plain = wan.engine().draw(REQUEST)
    tensors = as_comfy(wan, scaled=scaled)
    assert {"blocks.1.self_attn.k.weight", "head.modulation", "blocks.0.modulation"} <= tensors.keys()
    save_file(tensors, wan.weights())
    wide, narrow = wan.engine(), wan.engine("fp8")
    assert off(wide.draw(REQUEST), plain) < 0.2
    assert off(narrow.draw(REQUEST), wide.draw(REQUEST)) < 0.005  # the text encoder alone is rounded
    kept = narrow.parts.wake("transformer").blocks[1].attention.qkv
    names = [f"blocks.1.self_attn.{part}.weight" for part in "qkv"]
    assert torch.equal(kept.weight.float(), torch.cat([tensors[name].float() for name in names]))
    assert off(wan.engine("int8").draw(REQUEST), wide.draw(REQUEST)) < 0.05


def test_a_checkpoint_that_lacks_a_tensor_is_refused_whole(wan: Made) -> None:
    tensors = as_comfy(wan, scaled=True)
    del tensors["blocks.0.ffn.2.weight"]
    save_file(tensors, wan.weights())
    with pytest.raises(InputError, match=r"scale of blocks\.0\.ffn\.2\.weight, which is not there"):
        wan.engine("fp8")
    del tensors["blocks.0.ffn.2.scale_weight"]
    save_file(tensors, wan.weights())
    with pytest.raises(InputError, match=r"1 missing: blocks\.0\.feed\.fall\.weight"):
        wan.engine("fp8")


def test_the_dtype_is_asked_for_as_others_are(made: Made) -> None:
    with runtime.using(device="cpu", dtype="int8"), runtime.use(made.ref, ENGINES) as engine:
        assert torch.equal(engine.draw(REQUEST), made.engine("int8").draw(REQUEST))  # type: ignore[union-attr]
        with pytest.raises(InputError, match=r"dtype: starter/video does not work in int8; use float32"):
            runtime.use("starter/video", ENGINES).__enter__()
    runtime.release()
    with pytest.raises(InputError, match=r"dtype: 'int4' is not a dtype; choose float32, bfloat16, float16, int8, fp8"):
        runtime.using(dtype="int4").__enter__()
    with pytest.raises(InputError, match=r"dtype: starter/video is not kept in bytes"):
        load("starter/video", narrow=torch.int8)
    with runtime.using(device="cpu", dtype="int8"):
        assert runtime.settings().torch_dtype == torch.float32


def test_weights_that_are_not_numbers_are_refused_by_name(wan: Made) -> None:
    tensors = load_file(wan.weights())
    tensors["blocks.0.ffn.net.2.weight"][0, 0] = float("nan")
    save_file(tensors, wan.weights())
    with pytest.raises(InputError, match=r"blocks\.0\.feed\.fall\.weight is not finite"):
        wan.engine("int8").parts.wake("transformer")
