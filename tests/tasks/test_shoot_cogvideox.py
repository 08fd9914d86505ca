"""The engine of CogVideoX: from a folder and a request to frames, as diffusers makes them; what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Image
from soundstage.tasks import shoot_cogvideox, shoot_latent
from soundstage.tasks.shoot_cogvideox import CogVideoXShooter
from soundstage.tasks.shoot_latent import Request
from soundstage.weights import load

diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::FutureWarning")]
TOKENS, TEXT = 5, 16
REQUEST = Request(prompt="a red fox", negative="blur", frames=9, height=32, width=32, steps=2, guidance=4.0, seed=3)


def filled(module: Any, seed: int) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.2 + (weight.ndim == 1) * 0.1)
    return module.eval()


def folder_of(place: Path, *, picture: bool) -> Any:
    """A small pipeline of the reference's, saved, with a tokenizer of four words."""
    network = {
        "num_attention_heads": 2, "attention_head_dim": 16, "in_channels": 8 if picture else 4, "out_channels": 4,
        "time_embed_dim": 12, "text_embed_dim": TEXT, "num_layers": 1, "sample_width": 4, "sample_height": 4,
        "sample_frames": 9, "max_text_seq_length": TOKENS, "use_rotary_positional_embeddings": True,
    }  # fmt: skip
    vae = {
        "block_out_channels": (4, 4, 8, 8), "latent_channels": 4, "layers_per_block": 1, "norm_num_groups": 2,
        "sample_height": 96, "sample_width": 160, "scaling_factor": 0.7,
    }  # fmt: skip
    reads = transformers.T5Config(
        vocab_size=8, d_model=TEXT, d_kv=8, d_ff=20, num_layers=1, num_heads=2, feed_forward_proj="gated-gelu"
    )
    kind = diffusers.CogVideoXImageToVideoPipeline if picture else diffusers.CogVideoXPipeline
    pipeline = kind(
        tokenizer=None,
        text_encoder=filled(transformers.T5EncoderModel(reads), 1),
        vae=filled(diffusers.AutoencoderKLCogVideoX(**vae), 2),
        transformer=filled(diffusers.CogVideoXTransformer3DModel(**network), 3),
        scheduler=diffusers.CogVideoXDPMScheduler(
            prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing", snr_shift_scale=1
        ),
    )
    pipeline.save_pretrained(place)
    pipeline.set_progress_bar_config(disable=True)
    words = [
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("▁a", -1.0),
        ("▁red", -1.0),
        ("▁fox", -1.0),
        ("▁blur", -1.0),
    ]
    made = Tokenizer(models.Unigram(words, unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    (place / "tokenizer").mkdir()
    made.save(str(place / "tokenizer" / "tokenizer.json"))
    return pipeline


@pytest.fixture(scope="module", params=[False, True], ids=["text", "image"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, CogVideoXShooter]:
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    place = tmp_path_factory.mktemp("pipeline")
    theirs = folder_of(place, picture=request.param)
    return theirs, CogVideoXShooter(load(str(place)))


def asked(engine: CogVideoXShooter, **changes: Any) -> Request:
    """The request, with a picture where the model begins with one."""
    if engine.config["transformer"]["channels"] == 4:
        return replace(REQUEST, **changes)
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    return replace(REQUEST, **{"image": Image(pixels), **changes})


def test_frames_are_those_of_the_reference(pair: tuple[Any, CogVideoXShooter]) -> None:
    theirs, engine = pair
    request = asked(engine)
    ours = engine.shoot(request)
    ids = torch.tensor([[3, 4, 5, 1, 0], [6, 1, 0, 0, 0]])
    with torch.no_grad():
        text, null = theirs.text_encoder(ids)[0].split(1)
    how: dict[str, Any] = {} if request.image is None else {"image": Picture.fromarray(request.image.pixels)}
    reference = theirs(
        prompt_embeds=text, negative_prompt_embeds=null, num_inference_steps=2, guidance_scale=4.0, num_frames=9,
        height=32, width=32, output_type="np", generator=runtime.generator(runtime.derive(3, "noise")), **how,
    ).frames[0]  # fmt: skip
    assert ours.shape == (9, 32, 32, 3) and ours.dtype == np.uint8 and ours.std() > 1
    assert np.abs(ours - np.round(255 * reference)).max() <= 1


def test_latents_are_given_away_before_they_are_decoded_and_decode_alone(pair: tuple[Any, CogVideoXShooter]) -> None:
    _, engine = pair
    kept: list[Tensor] = []
    steps: list[tuple[int, torch.Size]] = []
    request = asked(engine, on_latents=kept.append, on_step=lambda step, x: steps.append((step, x.shape)))
    frames = engine.shoot(request)
    assert steps == [(0, (1, 4, 3, 4, 4)), (1, (1, 4, 3, 4, 4))] and kept[0].shape == (1, 4, 3, 4, 4)
    assert np.array_equal(engine.decode(kept[0]), frames)


def test_schedules_have_names_and_a_clip_is_drawn_over(pair: tuple[Any, CogVideoXShooter]) -> None:
    _, engine = pair
    clip = np.random.default_rng(1).integers(0, 255, (9, 32, 32, 3), np.uint8)
    made = [engine.draw(asked(engine, schedule=name)) for name in ("dpm", "ddim", "dpm-rising")]
    made += [engine.draw(asked(engine, shift=5.0)), engine.draw(asked(engine), clip_THWC=clip, strength=0.5)]
    assert torch.equal(made[0], engine.draw(asked(engine)))
    assert all(not torch.allclose(made[0], other, atol=1e-3) for other in made[1:])


def test_networks_leave_the_memory_where_it_is_short(
    pair: tuple[Any, CogVideoXShooter], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, engine = pair
    request = asked(engine, height=64, width=96)
    frames = engine.shoot(request)
    assert engine.parts.awake("text_encoder") and engine.parts.awake("transformer")
    for module in (shoot_cogvideox, shoot_latent):
        monkeypatch.setattr(module, "free_mb", lambda device: 0.0)
    small = engine.shoot(request)
    assert not engine.parts.awake("text_encoder") and not engine.parts.awake("transformer")
    assert small.shape == frames.shape and not np.array_equal(small, frames)  # of tiles


def test_what_a_model_cannot_keep_to_is_named(pair: tuple[Any, CogVideoXShooter]) -> None:
    _, engine = pair
    some = Image(np.zeros((32, 32, 3), np.uint8))
    sees = engine.config["transformer"]["channels"] == 8
    for field, changes in (
        ("frames", {"frames": 10}), ("size", {"height": 40}), ("schedule", {"schedule": "euler"}),
        ("image", {"image": None if sees else some}),
        ("last_image", {"image": some, "last_image": some} if sees else {}),
    ):  # fmt: skip
        if not changes:
            continue
        with pytest.raises(InputError, match=f"^{field}:"):
            engine.shoot(asked(engine, **changes))
    with pytest.raises(InputError, match=r"^video:"):
        engine.draw(asked(engine), clip_THWC=np.zeros((5, 32, 32, 3), np.uint8))


def test_the_card_holds_all_that_rebuilds_it(pair: tuple[Any, CogVideoXShooter]) -> None:
    _, engine = pair
    assert json.loads(engine.card.model_dump_json())["config"]["pipeline"]["sampler"]["solver"] == "dpm"
