"""Sprites: each subject alone."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.render.palette import PAINTS
from soundstage.render.scene import ABILITIES, COLOURS, SUBJECTS
from soundstage.render.sprites import PHASES, anchor_of, sprite

PAIRS = [(s, a) for s in SUBJECTS for a in ABILITIES[s]]


@pytest.mark.parametrize(("subject", "action"), PAIRS)
def test_every_subject_is_drawn_large_and_within_its_box(subject: str, action: str) -> None:
    pixels = sprite(subject, "blue", action, 0.3, size=48)
    alpha = pixels[..., 3] > 127
    assert pixels.shape == (48, 48, 4)
    assert 0.06 < alpha.mean() < 0.8
    assert not np.r_[alpha[:, 0], alpha[:, -1]].mean() > 0.1  # noses and tails are not cut off


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if "stand" in ABILITIES[s]])
def test_who_stands_has_its_feet_on_the_anchor(subject: str) -> None:
    alpha = sprite(subject, "red", "stand", 0.0, size=100)[..., 3] > 127
    lowest = np.flatnonzero(alpha.any(1))[-1] + 1
    assert anchor_of(subject, "stand") == (0.5, 0.92)
    assert abs(lowest / 100 - 0.92) < 0.035


@pytest.mark.parametrize("colour", COLOURS)
def test_a_car_has_the_colour_it_is_asked_for(colour: str) -> None:
    pixels = sprite("car", colour, "stand", 0.0, size=64)
    body = pixels[pixels[..., 3] > 250][:, :3].astype(float)
    hues = {name: np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for name, c in PAINTS.items()}
    near = {name: (np.abs(body - rgb).sum(1) < 60).mean() for name, rgb in hues.items()}
    assert near[colour] > 0.12


def test_phases_differ_and_repeat() -> None:
    first, half = sprite("dog", "golden", "run", 0.0), sprite("dog", "golden", "run", 0.5)
    assert (first != half).any()
    np.testing.assert_array_equal(first, sprite("dog", "golden", "run", 1.0))
    np.testing.assert_array_equal(first, sprite("dog", "golden", "run", 0.3 / PHASES))


def test_night_darkens_and_lights_the_lantern() -> None:
    day, night = sprite("keeper", "blue", "stand", 0.0), sprite("keeper", "blue", "stand", 0.0, "night")
    coat = day[..., 3] > 250
    assert night[coat][:, :3].mean() < 0.9 * day[coat][:, :3].mean()
    assert (night[..., 3] > 0).sum() > (day[..., 3] > 0).sum()  # the halo reaches beyond the keeper


def test_a_sprite_is_the_callers_own() -> None:
    sprite("cat", "black", "sit", 0.0)[:] = 0
    assert sprite("cat", "black", "sit", 0.0).any()


def test_unknown_words_and_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="colour"):
        sprite("cat", "plaid", "sit", 0.0)
    with pytest.raises(InputError, match="size"):
        sprite("cat", "red", "sit", 0.0, size=4)
