"""Clips that begin with a picture, and characters known from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Image
from soundstage.render.animatic import render_scene
from soundstage.render.scene import Actor, Scene
from soundstage.tasks.shoot import shoot
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_image import begun, resized
from soundstage.tasks.shoot_scene import Shooting, cast, told

DOG = Scene(place="meadow", actors=(Actor(subject="dog", colour="brown", action="run", direction="left"),))


@dataclass(frozen=True)
class Seen:
    """A sight, told."""

    subject: str = "fox"
    colour: str = "orange"
    sure: float = 0.9
    box: tuple[float, float, float, float] | None = (0.4, 0.5, 0.6, 0.8)

    @property
    def chances(self) -> Mapping[str, Mapping[str, float]]:
        return {
            "place": {"forest": 1.0}, "time": {"night": 0.6, "day": 0.4}, "weather": {"clear": 1.0, "fog": 0.0},
            "subject": {self.subject: self.sure, "nobody": 1 - self.sure}, "colour": {self.colour: 1.0},
            "action": {"sit": 0.5, "walk": 0.5}, "facing": {"left": 0.9, "right": 0.1},
        }  # fmt: skip

    def word(self, field: str, among: Sequence[str] = ()) -> str:
        chances = self.chances[field]
        return max(among or chances, key=lambda word: chances.get(word, 0.0))


def test_a_picture_says_who_is_seen_and_a_prompt_what_happens() -> None:
    scene = told(Seen(), DOG, 1)
    (actor,) = scene.actors
    assert (scene.place, scene.time) == ("forest", "night")
    assert (actor.subject, actor.colour, actor.action, actor.direction) == ("fox", "orange", "run", "left")
    (alone,) = told(Seen(), None, 1).actors
    assert alone.action in ("sit", "walk")
    assert alone.facing == "left"


def test_whom_nobody_is_sure_of_is_a_part_of_the_place() -> None:
    assert told(Seen(sure=0.3), DOG, 1).actors == ()
    assert told(Seen(box=None), DOG, 1).actors == ()


def test_a_referenced_character_takes_the_part_in_the_prompt() -> None:
    scene = cast(DOG, [Seen("cat", "black")])
    assert (scene.place, scene.actors[0].subject, scene.actors[0].colour) == ("meadow", "cat", "black")
    assert (scene.actors[0].action, scene.actors[0].direction) == ("run", "left")
    boat = cast(DOG, [Seen("boat", "red")]).actors[0]
    assert boat.action in ("sail", "float")
    assert cast(None, [Seen()]).actors[0].subject == "fox"
    with pytest.raises(InputError, match="references"):
        cast(DOG, [Seen(box=None)])
    with pytest.raises(InputError, match="references"):
        cast(DOG, [Seen(), Seen()])


def test_whoever_begins_to_do_something_else_stays_as_large() -> None:
    still = Scene(place="meadow", actors=(Actor(subject="fox", colour="orange", action="stand", size=0.5),))
    picture = Image(render_scene(still, 0.5, 8, (128, 128)).frames[0])
    how = Shooting(frames=5, fps=8, height=128, width=128, seed=0, identity=0, steps=0, guidance=1.0)
    with runtime.use("starter/video", ENGINES) as engine:
        sides = [
            float(begun(engine, picture, None, told(engine.look(picture), replace(DOG, actors=(wish,)), 0), how)
                  .plan.cast[0].poses.scale[0])
            for wish in (Actor(subject="fox", action=action, direction="right") for action in ("run", "walk", "stand"))
        ]  # fmt: skip
    assert max(sides) < 1.05 * min(sides)


def test_a_picture_of_other_proportions_is_cut_to_its_middle() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 200
    assert (resized(Image(wide), 40, 40) > 150).mean() > 0.95


def test_the_first_and_the_last_frame_are_the_pictures() -> None:
    frames = render_scene(DOG, 2, 8, (96, 96)).frames
    first, last = Image(frames[3]), Image(frames[12])
    clip = shoot("a dog runs to the left", image=first, last_image=last, seconds=1, fps=8, size="96x96")
    assert clip.length == 8
    assert np.array_equal(clip.frames[0], first.pixels)
    assert np.array_equal(clip.frames[-1], last.pixels)
    steps = np.abs(np.diff(clip.frames.astype(float), axis=0)).mean((1, 2, 3))
    assert steps.max() < 25
    looped = shoot(image=first, loop=True, seconds=1, fps=8, size="96x96")
    assert np.array_equal(looped.frames[0], looped.frames[-1])


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"last_image": Image(np.zeros((64, 64, 3), np.uint8))}, "last_image"),
        ({"image": Image(np.zeros((64, 64, 3), np.uint8)), "layout": DOG}, "layout"),
        ({"image": Image(np.zeros((64, 64, 3), np.uint8)), "camera": "roll left 5"}, "camera"),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        shoot("a dog", seconds=0.5, fps=8, size="64x64", **fields)
