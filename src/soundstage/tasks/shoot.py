"""The task `shoot`: a wish in words to a clip, its camera and its actors' ways settled by fields where they are given.

Notable: fields win over the prompt. Models that draw scenes keep the camera, drawn paths and layouts exactly; models
that draw from text are told of the camera in words, and refuse what they cannot be told. A `layout`, a scene of the
storybook such as a film's animatic has, is kept to the pose: the model then paints it and plans nothing, and the prompt
may be empty.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.graph.literal import shorten
from soundstage.media import Image, Video
from soundstage.media.video import frame_rate
from soundstage.render.camera import EXAMPLES, keys_of
from soundstage.render.scene import MOVES, Camera, Scene
from soundstage.tasks.shoot_lora import adapters_of, engines_for, named, worn_besides
from soundstage.tasks.shoot_motion import strokes_of
from soundstage.tasks.shoot_scene import SceneEngine, Shooting, cast, looks, settled, told
from soundstage.tasks.shoot_text import drawn, only_text, said_of

LONGEST, LARGEST = 60.0, 1280
FPS, SIZE = Fraction(24), (256, 256)
"""Of the starter, where nothing is said."""
_SIZE = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", re.IGNORECASE)


@task(version=3, besides=worn_besides)
def shoot(
    prompt: Annotated[str, Says('What is seen: "a golden dog runs through a sunlit meadow".')] = "",
    *,
    seconds: Annotated[float, Says("Length of the clip.")] = 4.0,
    fps: Annotated[float | None, Says("Frames a second; by default the model's own, 24 for the starter.")] = None,
    size: Annotated[
        str | None, Says("Width x height in pixels; by default the model's own, 256x256 for the starter.")
    ] = None,
    negative: Annotated[str, Says("What is not to be seen; for models that know of it.")] = "",
    camera: Annotated[
        str | None,
        Says(
            f"One of {', '.join(MOVES)} ('slow' and 'fast' are understood), values such as 'pan right 0.3, roll left "
            "8', or a path as JSON. By default what the prompt says."
        ),
    ] = None,
    motion: Annotated[
        str | None, Says('Drawn paths as JSON, in shares of the frame: [{"subject": "dog", "path": [[0.2, 0.7], …]}].')
    ] = None,
    direction: Annotated[
        str | None, Says("Where the first subject goes: left, right, up, down, toward, away or still.")
    ] = None,
    layout: Annotated[
        Scene | None, Says("A scene of the storybook, kept to the pose: place, hour, camera and actors.")
    ] = None,
    image: Annotated[Image | None, Says("The first frame.")] = None,
    last_image: Annotated[Image | None, Says("The last frame.")] = None,
    references: Annotated[
        list[Image] | None, Says("Pictures of who is to be seen, in the order of the prompt; they keep their looks.")
    ] = None,
    identity: Annotated[int, Says("Which individual: the same number gives the same look in every shot.")] = 0,
    loop: Annotated[bool, Says("Let the end flow into the beginning without a seam.")] = False,
    steps: Annotated[int | None, Says("Looks while it is drawn; by default the model's own."), Between(1, 200)] = None,
    guidance: Annotated[
        float | None, Says("How closely it keeps to the words, 1 is none; by default the model's own."), Between(0, 30)
    ] = None,
    reuse: Annotated[
        float, Says("How much a step may change and still be guessed from those before it; 0 never."), Between(0, 1)
    ] = 0.0,
    lora: Annotated[
        list[str] | None, Says('Adapters, each with its strength: "style.safetensors:0.8"; for models that take them.')
    ] = None,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Video:
    """A clip of the prompt, round(seconds × fps) frames at exactly `fps`.

    The camera's values are in frame widths and heights, times and degrees (`render.camera`); drawn paths tell where the
    middle of a subject is seen (`tasks.shoot_motion`). Raises InputError naming the field for an empty prompt without a
    layout, a length, rate or size that cannot be drawn, an unknown camera move, a direction that the subject cannot
    take, adapters that do not fit, and whatever the model cannot keep to; MissingError for an adapter that is not
    there.
    """
    rate, sides = check(prompt, seconds, fps, size, layout is not None or image is not None)
    if last_image is not None and image is None:
        raise InputError("last_image", "stands alone", "give the first image too")
    if image is not None and layout is not None:
        raise InputError("layout", "is given beside an image", "leave out one of them")
    move = None if camera is None else camera_of(camera, seconds)
    strokes = strokes_of(motion)
    worn = adapters_of(lora or ())
    with runtime.use(model, engines_for(model, worn)) as engine:
        if not isinstance(engine, SceneEngine):
            if loop and (image is None or last_image is not None):
                raise InputError("loop", f"of {model} begins and ends with one image", "give it as image alone")
            only_text(
                model, layout=layout, motion=motion, direction=direction, identity=identity, references=references
            )
            request = {
                "prompt": f"{prompt} {said_of(move)}".strip(), "negative": negative, "image": image,
                "last_image": image if loop else last_image, "steps": steps, "guidance": guidance, "reuse": reuse,
                "seed": seed,
            }  # fmt: skip
            return drawn(engine, request, seconds, rate, sides, named(model, worn))
        if reuse and not engine.reuses:
            raise InputError("reuse", f"of steps is nothing that {model} needs", "leave it at 0")
        if negative.strip():
            raise InputError("negative", f"is nothing that {model} knows of", "say in the prompt what is to be seen")
        looked, guided = looks(engine, model, steps, guidance)
        scene = asked_for(engine, prompt, layout, image, references or (), seed)
        scene, falling = settled(scene, camera=move, direction=direction, seed=seed)
        rate, (width, height) = rate or FPS, sides or SIZE
        how = Shooting(
            frames=max(1, round(seconds * rate)),
            fps=float(rate),
            height=height,
            width=width,
            seed=seed,
            identity=identity,
            steps=looked,
            guidance=guided,
            exact=layout is not None,
            strokes=strokes,
            loop=loop,
            reuse=reuse,
        )
        if image is not None:
            return Video(engine.animate(image, last_image or (image if loop else None), scene, how), rate)
        return Video(engine.shoot(scene, falling, how), rate)


def shoot_many(prompts: Sequence[str], *, seeds: int | Sequence[int] = 0, **how: Any) -> list[Video]:
    """Several clips, each as `shoot` makes it of its prompt and its seed; the model stays loaded in between.

    One seed is for the first, others count on from it: `shoot_many(["a red fox"] * 4)` shows four ways. `how` is what
    else `shoot` takes. Raises what `shoot` raises; an InputError for a prompt names it by its number. Nothing is drawn
    before all prompts and seeds have been seen.
    """
    given = [seeds + number for number in range(len(prompts))] if isinstance(seeds, int) else list(seeds)
    if len(given) != len(prompts):
        raise InputError(
            "seeds", f"are {len(given)} for {len(prompts)} prompts", "give one for each, or only the first"
        )
    for number, prompt in enumerate(prompts):
        if not prompt.strip() and how.get("layout") is None and how.get("image") is None:
            raise InputError(f"prompts.{number}", "is empty", "say what is seen")
    pairs = list(zip(prompts, given, strict=True))
    return [shoot(prompt, seed=seed, **how) for prompt, seed in runtime.progress(pairs, "shooting", len(pairs))]


def asked_for(
    engine: SceneEngine, prompt: str, layout: Scene | None, image: Image | None, references: Sequence[Image], seed: int
) -> Scene:
    """The scene of a layout or a prompt, its actors as the references show them, seen where an image has it."""
    scene = layout if layout is not None else engine.read(prompt, seed) if prompt.strip() else None
    if references:
        scene = cast(scene, [engine.look(reference) for reference in references])
    if image is not None:
        scene = told(engine.look(image), scene, seed)
    assert scene is not None  # `check` has seen to it
    return scene


def check(
    prompt: str, seconds: float, fps: float | str | Fraction | None, size: str | None, shown: bool = False
) -> tuple[Fraction | None, tuple[int, int] | None]:
    """The frame rate, and width and height, where they are given; or the InputError that says what is wrong.

    Where what is seen is `shown` otherwise, the prompt may be empty.
    """
    if not prompt.strip() and not shown:
        raise InputError("prompt", "is empty", 'say what is seen, such as "a red fox runs through a snowy forest"')
    if not math.isfinite(seconds) or not 0 < seconds <= LONGEST:
        raise InputError(
            "seconds", f"is {seconds:g}", f"give a length above 0, at most {LONGEST:g}; join clips for more"
        )
    return None if fps is None else frame_rate(fps), None if size is None else sides_of(size)


def sides_of(size: str) -> tuple[int, int]:
    """Width and height of "256x256". Raises InputError for sides that cannot be drawn."""
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        raise InputError("size", f"is {shorten(size)}", 'give width x height in pixels, such as "256x256"')
    width, height = int(found[1]), int(found[2])
    if width % 2 or height % 2:
        raise InputError("size", f"{width}x{height} has an odd side", f"use {width + width % 2}x{height + height % 2}")
    if not (min(width, height) >= 64 and max(width, height) <= LARGEST):
        raise InputError("size", f"{width}x{height} is out of range", f"give sides of 64 to {LARGEST} pixels")
    if not 0.5 <= width / height <= 3:
        raise InputError(
            "size", f"{width}x{height} is too narrow or too wide", "give a width of half to three times the height"
        )
    return width, height


def camera_of(words: str, seconds: float) -> Camera:
    """The camera that the field asks for. Raises InputError listing the moves when it names none."""
    keys = keys_of(words, seconds)
    if keys:
        return Camera(keys=keys)
    move = Camera.parse(words)
    plain = words.strip().lower()
    if move.move == "static" and not any(word in plain for word in ("static", "still", "fixed", "locked", "none")):
        raise InputError(
            "camera", f"{words!r} is no camera move", f"use one of: {', '.join(MOVES)}; or values: {EXAMPLES}"
        )
    return move
