"""The task `storyboard`: a story in several shots, hard cuts between them, the same characters all through.

Notable: a later prompt may say "the dog" or "it" and means the golden one of before (`storyboard_cast`). Models that
draw scenes keep subject, colour and individual exactly, and place, hour and weather until another is said; models that
draw from text are told everybody's looks anew in every shot. Where the cuts are follows from the inputs: `shot_cues`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Image, Video
from soundstage.media.subtitles import Cue
from soundstage.render.scene import Scene, possible
from soundstage.tasks.shoot import FPS, SIZE, check
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_latent import LatentShooter
from soundstage.tasks.shoot_scene import SceneEngine, Shooting, looks, played_by, settled, shown_in
from soundstage.tasks.shoot_text import drawn, only_text
from soundstage.tasks.storyboard_cast import Character, Told, read_story

SECONDS = 4.0
"""Of a shot whose length is not said."""
Sides = tuple[int, int]


@task(version=1)
def storyboard(
    shots: Annotated[list[str], Says('Prompts in order: "a golden dog runs through a meadow", "it sleeps at night".')],
    *,
    seconds: Annotated[
        list[float] | float | None, Says(f"Length of each shot, or one for all; by default {SECONDS:g}.")
    ] = None,
    fps: Annotated[float | None, Says("Frames a second; by default the model's own, 24 for the starter.")] = None,
    size: Annotated[
        str | None, Says("Width x height in pixels; by default the model's own, 256x256 for the starter.")
    ] = None,
    references: Annotated[
        list[Image] | None, Says("Pictures of the characters, in the order in which the story brings them in.")
    ] = None,
    identity: Annotated[int, Says("Which individuals: the same number gives the same looks in another story.")] = 0,
    steps: Annotated[int | None, Says("Looks while it is drawn; by default the model's own."), Between(1, 200)] = None,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Video:
    """All shots as one clip, round(seconds × fps) frames each.

    A model that starts from a picture starts every shot from the reference of the first character in it, else from the
    first reference. Raises InputError naming the field for no shots, an empty one, lengths that are not one for each,
    what `shoot` refuses, and references that show nobody, are too many or are not looked at by the model.
    """
    lengths = lengths_of(shots, seconds)
    settings = [check(prompt, each, fps, size) for prompt, each in zip(shots, lengths, strict=True)]
    rate, sides = settings[0]
    cast, told = read_story(shots)
    with runtime.use(model, ENGINES) as engine:
        if isinstance(engine, SceneEngine):
            how = (identity, looks(engine, model, steps, None)[0], seed)
            clips = _scenes(engine, cast, told, lengths, (rate, sides), references or [], how)
        else:
            only_text(model, identity=identity)
            clips = _drawn(engine, cast, told, lengths, (rate, sides), references or [], (steps, seed), model)
    return Video(np.concatenate([clip.frames for clip in clips]), clips[0].fps)


def lengths_of(shots: Sequence[str], seconds: Sequence[float] | float | None) -> list[float]:
    """Seconds of each shot. Raises InputError without shots, for one without words, and for other than one each."""
    if not shots:
        raise InputError("shots", "are none", 'give prompts, such as "a golden dog runs" and "it sleeps at night"')
    for number, prompt in enumerate(shots, 1):
        if not prompt.strip():
            raise InputError("shots", f"have no words in shot {number}", "say what is seen")
    given = [seconds] if isinstance(seconds, int | float) else list(seconds or [SECONDS])
    if len(given) not in (1, len(shots)):
        raise InputError("seconds", f"are {len(given)} for {len(shots)} shots", "give one length, or one for each shot")
    return given * len(shots) if len(given) == 1 else given


def shot_cues(shots: Sequence[str], seconds: Sequence[float] | float | None, fps: Fraction) -> tuple[Cue, ...]:
    """When each shot is seen, with its prompt, in a storyboard of these inputs at its `fps`: chapters of its file.

    Raises InputError as the task does for its shots and lengths.
    """
    ends = np.cumsum([_frames(each, fps) for each in lengths_of(shots, seconds)]).tolist()
    return tuple(
        Cue(float(start / fps), float(end / fps), " ".join(prompt.split()))
        for prompt, start, end in zip(shots, [0, *ends], ends, strict=False)
    )


def _frames(seconds: float, fps: Fraction) -> int:
    return max(1, round(seconds * fps))


def _scenes(
    engine: SceneEngine, cast: Sequence[Character], told: Sequence[Told], lengths: Sequence[float],
    shape: tuple[Fraction | None, Sides | None], references: Sequence[Image], how: tuple[int, int, int],
) -> list[Video]:  # fmt: skip
    """The shots by a model of scenes; one seed for all, so that a place looks the same when the story returns to it."""
    (identity, steps, seed), rate, (width, height) = how, shape[0] or FPS, shape[1] or SIZE
    clips = []
    scenes = scenes_of(engine, cast, told, references, seed)
    for scene, seconds in runtime.progress(list(zip(scenes, lengths, strict=True)), "shooting", len(scenes)):
        settled_scene, falling = settled(scene, camera=None, direction=None, seed=seed)
        shooting = Shooting(
            frames=_frames(seconds, rate), fps=float(rate), height=height, width=width, seed=seed, identity=identity,
            steps=steps, guidance=1.0,
        )  # fmt: skip
        clips.append(Video(engine.shoot(settled_scene, falling, shooting), rate))
    return clips


def scenes_of(
    engine: SceneEngine, cast: Sequence[Character], told: Sequence[Told], references: Sequence[Image], seed: int
) -> list[Scene]:
    """The scenes of a story: who is in it looks alike in all, and what is not said anew of the place stays.

    Raises InputError for references that show nobody or are more than the story has characters.
    """
    given = _given(cast, told, references)
    shown = shown_in([engine.look(picture) for picture in given.values()])
    looks = {who: (actor.subject, actor.colour) for who, actor in zip(given, shown, strict=True)}
    scenes: list[Scene] = []
    for shot in told:
        scene = _acted(engine.read(shot.prompt, seed), shot.cast, cast, looks)
        scenes.append(_stayed(scene, scenes[-1], engine.wishes(shot.prompt)) if scenes else scene)
    return scenes


def _given(cast: Sequence[Character], told: Sequence[Told], references: Sequence[Image]) -> dict[int, Image]:
    """Whose picture each reference is: those whom the storybook knows first ("a boy throws a stick to a dog")."""
    acting = list(dict.fromkeys(who for shot in told for who in shot.cast))
    acting.sort(key=lambda who: cast[who].subject is None)
    if len(references) > len(acting):
        raise InputError("references", f"are {len(references)} for {len(acting)} in the story", "name each in a shot")
    return dict(zip(acting, references, strict=False))


def _acted(scene: Scene, acting: Sequence[int], cast: Sequence[Character], looks: dict[int, tuple[str, str]]) -> Scene:
    """The scene with its parts given to those who act in it; how somebody first looks is kept in `looks`."""
    left, parts = list(acting), dict[int, int]()
    for alike in (True, False):  # first whom the model read as who they are, then the others in order
        for place, actor in enumerate(scene.actors):
            fitting = [who for who in left if not alike or cast[who].subject == actor.subject]
            if place not in parts and fitting:
                parts[place] = fitting[0]
                left.remove(fitting[0])
    actors = list(scene.actors)
    for place, who in parts.items():
        known, actor = cast[who], actors[place]
        looks.setdefault(who, (known.subject or actor.subject, known.colour or actor.colour))
        actors[place] = played_by(actor, *looks[who])
    return replace(scene, actors=tuple(actors))


def _stayed(scene: Scene, before: Scene, said: dict[str, str]) -> Scene:
    """The scene where and when the one before was, but for what is said anew; elsewhere where nobody can be there."""
    able = all(possible(actor.subject, actor.action, before.place) for actor in scene.actors)
    place = scene.place if "place" in said or not able else before.place
    time = scene.time if "time" in said else before.time
    weather = scene.weather if "weather" in said else before.weather
    return replace(scene, place=place, time=time, weather=weather)


def _drawn(
    engine: LatentShooter, cast: Sequence[Character], told: Sequence[Told], lengths: Sequence[float],
    shape: tuple[Fraction | None, Sides | None], references: Sequence[Image], how: tuple[int | None, int], model: str,
) -> list[Video]:  # fmt: skip
    """The shots by a model that draws from text: each with noise of its own, the first as `shoot` has it."""
    (rate, sides), (steps, seed) = shape, how
    given, clips = _given(cast, told, references), []
    for index, (shot, seconds) in enumerate(zip(told, lengths, strict=True)):
        pictures = [given[who] for who in shot.cast if who in given] or list(references)
        request = {
            "prompt": shot.prompt, "image": pictures[0] if pictures else None, "steps": steps,
            "seed": seed if index == 0 else runtime.derive(seed, "shot", index),
        }  # fmt: skip
        try:
            clips.append(drawn(engine, request, seconds, rate, sides, model))
        except InputError as error:
            if error.field != "image":
                raise
            raise InputError("references", error.problem, error.remedy) from None
    return clips
