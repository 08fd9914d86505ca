"""VITS on its own: a golden, times that add up, draws that can be repeated, batches, pieces, voices."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.codec.hifigan import HifiganConfig
from soundstage.codec.source import SourceConfig
from soundstage.codec.vocoder import VocoderConfig
from soundstage.errors import InputError
from soundstage.models.vits import (
    DurationConfig,
    Vits,
    VitsConfig,
    WavenetConfig,
    convert,
    plan,
    speak,
    spectrogram,
    stream,
    with_blanks,
)

TINY = VitsConfig(
    symbols=12, rate=800, bins=9, width=8, hidden=16, depth=2, window=2, flows=2,
    decoder=HifiganConfig(
        latent=6, width=8, ratios=(4, 2), ratio_kernels=(8, 4), kernels=(3, 5), dilations=((1, 3), (1, 2))
    ),
    flow=WavenetConfig(layers=2), posterior=WavenetConfig(layers=2),
    duration=DurationConfig(width=8, flows=2, depth=2, bins=4),
)  # fmt: skip
MANY = replace(TINY, speakers=3, speaker_width=4, decoder=replace(TINY.decoder, condition=4))
SPECTRAL = replace(MANY, decoder=VocoderConfig(latent=6, width=8, depth=2, size=32, hop=8, condition=4))
FOLDED = replace(
    MANY, rate=8000, convolved=True, fold=2, frames=2, frames_width=8,
    duration=DurationConfig(stochastic=False, width=8),
    decoder=SourceConfig(
        latent=6, width=8, depth=1, rate=8000, hop=160, fold=2, bands=12, filter_width=8, filter_depth=1, fft=256,
        condition=4,
    ),
)  # fmt: skip
IDS = torch.tensor([[3, 1, 4, 1, 5, 9]])
GOLDEN = [0.11691, 0.52381, 0.24225, 0.52501]
GOLDEN_DURATIONS = [1, 7, 1, 1, 8, 1]
FOLDED_GOLDEN = [-0.12263, -0.26376, 0.01109, 0.05918]


def tiny(config: VitsConfig = TINY) -> Vits:
    model, generator = Vits(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
    return model.eval()


def seeded(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_golden_speech_of_the_tiny_model() -> None:
    made = speak(tiny(), IDS, generator=seeded())
    assert made.plan.durations[0].tolist() == GOLDEN_DURATIONS
    assert made.samples[0, ::40][:4].tolist() == pytest.approx(GOLDEN, abs=1e-5)


def test_the_times_of_the_symbols_cover_the_sound() -> None:
    made = speak(tiny(), IDS, generator=seeded())
    times = made.plan.times()[0]
    assert times.shape == (6, 2) and float(times[0, 0]) == 0
    assert torch.equal(times[1:, 0], times[:-1, 1]) and bool((times[:, 1] > times[:, 0]).all())
    assert float(times[-1, 1]) == pytest.approx(made.samples.shape[1] / TINY.rate)


def test_durations_can_be_set_and_speed_divides_those_that_are_found() -> None:
    model, wanted = tiny(), torch.tensor([[2, 1, 3, 0, 1, 2]])
    made = speak(model, IDS, durations=wanted, noise=0.0)
    assert torch.equal(made.plan.durations, wanted) and made.samples.shape == (1, 9 * TINY.hop)
    slow, fast = (plan(model, IDS, noise=0.0, duration_noise=0.0, speed=speed).frames for speed in (0.25, 4.0))
    assert int(slow) > int(fast) >= IDS.shape[1]


def test_the_same_seed_says_the_same_and_noise_is_what_differs() -> None:
    model = tiny()
    first, again, other = (speak(model, IDS, generator=seeded(seed)).samples for seed in (1, 1, 2))
    assert torch.equal(first, again) and first.shape[1] != other.shape[1]
    still = [speak(model, IDS, noise=0.0, duration_noise=0.0, generator=seeded(seed)).samples for seed in (1, 2)]
    assert torch.equal(*still)
    assert torch.equal(speak(model, IDS, noise=0.0, duration_noise=0.0).samples, still[0])


def test_a_row_of_a_batch_is_the_row_alone_up_to_the_decoders_reach() -> None:
    model, silent = tiny(), {"noise": 0.0, "duration_noise": 0.0, "speed": 0.2}
    padded = torch.cat((IDS, torch.zeros(1, 3, dtype=torch.long)), 1)
    both = torch.cat((padded, torch.arange(9).unsqueeze(0)))
    mask = torch.tensor([[True] * 6 + [False] * 3, [True] * 9])
    alone, batch = speak(model, IDS, **silent), speak(model, both, mask=mask, **silent)  # type: ignore[arg-type]
    assert int(batch.lengths[0]) == alone.samples.shape[1] < batch.samples.shape[1]
    assert torch.equal(batch.plan.durations[0, :6], alone.plan.durations[0])
    assert torch.allclose(batch.plan.latents[:1, :, : alone.plan.latents.shape[-1]], alone.plan.latents, atol=1e-5)
    safe = alone.samples.shape[1] - model.decoder.reach * TINY.hop
    assert safe > 0 and torch.allclose(batch.samples[0, :safe], alone.samples[0, :safe], atol=1e-5)


def test_a_stream_says_what_is_said_in_one_piece() -> None:
    model = tiny()
    whole = speak(model, IDS, generator=seeded())
    pieces = list(stream(model, plan(model, IDS, generator=seeded()), frames=3))
    assert len(pieces) > 2
    assert torch.allclose(torch.cat(pieces, 1), whole.samples, atol=1e-6)


def test_the_flow_comes_back_to_where_it_began() -> None:
    model, x = tiny(MANY), torch.randn(2, 6, 9, generator=seeded())
    voice = torch.randn(2, 4, generator=seeded(8))
    mask = (torch.arange(9) < torch.tensor([[9], [5]])).unsqueeze(1)
    there = model.flow(x * mask, mask, voice)
    assert not torch.allclose(there, x * mask)
    assert torch.allclose(model.flow(there, mask, voice, inverse=True) * mask, x * mask, atol=1e-5)


def test_a_voice_is_a_number_a_list_of_numbers_or_a_vector() -> None:
    model, ids = tiny(MANY), IDS.expand(2, -1)
    silent = {"noise": 0.0, "duration_noise": 0.0, "durations": torch.ones_like(ids)}
    one, listed = (speak(model, ids, speaker=who, **silent).samples for who in (2, torch.tensor([2, 2])))  # type: ignore[arg-type]
    assert model.voices is not None
    vector = model.voices.weight[2].detach()
    assert torch.equal(one, listed) and torch.equal(one, speak(model, ids, speaker=vector, **silent).samples)  # type: ignore[arg-type]
    assert not torch.allclose(one, speak(model, ids, speaker=1, **silent).samples)  # type: ignore[arg-type]


def test_speech_converted_to_its_own_voice_is_only_read_and_played() -> None:
    model, x = tiny(MANY), torch.rand(1, 9, 12, generator=seeded())
    assert model.voices is not None
    with torch.no_grad():
        voice = model.voices.weight[:1]
        played = model.decoder(model.posterior(x, None, voice)[0], voice)
    assert torch.allclose(convert(model, x, 0, 0, noise=0.0), played, atol=1e-5)
    assert not torch.allclose(convert(model, x, 0, 1, noise=0.0), played, atol=1e-2)


def test_a_spectrogram_has_a_frame_a_hop() -> None:
    assert spectrogram(torch.zeros(2, 1024 * 3), 1024, 256).shape == (2, 513, 12)
    tone = torch.sin(2 * torch.pi * 0.125 * torch.arange(4096.0))[None]
    assert spectrogram(tone, 256, 64)[0, :, 10].argmax() == 32


def test_blanks_stand_between_all_symbols() -> None:
    assert with_blanks(IDS[:, :3]).tolist() == [[0, 3, 0, 1, 0, 4, 0]]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ids_BS": torch.tensor([[12]])}, "ids"),
        ({"ids_BS": torch.tensor([[-1]])}, "ids"),
        ({"ids_BS": torch.zeros(1, 0, dtype=torch.long)}, "ids"),
        ({"speed": 0.0}, "speed"),
        ({"speed": float("nan")}, "speed"),
        ({"generator": None}, "generator"),
        ({"speaker": 0}, "speaker"),
        ({"language": 0}, "language"),
        ({"durations": torch.zeros(1, 6)}, "durations"),
    ],
)
def test_what_the_model_cannot_say_is_refused_by_name(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(tiny(), **{"ids_BS": IDS, "generator": seeded(), **wrong})  # type: ignore[arg-type]
    assert caught.value.field == field


@pytest.mark.parametrize("speaker", [None, 3, torch.tensor([-1]), torch.zeros(5)])
def test_a_voice_that_is_not_there_is_refused(speaker: int | Tensor | None) -> None:
    with pytest.raises(InputError, match="speaker"):
        plan(tiny(MANY), IDS, speaker=speaker, generator=seeded())


def test_a_decoder_that_draws_spectra_streams_too() -> None:
    model = tiny(SPECTRAL)
    made = plan(model, IDS, speaker=2, generator=seeded())
    whole = speak(model, IDS, speaker=2, generator=seeded()).samples
    assert whole.shape[1] == int(made.frames[0]) * 8
    assert torch.allclose(torch.cat(list(stream(model, made, 2)), 1), whole, atol=1e-6)


def test_the_golden_speech_of_a_model_that_folds_frames_and_says_a_pitch() -> None:
    told = torch.tensor([[4, 3, 5, 2, 4, 6]])
    made = speak(tiny(FOLDED), IDS, speaker=1, durations=told, generator=seeded())
    assert made.samples[0, 100::400][:4].tolist() == pytest.approx(FOLDED_GOLDEN, abs=1e-5)


def test_folded_frames_fill_whole_latents_and_the_last_symbol_lasts_longer() -> None:
    model, told = tiny(FOLDED), torch.tensor([[2, 1, 3, 1, 2, 0], [1, 1, 1, 1, 1, 1]])
    mask = torch.tensor([[True] * 5 + [False], [True] * 6])
    made = plan(model, IDS.expand(2, -1), mask=mask, speaker=0, durations=told, noise=0.0)
    assert made.durations.tolist() == [[2, 1, 3, 1, 3, 0], [1, 1, 1, 1, 1, 1]]
    assert made.latents.shape[-1] == 5 and made.frames.tolist() == [10, 6]
    assert float(made.times()[0, 4, 1]) == pytest.approx(10 * 80 / 8000)
    alone = speak(model, IDS[:, :5], speaker=0, durations=told[:1, :5], noise=0.0)
    assert alone.samples.shape[1] == int(alone.lengths[0]) == 800
    assert torch.allclose(alone.plan.latents, made.latents[:1], atol=1e-5)


def test_a_decoder_that_says_a_pitch_streams_too() -> None:
    model = tiny(FOLDED)
    whole = speak(model, IDS, speaker=2, generator=seeded()).samples
    pieces = list(stream(model, plan(model, IDS, speaker=2, generator=seeded()), 2))
    assert len(pieces) > 2 and torch.allclose(torch.cat(pieces, 1), whole, atol=1e-5)


def test_the_prior_of_frames_begins_as_that_of_symbols_and_learns_their_places() -> None:
    torch.manual_seed(0)  # the layers' own initial weights
    model = Vits(FOLDED)
    assert model.frames is not None
    durations = torch.tensor([[4, 2, 4, 2, 2, 2]])
    states, means, logs = model.text(IDS)
    plain, _ = model.prior(states, means, logs, durations, None, torch.ones(1, 4))
    assert torch.allclose(plain[0, :, 0], means[0, 0]) and torch.allclose(plain[0, :, 1], means[0, 0])
    torch.nn.init.normal_(model.frames.out.weight)
    placed, _ = model.prior(states, means, logs, durations, None, torch.ones(1, 4))
    assert not torch.allclose(placed[0, :, 0], placed[0, :, 1], atol=1e-2)


def test_padding_changes_nothing_that_a_convolving_text_encoder_says() -> None:
    model, padded = tiny(FOLDED), torch.cat((IDS, torch.full((1, 3), 7)), 1)
    mask = torch.tensor([[[True] * 6 + [False] * 3]])
    for alone, both in zip(model.text(IDS), model.text(padded, mask), strict=True):
        assert torch.allclose(alone, both[:, :6], atol=1e-5)


def test_a_model_that_folds_searches_for_no_alignment() -> None:
    heard = torch.rand(1, 9, 20, generator=seeded())
    with pytest.raises(InputError, match="durations"):
        tiny(FOLDED)(IDS, torch.tensor([6]), heard, torch.tensor([20]), segment=4, generator=seeded())


def test_speech_of_any_length_is_converted_by_a_model_that_folds() -> None:
    model, x = tiny(FOLDED), torch.rand(1, 9, 11, generator=seeded())
    made = convert(model, x, 0, 1, noise=0.0)
    assert made.shape == (1, 11 * 80) and not torch.allclose(made, convert(model, x, 0, 0, noise=0.0), atol=1e-2)


def test_durations_that_are_known_are_not_searched_for() -> None:
    model, told = tiny().train(), torch.tensor([[2, 1, 3, 1, 1, 2]])
    heard = spectrogram(torch.randn(1, 10 * TINY.hop, generator=seeded()), 16, TINY.hop)
    lengths = torch.tensor([6]), torch.tensor([10])
    made = model(IDS, lengths[0], heard, lengths[1], segment=4, generator=seeded(), durations_BS=told)
    assert torch.equal(made.durations, told)
    found = model(IDS, lengths[0], heard, lengths[1], segment=4, generator=seeded())
    assert int(found.durations.sum()) == 10
