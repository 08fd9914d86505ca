"""The codec tasks with every family: live is whole, files go through in blocks, and codes know their codebooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from soundstage import runtime
from soundstage.codec.encodec import Encodec, EncodecConfig
from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.media import Audio, audio_blocks, read_provenance
from soundstage.media.codes import Codes
from soundstage.models.codec import Codec, codec_starter
from soundstage.models.mimi import Mimi, MimiConfig
from soundstage.tasks import codec_engines, find
from soundstage.tasks.codec import decode, decode_file, encode, encode_file
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

NET = SeanetConfig(channels=1, latent=6, width=4, ratios=(4, 3, 2), lstm=2, padding="reflect")
OURS = replace(
    codec_starter(), voice_books=2, wave_books=2, codes=16, code_width=6, width=12, hidden=16, listen_depth=1,
    speak_depth=1, fine_width=8, fine_hidden=12, bands=10, fft=512, coefficients=12, kernel=3,
)  # fmt: skip
LIVE = EncodecConfig(rate=2400, seanet=NET, books=4, codes=16)
WHOLE = EncodecConfig(rate=2400, seanet=replace(NET, causal=False), books=4, codes=16)
CHUNKED = EncodecConfig(
    rate=2400, seanet=replace(NET, channels=2, causal=False, grouped=True), books=2, codes=16, levelled=True,
    chunk=240, step=230,
)  # fmt: skip
MIMI = MimiConfig(
    rate=240, seanet=SeanetConfig(channels=1, latent=8, width=4, ratios=(3, 2), last_kernel=3, skip=False), books=4,
    codes=16, code_width=4, depth=1, heads=2, hidden=16, window=5,
)  # fmt: skip
KINDS: dict[str, tuple[str, Callable[[Any], nn.Module], Any]] = {
    "codec": ("codec", Codec, OURS),
    "live": ("encodec", Encodec, LIVE),
    "whole": ("encodec", Encodec, WHOLE),
    "chunked": ("encodec", Encodec, CHUNKED),
    "mimi": ("mimi", Mimi, MIMI),
}


def make(folder: Path, kind: str, seed: int = 0) -> str:
    """A tiny codec of random weights, saved; returns its reference."""
    family, build, config = KINDS[kind]
    module, generator = build(config), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            fan = tensor[0].numel() if tensor.ndim > 1 else 25
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * fan**-0.5 + float("norm.weight" in name))
        for name, buffer in module.named_buffers():
            if name.endswith("codebook"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator))
            if name == "teller.pitch_centre":
                buffer.fill_(5.0)
    card = Card(
        ref="tiny", family=family, task="codec", licence="none", commercial=True, data="none", size_mb=1, memory_mb=1,
        parameters=1, config=asdict(config),
    )  # fmt: skip
    save_starter(folder / f"{kind}-{seed}", module, card)
    return str(folder / f"{kind}-{seed}")


def sound(rate: int, seconds: float, channels: int = 1) -> Audio:
    rng = np.random.default_rng(0)
    return Audio(np.clip(0.2 * rng.standard_normal((channels, round(rate * seconds))), -1, 1).astype(np.float32), rate)


def rate_of(kind: str) -> int:
    return int(KINDS[kind][2].rate)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_comes_back_as_long_as_it_was(kind: str, tmp_path: Path) -> None:
    model, given = make(tmp_path, kind), sound(rate_of(kind), 0.731)
    codes = encode(given, model=model)
    back = decode(codes)
    assert codes.codes.shape[0] == KINDS[kind][2].books and codes.rate == given.rate
    assert back.length == given.length and back.channels == (2 if kind == "chunked" else 1)
    assert float(back.samples.std()) > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_any_length_give_the_codes_of_the_whole(kind: str, tmp_path: Path) -> None:
    model, given = make(tmp_path, kind), sound(rate_of(kind), 0.731)
    with runtime.use(model, codec_engines.ENGINES) as engine:
        samples = np.repeat(given.samples, engine.channels, axis=0)
        whole, scale = engine.encode(iter((samples,)), 2)
        for size in (given.length // 90, given.length // 7):
            parts = (samples[:, start : start + size] for start in range(0, given.length, size))
            codes, levels = engine.encode(parts, 2)
            assert np.array_equal(codes, whole)
            assert scale is None or (levels is not None and np.allclose(levels, scale))


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_codes_give_the_sound_of_the_whole(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, given = make(tmp_path, kind), sound(rate_of(kind), 0.731)
    codes = encode(given, model=model)
    whole = decode(codes)
    monkeypatch.setattr(codec_engines, "FRAMES", 3)
    assert np.allclose(decode(codes).samples, whole.samples, atol=1e-5)


def test_chunks_are_what_the_codec_itself_makes_of_them(tmp_path: Path) -> None:
    model, given = make(tmp_path, "chunked"), sound(2400, 0.731, channels=2)
    codes = encode(given, model=model)
    with runtime.use(model, codec_engines.ENGINES) as engine:
        samples = torch.from_numpy(np.array(given.samples))[None]
        assert np.array_equal(engine.codec.encode(samples)[0].numpy(), codes.codes)
        scale = engine.codec.scale(samples)
        assert codes.scale is not None and np.allclose(scale[0].numpy(), codes.scale)
        there = engine.codec.decode(torch.from_numpy(codes.codes.astype(np.int64))[None], scale_BS=scale, length=1754)
        assert np.allclose(there[0].numpy(), decode(codes).samples, atol=1e-5)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_file_goes_through_in_blocks(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, given = make(tmp_path, "codec"), sound(32_000, 2.5, channels=2)
    given.save(tmp_path / "in.wav")
    at_once = encode(Audio.load(tmp_path / "in.wav"), kbps=0.6, model=model)
    monkeypatch.setattr(audio_blocks, "SECONDS", 1)
    written = encode_file(tmp_path / "in.wav", tmp_path / "a.codes", kbps=0.6, model=model)
    assert written == Codes.load(tmp_path / "a.codes") and written.codes.shape == (3, 125)
    assert written.length == 60_000 and np.mean(written.codes == at_once.codes) > 0.97
    decode_file(tmp_path / "a.codes", tmp_path / f"out{suffix}")
    back = Audio.load(tmp_path / f"out{suffix}")
    assert np.allclose(back.samples, np.clip(decode(written).samples, -1, 1), atol=1e-4)
    made = read_provenance(tmp_path / f"out{suffix}")
    assert made is not None and made.task == "codec.decode" and made.model == model


def test_the_bit_rate_chooses_the_books(tmp_path: Path) -> None:
    model, given = make(tmp_path, "codec"), sound(24_000, 0.2)  # 4 bits, 50 frames a second: 0.2 kbit/s a book
    assert [encode(given, kbps=kbps, model=model).codes.shape[0] for kbps in (0.2, 0.59, 0.6, 9)] == [1, 2, 3, 4]
    with pytest.raises(InputError, match=r"0.1 kbit/s hold no codebook; choose from 0.2 to 0.8"):
        encode(given, kbps=0.1, model=model)


def test_codes_of_another_model_are_refused(tmp_path: Path) -> None:
    codes = encode(sound(24_000, 0.2), model=make(tmp_path, "codec"))
    other, same = make(tmp_path, "codec", seed=1), make(tmp_path / "elsewhere", "codec")
    with pytest.raises(InputError, match="other codebooks"):
        decode(codes, model=other)
    assert decode(codes, model=same) == decode(codes)


def test_no_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no samples"):
        encode(Audio.silence(0, 24_000), model=make(tmp_path, "codec"))


def test_the_tasks_are_found_by_name() -> None:
    assert find("codec.encode").output is Codes
    assert find("codec.decode").function is decode
