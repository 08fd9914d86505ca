"""The storybook as data: scenes that make sense, a split that holds, captions that tell the truth."""

from __future__ import annotations

import numpy as np

from soundstage.data.storybook import backgrounds, clips, held_out, labels, sample_scene, sprites
from soundstage.data.storybook_captions import HUES, NOUNS, PLACES_SAID, captions
from soundstage.render.scene import PLACES, SUBJECTS, Actor, Camera, Scene, possible


def test_sampled_scenes_are_possible_and_keep_to_their_split() -> None:
    for split in ("train", "test"):
        rng = np.random.default_rng(0)
        for _ in range(150):
            scene = sample_scene(rng, split=split, duo=0.3)
            for actor in scene.actors:
                assert possible(actor.subject, actor.action, scene.place)
                assert held_out(actor.subject, actor.colour, scene.place) == (split == "test")


def test_the_same_seed_samples_the_same_scenes() -> None:
    assert sample_scene(np.random.default_rng(5)) == sample_scene(np.random.default_rng(5))
    assert sample_scene(np.random.default_rng(5)) != sample_scene(np.random.default_rng(6))


def test_a_caption_names_subject_colour_and_place() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        scene = sample_scene(rng, split="any")
        actor = scene.actors[0]
        for text in captions(scene, rng, 2):
            assert any(noun in text for noun in NOUNS[actor.subject])
            assert any(hue in text for hue in HUES[actor.colour])
            assert any(place in text for place in PLACES_SAID[scene.place])


def test_nothing_that_stands_still_is_called_fast_or_goes_through_a_place() -> None:
    rng = np.random.default_rng(2)
    scene = Scene(place="meadow", actors=(Actor(subject="cat", action="sit", speed=1.5),))
    text = " ".join(captions(scene, rng, 80))
    assert not any(word in text for word in ("fast", "quickly", "swiftly", "through", "across"))


def test_wordings_are_many() -> None:
    scene = Scene(
        place="beach",
        time="sunset",
        actors=(Actor(subject="dog", action="run", direction="left"),),
        camera=Camera(move="pan left"),
    )
    assert len(set(captions(scene, np.random.default_rng(0), 60))) > 45


def test_batches_have_their_shapes_and_true_labels() -> None:
    rng = np.random.default_rng(3)
    batch = sprites(rng, 6, 32)
    assert batch.pixels.shape == (6, 32, 32, 4)
    assert all(0 <= s < len(SUBJECTS) for s in batch.subject)
    places = backgrounds(rng, 3, 32, 48)
    assert places.pixels.shape == (3, 32, 48, 3)
    moving = clips(rng, 2, frames=4, fps=4, size=32)
    assert moving.frames.shape == (2, 4, 32, 32, 3)
    assert labels(moving.scenes[0])["place"] == PLACES.index(moving.scenes[0].place)
    assert len(moving.captions) == 2
