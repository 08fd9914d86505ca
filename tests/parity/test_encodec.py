"""Against transformers' EnCodec: its own checkpoints of random weights, the same codes and the same samples."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.codec.encodec import Encodec, encodec_24khz, encodec_32khz, encodec_48khz
from soundstage.errors import InputError
from soundstage.weights import encodec as weights
from soundstage.weights.card import Card
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble, load

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity

# What makes each published model what it is, in a small size.
SMALL = {"hidden_size": 12, "num_filters": 4, "codebook_size": 16}
CASES: dict[str, dict[str, Any]] = {
    "24k": {"target_bandwidths": [0.6, 1.2, 2.4]},
    "32k": {
        "sampling_rate": 32_000, "upsampling_ratios": [8, 5, 4, 4], "use_causal_conv": False,
        "use_conv_shortcut": False, "target_bandwidths": [0.8],
    },
    "48k": {
        "sampling_rate": 48_000, "audio_channels": 2, "use_causal_conv": False, "norm_type": "time_group_norm",
        "normalize": True, "chunk_length_s": 0.1, "overlap": 0.01, "target_bandwidths": [1.2, 4.8],
    },
    "two residuals": {"target_bandwidths": [2.4], "num_residual_layers": 2, "num_lstm_layers": 1},
}  # fmt: skip
Pair = tuple[Any, Encodec]


def randomised(model: Any) -> Any:
    """Weights under which noise stays noise of about its own size, and codebooks of the latents' size."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            fan = parameter[0].numel() if parameter.ndim > 1 else 1
            sizes = name.endswith(("original0", "norm.weight"))
            parameter.copy_(1 + 0.1 * noise if sizes else noise * (fan**-0.5 if parameter.ndim > 1 else 0.02))
        model.eval()
        noise = torch.randn(1, model.config.audio_channels, 9600, generator=generator)
        spread = model.encoder(noise if model.config.normalize else 0.5 * noise).std((0, 2))
        for name, buffer in model.named_buffers():
            if name.endswith(("embed", "embed_avg")):
                buffer.copy_(torch.randn(buffer.shape, generator=generator) * spread * 0.7 ** int(name.split(".")[2]))
            elif name.endswith("cluster_size"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator))
    return model


@pytest.fixture(scope="module", params=CASES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    theirs = randomised(transformers.EncodecModel(transformers.EncodecConfig(**SMALL, **CASES[request.param])))
    folder = tmp_path_factory.mktemp("encodec")
    theirs.save_pretrained(folder)
    return theirs, loaded(folder, theirs.config.to_dict())


def loaded(folder: Path, config: dict[str, Any]) -> Encodec:
    tensors = rename(load_file(folder / "model.safetensors"), weights.KEYS, weights.IGNORED)
    ours = assemble(lambda: weights.build(asdict(weights.from_config(config))), tensors, torch.float32)
    assert isinstance(ours, Encodec)
    return ours


def signal(model: Encodec, length: int, batch: int = 2) -> Tensor:
    shape = (batch, model.config.seanet.channels, length)
    return 0.5 * torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_every_module_agrees(pair: Pair) -> None:
    theirs, ours = pair
    samples = signal(ours, 4321)
    latent = theirs.encoder(samples)
    assert float(latent.std()) > 0.01
    assert torch.allclose(ours.encoder(samples), latent, atol=1e-4)
    assert torch.allclose(ours.decoder(latent), theirs.decoder(latent), atol=1e-4)
    codes = theirs.quantizer.encode(latent, theirs.config.target_bandwidths[-1])
    assert torch.equal(ours.quantiser.encode(latent), codes.transpose(0, 1)) and len(codes[0].unique()) > 4
    assert torch.allclose(ours.quantiser.decode(codes.transpose(0, 1)), theirs.quantizer.decode(codes), atol=1e-5)


@pytest.mark.parametrize("length", [4321, 4800, 13_000])
@torch.no_grad()
def test_codes_and_samples_agree_end_to_end(pair: Pair, length: int) -> None:
    theirs, ours = pair
    samples = signal(ours, length)
    for kbps in theirs.config.target_bandwidths:
        coded = theirs.encode(samples, bandwidth=kbps)
        scales, rest = coded.audio_scales, coded.last_frame_pad_length
        back = theirs.decode(coded.audio_codes, scales, last_frame_pad_length=rest).audio_values
        books = ours.config.books_at(kbps)
        codes, scale = ours.encode(samples, books), ours.scale(samples)
        chunks = list(coded.audio_codes)
        chunks[-1] = chunks[-1][..., : chunks[-1].shape[-1] - rest]
        assert torch.equal(codes, torch.cat(chunks, -1))
        assert (scale is None) == (scales[0] is None)
        if scale is not None:
            assert torch.allclose(scale, torch.cat(scales, 1))
        assert torch.allclose(ours.decode(codes, scale_BS=scale), back, atol=1e-4)
        whole = ours.decode(codes, scale_BS=scale, length=length)
        assert torch.equal(whole, ours.decode(codes, scale_BS=scale)[..., :length]) and whole.shape == samples.shape


def test_the_older_spelling_of_weight_norm_loads_too(tmp_path: Path) -> None:
    theirs = randomised(transformers.EncodecModel(transformers.EncodecConfig(**SMALL, **CASES["24k"])))
    theirs.save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    older = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): tensor
        for name, tensor in tensors.items()
    }
    assert older.keys() != tensors.keys()
    for name, tensor in rename(tensors, weights.KEYS).items():
        assert torch.equal(rename(older, weights.KEYS)[name], tensor)


def test_the_loader_finds_the_family_and_the_layout(tmp_path: Path) -> None:
    theirs = randomised(transformers.EncodecModel(transformers.EncodecConfig(**SMALL, **CASES["48k"])))
    theirs.save_pretrained(tmp_path)
    card = Card(
        ref="encodec", family="encodec", task="codec", licence="", commercial=False, data="", size_mb=0, memory_mb=0,
        parameters=0, config=asdict(weights.from_config(theirs.config.to_dict())), layout="public",
    )  # fmt: skip
    card.save(tmp_path)
    ours = load(str(tmp_path), dtype=torch.bfloat16).module
    assert isinstance(ours, Encodec) and ours.encode(signal(ours, 5000).bfloat16()).shape == (2, 8, 15 + 1)


def test_a_codec_inside_a_whole_checkpoint_keeps_its_place() -> None:
    tensors = {"codec_model.encoder.layers.3.shortcut.conv.bias": torch.ones(1)}
    assert set(rename(tensors, weights.rows("codec_model.", "codec."))) == {"codec.encoder.layers.3.skip.conv.bias"}


@pytest.mark.parametrize(("preset", "config"), [
    (encodec_24khz, {"target_bandwidths": [1.5, 3.0, 6.0, 12.0, 24.0]}),
    (encodec_32khz, {
        **CASES["32k"], "codebook_size": 2048, "num_filters": 64, "target_bandwidths": [2.2],
    }),
    (encodec_48khz, {**CASES["48k"], "chunk_length_s": 1.0, "target_bandwidths": [3.0, 6.0, 12.0, 24.0]}),
])  # fmt: skip
def test_the_presets_are_the_published_configs(preset: Any, config: dict[str, Any]) -> None:
    assert weights.from_config(transformers.EncodecConfig(**config).to_dict()) == preset()


def test_what_we_do_not_support_is_refused_by_name() -> None:
    for field, value in {"norm_type": "batch", "trim_right_ratio": 0.5, "codebook_dim": 7}.items():
        with pytest.raises(InputError, match=field):
            weights.from_config({field: value})
