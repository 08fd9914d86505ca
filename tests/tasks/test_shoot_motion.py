"""Strokes: read, given to who is there, and kept to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundstage.errors import InputError, MissingError
from soundstage.media import Image
from soundstage.render.scene import Actor, Scene
from soundstage.tasks.shoot_motion import Stroke, Way, assigned, strokes_of

TWO = Scene(
    place="meadow", actors=(Actor(subject="dog", action="stand"), Actor(subject="bird", action="fly", direction="left"))
)
MIDDLES = ((0.3, 0.8), (0.7, 0.3))


def test_a_stroke_moves_whoever_is_nearest_to_its_beginning() -> None:
    scene, paths = assigned(TWO, (Stroke(path=((0.68, 0.35), (0.9, 0.2))),), MIDDLES, 2.0, 1.0)
    assert paths == {1: Way(((0.68, 0.35), (0.9, 0.2)))}
    assert scene.actors[1].direction == "right"
    assert scene.actors[0] == TWO.actors[0]


def test_a_region_goes_its_way_at_its_speed_and_who_stood_walks() -> None:
    stroke = Stroke(region=(0.0, 0.5, 0.6, 1.0), direction=180.0, speed=0.1)
    scene, paths = assigned(TWO, (stroke,), MIDDLES, 2.0, 1.0)
    assert paths[0].points[1] == pytest.approx((0.1, 0.8))
    assert (scene.actors[0].direction, scene.actors[0].action) == ("left", "walk")


def test_up_is_a_width_as_well() -> None:
    _, paths = assigned(TWO, (Stroke(subject="bird", direction=90.0, speed=0.1),), MIDDLES, 1.0, 1.5)
    assert paths[1].points[1] == pytest.approx((0.7, 0.3 - 0.15))


@pytest.mark.parametrize(
    ("strokes", "wrong"),
    [
        ((Stroke(subject="cat", direction=0.0, speed=0.1),), "cat"),
        ((Stroke(path=((0.05, 0.1), (0.5, 0.1))),), "nobody"),
        ((Stroke(subject="dog", direction=0.0, speed=0.1), Stroke(path=((0.3, 0.8), (0.5, 0.8)))), "twice"),
    ],
)
def test_a_stroke_that_moves_nobody_says_so(strokes: tuple[Stroke, ...], wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        assigned(TWO, strokes, MIDDLES, 2.0, 1.0)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[", "JSON"),
        ("[1]", "list of strokes"),
        ('[{"path": [[0, 0]]}]', "two points"),
        ('[{"path": [[0, 0], [3, 0]]}]', "leaves the frame"),
        ('[{"direction": "sideways"}]', "sideways"),
        ('[{"direction": 3, "speed": -1}]', "speed"),
        ('[{"subject": "unicorn", "direction": 3}]', "unicorn"),
        ('[{"region": [1, 0, 0, 1], "direction": 3}]', "region"),
        ('[{"path": [[0, 0], [1, 1]], "direction": 3}]', "one of them"),
        ('[{"colour": "red", "direction": 3}]', "colour"),
    ],
)
def test_what_is_no_stroke_is_told_what_is_wrong(text: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        strokes_of(text)


def test_a_mask_is_the_box_around_what_is_bright(tmp_path: Path) -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[5:10, 10:30] = 255
    path = tmp_path / "brush.png"
    Image(pixels).save(path)
    (stroke,) = strokes_of(f'{{"mask": "{path}", "direction": "left"}}')
    assert stroke.region == pytest.approx((0.25, 0.25, 0.75, 0.5))
    with pytest.raises(MissingError, match="nowhere"):
        strokes_of('{"mask": "nowhere.png", "direction": "left"}')
