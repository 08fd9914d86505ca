"""Against tensors that Coqui's own XTTS v2 has left: part by part, whole and live; and against the whole's layout."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from soundstage.codec.hifigan import HifiganConfig
from soundstage.decode import Sampler, greedy
from soundstage.decode.sample import nucleus, penalised
from soundstage.models.xtts import Heard, SpeakerConfig, Xtts, listen, speak, stream, tell, xtts_v2
from soundstage.models.xtts.speech import frames
from soundstage.models.xtts.style import style_mel
from soundstage.tasks.said import Manner
from soundstage.tasks.speak_xtts import XttsSpeaker
from soundstage.text.passage import Passage
from soundstage.weights import Card, load
from soundstage.weights import xtts as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

pytestmark = pytest.mark.parity
DATA = Path(__file__).parent / "data" / "xtts.safetensors"
TINY: dict[str, Any] = {
    "latents": 5, "perceiver_heads": 3, "perceiver_head": 4, "stride": 16,
    "decoder": HifiganConfig(
        latent=16, width=16, ratios=(2, 2), ratio_kernels=(4, 4), kernels=(3, 5), dilations=((1, 3, 5), (1, 2, 3)),
        condition=6, everywhere=True,
    ),
    "speaker": SpeakerConfig(bands=16, widths=(8, 8, 16, 16), depths=(1, 2, 1, 1), out=6),
}  # fmt: skip


class Likeliest:
    """The likeliest code under the penalty of Coqui's default."""

    def __call__(self, logits: Tensor, history: Tensor) -> Tensor:
        return greedy(penalised(logits, history, 10.0), history)


@pytest.fixture(scope="module")
def kept() -> dict[str, Tensor]:
    return load_file(DATA)


@pytest.fixture(scope="module")
def theirs(kept: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix("weights."): tensor for name, tensor in kept.items() if name.startswith("weights.")}


@pytest.fixture(scope="module")
def ours(theirs: dict[str, Tensor]) -> Xtts:
    with safe_open(DATA, "pt") as file:
        told = [json.loads(file.metadata()[name]) for name in ("config", "vocab")]
    config = replace(weights.from_config(*told), **TINY)
    floats = {name: tensor.float() for name, tensor in theirs.items()}
    module = assemble(lambda: Xtts(config), rename(floats, weights.KEYS, weights.IGNORED), torch.float32)
    assert isinstance(module, Xtts)
    return module


def reference(seconds: float, rate: int) -> Tensor:
    """Something voiced that rises, [N], as `make_xtts.py` makes it."""
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * (130 + 40 * time) * n * time + n * n) / n for n in range(1, 30))
    return torch.tensor(0.2 * wave * (1.1 + np.sin(9 * time)), dtype=torch.float32)


def heard(kept: dict[str, Tensor]) -> Heard:
    return Heard(kept["style"], kept["speaker"])


def close(ours: Tensor, theirs: Tensor) -> None:
    assert ours.shape == theirs.shape
    assert float(theirs.std()) > 1e-3
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


@torch.no_grad()
def test_the_mels_and_what_is_heard_in_them_agree(kept: dict[str, Tensor], ours: Xtts) -> None:
    mel = style_mel(reference(1.5, 22_050)[None, :22_050], 22_050, 80)
    close((mel / ours.style.mel_stats[:, None])[..., ::8], kept["mel"])
    x = ours.style.read((mel / ours.style.mel_stats[:, None]).transpose(1, 2))
    for block in ours.style.blocks:
        x = block(x)
    close(x.transpose(1, 2)[..., ::8], kept["encoded"])


def test_the_latents_of_a_reference_are_the_mean_over_its_chunks(kept: dict[str, Tensor], ours: Xtts) -> None:
    close(listen(ours, [reference(1.5, 22_050)], chunk=1.0).style_BLD, kept["style"])


@torch.no_grad()
def test_the_speakers_vectors_agree(kept: dict[str, Tensor], ours: Xtts) -> None:
    sound = reference(0.6, 16_000)[None]
    theirs = (kept["features"] + 1e-6).log()
    ours_BMN = ours.speaker.features(sound)[..., ::4]
    close(ours_BMN - ours_BMN.mean(-1, keepdim=True), _normed(theirs, ours_BMN))
    close(ours.speaker(sound), kept["speaker"])


def _normed(log_mel: Tensor, like: Tensor) -> Tensor:
    """Each band moved and scaled as all its frames were, of which only every fourth is kept."""
    scale = like.std(-1, keepdim=True) / log_mel.std(-1, keepdim=True)
    return (log_mel - log_mel.mean(-1, keepdim=True)) * scale


@torch.no_grad()
def test_the_language_models_agree(kept: dict[str, Tensor], ours: Xtts) -> None:
    prompt = ours.prompt(kept["style"], kept["ids"])
    codes = torch.cat((torch.tensor([[ours.config.start]]), kept["codes"][:, :-1]), 1)
    seen = ours(prompt, codes)
    close(seen.states, kept["states"])
    close(seen.logits, kept["logits"])


@torch.no_grad()
def test_the_decoders_agree(kept: dict[str, Tensor], ours: Xtts) -> None:
    close(ours.decoder(frames(ours, kept["latents"]), kept["speaker"]), kept["decoded"].squeeze(1))


@pytest.mark.parametrize(("name", "speed"), [("whole", 1.0), ("fast", 1.3)])
def test_the_same_speech_end_to_end(kept: dict[str, Tensor], ours: Xtts, name: str, speed: float) -> None:
    if speed == 1:
        (told,) = tell(ours, heard(kept), kept["ids"], Likeliest())
        close(told.states_BTD, kept["whole.states"])
    made = speak(ours, heard(kept), kept["ids"], Likeliest(), speed=speed)
    close(made[0], kept[f"{name}.samples"])


def test_the_same_speech_live_with_its_cross_fades(kept: dict[str, Tensor], ours: Xtts) -> None:
    pieces = list(stream(ours, heard(kept), kept["ids"], Likeliest(), every=5, overlap=12))
    assert [len(piece) for piece in pieces] == kept["live.lengths"].tolist()
    close(torch.cat(pieces), kept["live.samples"])


def test_a_choice_is_drawn_from_what_transformers_would_draw_from() -> None:
    logits_process = pytest.importorskip("transformers.generation.logits_process")
    logits = 4 * torch.randn(6, 42, generator=torch.Generator().manual_seed(0))
    history = torch.randint(0, 42, (6, 9), generator=torch.Generator().manual_seed(1))
    scores = logits
    for process in (
        logits_process.RepetitionPenaltyLogitsProcessor(10.0),
        logits_process.TemperatureLogitsWarper(0.75),
        logits_process.TopKLogitsWarper(20),
        logits_process.TopPLogitsWarper(0.85),
    ):
        scores = process(history, scores)
    best, places = penalised(logits, history, 10.0).topk(20)
    kept = nucleus((best / 0.75).softmax(-1), 0.85)
    mine = torch.zeros_like(logits).scatter(1, places, kept / kept.sum(-1, keepdim=True))
    close(mine, scores.softmax(-1))
    draw = Sampler(generator=torch.Generator().manual_seed(2), temperature=0.75, top_k=20, top_p=0.85, repetition=10.0)
    for _ in range(50):
        assert bool((mine.gather(1, draw(logits, history)[:, None]) > 0).all())


def test_the_published_model_fits_the_preset(kept: dict[str, Tensor]) -> None:
    shapes = json.loads(zlib.decompress(kept["full"].numpy().tobytes()))
    theirs = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    tensors = rename(theirs, weights.KEYS, weights.IGNORED)
    with torch.device("meta"):
        ours = Xtts(xtts_v2())
    assert {n: t.shape for n, t in tensors.items()} == {n: t.shape for n, t in ours.state_dict().items()}
    assert sum(p.numel() for p in ours.parameters()) == weights.SOURCE["coqui/XTTS-v2"].card.parameters


def test_a_folder_of_theirs_is_read_as_they_read_it_and_speaks(
    kept: dict[str, Tensor], theirs: dict[str, Tensor], ours: Xtts, tmp_path: Path
) -> None:
    save_file({name: tensor.float() for name, tensor in theirs.items()}, tmp_path / "model.safetensors")
    with safe_open(DATA, "pt") as file:
        told = file.metadata()
    (tmp_path / "vocab.json").write_text(told["vocab"], "utf-8")
    Card(
        ref="tiny", family="xtts", task="speak", licence="MIT", commercial=True, data="none", size_mb=1, memory_mb=1,
        parameters=1, config=json.loads(json.dumps(asdict(ours.config))), layout="public",
    ).save(tmp_path)  # fmt: skip
    loaded = load(str(tmp_path))
    assert all(torch.equal(loaded.module.state_dict()[name], tensor) for name, tensor in ours.state_dict().items())
    engine = XttsSpeaker(loaded)
    (line,) = engine.read(Passage(told["text"], language="en"))
    assert torch.equal(engine.ids(line), kept["ids"])
    said = engine.say(line, heard(kept), Manner(), torch.Generator().manual_seed(0))
    assert len(said.samples) >= ours.config.decoder.hop and np.isfinite(said.samples).all()


def test_what_the_trainer_saves_has_the_same_weights(theirs: dict[str, Tensor], ours: Xtts) -> None:
    floats = {f"xtts.{name}": tensor.float() for name, tensor in theirs.items()}
    floats |= {"xtts.dvae.codebook.embed": torch.zeros(2), "xtts.torch_mel_spectrogram_dvae.mel_norms": torch.zeros(2)}
    tensors = rename(floats, weights.KEYS, weights.IGNORED)
    assert all(torch.equal(tensors[name], tensor) for name, tensor in ours.state_dict().items())
