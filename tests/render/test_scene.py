"""The storybook's words: who can do what, where, and what camera free words ask for."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from soundstage.errors import InputError
from soundstage.render.scene import (
    ABILITIES,
    ACTIONS,
    PLACE_LEVELS,
    PLACES,
    SUBJECTS,
    TIMES,
    WEATHERS,
    Actor,
    Camera,
    Scene,
    actions_at,
    directions_of,
    level_of,
    possible,
    times_at,
    weathers_at,
)


def test_nobody_stands_on_the_sea() -> None:
    for subject in SUBJECTS:
        for action in actions_at(subject, "sea"):
            assert ABILITIES[subject][action] in ("surface", "air")
    assert not possible("dog", "stand", "sea")


def test_every_subject_belongs_somewhere_and_every_place_has_guests() -> None:
    assert all(any(actions_at(subject, place) for place in PLACES) for subject in SUBJECTS)
    assert all(sum(bool(actions_at(subject, place)) for subject in SUBJECTS) >= 3 for place in PLACES)


def test_the_tables_use_known_words_only() -> None:
    assert set(ABILITIES) == set(SUBJECTS)
    assert set(PLACE_LEVELS) == set(PLACES)
    assert {action for deeds in ABILITIES.values() for action in deeds} == set(ACTIONS)
    for place in PLACES:
        assert set(times_at(place)) <= set(TIMES)
        assert set(weathers_at(place)) <= set(WEATHERS)


def test_a_misplaced_subject_is_still_drawn_on_a_level_of_the_place() -> None:
    for subject in SUBJECTS:
        for place in PLACES:
            for action in ACTIONS:
                assert level_of(subject, action, place) in PLACE_LEVELS[place]


def test_who_stands_goes_nowhere() -> None:
    assert directions_of("dog", "stand") == ("still",)
    assert "up" in directions_of("balloon", "float")
    assert "up" not in directions_of("dog", "run")


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("pan right", "pan right"),
        ("the camera pans slowly to the left", "pan left"),
        ("Camera glides left.", "pan left"),
        ("a slow push in", "zoom in"),
        ("the camera pulls back", "zoom out"),
        ("tilt up, gently", "tilt up"),
        ("tracking shot", "follow"),
        ("a dog runs to the left", "static"),
        ("", "static"),
        (None, "static"),
    ],
)
def test_free_words_move_the_camera(words: str | None, move: str) -> None:
    assert Camera.parse(words).move == move


def test_slow_words_shorten_the_cameras_travel() -> None:
    assert (
        Camera.parse("slow pan right").amount < Camera.parse("pan right").amount < Camera.parse("fast pan right").amount
    )


def test_unknown_words_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="place: 'moonbase' is not known"):
        Scene(place="moonbase")
    with pytest.raises(InputError, match="subject: 'dragon'"):
        Actor(subject="dragon")
    with pytest.raises(InputError, match="camera: 'spin'"):
        Camera(move="spin")


def test_scenes_are_frozen_and_hashable() -> None:
    scene = Scene(actors=(Actor(subject="dog"),))
    assert hash(scene) == hash(Scene(actors=(Actor(subject="dog"),)))
    with pytest.raises(FrozenInstanceError):
        scene.place = "sea"  # type: ignore[misc]
