"""Our codec: live equals whole, few books are enough, the wave replaces the voice, and a golden output."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.codec import Codec, codec_starter
from soundstage.nn.conv import Stream

TINY = replace(
    codec_starter(), voice_books=2, wave_books=2, codes=16, code_width=6, width=12, hidden=16, listen_depth=1,
    speak_depth=1, fine_width=8, fine_hidden=12, bands=10, fft=512, kernel=3, coefficients=12,
)  # fmt: skip
GOLDEN_CODES = [[8, 10, 8, 8, 10], [9, 8, 9, 9, 8], [8, 11, 10, 11, 11], [9, 0, 8, 1, 10]]
GOLDEN_SAMPLES = [0.00065, 0.033215, -0.044642, 0.015857]


def tiny() -> Codec:
    codec, generator = Codec(TINY), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in codec.parameters():
            fan = parameter[0].numel() if parameter.ndim > 1 else 25
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * fan**-0.5)
        for stack in (codec.quantiser.voice, codec.quantiser.wave):
            for index, book in enumerate(stack.books):
                codebook = cast(Tensor, book.codebook)
                codebook.copy_(torch.randn(codebook.shape, generator=generator) * 0.7**index)
        codec.teller.pitch_centre.fill_(5.0)  # type: ignore[operator]
        codec.teller.centre.fill_(-6.0)  # type: ignore[operator]
    return codec.eval()


def sound(length: int, batch: int = 1) -> Tensor:
    noise = torch.randn(batch, 1, length, generator=torch.Generator().manual_seed(1))
    return 0.2 * noise * torch.linspace(0, 1, length)


def test_the_golden_codes_and_samples_of_the_tiny_codec() -> None:
    codec = tiny()
    codes = codec.encode(sound(2400))
    assert codes[0].tolist() == GOLDEN_CODES
    torch.testing.assert_close(codec.decode(codes)[0, 0, 1000:1004], torch.tensor(GOLDEN_SAMPLES), atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [4800, 4799, 1])
@pytest.mark.parametrize("chunk", [37, 480, 1000])
def test_live_codes_are_the_whole_signals_codes(length: int, chunk: int) -> None:
    codec, samples = tiny(), sound(length, batch=2)
    whole = codec.encode(samples)
    assert whole.shape == (2, 4, -(-length // 480))
    stream, found = Stream(), []
    for part in torch.split(samples, chunk, -1):
        found.append(codec.encode(part, stream=stream))
    stream.ending = True
    found.append(codec.encode(samples[..., :0], stream=stream))
    assert torch.equal(torch.cat(found, -1), whole)


@pytest.mark.parametrize("books", [1, 2, 4])
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_live_sound_is_the_whole_signals_sound(books: int, chunk: int) -> None:
    codec, codes = tiny(), torch.randint(16, (2, books, 40), generator=torch.Generator().manual_seed(2))
    whole = codec.decode(codes)
    assert whole.shape == (2, 1, 40 * 480) and whole.std() > 0.01
    stream, found = Stream(), []
    for part in torch.split(codes, chunk, -1):
        found.append(codec.decode(part, stream))
    stream.ending = True
    found.append(codec.decode(codes[..., :0], stream))
    torch.testing.assert_close(torch.cat(found, -1), whole, atol=2e-6, rtol=0)


def test_pulses_keep_their_place_over_twenty_seconds_of_live_sound() -> None:
    codec, codes = tiny(), torch.randint(16, (1, 1, 1000), generator=torch.Generator().manual_seed(3))
    stream = Stream()
    parts = [codec.decode(part, stream) for part in torch.split(codes, 113, -1)]
    stream.ending = True
    live = torch.cat([*parts, codec.decode(codes[..., :0], stream)], -1)
    torch.testing.assert_close(live, codec.decode(codes), atol=5e-6, rtol=0)


def test_a_frame_of_codes_knows_nothing_of_what_comes_after_its_look_ahead() -> None:
    codec, samples = tiny(), sound(4800)
    other = samples.clone()
    other[..., 2400 + 240 :] += 0.3
    assert torch.equal(codec.encode(samples)[..., :5], codec.encode(other)[..., :5])
    assert not torch.equal(codec.encode(samples), codec.encode(other))


def test_fewer_books_are_the_first_of_all_books() -> None:
    codec, samples = tiny(), sound(2400)
    whole = codec.encode(samples)
    for books in (1, 2, 3):
        assert torch.equal(codec.encode(samples, books), whole[:, :books])


def test_the_voices_books_alone_are_decoded_without_the_wave() -> None:
    codec, codes = tiny(), torch.randint(16, (1, 4, 20), generator=torch.Generator().manual_seed(2))
    voice, wave = codec.quantiser.decode(codes[:, :2])
    assert wave is None
    both = codec.quantiser.decode(codes)
    assert torch.equal(both[0], voice) and both[1] is not None


def test_the_pulses_have_the_pitch_that_is_said() -> None:
    codec = tiny()
    hertz = 150.0
    pulses = codec.throat.pulses(torch.full((1, 400), hertz), Stream())[0]
    spectrum = torch.fft.rfft(pulses[:48_000] * torch.hann_window(48_000)).abs()
    peaks = (spectrum[:2000] > 0.5 * spectrum.max()).nonzero()[:, 0] / 2.0
    assert torch.allclose((peaks / hertz).round() * hertz, peaks, atol=1.1)
    assert pulses.square().mean().sqrt() == pytest.approx(1.0, rel=0.1)


def test_changed_weights_are_heard_at_once() -> None:
    codec, codes = tiny(), torch.zeros(1, 2, 10, dtype=torch.long)
    before = codec.decode(codes)
    with torch.no_grad():
        codec.teller.told.bias.add_(0.5)
    assert not torch.allclose(codec.decode(codes), before)


def test_what_is_no_sound_is_refused() -> None:
    codec = tiny()
    with pytest.raises(InputError, match="samples"):
        codec.encode(torch.zeros(1, 2, 480))
    with pytest.raises(InputError, match="samples"):
        codec.encode(torch.zeros(1, 1, 0))
    with pytest.raises(InputError, match="5 of 4 codebooks"):
        codec.encode(sound(480), 5)


def test_the_bit_rate_is_that_of_the_books() -> None:
    config = codec_starter()
    assert (config.kbps(1), config.kbps(3), config.kbps()) == (0.5, 1.5, 6.0)
    assert [config.books_at(kbps) for kbps in (0.5, 1.49, 3.0, 100)] == [1, 2, 6, 12]
    with pytest.raises(InputError, match="no codebook"):
        config.books_at(0.4)
