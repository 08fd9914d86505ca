"""`soundstage codec`: a sound to codes and back, what a file holds, and errors in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.media import Audio
from soundstage.models.codec import Codec, codec_starter
from soundstage.weights.card import Card
from soundstage.weights.load import save_starter

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny codec, and a second of sound beside it."""
    config = replace(
        codec_starter(), voice_books=1, wave_books=1, codes=16, code_width=4, width=8, hidden=8, listen_depth=1,
        speak_depth=1, fine_width=8, fine_hidden=8, bands=10, fft=512, coefficients=8, kernel=3,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Codec(config)
    module.teller.pitch_centre.fill_(5.0)  # type: ignore[operator]
    card = Card(
        ref="tiny", family="codec", task="codec", licence="none", commercial=False, data="none", size_mb=1, memory_mb=1,
        parameters=1, config=asdict(config),
    )  # fmt: skip
    save_starter(tmp_path / "tiny", module, card)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    wave = 0.3 * np.sin(np.arange(24_000) * 0.1)
    Audio(wave[None].astype(np.float32), 24_000).save(tmp_path / "in.wav")
    return "./tiny"


def test_a_sound_goes_to_codes_and_back(model: str, soundstage: Run, tmp_path: Path) -> None:
    code, out, _ = soundstage("codec", "encode", "in.wav", "--model", model, "--json")
    assert code == 0 and json.loads(out)["codebooks"] == 2
    code, out, _ = soundstage("codec", "decode", "in.codes", "-o", "out.flac")
    assert code == 0 and "out.flac" in out
    assert Audio.load(tmp_path / "out.flac").length == 24_000
    code, out, _ = soundstage("codec", "info", "in.codes", "--json")
    facts = json.loads(out)
    assert code == 0 and (facts["frames"], facts["kbps"], facts["made by"]) == (50, 0.4, "codec.encode")


def test_errors_are_one_line(model: str, soundstage: Run) -> None:
    for arguments, code, said in (
        (("encode", "none.wav", "--model", model), 3, "none.wav is not there"),
        (("encode", "in.wav", "--model", model, "--kbps", "0.1"), 2, "hold no codebook"),
        (("encode", "in.wav", "--model", model, "-o", "in.wav"), 2, "use .codes"),
        (("encode", "in.wav", "--model", "starter/voice"), 2, "this task takes: codec, encodec, mimi"),
        (("encode", "in.wav", "--model", model, "--licence", "commercial"), 2, "not for commercial use"),
        (("decode", "in.wav"), 2, "not a file of codes"),
        (("decode", "in.wav", "-o", "a.txt"), 2, "no suffix"),
    ):
        found, _, error = soundstage("codec", *arguments)
        assert found == code and said in error and error.count("\n") == 1
