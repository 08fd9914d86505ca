"""Small random pipelines that diffusers saved: the same frames as it makes itself, and what it cannot be told."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from soundstage import runtime
from soundstage.errors import CancelledRun, InputError, MissingError
from soundstage.media import Image
from soundstage.tasks.paint import paint
from soundstage.tasks.shoot import shoot
from soundstage.tasks.shoot_diffusers import DiffusersShooter, frames_of
from soundstage.tasks.shoot_latent import Request
from soundstage.weights import diffusers as checkpoints
from soundstage.weights.reference import Reference

diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.filterwarnings("ignore")]

WORDS = ["a", "red", "fox", "runs", "by"]


def filled(module: Any) -> Any:
    """The module with weights that let words and noise through: as they are drawn they often do not."""
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape) * 0.2 + (weight.ndim == 1) * 0.5)
    return module.eval()


def t5() -> dict[str, Any]:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), *((f"▁{word}", -1.0) for word in WORDS)]
    config = transformers.T5Config(
        vocab_size=140, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, feed_forward_proj="gated-gelu"
    )
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0)
    return {"text_encoder": filled(transformers.T5EncoderModel(config)), "tokenizer": tokenizer}


def clip() -> dict[str, Any]:
    letters = sorted(set("".join(WORDS)))
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    config = transformers.CLIPTextConfig(
        vocab_size=len(pieces), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
    return {"text_encoder": filled(transformers.CLIPTextModel(config)), "tokenizer": tokenizer}


def autoencoder() -> Any:
    return filled(
        diffusers.AutoencoderKL(
            block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2, latent_channels=4,
            up_block_types=("UpDecoderBlock2D",) * 2, norm_num_groups=2, sample_size=32, layers_per_block=1,
        )
    )  # fmt: skip


def save_ltx(folder: Path) -> None:
    four, five = (True, True, False, False), (False,) * 5
    vae = diffusers.AutoencoderKLLTXVideo(
        latent_channels=8, block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4, layers_per_block=(1,) * 5,
        decoder_layers_per_block=(1,) * 5, spatio_temporal_scaling=four, decoder_spatio_temporal_scaling=four,
        decoder_inject_noise=five, upsample_residual=(False,) * 4, upsample_factor=(1,) * 4, patch_size=1,
    )  # fmt: skip
    network = diffusers.LTXVideoTransformer3DModel(
        in_channels=8, out_channels=8, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16,
        num_layers=1, caption_channels=16,
    )  # fmt: skip
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    diffusers.LTXPipeline(scheduler, filled(vae), transformer=filled(network), **t5()).save_pretrained(folder)


def save_zeroscope(folder: Path) -> None:
    network = diffusers.UNet3DConditionModel(
        block_out_channels=(8, 8), layers_per_block=1, sample_size=16, norm_num_groups=2, cross_attention_dim=16,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"), up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        attention_head_dim=4,
    )  # fmt: skip
    parts = {"vae": autoencoder(), "unet": filled(network), "scheduler": diffusers.DDIMScheduler(), **clip()}
    diffusers.TextToVideoSDPipeline(**parts).save_pretrained(folder)


def save_stable(folder: Path) -> None:
    network = diffusers.UNet2DConditionModel(
        block_out_channels=(8, 8), layers_per_block=1, sample_size=16, norm_num_groups=2, cross_attention_dim=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
    )  # fmt: skip
    parts = {"vae": autoencoder(), "unet": filled(network), "scheduler": diffusers.DDIMScheduler(), **clip()}
    more = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    diffusers.StableDiffusionPipeline(**parts, **more).save_pretrained(folder)


SAVED: dict[str, Callable[[Path], None]] = {"ltx": save_ltx, "zeroscope": save_zeroscope, "stable": save_stable}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {name: tmp_path_factory.mktemp("diffusers") / name for name in SAVED}
    with torch.random.fork_rng(), checkpoints.quiet(diffusers):
        for name, save in SAVED.items():
            torch.manual_seed(1)
            save(found[name])
    return found


@pytest.fixture(scope="module")
def engines(saved: dict[str, Path]) -> dict[str, DiffusersShooter]:
    return {name: engine_of(folder) for name, folder in saved.items()}


def engine_of(folder: Path) -> DiffusersShooter:
    return DiffusersShooter(checkpoints.load(Reference.parse(f"diffusers:{folder}"), "cpu", torch.float32))


def request(**changes: Any) -> Request:
    return Request(**{"prompt": "a red fox runs", "frames": 5, "height": 32, "width": 32, "steps": 2, **changes})


def theirs(folder: Path, asked: Request, **given: Any) -> Any:
    """What diffusers makes of it without us."""
    with checkpoints.quiet(diffusers):
        pipe = diffusers.DiffusionPipeline.from_pretrained(folder, use_safetensors=True)
        pipe.set_progress_bar_config(disable=True)
        seed = runtime.derive(asked.seed, "noise")
        sizes = {"height": asked.height, "width": asked.width, "num_inference_steps": asked.steps}
        made = pipe(asked.prompt, **sizes, **given, output_type="np", generator=torch.Generator().manual_seed(seed))
    return (np.asarray(made[0][0]) * 255).round().astype(np.uint8)


@pytest.mark.parametrize("kind", ["ltx", "zeroscope"])
def test_a_video_is_what_diffusers_makes_itself(
    saved: dict[str, Path], engines: dict[str, DiffusersShooter], kind: str
) -> None:
    how = {"negative": "a fox", "guidance": 4.0, "fps": engines[kind].fps}
    asked, before = request(**how, seed=3), torch.get_rng_state()
    made = engines[kind].shoot(asked)
    assert made.shape == (5, 32, 32, 3) and made.std() > 5 and not np.array_equal(made[0], made[4])
    assert torch.equal(before, torch.get_rng_state())
    wanted = theirs(saved[kind], asked, num_frames=5, negative_prompt="a fox", guidance_scale=4.0)
    assert np.abs(made.astype(int) - wanted).max() <= 1  # threads may round otherwise from run to run
    assert not np.array_equal(made, engines[kind].shoot(request(**how, seed=4)))
    if kind == "ltx":
        assert not np.array_equal(made, engines[kind].shoot(request(**how | {"fps": 12.0}, seed=3)))


def test_a_pipeline_of_pictures_paints_and_shoots_nothing(
    saved: dict[str, Path], engines: dict[str, DiffusersShooter]
) -> None:
    engine = engines["stable"]
    made = engine.shoot(request(frames=1))
    assert np.array_equal(made[0], theirs(saved["stable"], request(frames=1)))
    for ask in (lambda: engine.frames_for(5), lambda: engine.shoot(request())):
        with pytest.raises(InputError, match="StableDiffusionPipeline makes pictures, no video; use it with paint"):
            ask()


def test_pace_size_and_lengths_are_those_of_the_pipeline(engines: dict[str, DiffusersShooter]) -> None:
    assert [engines[kind].fps for kind in SAVED] == [25, 8, 16]
    assert [engines[kind].size for kind in SAVED] == [(704, 512), (32, 32), (32, 32)]
    assert [engines["ltx"].frames_for(count) for count in (1, 2, 5, 6)] == [1, 5, 5, 9]
    assert engines["zeroscope"].frames_for(7) == 7


@pytest.mark.parametrize("kind", ["ltx", "zeroscope"])
def test_steps_are_told_and_the_last_latents_given_away(engines: dict[str, DiffusersShooter], kind: str) -> None:
    steps: list[int] = []
    given: list[torch.Tensor] = []
    told: list[runtime.Progress] = []
    with runtime.on(told.append):
        engines[kind].shoot(
            request(steps=3, on_step=lambda step, x: steps.append(step), on_latents=lambda x: given.append(x.clone()))
        )
    assert steps == [0, 1, 2] and len(given) == 1 and given[0].isfinite().all()
    assert [event.done for event in told] == [0, 1, 2, 3, 3] and told[0].total == 3


def test_a_run_is_cancelled_between_steps(engines: dict[str, DiffusersShooter]) -> None:
    flag = threading.Event()
    steps: list[int] = []

    def stop(step: int, x: torch.Tensor) -> None:
        steps.append(step)
        flag.set()

    with runtime.cancellable(flag), pytest.raises(CancelledRun):
        engines["ltx"].shoot(request(steps=3, on_step=stop))
    assert steps == [0]


def test_a_field_without_a_name_in_the_call_is_refused(engines: dict[str, DiffusersShooter]) -> None:
    picture, ltx = Image(np.zeros((32, 32, 3), np.uint8)), engines["ltx"]
    for field, changes in (
        ("image", {"image": picture}),
        ("shift", {"shift": 3.0}),
        ("schedule", {"schedule": "euler"}),
        ("size", {"width": 40}),
    ):
        with pytest.raises(InputError, match=rf"^{field}: .*; "):
            ltx.shoot(request(**changes))
    call = dict(ltx.call)
    ltx.call = {name: entry for name, entry in call.items() if name not in ("negative_prompt", "guidance_scale")}
    try:
        for field, changes in (("negative", {"negative": "rain"}), ("guidance", {"guidance": 3.0})):
            with pytest.raises(InputError, match=f"^{field}: is nothing that LTXPipeline knows of; "):
                ltx.asked(request(**changes))
    finally:
        ltx.call = call


def test_what_is_to_be_avoided_turns_on_the_guidance_of_models_distilled_with_it() -> None:
    class Flux(DiffusersShooter):
        def __init__(self) -> None:
            self.call, self.counts, self.kind = checkpoints.parameters_of(diffusers.FluxPipeline), "", "FluxPipeline"

    asked = Flux().asked(request(frames=1, guidance=3.5))
    assert asked["guidance_scale"] == 3.5 and "true_cfg_scale" not in asked
    asked = Flux().asked(request(frames=1, guidance=4.0, negative="rain"))
    assert asked["true_cfg_scale"] == 4.0 and "guidance_scale" not in asked
    with pytest.raises(InputError, match="negative: needs guidance in FluxPipeline"):
        Flux().asked(request(frames=1, negative="rain"))


def test_the_autoencoder_works_in_tiles_where_memory_is_short(engines: dict[str, DiffusersShooter]) -> None:
    vae = engines["ltx"].pipe.vae
    with runtime.using(memory_mb=0.1):
        engines["ltx"].shoot(request())
        assert vae.use_tiling
    engines["ltx"].shoot(request())
    assert not vae.use_tiling


def test_a_part_is_on_a_small_card_only_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        done: tuple[Any, ...] = ()

        def to(self, device: torch.device) -> None:
            self.done = ("whole", device.type)

        def enable_model_cpu_offload(self, device: torch.device) -> None:
            self.done = ("parts", device.type)

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 200))
    pipe, card = Pipe(), torch.device("cuda")
    checkpoints.settle(pipe, torch.device("cpu"), 90)
    assert pipe.done == ("whole", "cpu")
    checkpoints.settle(pipe, card, 60)
    assert pipe.done == ("whole", "cuda")
    monkeypatch.setattr(checkpoints, "offloads", lambda: True)
    checkpoints.settle(pipe, card, 90)
    assert pipe.done == ("parts", "cuda")
    monkeypatch.setattr(checkpoints, "offloads", lambda: False)
    with pytest.raises(MissingError, match="pip install accelerate"):
        checkpoints.settle(pipe, card, 90)


def test_frames_are_read_however_a_pipeline_gives_them() -> None:
    from PIL import Image as Picture

    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 6, 3), np.uint8)
    floats = torch.from_numpy(pixels) / 255
    for made in (
        (floats.numpy()[None],),
        (floats.numpy(),),
        (floats.permute(0, 3, 1, 2)[None],),
        ([[Picture.fromarray(frame) for frame in pixels]],),
    ):
        assert np.array_equal(frames_of(made), pixels)
    assert np.array_equal(frames_of(([Picture.fromarray(pixels[0])],)), pixels[:1])


def test_the_card_tells_task_licence_and_parts(saved: dict[str, Path], tmp_path: Path) -> None:
    cards = {kind: checkpoints.locate(Reference.parse(f"diffusers:{folder}"))[0] for kind, folder in saved.items()}
    assert [card.task for card in cards.values()] == ["shoot", "shoot", "paint"]
    assert {card.licence for card in cards.values()} == {checkpoints.UNKNOWN}
    assert cards["ltx"].config == {"kind": "LTXPipeline"} and cards["ltx"].parameters > 1000
    folder = tmp_path / "stable"
    shutil.copytree(saved["stable"], folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    card, files = checkpoints.locate(Reference.parse(f"diffusers:{folder}"))
    assert (card.licence, card.commercial, len(files)) == ("apache-2.0", True, 3)


def test_pickles_lost_weights_and_code_are_refused(saved: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "stable"
    shutil.copytree(saved["stable"], folder)
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    save_file({name: tensor for name, tensor in tensors.items() if name != "quant_conv.weight"}, weights)
    with pytest.raises(InputError, match=r"weights: vae has .* of its .* numbers"):
        engine_of(folder)
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(InputError, match=r"diffusion_pytorch_model.bin is a pickle"):
        engine_of(folder)
    index = json.loads((folder / "model_index.json").read_text())
    for change, problem in (
        ({"_class_name": ["own", "Own"]}, "which diffusers .* does not have"),
        ({"_class_name": "Own"}, "which diffusers .* does not have"),
        ({"vae": ["own", "Own"]}, "its part vae is a Own of own"),
        ({"vae": ["os", "system"]}, "its part vae is a system of os"),
    ):
        (folder / "model_index.json").write_text(json.dumps(index | change))
        (folder / "vae" / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: pass\n")
        (folder / "own.py").write_text((folder / "vae" / "own.py").read_text())
        with pytest.raises(InputError, match=problem):
            checkpoints.kind_of(diffusers, folder)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(MissingError, match=r"has no model_index.json"):
        engine_of(tmp_path)
    with pytest.raises(InputError, match="diffusers cannot run starter/video"):
        checkpoints.place(Reference.parse("diffusers:starter/video"))


def test_of_a_repository_the_parts_are_fetched_in_one_variant(
    saved: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub

    asked: list[str] = []

    def snapshot(name: str, revision: str | None, allow_patterns: list[str]) -> str:
        asked.extend(allow_patterns)
        return str(saved["ltx"])

    monkeypatch.setenv("SOUNDSTAGE_MODELS", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *a, **b: str(saved["ltx"] / "model_index.json"))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    assert checkpoints.place(Reference.parse("diffusers:someone/ltx")) == saved["ltx"]

    def wanted(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in asked)

    assert wanted("vae/diffusion_pytorch_model.safetensors") and wanted("text_encoder/model-00001-of-00002.safetensors")
    assert wanted("tokenizer/tokenizer.json") and wanted("model_index.json") and wanted("README.md")
    for name in ("vae/diffusion_pytorch_model.fp16.safetensors", "text_encoder/model-00001-of-00002.fp16.safetensors"):
        assert not wanted(name)
    assert not any(map(wanted, ("ltx.safetensors", "text_encoder/pytorch_model.bin", "vae/own.py", "other/model.bin")))


def test_halves_are_loaded_where_there_is_nothing_else(saved: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "stable"
    shutil.copytree(saved["stable"], folder)
    for path in sorted(folder.glob("*/*.safetensors")):
        path.rename(path.with_suffix(".fp16.safetensors"))
    assert engine_of(folder).kind == "StableDiffusionPipeline"


def test_without_the_library_an_error_says_how_to_have_it(
    saved: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(MissingError, match=r"diffusers is not installed; pip install 'soundstage\[adapters\]'"):
        engine_of(saved["ltx"])


def test_the_tasks_shoot_and_paint_take_such_a_reference(saved: dict[str, Path]) -> None:
    clip = shoot("a red fox", model=f"diffusers:{saved['ltx']}", seconds=0.5, fps=10, size="64x64", steps=1)
    assert clip.frames.shape == (5, 64, 64, 3)
    picture = paint("a red fox", model=f"diffusers:{saved['stable']}", size="64x64", steps=1)
    assert picture.pixels.shape == (64, 64, 3)
    with pytest.raises(InputError, match="makes pictures, no video"):
        shoot("a red fox", model=f"diffusers:{saved['stable']}", seconds=0.5, size="64x64", steps=1)
