"""The engine of Wan with tiny networks: fields that a model cannot keep to, parts, saved latents, adapters."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, processors
from torch import Tensor, nn

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Image
from soundstage.models.wan import Wan, WanConfig, WanVae, WanVaeConfig
from soundstage.nn.clip import ClipConfig, ClipVision
from soundstage.nn.t5 import T5Config, T5Encoder
from soundstage.tasks.shoot_latent import LatentShooter, Request
from soundstage.tasks.shoot_wan import WanShooter
from soundstage.weights import Card, Loaded
from soundstage.weights.parts import Changes, Parts

VAE = WanVaeConfig(width=4, decoder_width=4, latent=2, blocks=1, mean=(0.0, 0.0), spread=(1.0, 1.0))
TEXT = T5Config(ids=8, width=10, depth=1, heads=2, hidden=12, head=4, shared=False)
CLIP = ClipConfig(width=8, depth=2, heads=2, hidden=8, size=14, patch=7)


def transformer(kind: str) -> WanConfig:
    seeing: dict[str, Any] = {} if kind == "text" else {"channels": 8, "image": 8}
    if kind == "both":
        seeing["places"] = 10
    return WanConfig(**{"width": 24, "depth": 1, "heads": 2, "hidden": 16, "channels": 2, "out": 2, "text": 10,
                        "frequencies": 16, **seeing})  # fmt: skip


def shooter(kind: str, folder: Path) -> WanShooter:
    config = transformer(kind)
    builders: dict[str, Any] = {
        "text_encoder": lambda: T5Encoder(TEXT),
        "transformer": lambda: Wan(config),
        "vae": lambda: WanVae(VAE),
    }
    if kind != "text":
        builders["image_encoder"] = lambda: ClipVision(CLIP)

    def make(name: str, real: bool, changes: Changes) -> nn.Module:
        if not real:
            with torch.device("meta"):
                return builders[name]()  # type: ignore[no-any-return]
        module, generator = builders[name](), torch.Generator().manual_seed(0)
        for parameter in module.parameters():
            wide = parameter[0].numel() if len(parameter) > 1 else 1
            parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.5 * wide**-0.5)
        for each, made in changes.items():
            for change in made:
                module.get_parameter(each).data = change(module.get_parameter(each).data)
        return module.eval().requires_grad_(False)  # type: ignore[no-any-return]

    parts = Parts(
        {name: (lambda real, changes, name=name: make(name, real, changes)) for name in builders},
        torch.device("cpu"),
        torch.float32,
    )
    words = Tokenizer(models.WordLevel({"<unk>": 0, "a dog": 1, "</s>": 2}, unk_token="<unk>"))
    words.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", 2)])
    words.save(str(folder / "tokenizer.json"))
    card = Card(
        ref="./tiny", family="wan", task="shoot", licence="MIT", commercial=True, data="none", size_mb=1, memory_mb=1,
        parameters=1,
        config={"transformer": asdict(config), "pipeline": {"schedule": "diffusers", "shift": None}},
    )  # fmt: skip
    return WanShooter(Loaded(card, parts, {"tokenizer/tokenizer.json": folder / "tokenizer.json"}))


def asked(**fields: Any) -> Request:
    return Request(**{"prompt": "a dog", "frames": 5, "height": 16, "width": 32, "steps": 2, **fields})


PICTURE = Image(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))


@pytest.mark.parametrize(
    ("kind", "fields", "problem"),
    [
        ("text", {"image": PICTURE}, "image: is not looked at"),
        ("first", {}, "image: is missing"),
        ("first", {"image": PICTURE, "last_image": PICTURE}, "last_image: is not reached"),
        ("both", {"image": PICTURE}, "last_image: is missing"),
        ("text", {"frames": 6}, "frames: is 6"),
        ("text", {"height": 20}, "size: is 32x20"),
        ("text", {"schedule": "fast"}, "schedule: 'fast' is not known; choose diffusers, native, euler"),
        ("text", {"steps": 0}, "steps: 0"),
        ("text", {"shift": -1.0}, "shift: -1.0"),
    ],
)
def test_what_a_model_cannot_do_is_told_by_its_field(
    kind: str, fields: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem):
        shooter(kind, tmp_path).draw(asked(**fields))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("text", {}), ("first", {"image": PICTURE}), ("both", {"image": PICTURE, "last_image": PICTURE})],
)
def test_a_clip_of_the_asked_size_comes_out_and_its_latents_can_be_kept(
    kind: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    engine, kept, steps = shooter(kind, tmp_path), list[Tensor](), list[int]()
    told: list[str] = []
    with runtime.on(lambda event: told.append(event.label)):
        frames = engine.shoot(asked(**fields, on_latents=kept.append, on_step=lambda step, x: steps.append(step)))
    assert frames.shape == (5, 16, 32, 3) and frames.dtype == np.uint8 and frames.std() > 0
    assert steps == [0, 1] and {"drawing", "decoding"} <= set(told)
    assert np.array_equal(engine.decode(kept[0]), frames)
    again = engine.shoot(asked(**fields))
    assert np.array_equal(again, frames)
    assert not np.array_equal(engine.shoot(asked(**fields, seed=1)), frames)


def test_frames_are_rounded_up_to_what_can_be_drawn(tmp_path: Path) -> None:
    engine: LatentShooter = shooter("text", tmp_path)
    assert [engine.frames_for(count) for count in (0, 1, 2, 5, 6, 80, 81)] == [1, 1, 5, 5, 9, 81, 81]
    assert engine.fps == 16 and engine.size == (832, 480)


def test_guidance_looks_at_what_is_to_be_avoided_only_above_one(tmp_path: Path) -> None:
    engine = shooter("text", tmp_path)
    plain = engine.draw(asked(guidance=1.0))
    assert torch.equal(engine.draw(asked(guidance=1.0, negative="a dog")), plain)
    strong, other = (engine.draw(asked(guidance=5.0, negative=text)) for text in ("x", "a dog"))
    assert not torch.allclose(strong, plain) and not torch.allclose(strong, other)


def test_an_adapter_is_worn_awake_or_asleep_and_survives_a_rest(tmp_path: Path) -> None:
    pair = {"proj_out.lora_A.weight": torch.ones(1, 24), "proj_out.lora_B.weight": torch.ones(8, 1)}
    save_file(pair, tmp_path / "style.safetensors")
    save_file({"nowhere.lora_A.weight": torch.ones(1, 2), "nowhere.lora_B.weight": torch.ones(2, 1)},
              tmp_path / "other.safetensors")  # fmt: skip
    engine, plain = shooter("text", tmp_path), shooter("text", tmp_path).draw(asked())
    with pytest.raises(InputError, match=r"nowhere\.weight"):
        engine.wear([(tmp_path / "other.safetensors", 1.0)])
    engine.wear([(tmp_path / "style.safetensors", 0.5)])
    styled = engine.draw(asked())
    assert not torch.allclose(styled, plain, atol=1e-3)
    engine.parts.rest("transformer")
    assert torch.equal(engine.draw(asked()), styled)


CLIP_THWC = np.random.default_rng(1).integers(0, 256, (5, 16, 32, 3), np.uint8)


def test_a_clip_is_left_the_farther_the_stronger_it_is_drawn_over(tmp_path: Path) -> None:
    engine = shooter("text", tmp_path)
    given = engine.draw(asked(steps=10), clip_THWC=CLIP_THWC, strength=0.1, where_THW=np.zeros((1, 16, 32), np.bool_))
    far = [
        float((engine.draw(asked(steps=10), clip_THWC=CLIP_THWC, strength=strength) - given).norm())
        for strength in (0.1, 0.5, 1.0)
    ]
    assert 0 < far[0] < far[1] < far[2]
    with pytest.raises(InputError, match=r"strength: 0\.01 of 10 steps is none"):
        engine.draw(asked(steps=10), clip_THWC=CLIP_THWC, strength=0.01)
    with pytest.raises(InputError, match="video: is"):
        engine.draw(asked(frames=9), clip_THWC=CLIP_THWC)


def test_outside_of_a_mask_over_time_latents_come_out_as_they_were(tmp_path: Path) -> None:
    engine = shooter("text", tmp_path)
    where = np.zeros((5, 16, 32), np.bool_)
    where[2, 3, 17] = True  # one pixel of the second latent frame
    kept = engine.draw(asked(), clip_THWC=CLIP_THWC, where_THW=where & False)
    for schedule in ("diffusers", "native", "euler"):
        made = engine.draw(asked(schedule=schedule), clip_THWC=CLIP_THWC, strength=1.0, where_THW=where)
        off = (made - kept).abs()[0].amax(0) > 1e-4
        assert off.nonzero().tolist() == [[1, 0, 2]]


def test_little_memory_decodes_in_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = shooter("text", tmp_path)
    latents = torch.randn(1, 2, 1, 33, 2, generator=torch.Generator().manual_seed(0))
    whole = engine.decode(latents)
    with runtime.using(memory_mb=0.5):
        tiled = engine.decode(latents)
    assert tiled.shape == whole.shape == (1, 264, 16, 3) and not np.array_equal(tiled, whole)
    assert np.abs(tiled.astype(int) - whole).mean() < 0.3 * whole.std()
