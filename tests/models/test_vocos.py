"""Vocos on its own: a golden waveform of a tiny one, lengths, and what its ear hears."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.vocos import (
    Vocos,
    VocosConfig,
    decode,
    decode_codes,
    listen,
    vocos_encodec_24khz,
    vocos_mel_24khz,
)
from soundstage.weights.vocos import SOURCE

TINY = VocosConfig(width=8, depth=2, hidden=12, bands=6, rate=8000, size=32, hop=8)
GOLDEN = [-0.016855, 0.053848, 0.099092, -0.272554, 0.16153, 0.022296, -0.174269, 0.157187]


def tiny(config: VocosConfig = TINY) -> Vocos:
    model, generator = Vocos(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model.eval()


def mel(frames: int = 7) -> Tensor:
    return torch.randn(1, 6, frames, generator=torch.Generator().manual_seed(1))


def test_the_golden_wave_of_the_tiny_model() -> None:
    assert decode(tiny(), mel())[0, 16:24].tolist() == pytest.approx(GOLDEN, abs=1e-5)


def test_centred_frames_stand_on_the_edges_of_hops() -> None:
    centred, filled = TINY, VocosConfig(**{**vars(TINY), "centre": False})
    for samples in (64, 160):
        wave = torch.zeros(2, samples)
        for config, frames in ((centred, samples // 8 + 1), (filled, samples // 8)):
            heard = listen(config, wave)
            assert heard.shape == (2, 6, frames)
            assert decode(tiny(config), heard).shape == wave.shape


def test_its_ear_has_a_floor() -> None:
    assert torch.allclose(listen(TINY, torch.zeros(1, 80)), torch.tensor(math.log(1e-7)))


def test_the_cards_say_the_presets_sizes() -> None:
    for config, name in (
        (vocos_mel_24khz(), "charactr/vocos-mel-24khz"), (vocos_encodec_24khz(), "charactr/vocos-encodec-24khz")
    ):  # fmt: skip
        with torch.device("meta"):
            model = Vocos(config)
        assert sum(p.numel() for p in model.parameters()) == SOURCE[name].card.parameters


def test_codes_are_read_at_the_bit_rate_that_they_have() -> None:
    config = VocosConfig(**{**vars(TINY), "centre": False, "books": (1, 2), "codes": 5})
    model, codes = tiny(config), torch.tensor([[[0, 4, 2], [1, 1, 3]]])
    assert model.table is not None
    features = model.table.weight[codes[0, 0]] + model.table.weight[5 + codes[0, 1]]
    assert torch.allclose(
        decode_codes(model, codes), model(features.T[None], torch.tensor([[0.0, 1.0]])).detach(), atol=1e-6
    )
    assert not torch.allclose(decode_codes(model, codes[:, :1]), decode_codes(model, codes), atol=1e-2)


def test_the_wrong_input_is_refused() -> None:
    reader = tiny(VocosConfig(**{**vars(TINY), "books": (1, 2), "codes": 5}))
    with pytest.raises(InputError, match="reads codes"):
        decode(reader, mel())
    with pytest.raises(InputError, match="3 codebooks"):
        decode_codes(reader, torch.zeros(1, 3, 4, dtype=torch.long))
    with pytest.raises(InputError, match="reads mels"):
        decode_codes(tiny(), torch.zeros(1, 2, 4, dtype=torch.long))
