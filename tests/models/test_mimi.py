"""Mimi on its own: live equals offline frame by frame, long signals, bit rates, and a golden output of a tiny one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.models.mimi import Mimi, MimiConfig, MimiStream, mimi
from soundstage.weights.load import family_module

TINY = MimiConfig(
    rate=240, seanet=SeanetConfig(channels=1, latent=8, width=4, ratios=(3, 2), last_kernel=3, skip=False), books=4,
    codes=16, code_width=4, depth=2, heads=2, hidden=16, window=5,
)  # fmt: skip

GOLDEN_CODES = [[8, 5, 6, 11, 6], [15, 15, 10, 5, 6], [10, 10, 10, 8, 7], [2, 8, 15, 1, 11]]
GOLDEN_SAMPLES = [-1.195832, 2.235705, 2.425104, 0.920708]


def tiny(config: MimiConfig = TINY) -> Mimi:
    codec, generator = Mimi(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in codec.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            fan = parameter[0].numel() if parameter.ndim > 1 else 25
            parameter.copy_(1 + 0.1 * noise if "norm.weight" in name else noise * fan**-0.5)
        for part in (codec.quantiser.first, codec.quantiser.rest):
            for index, book in enumerate(part.books):
                noise = torch.randn(16, 4, generator=generator)
                book.codebook.copy_(noise * 0.7**index)  # type: ignore[operator]
    return codec.eval()


def noise(length: int, batch: int = 2) -> Tensor:
    return torch.randn(batch, 1, length, generator=torch.Generator().manual_seed(1))


def test_the_golden_codes_and_samples_of_the_tiny_codec() -> None:
    codec = tiny()
    codes = codec.encode(noise(60, batch=1))
    assert codes[0].tolist() == GOLDEN_CODES
    torch.testing.assert_close(codec.decode(codes)[0, 0, 40:44], torch.tensor(GOLDEN_SAMPLES), atol=1e-5, rtol=0)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("chunk", [12, 36, 7, 1, 600])
def test_live_codes_and_samples_are_the_offline_ones(chunk: int, interleaved: bool) -> None:
    codec, samples = tiny(replace(TINY, interleaved=interleaved)), noise(600)
    offline, stream = codec.encode(samples), MimiStream()
    assert offline.shape == (2, 4, 50) and len(offline.unique()) > 10
    live = [codec.encode(part, stream=stream) for part in samples.split(chunk, -1)]
    assert torch.equal(torch.cat(live, -1), offline)
    for frames in (1, 7, 50):
        stream = MimiStream()
        back = [codec.decode(part, stream) for part in offline.split(frames, -1)]
        assert torch.allclose(torch.cat(back, -1), codec.decode(offline), atol=1e-5)


def test_every_whole_frame_gives_its_codes_at_once_and_every_code_its_samples() -> None:
    codec, stream, other = tiny(), MimiStream(), MimiStream()
    for part in noise(48).split(12, -1):
        codes = codec.encode(part, stream=stream)
        assert codes.shape == (2, 4, 1) and codec.decode(codes, other).shape == part.shape


def test_a_live_signal_that_ends_within_a_frame_ends_like_the_offline_one() -> None:
    codec, stream, samples = tiny(), MimiStream(), noise(605)
    live = [codec.encode(part, stream=stream) for part in samples[..., :600].split(50, -1)]
    stream.ending = True
    live.append(codec.encode(samples[..., 600:], stream=stream))
    assert torch.equal(torch.cat(live, -1), codec.encode(samples)) and live[-1].shape[-1] == 1
    stream.reset()
    assert torch.equal(codec.encode(samples[..., :50], stream=stream), live[0])


def test_a_long_signal_in_segments_is_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    codec, samples = tiny(), noise(600)
    codes = codec.encode(samples)  # 100 latents in segments of 20
    monkeypatch.setattr("soundstage.models.mimi.SEGMENT", 1000)
    assert torch.equal(codec.encode(samples), codes)


def test_a_latent_forgets_what_lies_before_its_window() -> None:
    listen = tiny().listen
    x = torch.randn(1, 8, 30, generator=torch.Generator().manual_seed(2))
    other = x.clone()
    other[:, 0, 3] += 1
    with torch.no_grad():
        moved = (listen(other) - listen(x)).abs().amax((0, 1)) > 1e-6
    assert moved.tolist() == [3 <= at < 3 + 2 * TINY.window - 1 for at in range(30)]  # two blocks, one after the other


def test_books_are_a_prefix_and_each_adds_its_bits() -> None:
    codec, samples = tiny(), noise(120)
    codes = codec.encode(samples)
    for books in (1, 2, 4):
        assert torch.equal(codec.encode(samples, books), codes[:, :books])
        assert codec.decode(codes[:, :books]).shape == samples.shape
    assert TINY.kbps() == pytest.approx(4 * 4 * 20 / 1000)
    assert mimi().hop == 1920 and mimi().kbps(8) == pytest.approx(1.1)
    with pytest.raises(InputError, match="5 of 4"):
        codec.encode(samples, 5)
    with pytest.raises(InputError, match="2×120"):
        codec.encode(samples[:, 0])


def test_the_first_book_and_the_others_quantise_the_same_input() -> None:
    quantiser = tiny().quantiser
    x = torch.randn(1, 8, 20, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        codes = quantiser.encode(x)
        assert torch.equal(codes[:, 1:], quantiser.rest.encode(x))
        parts = quantiser.first.decode(codes[:, :1]) + quantiser.rest.decode(codes[:, 1:])
        assert torch.equal(quantiser.decode(codes), parts)


def test_it_trains() -> None:
    codec, generator = tiny().train(), torch.Generator().manual_seed(4)
    samples, losses = noise(96), []
    optimizer = torch.optim.Adam(codec.parameters(), 1e-2)
    for _ in range(20):
        made: Any = codec(samples, generator)
        loss = (made.value - samples).square().mean() + 0.05 * made.commitment
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    early, late = (sum(part) for part in (losses[:5], losses[-5:]))
    assert late < 0.8 * early and all(a != b for a, b in pairwise(losses))


def test_a_card_rebuilds_it_and_it_works_in_half_precision() -> None:
    config = json.loads(json.dumps(asdict(TINY)))
    codec = family_module("mimi").build(config)
    assert codec.config == TINY
    codec.load_state_dict(tiny().state_dict())
    codec = codec.eval().bfloat16()
    codes = codec.encode(noise(120).bfloat16())
    live = MimiStream()
    assert torch.cat([codec.decode(part, live) for part in codes.split(1, -1)], -1).shape == (2, 1, 120)
