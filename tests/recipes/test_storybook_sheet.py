"""The contact sheet: every clip is a possible scene, and the sheet has its shape."""

from __future__ import annotations

from soundstage.recipes.storybook_sheet import COATS, DEEDS, scenes, sheet
from soundstage.render.scene import ABILITIES, SUBJECTS, possible


def test_the_sheet_shows_possible_scenes_only() -> None:
    for scene in scenes():
        assert all(possible(actor.subject, actor.action, scene.place) for actor in scene.actors)
    assert len(COATS) == len(DEEDS) == len(SUBJECTS)
    assert all(deed in ABILITIES[subject] for subject, deed in zip(SUBJECTS, DEEDS, strict=True))


def test_the_sheet_has_two_clips_a_row() -> None:
    picture = sheet(side=24, shown=2)
    assert picture.shape == (2 * (96 // 9) + 24 * len(scenes()) // 2, 96, 3)
