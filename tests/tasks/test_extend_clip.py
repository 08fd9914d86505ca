"""Clips that go on: what a model of scenes and one of pictures are asked for."""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Video
from soundstage.render.animatic import render_scene
from soundstage.render.scene import Actor, Scene
from soundstage.tasks import extend_clip as module
from soundstage.tasks.extend_clip import _on, extend_clip, recoloured
from soundstage.tasks.shoot import shoot

DOG = Scene(place="meadow", actors=(Actor(subject="dog", action="run", direction="right"),))
CLIP = render_scene(DOG, 1.0, 8, (64, 64))


def test_who_runs_on_turns_before_the_frame_ends_and_keeps_its_speed() -> None:
    scene, path = _on(DOG, (0.6, 0.7), 0.2, 10.0)
    xs = np.array([x for x, _ in path])
    assert xs[0] == pytest.approx(0.6)
    assert xs.min() >= 0.16 - 1e-9
    assert xs.max() <= 0.84 + 1e-9
    assert np.median(np.abs(np.diff(xs))) == pytest.approx(0.2 * 10 / (len(xs) - 1))
    assert scene.actors[0].direction == "right"
    scene, path = _on(DOG, (0.6, 0.7), -0.2, 1.0)
    assert scene.actors[0].direction == "left"
    assert path[-1][0] == pytest.approx(0.4)


def test_who_stands_has_no_path() -> None:
    still = Scene(place="meadow", actors=(Actor(subject="dog", action="sit"),))
    assert _on(still, (0.5, 0.7), 0.0, 2.0) == (still, ())


def test_colours_are_brought_back_to_those_of_before() -> None:
    drifted = np.clip(CLIP.frames.astype(float) * 0.9 + 12, 0, 255).astype(np.uint8)
    back = recoloured(drifted, CLIP.frames)
    assert np.abs(back.astype(float) - CLIP.frames).mean() < 2
    assert np.abs(drifted.astype(float) - CLIP.frames).mean() > 4


class Pictures:
    """A model that draws from pictures: every window is a little darker than the picture that it began with."""

    fps, size = 16.0, (64, 64)

    def __init__(self) -> None:
        self.asked = []

    def frames_for(self, count):
        return count + (1 - count) % 4

    def shoot(self, request):
        self.asked.append(request)
        first = request.image.pixels.astype(float)
        return np.stack([first - 4 * (k > 0) for k in range(request.frames)]).clip(0, 255).astype(np.uint8)


def test_windows_follow_one_another_without_growing_darker(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Pictures()

    @contextmanager
    def use(model, engines):
        yield engine

    monkeypatch.setattr(module.runtime, "use", use)
    made = extend_clip(CLIP, seconds=21, prompt="it runs on")
    assert (made.length, made.fps) == (168, 8)
    assert np.array_equal(made.frames[:8], CLIP.frames)
    assert len(engine.asked) == 4
    assert all(request.frames == 81 for request in engine.asked)
    assert len({request.seed for request in engine.asked}) == 4
    assert abs(made.frames[-1].mean() - CLIP.frames[-1].mean()) < 4


def test_a_clip_that_is_long_enough_is_refused() -> None:
    with pytest.raises(InputError, match="seconds"):
        extend_clip(CLIP, seconds=1.0)


def test_the_starter_goes_on_from_the_very_frame_and_stays_as_it_was() -> None:
    clip = shoot("a golden dog runs to the right through a meadow", seconds=1, fps=8, size="96x96", seed=3)
    longer = extend_clip(clip, seconds=6)
    assert (longer.length, longer.fps) == (48, 8)
    assert np.array_equal(longer.frames[:8], clip.frames)
    frames = longer.frames.astype(float)
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    assert steps[7] < 3 * np.median(steps[:7]) + 1  # no jump where it goes on
    assert np.abs(frames[-8:].mean((0, 1, 2)) - frames[:8].mean((0, 1, 2))).max() < 8  # no drift of colour
    assert Fraction(longer.fps) == clip.fps


def test_a_video_of_one_frame_can_go_on() -> None:
    still = Video(render_scene(DOG, 0.2, 8, (96, 96)).frames[:1], Fraction(8))
    assert extend_clip(still, seconds=1).length == 8
