"""Places: planes of depth and flat backgrounds."""

from __future__ import annotations

import numpy as np
import pytest

from soundstage.errors import InputError
from soundstage.render.places import background, flatten, planes
from soundstage.render.scene import PLACES, times_at, weathers_at


@pytest.mark.parametrize("place", PLACES)
def test_planes_run_from_an_opaque_sky_to_the_front(place: str) -> None:
    layers = planes(place, times_at(place)[0], height=32, width=64)
    parallaxes = [p.parallax for p in layers if p.name not in ("mist", "bubbles")]
    assert parallaxes == sorted(parallaxes)
    assert (layers[0].pixels[..., 3] == 255).all()
    assert [p.front for p in layers] == sorted(p.front for p in layers)


@pytest.mark.parametrize("place", PLACES)
def test_the_planes_together_are_the_background(place: str) -> None:
    time = times_at(place)[-1]
    flat = np.asarray(flatten(planes(place, time, seed=3, height=48, width=96)), float)
    whole = background(place, time, seed=3, height=48, width=96).astype(float)
    assert np.abs(flat - whole).mean() < 2.0


def test_a_wider_panorama_shows_the_same_middle() -> None:
    narrow = background("meadow", seed=5, height=48, width=48)
    wide = background("meadow", seed=5, height=48, width=144)
    assert np.abs(wide[:, 48:96].astype(float) - narrow).mean() < 3.0


def test_hours_and_weathers_look_different() -> None:
    for place in ("meadow", "city", "village"):
        pictures = [background(place, t, w, height=32, width=32) for t in times_at(place) for w in weathers_at(place)]
        distances = [np.abs(a.astype(float) - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
        assert min(distances) > 3.0


def test_seeds_move_the_layout_and_keep_the_colours() -> None:
    a, b = background("forest", seed=1, height=48).astype(float), background("forest", seed=2, height=48).astype(float)
    assert np.abs(a - b).mean() > 2.0
    assert np.abs(a.mean((0, 1)) - b.mean((0, 1))).max() < 12.0


def test_a_margin_adds_picture_above_and_below() -> None:
    plain = planes("beach", height=40, width=60)
    tall = planes("beach", height=40, width=60, margin=0.25)
    assert tall[0].pixels.shape == (60, 60, 4)
    assert np.abs(tall[0].pixels[10:50].astype(float) - plain[0].pixels).mean() < 2.0


def test_unknown_words_and_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="weather"):
        background("meadow", weather="hail")
    with pytest.raises(InputError, match="size"):
        planes("meadow", height=2)
