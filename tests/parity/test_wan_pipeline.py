"""Against diffusers: whole pipelines of Wan that it saved, from a text, first and last frames, and another clip.

The same latents after the last step, and the same frames.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from soundstage import runtime
from soundstage.media import Image
from soundstage.tasks.shoot import shoot
from soundstage.tasks.shoot_latent import Request
from soundstage.tasks.shoot_wan import WanShooter, cleaned
from soundstage.weights import load
from soundstage.weights.load import card_of

diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity
LATENT, STEPS, SIZE, FRAMES = 4, 4, (32, 48), 9
PROMPT, NEGATIVE = "A “golden” dog &amp;  a cat", "blurred, grey"


def drawn(module: Any, scale: float, seed: int) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            wide = parameter[0].numel() if parameter.ndim > 1 and len(parameter) > 1 else 1
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise * scale * wide**-0.5 + (1.0 if bool((parameter == 1).all()) else 0.0))
    return module.eval()


def tokenizer() -> Any:
    letters = [*"abcdefghijklmnopqrstuvwxyz", "▁", ",", "&", "A", "ca", "do", "▁a", '"']
    pieces = [
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        *((text, -float(at % 7)) for at, text in enumerate(letters)),
    ]
    return transformers.T5Tokenizer(vocab=pieces, extra_ids=0)


def saved(folder: Path, kind: str) -> Any:
    """A tiny pipeline with random weights: "text", "first" frame, or "both"."""
    text = transformers.UMT5EncoderModel(
        transformers.UMT5Config(
            vocab_size=60, d_model=20, d_kv=4, d_ff=24, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
        )
    )
    vae = diffusers.AutoencoderKLWan(
        base_dim=4, z_dim=LATENT, num_res_blocks=1, latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[1.5, 0.7, 2.0, 1.0]
    )
    seeing = {"image_dim": 16, "added_kv_proj_dim": 40, "pos_embed_seq_len": 34 if kind == "both" else None}
    transformer = diffusers.WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=20, in_channels=LATENT if kind == "text" else 4 + 2 * LATENT,
        out_channels=LATENT, text_dim=20, freq_dim=32, ffn_dim=64, num_layers=2, **(seeing if kind != "text" else {}),
    )  # fmt: skip
    common = {
        "tokenizer": tokenizer(),
        "text_encoder": drawn(text, 0.8, 0),
        "vae": drawn(vae, 0.9, 1),
        "transformer": drawn(transformer, 0.6, 2),
        "scheduler": diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0, num_train_timesteps=1000
        ),
    }
    if kind == "text":
        pipe = diffusers.WanPipeline(**common)
    else:
        vision = transformers.CLIPVisionConfig(
            hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, image_size=28,
            patch_size=7, hidden_act="gelu",
        )  # fmt: skip
        preparing = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
        pipe = diffusers.WanImageToVideoPipeline(
            **common,
            image_encoder=drawn(transformers.CLIPVisionModel(vision), 0.8, 3),
            image_processor=preparing(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        )
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(folder, max_shard_size="20KB")
    return pipe


@pytest.fixture(scope="module", params=["text", "first", "both"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, saved(folder, request.param), folder


def pictures(kind: str) -> list[Image]:
    draw = np.random.default_rng(0)
    return [Image(draw.integers(0, 256, (40, 56, 3), np.uint8)) for _ in range(("text", "first", "both").index(kind))]


def test_latents_and_frames_are_those_of_the_pipeline(
    made: tuple[str, Any, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers.pipelines.wan import pipeline_wan_i2v
    from PIL import Image as Picture

    # The library calls ftfy whether it is there or not; the prompt is clean already.
    monkeypatch.setattr(pipeline_wan_i2v, "ftfy", SimpleNamespace(fix_text=str), raising=False)
    kind, pipe, folder = made
    given = pictures(kind)
    steps: list[Tensor] = []
    kept: list[Tensor] = []
    request = Request(
        prompt=PROMPT, negative=NEGATIVE, frames=FRAMES, height=SIZE[0], width=SIZE[1], steps=STEPS, guidance=4.0,
        seed=5, **dict(zip(("image", "last_image"), given, strict=False)),
        on_step=lambda step, x: steps.append(x), on_latents=kept.append,
    )  # fmt: skip
    loaded = load(str(folder))
    assert (loaded.card.family, loaded.card.task) == ("wan", "shoot")
    shooter = WanShooter(loaded)
    frames = shooter.shoot(request)

    noise = torch.randn(1, LATENT, 3, 4, 6, generator=runtime.generator(runtime.derive(5, "noise")))
    seen: list[Tensor] = []

    def after(pipe: Any, step: int, time: Any, more: dict[str, Any]) -> dict[str, Any]:
        seen.append(more["latents"])
        return {}

    images = dict(zip(("image", "last_image"), (Picture.fromarray(i.pixels) for i in given), strict=False))
    reference = pipe(
        prompt=cleaned(PROMPT), negative_prompt=NEGATIVE, height=SIZE[0], width=SIZE[1], num_frames=FRAMES,
        num_inference_steps=STEPS, guidance_scale=4.0, latents=noise, output_type="np", callback_on_step_end=after,
        **images,
    ).frames[0]  # fmt: skip
    assert len(steps) == len(seen) == STEPS
    assert float(seen[-1].std()) > 0.1
    for mine, other in zip(steps, seen, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)
    assert torch.equal(kept[0], steps[-1])
    assert frames.shape == (FRAMES, *SIZE, 3) == reference.shape
    assert float(reference.std()) > 0.02
    assert np.abs(frames.astype(float) - reference * 255).max() <= 0.51
    assert np.array_equal(shooter.decode(kept[0]), frames)


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_a_clip_drawn_over_is_that_of_the_pipeline_for_clips(
    made: tuple[str, Any, Path], monkeypatch: pytest.MonkeyPatch, strength: float
) -> None:
    from diffusers.pipelines.wan import pipeline_wan_video2video
    from PIL import Image as Picture

    monkeypatch.setattr(pipeline_wan_video2video, "ftfy", SimpleNamespace(fix_text=str), raising=False)
    kind, pipe, folder = made
    if kind != "text":
        pytest.skip("the pipeline takes models of texts alone")
    parts = ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")
    theirs = diffusers.WanVideoToVideoPipeline(**{name: getattr(pipe, name) for name in parts})
    theirs.set_progress_bar_config(disable=True)
    clip = np.random.default_rng(2).integers(0, 256, (FRAMES, *SIZE, 3), np.uint8)
    steps: list[Tensor] = []
    request = Request(
        prompt=PROMPT, negative=NEGATIVE, frames=FRAMES, height=SIZE[0], width=SIZE[1], steps=STEPS, guidance=4.0,
        seed=5, on_step=lambda step, x: steps.append(x),
    )  # fmt: skip
    shooter = WanShooter(load(str(folder)))
    frames = shooter.reshoot(request, clip, strength)
    seen: list[Tensor] = []

    def after(pipe: Any, step: int, time: Any, more: dict[str, Any]) -> dict[str, Any]:
        seen.append(more["latents"])
        return {}

    reference = theirs(
        video=[Picture.fromarray(frame) for frame in clip], prompt=cleaned(PROMPT), negative_prompt=NEGATIVE,
        height=SIZE[0], width=SIZE[1], num_inference_steps=STEPS, guidance_scale=4.0, strength=strength,
        generator=runtime.generator(runtime.derive(5, "noise")), output_type="np", callback_on_step_end=after,
    ).frames[0]  # fmt: skip
    assert len(steps) == len(seen) == int(STEPS * strength)
    assert float(seen[-1].std()) > 0.1
    for mine, other in zip(steps, seen, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)
    assert np.abs(frames.astype(float) - reference * 255).max() <= 0.51


def test_an_adapter_is_worn_in_its_own_clip_and_in_no_other(
    made: tuple[str, Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, _, folder = made
    if kind != "text":
        pytest.skip("alike for all")
    monkeypatch.setenv("SOUNDSTAGE_CACHE", str(tmp_path))
    pair = {"proj_out.lora_A.weight": torch.ones(1, 40), "proj_out.lora_B.weight": torch.ones(4 * LATENT, 1)}
    save_file(pair, tmp_path / "style.safetensors")
    asked: dict[str, Any] = {"seconds": 0.3, "size": "64x64", "steps": 2, "model": str(folder)}
    plain = shoot("a dog", **asked)
    styled = shoot("a dog", **asked, lora=[f"{tmp_path / 'style.safetensors'}:0.5"])
    assert not np.array_equal(styled.frames, plain.frames)
    assert np.array_equal(shoot("a dog", **asked).frames, plain.frames)
    runtime.release()


def test_the_card_tells_parts_and_shift_without_reading_weights(made: tuple[str, Any, Path]) -> None:
    kind, pipe, folder = made
    card = card_of(str(folder))
    assert card.config["pipeline"]["shift"] == 3.0
    assert ("image_encoder" in card.config) == (kind != "text")
    count = sum(p.numel() for name in ("transformer", "vae", "text_encoder") for p in getattr(pipe, name).parameters())
    assert card.parameters >= count
    assert card_of(str(folder / "text_encoder")).family == load(str(folder / "text_encoder")).card.family == "t5"
    assert len(list((folder / "transformer").glob("*.safetensors"))) > 1, "the folder is not sharded"


def test_with_little_memory_parts_come_and_go_and_nothing_changes(made: tuple[str, Any, Path]) -> None:
    kind, _, folder = made
    request = Request(prompt="a dog", frames=5, height=32, width=32, steps=2, guidance=3.0,
                      **dict(zip(("image", "last_image"), pictures(kind), strict=False)))  # fmt: skip
    roomy = WanShooter(load(str(folder)))
    plain = roomy.draw(request)
    assert roomy.parts.awake("text_encoder") and roomy.parts.awake("transformer")
    with runtime.using(memory_mb=0.01):
        shooter = WanShooter(load(str(folder)))
        assert torch.equal(shooter.draw(request), plain)
        assert not shooter.parts.awake("text_encoder") and not shooter.parts.awake("transformer")
        assert torch.equal(shooter.draw(request), plain)


def test_in_half_precision_it_draws_nearly_the_same(made: tuple[str, Any, Path]) -> None:
    kind, _, folder = made
    request = Request(prompt="a dog", frames=5, height=32, width=32, steps=3, guidance=1.0,
                      **dict(zip(("image", "last_image"), pictures(kind), strict=False)))  # fmt: skip
    full, half = (WanShooter(load(str(folder), dtype=dtype)) for dtype in (torch.float32, torch.bfloat16))
    exact, rounded = full.draw(request), half.draw(request)
    assert rounded.dtype == torch.float32
    assert float((exact - rounded).abs().mean()) < 0.05 * float(exact.std())
    kept = {str(p.dtype) for p in half.parts.wake("vae").parameters()}
    assert kept == {"torch.float32"} and half.parts.wake("transformer").out.weight.dtype == torch.bfloat16  # type: ignore[union-attr]
    assert np.abs(half.decode(exact).astype(int) - full.decode(exact)).max() == 0


@pytest.mark.parametrize("schedule", ["native", "euler"])
def test_other_schedules_give_other_latents(made: tuple[str, Any, Path], schedule: str) -> None:
    kind, _, folder = made
    if kind != "text":
        pytest.skip("alike for all")
    shooter = WanShooter(load(str(folder)))
    request = {"prompt": "a dog", "frames": 5, "height": 32, "width": 32, "steps": 3}
    one, other = (shooter.draw(Request(**cast(Any, request), schedule=name)) for name in (None, schedule))
    assert one.shape == other.shape and not torch.allclose(one, other, atol=1e-3)


def test_prompts_are_cleaned_as_the_pipeline_does() -> None:
    from diffusers.pipelines.wan.pipeline_wan import prompt_clean

    for text in ("  a   dog\n\n runs ", "fish &amp;amp; chips &lt;b&gt;", "Ein Ölgemälde: 'Straße'", "一只狗"):
        assert cleaned(text) == prompt_clean(text)
    assert cleaned("“so” it’s\x07 e\u0301") == '"so" it\'s é'
