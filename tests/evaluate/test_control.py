"""The meters of control know right from wrong on the renderer's own clips."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from soundstage.evaluate.control import centre, seam, travel
from soundstage.media import Video
from soundstage.render.animatic import render_scene
from soundstage.render.camera import keys_of
from soundstage.render.scene import Actor, Camera, Scene

DOG = Scene(place="mountains", actors=(Actor(subject="dog", size=0.42, x=0.3),))


def test_a_loop_has_no_seam_and_a_cut_has_one() -> None:
    wave = np.stack([np.full((8, 8, 3), 100 + round(50 * np.sin(2 * np.pi * k / 20)), np.uint8) for k in range(20)])
    assert seam(Video(wave, Fraction(10))) < 2
    assert seam(Video(wave[:10], Fraction(10))) < 2
    assert seam(Video(np.concatenate((wave[:6], wave[:1] + 90)), Fraction(10))) > 3


def test_the_subject_is_found_where_it_stands() -> None:
    found = centre(render_scene(DOG, 0.5, 4, (128, 128)).frames[0])
    assert found is not None
    assert found[0] == pytest.approx(0.3, abs=0.06)


def test_cameras_that_go_opposite_ways_are_told_apart() -> None:
    clips = [
        render_scene(Scene(place="mountains", camera=Camera(keys=keys_of(said, 2.0))), 2.0, 10, (128, 128)).frames
        for said in ("pan right 0.25", "pan left 0.25", "zoom in 1.4", "zoom out 1.4")
    ]
    right, left, closer, farther = (travel(c, n) for c, n in zip(clips, ("pan", "pan", "zoom", "zoom"), strict=True))
    assert right > 0.1 > -0.1 > left
    assert closer > 0.15 > -0.15 > farther
