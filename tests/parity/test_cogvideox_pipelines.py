"""Against diffusers: whole folders of its CogVideoX pipelines, the same latents after some steps, the same clip.

Notable: the folders are sharded, as the published ones are, and are loaded as a user loads them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.cogvideox import Transformer, Vae, clip_latents, decode, generate, picture_latents
from soundstage.nn.t5 import T5Encoder
from soundstage.weights.cogvideox import sampler_of
from soundstage.weights.load import Loaded, card_of, load
from soundstage.weights.parts import Parts

diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::FutureWarning")]
TOKENS, TEXT = 5, 32
NETWORK = {
    "num_attention_heads": 2, "attention_head_dim": 16, "in_channels": 4, "out_channels": 4, "time_embed_dim": 12,
    "text_embed_dim": TEXT, "num_layers": 2, "sample_width": 4, "sample_height": 4, "sample_frames": 9,
    "max_text_seq_length": TOKENS,
}  # fmt: skip
TURNED = {"use_rotary_positional_embeddings": True}
VARIANTS: dict[str, dict[str, Any]] = {
    "2b": {},
    "5b": TURNED,
    "5b-i2v": {**TURNED, "use_learned_positional_embeddings": True, "in_channels": 8},
    "1.5-5b": {**TURNED, "patch_size_t": 2, "patch_bias": False},
    "1.5-5b-i2v": {**TURNED, "patch_size_t": 2, "in_channels": 8, "ofs_embed_dim": 12},
}
AUTOENCODER = {
    "block_out_channels": (8, 8, 16, 16), "latent_channels": 4, "layers_per_block": 1, "norm_num_groups": 4,
    "sample_height": 96, "sample_width": 160, "scaling_factor": 0.7,
}  # fmt: skip
KINDS = {
    "t2v": "CogVideoXPipeline", "i2v": "CogVideoXImageToVideoPipeline", "v2v": "CogVideoXVideoToVideoPipeline"
}  # fmt: skip
CASES = [
    ("t2v", "2b", "DDIM"), ("t2v", "5b", "DPM"), ("t2v", "1.5-5b", "DPM"), ("t2v", "1.5-5b", "DDIM"),
    ("i2v", "5b-i2v", "DDIM"), ("i2v", "1.5-5b-i2v", "DPM"), ("v2v", "2b", "DDIM"), ("v2v", "5b", "DPM"),
]  # fmt: skip
STEPS, STRENGTH, SIZE = 4, 0.8, (4, 4)


def filled(module: Any, seed: int) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.2 + (weight.ndim == 1) * 0.1)
    return module.eval()


def folder_of(place: Path, kind: str, variant: str, solver: str) -> Any:
    """Make a pipeline of the reference's and save it."""
    reads = transformers.T5Config(
        vocab_size=50, d_model=TEXT, d_kv=8, d_ff=40, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu"
    )
    scheduler = getattr(diffusers, f"CogVideoX{solver}Scheduler")(
        prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing", clip_sample=False,
        snr_shift_scale=3.0 if solver == "DDIM" else 1.0,
    )  # fmt: skip
    vae = AUTOENCODER | {"invert_scale_latents": variant == "1.5-5b-i2v"}
    pipeline = getattr(diffusers, KINDS[kind])(
        tokenizer=None,
        text_encoder=filled(transformers.T5EncoderModel(reads), 1),
        vae=filled(diffusers.AutoencoderKLCogVideoX(**vae), 2),
        transformer=filled(diffusers.CogVideoXTransformer3DModel(**NETWORK | VARIANTS[variant]), 3),
        scheduler=scheduler,
    )
    pipeline.save_pretrained(place, max_shard_size="60KB")
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Loaded]:
    diffusers.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    place = tmp_path_factory.mktemp("pipeline")
    theirs = folder_of(place, *request.param)
    return request.param[0], theirs, load(str(place))


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("guidance", "dynamic"), [(1.0, False), (6.0, True)])
def test_the_same_latents_and_the_same_clip(pair: tuple[str, Any, Loaded], guidance: float, dynamic: bool) -> None:
    kind, theirs, loaded = pair
    parts = cast(Parts, loaded.module)
    network, vae = cast(Transformer, parts.wake("transformer")), cast(Vae, parts.wake("vae"))
    text, null = draw(1, TOKENS, TEXT), draw(1, TOKENS, TEXT, seed=2)
    how: dict[str, Any] = {
        "prompt_embeds": text, "negative_prompt_embeds": null, "num_inference_steps": STEPS, "output_type": "latent",
        "guidance_scale": guidance, "use_dynamic_cfg": dynamic, "height": 32, "width": 32,
        "generator": torch.Generator().manual_seed(7),
    }  # fmt: skip
    generator, picture, clip = torch.Generator().manual_seed(7), None, None
    if kind == "i2v":
        image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3))
        how["image"], picture = image, picture_latents(vae, 2 * image - 1, generator)
    if kind == "v2v":
        frames = np.random.default_rng(4).integers(0, 255, (9, 32, 32, 3), np.uint8)
        how |= {"video": [Image.fromarray(frame) for frame in frames], "strength": STRENGTH}
        pixels = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
        clip = clip_latents(vae, pixels, generator)
    else:
        how["num_frames"] = 9
    seen: list[int] = []
    ours = generate(
        network, text, null, sampler=sampler_of(loaded.card.config["pipeline"]), frames=9, size=SIZE, steps=STEPS,
        guidance=guidance, dynamic=dynamic, as_diffusers=True, picture_B1Chw=picture, clip_BFChw=clip,
        strength=STRENGTH, generator=generator, on_step=lambda step, x: seen.append(step),
    )  # fmt: skip
    reference = theirs(**how).frames
    assert seen == list(range(3 if kind == "v2v" else STEPS))
    reference = reference[:, reference.shape[1] - 3 :]
    assert float(reference.std()) > 0.1
    assert torch.allclose(ours, reference, atol=1e-4)
    with torch.no_grad():
        assert torch.allclose(decode(vae, ours), theirs.decode_latents(reference), atol=1e-4)


def test_a_folder_tells_its_family_and_its_texts_are_read(pair: tuple[str, Any, Loaded]) -> None:
    kind, theirs, loaded = pair
    assert (loaded.card.family, loaded.card.task) == ("cogvideox", "shoot")
    assert loaded.card.config["pipeline"]["class"] == KINDS[kind]
    parts = cast(Parts, loaded.module)
    reader = cast(T5Encoder, parts.wake("text_encoder"))
    ids = torch.tensor([[3, 7, 1, 0, 0]])  # padding is read like any other token
    with torch.no_grad():
        assert torch.allclose(reader(ids), theirs.text_encoder(ids)[0], atol=1e-4)
    parts.rest("text_encoder")
    assert not parts.awake("text_encoder")


def test_half_weights_load_and_a_missing_key_is_named(tmp_path: Path) -> None:
    pipeline = folder_of(tmp_path, "t2v", "5b", "DPM")
    pipeline.to(torch.bfloat16).save_pretrained(tmp_path, max_shard_size="1MB")
    for index in tmp_path.glob("*/*.index.json"):
        index.unlink()
    loaded = load(str(tmp_path), dtype=torch.bfloat16)
    network = cast(Transformer, cast(Parts, loaded.module).wake("transformer"))
    sampler = sampler_of(loaded.card.config["pipeline"])
    made = generate(
        network, draw(1, TOKENS, TEXT).bfloat16(), sampler=sampler, frames=9, size=SIZE, steps=2, guidance=1,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert made.isfinite().all()
    with torch.no_grad():
        exact = pipeline.to(torch.float32)(
            prompt_embeds=draw(1, TOKENS, TEXT).bfloat16().float(), num_inference_steps=2, guidance_scale=1,
            num_frames=9, height=32, width=32, output_type="latent", generator=torch.Generator().manual_seed(0),
        ).frames  # fmt: skip
    assert float((made - exact).abs().mean()) < 0.6  # the noises are of two dtypes, so the clips are not one
    pipeline.transformer.config["num_layers"] = 3
    pipeline.transformer.save_config(tmp_path / "transformer")
    with pytest.raises(InputError, match="missing"):
        load(str(tmp_path))


def test_a_pipeline_of_another_kind_of_noise_is_refused(tmp_path: Path) -> None:
    folder_of(tmp_path, "t2v", "2b", "DDIM").scheduler.__class__.from_config(
        {"beta_schedule": "linear"}
    ).save_pretrained(tmp_path / "scheduler")
    with pytest.raises(InputError, match="beta_schedule"):
        card_of(str(tmp_path))
