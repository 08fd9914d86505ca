"""EnCodec: live equals offline, chunks add up again, bit rates, and a golden output of a tiny codec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from soundstage.codec.encodec import (
    Encodec,
    EncodecConfig,
    encodec_24khz,
    encodec_32khz,
    encodec_48khz,
    soundstream,
)
from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.nn.conv import Stream

NET = SeanetConfig(channels=1, latent=6, width=4, ratios=(4, 3, 2), lstm=2, padding="reflect")
TINY = EncodecConfig(rate=2400, seanet=NET, books=4, codes=16)
STEREO = EncodecConfig(
    rate=2400, seanet=replace(NET, channels=2, causal=False, grouped=True), books=2, codes=16, levelled=True,
    chunk=240, step=230,
)  # fmt: skip

GOLDEN_CODES = [[5, 12, 12, 12, 2], [6, 3, 3, 3, 13], [6, 5, 12, 1, 9], [5, 7, 8, 2, 11]]
GOLDEN_SAMPLES = [0.993225, 0.457956, 0.038218, 1.295274]


def tiny(config: EncodecConfig = TINY) -> Encodec:
    codec, generator = Encodec(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in codec.parameters():
            fan = parameter[0].numel() if parameter.ndim > 1 else 25
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * fan**-0.5)
        for index, book in enumerate(codec.quantiser.books):
            book.codebook.copy_(torch.randn(16, 6, generator=generator) * 0.3 * 0.7**index)  # type: ignore[operator]
    return codec.eval()


def noise(length: int, channels: int = 1, batch: int = 2) -> Tensor:
    return torch.randn(batch, channels, length, generator=torch.Generator().manual_seed(1))


def test_the_golden_codes_and_samples_of_the_tiny_codec() -> None:
    codec = tiny()
    codes = codec.encode(noise(120, batch=1))
    assert codes[0].tolist() == GOLDEN_CODES
    torch.testing.assert_close(codec.decode(codes)[0, 0, 40:44], torch.tensor(GOLDEN_SAMPLES), atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [480, 475])
@pytest.mark.parametrize("chunk", [1, 24, 100, 480])
@pytest.mark.parametrize("lstm", [2, 0])
def test_live_codes_and_samples_are_the_offline_ones(length: int, chunk: int, lstm: int) -> None:
    codec, samples = tiny(replace(TINY, seanet=replace(NET, lstm=lstm))), noise(length)
    offline = codec.encode(samples)
    assert offline.shape == (2, 4, 20) and len(offline.unique()) > 12
    codes = live(lambda part, stream: codec.encode(part, stream=stream), samples.split(chunk, -1))
    assert torch.equal(codes, offline)
    for parts in (offline.split(1, -1), offline.split(7, -1)):
        back = live(lambda part, stream: codec.decode(part, stream), parts)
        assert torch.allclose(back, codec.decode(offline), atol=1e-6)


def live(step: object, parts: Sequence[Tensor]) -> Tensor:
    assert callable(step)
    stream, out = Stream(), []
    for part in parts[:-1]:
        out.append(step(part, stream))
    stream.ending = True
    return torch.cat([*out, step(parts[-1], stream)], -1)


@pytest.mark.parametrize("frames", [1, 3, 8])
def test_a_stream_may_be_short_and_end_in_nothing(frames: int) -> None:
    codec, samples = tiny(), noise(24 * frames)
    codes = codec.encode(samples)
    assert torch.equal(live(lambda part, s: codec.encode(part, stream=s), [samples, samples[..., :0]]), codes)
    back = live(codec.decode, [codes, codes[..., :0]])
    assert torch.allclose(back, codec.decode(codes), atol=1e-6)


def test_a_stream_waits_for_the_last_convolutions_kernel_and_then_keeps_pace() -> None:
    codec, stream = tiny(), Stream()
    frames = [codec.encode(part, stream=stream).shape for part in noise(24 * 9).split(24, -1)]
    assert frames == [(2, 4, 0)] * 6 + [(2, 4, 7), (2, 4, 1), (2, 4, 1)]


def test_fewer_books_are_a_prefix_of_the_codes_and_a_lower_rate() -> None:
    codec, samples = tiny(), noise(240)
    codes = codec.encode(samples)
    assert torch.equal(codec.encode(samples, 2), codes[:, :2])
    assert codec.decode(codes[:, :2]).shape == samples.shape
    assert TINY.kbps() == pytest.approx(1.6) and TINY.kbps(1) == pytest.approx(0.4)
    assert [TINY.books_at(kbps) for kbps in (0.4, 0.9, 1.6, 50)] == [1, 2, 4, 4]
    with pytest.raises(InputError, match="no codebook"):
        TINY.books_at(0.3)


def test_the_presets_have_the_published_rates() -> None:
    for preset, rate, kbps in (
        (encodec_24khz, 75, 24), (encodec_32khz, 50, 2.2), (encodec_48khz, 150, 24), (soundstream, 75, 6),
    ):  # fmt: skip
        assert preset().frames_per_second == rate and preset().kbps() == pytest.approx(kbps)


@pytest.mark.parametrize("length", [100, 240, 700, 930])
def test_chunks_come_back_at_their_own_loudness(length: int) -> None:
    codec, quiet = tiny(STEREO), noise(length, 2, batch=1)
    samples = torch.cat((quiet, 10 * quiet))
    codes, scale = codec.encode(samples), codec.scale(samples)
    assert scale is not None and scale.shape == (2, len(codec.spans(length)))
    assert torch.allclose(scale[1], 10 * scale[0]) and torch.equal(codes[1], codes[0])
    back = codec.decode(codes, scale_BS=scale, length=length)
    assert back.shape == samples.shape and torch.allclose(back[1], 10 * back[0], atol=1e-5)


def test_a_chunk_is_coded_as_if_it_stood_alone_and_joined_without_a_seam() -> None:
    codec, samples = tiny(STEREO), noise(700, 2)
    codes, scale = codec.encode(samples), codec.scale(samples)
    assert scale is not None
    assert codec.spans(700) == [(0, 240), (230, 470), (460, 700), (690, 700)]
    assert torch.equal(codes[..., 10:20], codec.encode(samples[..., 230:470])[..., :10])
    back = codec.decode(codes, scale_BS=scale, length=700)
    second = codec.decode(codes[..., 10:20], scale_BS=scale[:, 1:2])
    assert torch.allclose(back[..., 240:460], second[..., 10:230], atol=1e-5)
    first = codec.decode(codes[..., :10], scale_BS=scale[:, :1])
    share = torch.arange(1, 11) / 11  # of the second chunk, where the two overlap
    assert torch.allclose(back[..., 230:240], (1 - share) * first[..., 230:] + share * second[..., :10], atol=1e-5)


def test_a_signal_that_ends_in_two_short_chunks_needs_its_length() -> None:
    codec, samples = tiny(STEREO), noise(235, 2)  # the chunk from 230 on has 5 samples, the one before it 235
    short = replace(STEREO, chunk=264)
    codec = tiny(short)
    codes, scale = codec.encode(samples), codec.scale(samples)
    assert codes.shape[-1] == 10 + 1
    assert codec.decode(codes, scale_BS=scale, length=235).shape == samples.shape


def test_what_does_not_belong_together_is_refused() -> None:
    codec, stereo = tiny(), tiny(STEREO)
    samples = noise(700, 2)
    codes, scale = stereo.encode(samples), stereo.scale(samples)
    assert scale is not None and codec.scale(noise(100)) is None
    with pytest.raises(InputError, match="loudness"):
        stereo.decode(codes)
    with pytest.raises(InputError, match="not of 3 chunks"):
        stereo.decode(codes[..., :10], scale_BS=scale[:, :3])
    with pytest.raises(InputError, match="not of 500 samples"):
        stereo.decode(codes, scale_BS=scale, length=500)
    with pytest.raises(InputError, match="sees the future"):
        stereo.encode(samples, stream=Stream())
    with pytest.raises(InputError, match="2×2×700"):
        codec.encode(samples)
    with pytest.raises(InputError, match="none"):
        codec.encode(samples[:, :1, :0])
    with pytest.raises(InputError, match="5 of 4"):
        codec.encode(noise(100), 5)


def test_the_soundstream_of_the_paper_learns_a_tone() -> None:
    config = soundstream()
    codec = Encodec(replace(config, seanet=replace(config.seanet, latent=16, width=4), codes=32))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in codec.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise if name.endswith("original1") else torch.full_like(noise, parameter.ndim > 1))
    tone = 0.5 * torch.sin(torch.arange(640) * 0.2)[None, None]
    optimizer = torch.optim.Adam(codec.parameters(), 2e-2)
    losses = []
    for _ in range(30):
        made = codec(tone, generator)
        assert made.value.shape == tone.shape
        loss = (made.value - tone).square().mean() + 0.1 * made.commitment
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * float(tone.square().mean())  # as much as silence would miss
