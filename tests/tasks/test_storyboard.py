"""Stories in shots: the same characters, cuts where they should be, and what each kind of model is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Image
from soundstage.render.animatic import render_scene
from soundstage.render.scene import Actor, Scene
from soundstage.tasks import storyboard as module
from soundstage.tasks.shoot import shoot
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_layered import LayeredShooter
from soundstage.tasks.shoot_scene import SceneEngine, Shooting
from soundstage.tasks.storyboard import lengths_of, scenes_of, shot_cues, storyboard
from soundstage.tasks.storyboard_cast import read_story

STORY = ["A golden dog runs to the right through a meadow at sunset", "It sits", "The dog sleeps in a forest",
         "A black cat walks and the dog runs on a beach at night", "The cat sits"]  # fmt: skip
SMALL = {"fps": 10, "size": "64x64"}


def test_a_story_of_the_starter_is_its_shots_one_after_the_other() -> None:
    clip = storyboard(STORY[:2], seconds=[0.3, 0.5], seed=3, **SMALL)
    assert (clip.length, clip.fps, clip.width, clip.height) == (8, 10, 64, 64)
    first = shoot(STORY[0], seconds=0.3, seed=3, **SMALL)
    assert np.array_equal(clip.frames[:3], first.frames)
    steps = np.abs(np.diff(clip.frames.astype(float), axis=0)).mean((1, 2, 3))
    assert steps.argmax() == 2  # the cut is hard


def test_characters_keep_their_looks_and_places_last_until_another_is_said() -> None:
    cast, told = read_story(STORY)
    with runtime.use("starter/video", ENGINES) as engine:
        assert isinstance(engine, SceneEngine)
        scenes = scenes_of(engine, cast, told, [], 0)
    who = [[(actor.subject, actor.colour) for actor in scene.actors] for scene in scenes]
    assert who[:3] == [[("dog", "golden")]] * 3
    assert sorted(who[3]) == [("cat", "black"), ("dog", "golden")]
    assert who[4] == [("cat", "black")]
    assert [(scene.place, scene.time) for scene in scenes] == [
        ("meadow", "sunset"), ("meadow", "sunset"), ("forest", "sunset"), ("beach", "night"), ("beach", "night"),
    ]  # fmt: skip


def test_an_individual_is_the_same_whoever_else_is_there() -> None:
    cat, dog = Actor(subject="cat", colour="black"), Actor(subject="dog", colour="golden")
    how = Shooting(frames=2, fps=8, height=64, width=64, seed=0, identity=5, steps=0, guidance=1.0)
    with runtime.use("starter/video", ENGINES) as engine:
        assert isinstance(engine, LayeredShooter)
        looks = []
        for actors in ((dog,), (cat, dog), (dog, cat)):
            scene = Scene(actors=actors)
            plan = engine.plan(scene, "", *engine.moved(scene, how), how.identity)
            place = engine.model.config.subjects.index("dog")
            looks.append(next(one.variant for one in plan.cast if one.subject == place))
    assert len(set(looks)) == 1


def test_the_length_of_each_shot_is_one_for_all_or_its_own_and_cues_tell_the_cuts() -> None:
    assert lengths_of(["a", "b"], None) == [4.0, 4.0] == lengths_of(["a", "b"], 4) == lengths_of(["a", "b"], [4.0])
    cues = shot_cues(["a dog", "it\nsits"], [0.3, 0.55], Fraction(10))
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [(0.0, 0.3, "a dog"), (0.3, 0.9, "it sits")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"shots": []}, "shots"),
        ({"shots": ["a dog", " "]}, "shots"),
        ({"seconds": [1.0, 2.0, 3.0]}, "seconds"),
        ({"seconds": [1.0, 0.0]}, "seconds"),
        ({"fps": 0}, "fps"),
        ({"size": "63x64"}, "size"),
        ({"references": [Image(np.zeros((64, 64, 3), np.uint8))] * 2}, "references"),
    ],
)
def test_what_makes_no_story_is_refused_by_field(fields, field) -> None:
    with pytest.raises(InputError) as caught:
        storyboard(**{"shots": ["a dog runs", "it sits"], "seconds": 0.3, **SMALL, **fields})
    assert caught.value.field == field


@dataclass(frozen=True)
class Seen:
    """A sight, told."""

    subject: str
    colour: str
    box: tuple[float, float, float, float] | None = (0.4, 0.5, 0.6, 0.8)

    @property
    def chances(self) -> Mapping[str, Mapping[str, float]]:
        return {"subject": {self.subject: 0.9}}

    def word(self, field: str, among: Sequence[str] = ()) -> str:
        said = {"subject": self.subject, "colour": self.colour, "place": "meadow", "facing": "left"}
        return said.get(field) or next(iter(among or ("clear",)))


class Scenes:
    """A model of scenes that reads every prompt as a dog, and sees a white fox in every picture."""

    reuses = False

    def read(self, prompt: str, seed: int) -> Scene:
        return Scene(actors=(Actor(subject="dog", colour="brown", action="run", direction="left"),))

    def wishes(self, prompt: str) -> dict[str, str]:
        return {}

    def look(self, image: Image) -> Seen:
        return Seen("fox", "white")

    def shoot(self, scene, falling, how):
        raise AssertionError

    def animate(self, image, last_image, scene, how):
        raise AssertionError


def test_a_reference_plays_its_character_in_every_shot() -> None:
    cast, told = read_story(["a boy throws a stick", "the dog runs", "it sits"])
    picture = Image(render_scene(Scene(), 0.1, 10, (64, 64)).frames[0])
    scenes = scenes_of(Scenes(), cast[:0] + cast, told, [picture, picture], 0)
    assert {(scene.actors[0].subject, scene.actors[0].colour) for scene in scenes} == {("fox", "white")}


class Texts:
    """A model that draws from text: it remembers what it was asked for, and shows the number of the shot."""

    fps, size = 16.0, (64, 64)

    def __init__(self, sees: bool) -> None:
        self.sees, self.asked = sees, []

    def frames_for(self, count):
        return count + (1 - count) % 4

    def shoot(self, request):
        if (request.image is not None) != self.sees:
            raise InputError("image", "is missing" if self.sees else "is not looked at", "take another model")
        self.asked.append(request)
        return np.full((request.frames, request.height, request.width, 3), len(self.asked), np.uint8)


@pytest.fixture(params=[False, True], ids=["of texts", "of pictures"])
def texts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Texts:
    engine = Texts(request.param)

    @contextmanager
    def use(model, engines):
        yield engine

    monkeypatch.setattr(module.runtime, "use", use)
    return engine


def test_a_model_of_texts_is_told_everybodys_looks_in_every_shot(texts: Texts) -> None:
    dog, cat = (Image(np.full((64, 64, 3), value, np.uint8)) for value in (10, 20))
    given = {"references": [dog, cat]} if texts.sees else {}
    clip = storyboard(STORY, seconds=0.3, fps=10, model="wan", seed=7, **given)
    assert clip.frames[:, 0, 0, 0].tolist() == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3 + [5] * 3
    assert [request.prompt for request in texts.asked] == [
        STORY[0], "The golden dog sits", "The golden dog sleeps in a forest",
        "A black cat walks and the golden dog runs on a beach at night", "The black cat sits",
    ]  # fmt: skip
    assert texts.asked[0].seed == 7 and len({request.seed for request in texts.asked}) == 5
    if texts.sees:
        assert [request.image for request in texts.asked] == [dog, dog, dog, cat, cat]


def test_references_that_a_model_does_not_look_at_or_misses_are_told_by_their_name(texts: Texts) -> None:
    given = {} if texts.sees else {"references": [Image(np.zeros((64, 64, 3), np.uint8))]}
    with pytest.raises(InputError, match="references"):
        storyboard(STORY, seconds=0.3, model="wan", **given)
    with pytest.raises(InputError, match="identity"):
        storyboard(STORY, seconds=0.3, model="wan", identity=2)


def test_prompts_with_commas_stay_whole_on_the_command_line() -> None:
    from typer.models import ArgumentInfo

    from soundstage.cli.parameters import parameter, value_of

    asked = parameter(storyboard.task.ports["shots"], first=True)
    assert isinstance(asked.default, ArgumentInfo) and asked.annotation == list[str]
    shots = ["a dog runs, the camera pans left", "it sits"]
    assert value_of(storyboard.task.ports["shots"], shots) == shots
    checked = storyboard.task.validate({"shots": shots, "seconds": [2.0, 3.0]})
    assert (checked["shots"], checked["seconds"]) == (shots, [2.0, 3.0])
