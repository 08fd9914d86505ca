"""Sentences with meanings, and the classes that the planner learns from them."""

import numpy as np
import torch

from soundstage.models.layered.tracker import RATE
from soundstage.recipes.video_plans import (
    ROLE_WORDS,
    SCENE_WORDS,
    UNKNOWN,
    misspelt,
    sentences,
    targets,
    tracks,
    values,
)
from soundstage.recipes.video_text import Meaning, Role, sentence
from soundstage.recipes.video_words import NOUNS
from soundstage.render.motion import track
from soundstage.render.scene import ABILITIES, PLACES, SUBJECTS, Actor, Camera, Scene, directions_of


def test_every_sentence_means_what_the_storybook_can_say():
    rng = np.random.default_rng(0)
    for _ in range(300):
        text, meaning = sentence(rng)
        assert text.strip()
        assert meaning.place in PLACES
        for role in meaning.roles:
            assert role.action in ABILITIES[role.subject]
            assert role.direction in directions_of(role.subject, role.action)


def test_every_word_means_one_subject_of_the_storybook():
    assert set(NOUNS) == set(SUBJECTS)
    words = [noun.word for nouns in NOUNS.values() for noun in nouns]
    assert len(words) == len(set(words))


def test_empty_slots_are_nobody_and_teach_nothing_else():
    role = Role(subject="cat", colour="red", action="walk", direction="left", pace="slow")
    meaning = Meaning(place="beach", time="day", weather="clear", move="static", tempo="", roles=(role,))
    scene, roles = targets(meaning)
    assert scene["tempo"] == UNKNOWN
    assert roles["subject"] == [SUBJECTS.index("cat"), len(SUBJECTS), len(SUBJECTS)]
    assert roles["colour"][1:] == [UNKNOWN, UNKNOWN]


def test_a_misspelt_sentence_differs_in_one_word():
    rng = np.random.default_rng(1)
    text = "a golden dog wanders through mountains"
    for _ in range(20):
        changed = misspelt(text, rng).split()
        assert sum(a != b for a, b in zip(text.split(), changed, strict=True)) <= 1


def test_batches_have_a_target_for_every_field():
    pieces, scene, roles = sentences(6, np.random.default_rng(2), 512)
    assert pieces.shape[0] == 6
    assert set(scene) == set(SCENE_WORDS)
    assert set(roles) == set(ROLE_WORDS)
    assert all(target.shape == (6, 3) for target in roles.values())


def test_tracks_hold_the_renderers_own_poses():
    actor = Actor(subject="dog", action="jump", direction="right")
    scene = Scene(actors=(actor,), camera=Camera(move="zoom in"))
    row = values(scene, 13)
    poses = track(actor, Camera(), 13 / RATE, RATE)
    assert np.allclose(row[:, 3], [pose.x for pose in poses], atol=1e-5)
    assert np.allclose(row[:, 4] - row[:, 7], [pose.y for pose in poses], atol=1e-5)
    assert row[0, 2] < row[-1, 2]
    batch, scenes, roles = tracks(3, np.random.default_rng(0))
    assert batch.shape[0] == 3
    assert scenes.shape == (3, 3)
    assert roles.shape == (3, 3, 4)
    assert bool(torch.isfinite(batch).all())
