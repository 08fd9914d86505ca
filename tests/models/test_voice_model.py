import math

import pytest
import torch

from soundstage.errors import InputError
from soundstage.models.voice import (
    Acoustic,
    How,
    VoiceConfig,
    VoiceModel,
    Wanted,
    generate,
    generate_many,
    plan,
    relieved,
    stream,
    voice_tiny,
)
from soundstage.models.voice.model import mel_bands
from soundstage.models.voice.speech import whole_frames

SYMBOLS = 42


def tiny() -> VoiceModel:
    torch.manual_seed(0)  # the layers' own initialisation knows no generator
    return VoiceModel(voice_tiny(SYMBOLS)).eval()


def phrase(generator: torch.Generator, count: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randint(1, SYMBOLS, (count,), generator=generator), torch.randint(0, 8, (count,), generator=generator)


def spoken(model: VoiceModel, seed: int = 0, **how: object) -> tuple[torch.Tensor, torch.Tensor]:
    phones, flags = phrase(torch.Generator().manual_seed(1))
    vector = torch.randn(model.config.speaker, generator=torch.Generator().manual_seed(2))
    return generate(model, phones, flags, vector, generator=torch.Generator().manual_seed(seed), **how)  # type: ignore[arg-type]


def test_the_sound_has_exactly_the_samples_of_its_durations() -> None:
    model = tiny()
    samples, durations = spoken(model)
    assert len(samples) == int(durations.sum()) * model.config.hop
    assert samples.isfinite().all()


def test_the_tiny_model_says_its_golden_output() -> None:
    samples, durations = spoken(tiny())
    assert durations.tolist() == GOLDEN_DURATIONS
    assert float(samples.square().mean().sqrt()) == pytest.approx(GOLDEN_LEVEL, rel=1e-3)


GOLDEN_DURATIONS = [8, 6, 7, 6, 6, 5, 7, 6, 6, 6, 7, 7]
GOLDEN_LEVEL = 0.08939


def test_one_seed_gives_one_sound() -> None:
    model = tiny()
    assert torch.equal(spoken(model, 3)[0], spoken(model, 3)[0])
    assert not torch.equal(spoken(model, 3)[0], spoken(model, 4)[0])


def test_the_pieces_of_a_stream_are_the_whole() -> None:
    model = tiny()
    phones, flags = phrase(torch.Generator().manual_seed(1), 40)
    vector = torch.randn(model.config.speaker, generator=torch.Generator().manual_seed(2))
    whole, durations = generate(model, phones, flags, vector, generator=torch.Generator().manual_seed(0))
    pieces = list(stream(model, plan(model, phones, flags, vector, generator=torch.Generator().manual_seed(0))))
    assert len(pieces) > 4
    assert len(pieces[0]) == 12 * model.config.hop
    assert torch.allclose(torch.cat(pieces), whole, atol=1e-5)
    assert int(durations.sum()) * model.config.hop == len(whole)


def test_a_wider_span_leaves_the_mean_and_an_added_gain_the_length() -> None:
    model = tiny()
    phones, flags = phrase(torch.Generator().manual_seed(1), 40)
    vector = torch.randn(model.config.speaker, generator=torch.Generator().manual_seed(2))
    plain, wide, loud = (
        plan(model, phones, flags, vector, generator=torch.Generator().manual_seed(0), **how)
        for how in ({}, {"span": 2.0}, {"gain": torch.full((40,), 6.0)})
    )
    heard = plain.voiced > 0
    assert float(wide.f0[heard].log().std()) == pytest.approx(2 * float(plain.f0[heard].log().std()), rel=1e-3)
    assert float(wide.f0[heard].log().mean()) == pytest.approx(float(plain.f0[heard].log().mean()), abs=1e-3)
    assert torch.allclose(loud.envelope - plain.envelope, torch.tensor(6.0 / 10 * math.log(10)), atol=1e-4)


def test_twice_the_speed_takes_half_the_time() -> None:
    model = tiny()
    assert int(spoken(model, speed=2.0)[1].sum()) == pytest.approx(int(spoken(model)[1].sum()) / 2, abs=4)


def test_no_phones_are_an_input_error() -> None:
    model = tiny()
    none = torch.zeros(0, dtype=torch.long)
    with pytest.raises(InputError, match="at least one phone"):
        generate(model, none, none, torch.zeros(16), generator=torch.Generator())


def test_padding_a_batch_changes_no_sentence_in_it() -> None:
    model = tiny()
    phones, flags = phrase(torch.Generator().manual_seed(1))
    vector = torch.randn(2, 16, generator=torch.Generator().manual_seed(2))
    durations = torch.full((12,), 4)
    alone, logs = model.acoustic.encode(phones[None, :8], flags[None, :8], vector[:1])
    padded = torch.nn.functional.pad(phones[None, :8], (0, 4)), torch.nn.functional.pad(flags[None, :8], (0, 4))
    both, more = model.acoustic.encode(
        torch.cat((padded[0], phones[None])), torch.cat((padded[1], flags[None])), vector
    )
    assert torch.allclose(logs[0], more[0, :8], atol=1e-5)
    short = torch.nn.functional.pad(durations[:8], (0, 4))
    one = model.acoustic.decode(alone, durations[None, :8], vector[:1])
    two = model.acoustic.decode(both, torch.stack((short, durations)), vector)
    for a, b in zip(one, two, strict=True):
        assert torch.allclose(a[0], b[0, : a.shape[1]], atol=1e-4)


def test_a_longer_reference_is_still_one_vector() -> None:
    model = tiny()
    generator = torch.Generator().manual_seed(0)
    for seconds in (1, 3):
        assert model.listen(torch.randn(1, seconds * 24000, generator=generator)).shape == (1, 16)


def test_a_speakers_vector_does_not_depend_on_the_level_of_the_recording() -> None:
    model = tiny()
    sound = torch.randn(1, 48000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(model.listen(sound * 0.02), model.listen(sound), atol=1e-4)


def test_relief_deepens_silence_and_leaves_a_flat_loud_sound_alone() -> None:
    assert torch.allclose(relieved(torch.full((1, 2, 80), -5.0), 0.3), torch.full((1, 2, 80), -5.0), atol=1e-5)
    assert torch.allclose(relieved(torch.full((1, 2, 80), -14.2), 0.3), torch.full((1, 2, 80), -20.0), atol=1e-4)
    ridge = torch.full((1, 1, 80), -6.0)
    ridge[..., 40] = -4.0
    assert float(relieved(ridge, 0.3)[0, 0, 40]) > -4.0


def test_whole_frames_keep_the_total() -> None:
    lengths = torch.rand(50, generator=torch.Generator().manual_seed(0)) * 6 + 1
    frames = whole_frames(lengths)
    assert int(frames.min()) >= 1
    assert abs(int(frames.sum()) - float(lengths.sum())) <= 1


def test_every_frame_belongs_to_the_phone_that_lasts_over_it() -> None:
    index, _, mask = Acoustic.layout(torch.tensor([[2, 3, 1], [4, 0, 0]]))
    assert index.tolist()[0] == [0, 0, 1, 1, 1, 2]
    assert mask.tolist() == [[1] * 6, [1, 1, 1, 1, 0, 0]]


def test_bands_keep_the_level_of_a_flat_spectrum() -> None:
    assert torch.allclose(mel_bands(80, 16000, 1024, 8000).sum(0), torch.ones(80), atol=1e-5)


def test_a_config_survives_a_card() -> None:
    config = voice_tiny(SYMBOLS)
    assert VoiceConfig.of({**config.plain(), "names": ["ada"]}) == config
    assert math.isclose(config.rate / config.hop, 100)


def test_a_batch_says_what_each_sentence_says_alone() -> None:
    model = tiny()
    vectors = torch.randn(3, model.config.speaker, generator=torch.Generator().manual_seed(2))
    wanted = []
    for index, count in enumerate((5, 12, 31)):
        phones, flags = phrase(torch.Generator().manual_seed(index), count)
        how = How(speed=1.0 + 0.1 * index, bend=torch.linspace(0, 2, count), gain=torch.full((count,), float(index)))
        wanted.append(Wanted(phones, flags, vectors[index], torch.Generator().manual_seed(index), how))
    together = generate_many(model, wanted)
    for index, each in enumerate(wanted):
        samples, durations = generate(
            model, each.phones, each.flags, each.vector, generator=torch.Generator().manual_seed(index), **each.how
        )
        assert torch.equal(durations, together[index][1])
        assert torch.allclose(samples, together[index][0], atol=1e-5)
