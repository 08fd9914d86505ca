"""Clips taken again: what is seen in them, how the camera went, what a mask keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.media import Image, Video
from soundstage.render.animatic import render_scene
from soundstage.render.scene import Actor, Camera, Scene
from soundstage.tasks import reshoot as module
from soundstage.tasks.reshoot import covered, described, followed, reshoot

EMPTY = Scene(place="forest")
DOG = Scene(place="meadow", actors=(Actor(subject="dog", action="run", direction="right"),))


@dataclass(frozen=True)
class Seen:
    """A sight, told."""

    box: tuple[float, float, float, float] | None
    chances: Mapping[str, Mapping[str, float]]

    def word(self, field: str, among: Sequence[str] = ()) -> str:
        return max(among or self.chances[field], key=lambda word: self.chances[field][word])


def fox(x: float, subject: float = 0.9) -> Seen:
    words = {
        "place": {"forest": 0.9, "city": 0.1}, "time": {"day": 1.0, "night": 0.0}, "weather": {"clear": 1.0, "fog": 0},
        "subject": {"fox": subject, "nobody": 1 - subject}, "colour": {"orange": 1.0, "blue": 0.0},
        "action": {"walk": 0.6, "run": 0.4}, "facing": {"left": 0.2, "right": 0.8},
    }  # fmt: skip
    return Seen((x - 0.1, 0.5, x + 0.1, 0.8), words)


NOTHING = replace(fox(0.5), box=None)


def test_what_is_seen_is_kept_and_what_is_said_is_changed() -> None:
    sights = [fox(0.2), fox(0.35), NOTHING, fox(0.65), fox(0.8)]
    scene, stroke = described(sights, {"time": "night", "colour": "blue"}, 3)
    assert (scene.place, scene.time, scene.seed) == ("forest", "night", 3)
    (actor,) = scene.actors
    assert (actor.subject, actor.colour, actor.action, actor.direction) == ("fox", "blue", "walk", "right")
    assert stroke is not None
    assert [round(x, 2) for x, _ in stroke.path] == [0.2, 0.35, 0.5, 0.65, 0.8]
    assert stroke.heights == pytest.approx([0.3] * 5)


def test_another_subject_goes_the_same_way() -> None:
    scene, stroke = described([fox(0.8), fox(0.5), fox(0.2)], {"subject": "robot"}, 0)
    assert (scene.actors[0].subject, scene.actors[0].direction) == ("robot", "left")
    assert stroke is not None
    assert stroke.subject == "robot"


def test_where_nobody_is_surely_seen_the_place_alone_is_taken_again() -> None:
    assert described([fox(0.5, 0.2)] * 3, {}, 0) == (replace(EMPTY), None)
    assert described([NOTHING] * 3, {}, 0)[1] is None


@pytest.mark.parametrize(
    ("move", "name", "sign"), [("pan right", "pan", 1), ("zoom in", "zoom", 1), ("tilt up", "tilt", -1)]
)
def test_the_camera_is_followed_by_what_moves_around(move: str, name: str, sign: int) -> None:
    clip = render_scene(replace(EMPTY, camera=Camera(move=move)), 2, 5, (96, 96))
    keys = followed(list(clip.frames), [None] * clip.length)
    way = sign * (getattr(keys[-1], name) - getattr(keys[0], name))
    true = {"pan": 0.34, "zoom": 0.36, "tilt": 0.21}[name]
    assert 0.5 * true < way < 1.4 * true


def test_a_still_camera_stays_still() -> None:
    clip = render_scene(EMPTY, 1, 5, (96, 96))
    assert len(followed(list(clip.frames), [None] * clip.length)) == 1


def test_outside_of_the_mask_every_pixel_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    class Over:
        fps, size = 8.0, (64, 64)

        def frames_for(self, count):
            return count

        def shoot(self, request):
            raise AssertionError

        def reshoot(self, request, clip, strength, where=None):
            self.asked = (request.prompt, clip.shape, strength, where.shape)
            return np.zeros_like(clip)

    engine = Over()

    @contextmanager
    def use(model, engines):
        yield engine

    monkeypatch.setattr(module.runtime, "use", use)
    clip = render_scene(DOG, 1, 8, (64, 64))
    mask = np.zeros((64, 64, 3), np.uint8)
    mask[:32] = 255
    made = reshoot(clip, prompt="night", mask=Image(mask), strength=0.5)
    assert engine.asked == ("night", (8, 64, 64, 3), 0.5, (1, 64, 64))
    assert (made.frames[:, :32] == 0).all()
    assert np.array_equal(made.frames[:, 32:], clip.frames[:, 32:])
    with pytest.raises(InputError, match="mask"):
        covered(Video(mask[None].repeat(3, 0), clip.fps), clip)
    with pytest.raises(InputError, match="prompt"):
        reshoot(clip, prompt=" ")


def test_the_starter_takes_a_run_again_by_night() -> None:
    clip = render_scene(DOG, 1.5, 8, (96, 96))
    made = reshoot(clip, prompt="at night")
    assert made.frames.shape == clip.frames.shape
    assert made.frames.mean() < 0.8 * clip.frames.mean()


def test_a_prompt_changes_only_what_it_says() -> None:
    from soundstage import runtime
    from soundstage.tasks.shoot_engines import ENGINES
    from soundstage.tasks.shoot_scene import SceneEngine

    with runtime.use("starter/video", ENGINES) as engine:
        assert isinstance(engine, SceneEngine)
        assert engine.wishes("a blue robot") == {"subject": "robot", "colour": "blue"} | {
            name: word for name, word in engine.wishes("a blue robot").items() if name == "action"
        }
        assert engine.wishes("at night") == {"time": "night"}
        assert engine.wishes("on a sunny day in the forest")["place"] == "forest"
