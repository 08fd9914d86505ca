from __future__ import annotations

import pytest
import torch

from soundstage.models.revoice import RevoiceConfig, RevoiceModel, bleached, manner_of, revoice_tiny
from soundstage.weights.load import FAMILIES
from soundstage.weights.revoice import build


@pytest.fixture(scope="module")
def model() -> RevoiceModel:
    model = RevoiceModel(revoice_tiny(12)).eval()
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():  # fresh adaptive norms do not heed the voice
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=draws))
    return model


def noise(seconds: float = 0.5, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(1, int(24_000 * seconds), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_frames_of_all_parts_agree(model: RevoiceModel) -> None:
    mel = model.mel(noise())
    assert mel.shape == (1, 50, 80)
    said = model.said(mel)
    assert said.shape == (1, 25, 12)
    torch.testing.assert_close(said.sum(-1), torch.ones(1, 25))
    manner = manner_of(mel, torch.full((1, 50), 120.0))
    envelope = model.envelope(said, manner, model.vector(noise(seed=1)))
    assert envelope.shape == (1, 50, 100)


@torch.no_grad()
def test_level_and_colour_of_a_recording_do_not_change_what_is_heard(model: RevoiceModel) -> None:
    mel = model.mel(noise())
    torch.testing.assert_close(model.mel(0.1 * noise()), mel, atol=1e-3, rtol=1e-3)
    colour = torch.linspace(-0.3, 0.3, 80)
    torch.testing.assert_close(bleached(mel + colour), bleached(mel), atol=0.02, rtol=0)


@torch.no_grad()
def test_manner_knows_no_height() -> None:
    mel = torch.randn(1, 40, 80, generator=torch.Generator().manual_seed(0))
    f0 = torch.linspace(100, 140, 40)[None].clone()
    f0[0, :7] = 0
    torch.testing.assert_close(manner_of(mel, f0), manner_of(mel, 1.7 * f0))
    assert manner_of(mel, torch.zeros(1, 40))[..., 1:].abs().sum() == 0


@torch.no_grad()
def test_another_voice_is_another_envelope(model: RevoiceModel) -> None:
    mel = model.mel(noise())
    manner = manner_of(mel, torch.full((1, 50), 120.0))
    one, two = (
        model.envelope(model.said(mel), manner, torch.randn(1, 8, generator=torch.Generator().manual_seed(s)))
        for s in (0, 1)
    )
    assert not torch.allclose(one, two)


def test_a_card_rebuilds_the_model() -> None:
    config = revoice_tiny(12)
    assert RevoiceConfig.of({**config.plain(), "names": ["x"]}) == config
    assert isinstance(build(config.plain()), RevoiceModel)
    assert FAMILIES["revoice"] == "soundstage.weights.revoice"
