"""`shoot` by the latent video model: small networks in the starters' places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from soundstage.media import Image
from soundstage.models.layered import Layered
from soundstage.models.layered import tiny as tiny_layered
from soundstage.models.video_dit import VideoDit, tiny
from soundstage.render.camera import Key
from soundstage.render.scene import Actor, Camera, Scene
from soundstage.tasks import shoot_dit
from soundstage.tasks.shoot_dit import DitShooter
from soundstage.tasks.shoot_layered import LayeredShooter
from soundstage.tasks.shoot_scene import SceneEngine, Shooting
from soundstage.weights import Card, Loaded

HOW = Shooting(frames=9, fps=12, height=64, width=64, seed=0, identity=0, steps=2, guidance=1.0)
SCENE = Scene(place="meadow", actors=(Actor(subject="dog", action="run", direction="right"),))


def loaded(family: str, module: nn.Module) -> Loaded:
    card = Card(ref=f"tiny-{family}", family=family, task="shoot", licence="Apache-2.0", commercial=True, data="",
                size_mb=0, memory_mb=1, parameters=0)  # fmt: skip
    generator = torch.Generator().manual_seed(3)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.1, generator=generator)
    return Loaded(card, module.eval().requires_grad_(False))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> DitShooter:
    lender = LayeredShooter(loaded("layered", Layered(tiny_layered())))

    @contextmanager
    def use(model: str, engines: object) -> Iterator[LayeredShooter]:
        yield lender

    monkeypatch.setattr(shoot_dit.runtime, "use", use)
    return DitShooter(loaded("video_dit", VideoDit(tiny())))


def shot(engine: DitShooter, scene: Scene = SCENE, **fields: object) -> np.ndarray:
    return engine.shoot(scene, "", Shooting(**{**HOW.__dict__, **fields}))


def test_it_is_an_engine_of_scenes_that_knows_how_to_reuse_steps(engine: DitShooter) -> None:
    assert isinstance(engine, SceneEngine) and engine.reuses
    assert engine.read("a red boat on the sea", 0).place


@pytest.mark.parametrize(
    ("frames", "fps", "width", "height"), [(9, 12, 64, 64), (1, 24, 64, 64), (5, 2.5, 96, 64), (24, 12, 64, 96)]
)
def test_clips_are_as_long_and_as_large_as_asked(
    engine: DitShooter, frames: int, fps: float, width: int, height: int
) -> None:
    made = shot(engine, frames=frames, fps=fps, width=width, height=height)
    assert made.shape == (frames, height, width, 3) and made.dtype == np.uint8


def test_the_same_seed_gives_the_same_clip(engine: DitShooter) -> None:
    assert np.array_equal(shot(engine), shot(engine))
    assert not np.array_equal(shot(engine), shot(engine, seed=1))


def test_who_is_asked_for_is_told_to_the_network(engine: DitShooter) -> None:
    cat = Scene(place="meadow", actors=(Actor(subject="cat", action="run", direction="right"),))
    assert not np.array_equal(shot(engine, exact=True), shot(engine, cat, exact=True))
    assert shot(engine, Scene(place="sea")).shape == (9, 64, 64, 3)


def test_a_camera_that_rolls_is_drawn_larger_and_turned(engine: DitShooter) -> None:
    rolled = Scene(place="meadow", camera=Camera(keys=(Key(at=0, roll=-8), Key(at=1, roll=8))))
    assert shot(engine, rolled).shape == (9, 64, 64, 3)


def test_the_end_of_a_loop_flows_into_its_beginning(engine: DitShooter) -> None:
    looped = shot(engine, frames=24, loop=True).astype(float)
    seam, usual = np.abs(looped[0] - looped[-1]).mean(), np.abs(np.diff(looped, axis=0)).mean((1, 2, 3))
    plain = shot(engine, frames=24).astype(float)
    assert seam < max(2.5 * usual.max(), 0.8 * np.abs(plain[0] - plain[-1]).mean())


def test_a_clip_begins_with_the_very_picture_that_is_given(engine: DitShooter) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    made = engine.animate(Image(picture), None, SCENE, HOW)
    assert np.array_equal(made[0], picture) and made.shape == (9, 64, 64, 3)
    assert engine.animate(Image(picture), Image(picture[::-1].copy()), SCENE, HOW).shape == (9, 64, 64, 3)


def test_rain_falls_over_what_is_drawn(engine: DitShooter) -> None:
    dry, wet = (engine.shoot(SCENE, falling, HOW) for falling in ("", "rain"))
    assert not np.array_equal(dry, wet)
