"""The places' recipe, on two places and few layouts."""

from dataclasses import replace

import pytest
import torch

from soundstage.models.layered import tiny
from soundstage.recipes import video_places as recipe
from soundstage.recipes.video_pictures import hours
from soundstage.render.scene import PLACES

SHOWN = ("space", "underwater")


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two places whose codes are long enough to tell them apart, and a folder for the run."""
    config = replace(tiny(), places=SHOWN, layouts=2, place_codes=(24, 32))
    monkeypatch.setattr(recipe, "storybook", lambda: config)
    monkeypatch.setattr(recipe, "PLACES", SHOWN)
    monkeypatch.setattr(recipe, "hours", lambda: tuple(hour for hour in hours() if hour[0] in SHOWN))
    monkeypatch.setattr(recipe, "RUNS", tmp_path)
    monkeypatch.setattr(recipe, "BLOCKS", 4000)
    recipe.panoramas.cache_clear()
    yield config
    recipe.panoramas.cache_clear()


def test_remembered_hours_are_hours_that_the_place_has_and_none_of_them_is_held_back():
    for place in PLACES:
        kept = recipe.kept_hours(place)
        assert set(kept) <= set(hours())
        for layout in range(30):
            row = recipe.held_back(layout, place)
            assert row == -1 or (hours()[row][0] == place and hours()[row] not in kept)


def test_fitted_places_show_what_they_remember_and_hours_that_they_never_saw(small):
    recipe.fit()
    places, sizes = recipe.fitted()
    assert sizes["place_blocks"] == (len(places.far.codes), len(places.near.codes))
    assert len(places.near.codes) < places.near.index.numel()  # blocks that are the same are kept once
    found = recipe.score()
    assert min(found["remembered"].values()) > 30
    assert min(found["never seen"].values()) > 28
    row = recipe.hours().index(("underwater", "dawn", "clear"))
    seen = places.far(recipe.numbers([recipe.hours()[row]]), torch.tensor([0]))[0].detach()
    assert float((seen - recipe.pixels(recipe.panoramas()[row, 0, :3])).abs().mean()) < 0.02
