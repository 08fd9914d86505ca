"""Models that draw from text: what they drew is kept until it is decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.tasks.shoot_latent import Request
from soundstage.tasks.shoot_text import kept


class Short:
    """A model whose first decoding fails."""

    fps, size = 16.0, (64, 64)

    def __init__(self) -> None:
        self.drawn = self.decoded = 0

    def frames_for(self, count):
        return count

    def shoot(self, request):
        return self.decode(self.draw(request))

    def draw(self, request):
        self.drawn += 1
        return torch.full((1, 4, 2, 3, 3), float(request.seed))

    def decode(self, latents):
        self.decoded += 1
        if self.decoded == 1:
            raise MemoryError("no room")
        return np.full((5, 8, 8, 3), int(latents.mean()), np.uint8)


def test_after_a_decoding_that_failed_the_same_wish_is_only_decoded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_CACHE", str(tmp_path))
    engine, wish = Short(), Request(prompt="a dog", seed=7)
    with pytest.raises(MemoryError):
        kept(engine, wish, "wan")
    assert len(list((tmp_path / "latents").iterdir())) == 1
    assert (kept(engine, wish, "wan") == 7).all()
    assert (engine.drawn, engine.decoded) == (1, 2)
    assert not list((tmp_path / "latents").iterdir())
    kept(engine, wish, "wan")
    assert engine.drawn == 2


def test_another_wish_or_model_is_drawn_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOUNDSTAGE_CACHE", str(tmp_path))
    engine = Short()
    with pytest.raises(MemoryError):
        kept(engine, Request(prompt="a dog", seed=7), "wan")
    kept(engine, Request(prompt="a dog", seed=8), "wan")
    kept(engine, Request(prompt="a dog", seed=7), "other")
    assert engine.drawn == 3
