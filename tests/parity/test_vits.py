"""Against transformers' VITS, part by part and end to end, and against tensors that Coqui's own code has left."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.vits import Vits, convert, mms, model, speak, speech
from soundstage.models.vits.speech import language_vector, voice_vector
from soundstage.weights import vits as weights
from soundstage.weights.card import Card
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble, load

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.parity
SHAPE = {
    "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "ffn_dim": 24,
    "flow_size": 12, "spectrogram_bins": 9, "upsample_initial_channel": 16, "upsample_rates": [4, 2],
    "upsample_kernel_sizes": [8, 4], "resblock_kernel_sizes": [3, 7], "resblock_dilation_sizes": [[1, 3], [1, 2]],
    "duration_predictor_num_flows": 4, "duration_predictor_filter_channels": 10, "prior_encoder_num_flows": 4,
    "prior_encoder_num_wavenet_layers": 2, "posterior_encoder_num_wavenet_layers": 3, "wavenet_dilation_rate": 2,
    "duration_predictor_flow_bins": 6,
}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "one voice": {},
    "many voices": {"num_speakers": 5, "speaker_embedding_size": 6},
    "deterministic": {"use_stochastic_duration_prediction": False},
    "deterministic, many voices": {
        "use_stochastic_duration_prediction": False, "num_speakers": 3, "speaker_embedding_size": 6
    },
}  # fmt: skip


def fill(module: torch.nn.Module) -> None:
    """Random weights under which durations stay short and every part matters."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in sorted(module.named_parameters()):
            plain = parameter.ndim > 1 and "original0" not in name
            spread = parameter[0].numel() ** -0.5 if plain else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
            if "original0" in name or ("norm" in name and name.endswith("weight")):
                parameter.add_(1)


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Vits]:
    theirs = transformers.VitsModel(transformers.VitsConfig(**SHAPE, **KINDS[request.param])).eval()
    fill(theirs)
    folder = tmp_path_factory.mktemp("vits")
    theirs.save_pretrained(folder)
    config = weights.from_config(json.loads((folder / "config.json").read_text("utf-8")))
    tensors = rename(load_file(folder / "model.safetensors"), weights.KEYS, weights.IGNORED)
    ours = assemble(lambda: Vits(config), tensors, torch.float32)
    assert isinstance(ours, Vits)
    return theirs, ours


def voice(ours: Vits, number: int) -> Tensor | None:
    return None if ours.voices is None else ours.voices(torch.tensor([number]))


def column(vector: Tensor | None) -> Tensor | None:
    return None if vector is None else vector.unsqueeze(-1)


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def close(ours: Tensor, theirs: Tensor) -> None:
    assert ours.shape == theirs.shape
    assert float(theirs.std()) > 1e-3
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


MASK = torch.tensor([[1.0] * 9, [1.0] * 6 + [0.0] * 3])


@torch.no_grad()
def test_the_text_encoders_agree(pair: tuple[Any, Vits]) -> None:
    theirs, ours = pair
    ids = torch.randint(0, 20, (2, 9), generator=torch.Generator().manual_seed(1))
    out = theirs.text_encoder(ids, MASK.unsqueeze(-1), attention_mask=MASK)
    states, mean, log_deviation = ours.text(ids, MASK.bool().unsqueeze(1))
    kept = MASK.unsqueeze(-1)
    close(states * kept, out.last_hidden_state * kept)
    close(mean * kept, out.prior_means)
    close(log_deviation * kept, out.prior_log_variances)


@torch.no_grad()
def test_the_flows_agree_in_both_directions(pair: tuple[Any, Vits]) -> None:
    theirs, ours = pair
    x, mask, vector = draw(2, 12, 9), MASK.unsqueeze(1), voice(ours, 1)
    for inverse in (False, True):
        close(
            ours.flow(x, mask, vector, inverse=inverse) * mask,
            theirs.flow(x, mask, column(vector), reverse=inverse) * mask,
        )


@torch.no_grad()
def test_the_posteriors_agree(pair: tuple[Any, Vits]) -> None:
    theirs, ours = pair
    x, mask, vector = draw(2, 9, 9).abs(), MASK.unsqueeze(1), voice(ours, 2)
    _, mean, log_deviation = theirs.posterior_encoder(x, mask, column(vector))
    for mine, other in zip(ours.posterior(x, mask, vector), (mean, log_deviation), strict=True):
        close(mine, other)


@torch.no_grad()
def test_the_decoders_agree(pair: tuple[Any, Vits]) -> None:
    theirs, ours = pair
    x, vector = draw(2, 12, 9), voice(ours, 0)
    close(ours.decoder(x, vector), theirs.decoder(x, column(vector)).squeeze(1))


@torch.no_grad()
def test_the_duration_predictors_agree(pair: tuple[Any, Vits], monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = pair
    x, mask, vector, noise = draw(2, 16, 9), MASK.unsqueeze(1), voice(ours, 1), draw(2, 2, 9, seed=2)
    told = (x.transpose(1, 2), mask.transpose(1, 2), vector)
    if ours.config.duration.stochastic:
        monkeypatch.setattr(torch, "randn", lambda *_, **__: noise)
        reference = theirs.duration_predictor(x, mask, column(vector), reverse=True, noise_scale=1.3)
        mine = ours.duration.draw(told[0], noise.transpose(1, 2) * 1.3, *told[1:])  # type: ignore[operator]
    else:
        reference, mine = theirs.duration_predictor(x, mask, column(vector)), ours.duration(*told)
    close(mine, reference[:, 0])


@pytest.mark.parametrize("noise", [0.0, 0.7])
@torch.no_grad()
def test_the_same_speech_end_to_end(pair: tuple[Any, Vits], noise: float, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = pair
    ids = torch.randint(0, 20, (2, 9), generator=torch.Generator().manual_seed(3))
    speaker = None if ours.voices is None else 2
    theirs.noise_scale, theirs.noise_scale_duration, theirs.speaking_rate = noise, noise, 0.8
    mine = speak(
        ours, ids, mask=MASK, speaker=speaker, noise=noise, duration_noise=noise, speed=0.8,
        generator=torch.Generator().manual_seed(4),
    )  # fmt: skip
    draws, randn = torch.Generator().manual_seed(4), torch.randn
    monkeypatch.setattr(torch, "randn", lambda *shape, **_: randn(*shape, generator=draws))
    monkeypatch.setattr(torch, "randn_like", lambda x: randn(x.shape, generator=draws))
    out = theirs(ids, attention_mask=MASK.long(), speaker_id=speaker)
    assert mine.lengths.tolist() == out.sequence_lengths.tolist()
    assert len(set(mine.lengths.tolist())) == 2 and int(mine.plan.durations.max()) > 1
    close(mine.samples, out.waveform)


def test_the_published_english_model_fits_the_preset() -> None:
    reference = transformers.VitsConfig()
    assert weights.from_config(reference.to_dict()) == mms()
    with torch.device("meta"):
        theirs, ours = transformers.VitsModel(reference), Vits(mms())
    tensors = rename(theirs.state_dict(), weights.KEYS, weights.IGNORED)
    assert {n: t.shape for n, t in tensors.items()} == {n: t.shape for n, t in ours.state_dict().items()}


def test_the_older_layout_of_weight_norm_is_folded_to_the_same_weights(pair: tuple[Any, Vits]) -> None:
    theirs, ours = pair
    older = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): tensor
        for name, tensor in theirs.state_dict().items()
    }
    tensors = rename(older, weights.KEYS, weights.IGNORED)
    assert all(torch.equal(tensors[name], tensor) for name, tensor in ours.state_dict().items())


def test_a_config_survives_its_card(pair: tuple[Any, Vits]) -> None:
    config = pair[1].config
    rebuilt = weights.build(json.loads(json.dumps(asdict(config))))
    assert isinstance(rebuilt, Vits) and rebuilt.config == config


def test_a_folder_of_theirs_loads_through_the_loader_with_a_card(pair: tuple[Any, Vits], tmp_path: Path) -> None:
    theirs, ours = pair
    theirs.save_pretrained(tmp_path)
    Card(
        ref=str(tmp_path), family="vits", task="speak", licence="MIT", commercial=True, data="none", size_mb=1,
        memory_mb=1, parameters=1, config=asdict(ours.config), layout="public",
    ).save(tmp_path)  # fmt: skip
    loaded = load(str(tmp_path))
    assert "config.json" in loaded.files and isinstance(loaded.module, Vits)
    assert all(torch.equal(loaded.module.state_dict()[name], tensor) for name, tensor in ours.state_dict().items())


@pytest.mark.parametrize(
    ("field", "value"), [("hidden_act", "gelu"), ("use_bias", False), ("ffn_kernel_size", 4), ("num_speakers", 4)]
)
def test_what_we_do_not_support_is_named(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field):
        weights.from_config({**transformers.VitsConfig().to_dict(), field: value})


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"encoder_sample_rate": 16_000}, "encoder_sample_rate"),
        ({"use_speaker_embedding": True}, "num_speakers"),
        ({"use_language_embedding": True}, "num_languages"),
        ({"upsample_kernel_sizes_decoder": [15, 16, 4, 4]}, "upsample_kernel_sizes"),
        ({"use_sdp": False, "condition_dp_on_speaker": False}, "condition_dp_on_speaker"),
    ],
)
def test_what_we_do_not_support_of_coqui_is_named(args: dict[str, Any], field: str) -> None:
    assert weights.from_config({"model": "vits", "model_args": {}}).duration_noise == 1.0
    with pytest.raises(InputError, match=field):
        weights.from_config({"model": "vits", "model_args": args})


@pytest.fixture(scope="module", params=["stochastic", "deterministic"])
def coqui(request: pytest.FixtureRequest) -> tuple[dict[str, Tensor], Vits]:
    """What `make_vits_coqui.py` left, and our model of its weights."""
    path = Path(__file__).parent / "data" / f"vits_coqui_{request.param}.safetensors"
    with safe_open(path, "pt") as file:
        config = weights.from_config(json.loads(file.metadata()["config"]))
    kept = load_file(path)
    theirs = {n.removeprefix("weights."): tensor.float() for n, tensor in kept.items() if n.startswith("weights.")}
    small = (
        replace(config.duration, width=8, flows=2)
        if request.param == "stochastic"
        else replace(config.duration, width=10)
    )
    config = replace(config, duration=small)
    ours = assemble(lambda: Vits(config), rename(theirs, weights.KEYS, weights.IGNORED), torch.float32)
    assert isinstance(ours, Vits)
    return kept, ours


def replay(monkeypatch: pytest.MonkeyPatch, kept: dict[str, Tensor], what: str) -> None:
    """Our draws, in their order, are the kept ones."""
    draws = iter([kept[f"{what}.draw{index}"] for index in range(2) if f"{what}.draw{index}" in kept])
    for module in (model, speech):
        monkeypatch.setattr(module, "draw_like", lambda x, _: next(draws).reshape(x.shape))


def test_coquis_speech_agrees(coqui: tuple[dict[str, Tensor], Vits], monkeypatch: pytest.MonkeyPatch) -> None:
    kept, ours = coqui
    replay(monkeypatch, kept, "spoken")
    mask = torch.arange(7) < kept["lengths"].unsqueeze(1)
    made = speak(
        ours, kept["ids"], mask=mask, speaker=kept["voice"], language=kept["tongue"], generator=torch.Generator()
    )
    assert torch.equal(made.plan.durations, kept["spoken.durations"].long())
    close(made.samples, kept["spoken.samples"])


@torch.no_grad()
def test_coquis_training_pass_agrees(coqui: tuple[dict[str, Tensor], Vits], monkeypatch: pytest.MonkeyPatch) -> None:
    kept, ours = coqui
    replay(monkeypatch, kept, "trained")
    monkeypatch.setattr(model, "_starts", lambda *_: kept["trained.starts"])
    voice = voice_vector(ours, kept["voice"], 2)
    made = ours(
        kept["ids"], kept["lengths"], kept["spectrogram"], kept["frames"], segment=6, generator=torch.Generator(),
        voice_BC=voice, language_BC=language_vector(ours, kept["tongue"], 2),
    )  # fmt: skip
    assert torch.equal(made.durations, kept["trained.durations"].long())
    for name in ("latent", "prior_mean", "prior_log_deviation"):
        close(getattr(made, name) * made.frame_mask, kept[f"trained.{name}"] * made.frame_mask)
    close(made.log_deviation, kept["trained.log_deviation"])
    close(made.made, kept["trained.made"])
    torch.testing.assert_close(made.duration_loss, kept["trained.duration_loss"].sum(), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("coqui", ["stochastic"], indirect=True)
def test_coquis_conversion_agrees(coqui: tuple[dict[str, Tensor], Vits], monkeypatch: pytest.MonkeyPatch) -> None:
    kept, ours = coqui
    replay(monkeypatch, kept, "converted")
    close(
        convert(ours, kept["spectrogram"][:1], 2, 0, frames_B=kept["frames"][:1], generator=torch.Generator()),
        kept["converted.samples"],
    )
