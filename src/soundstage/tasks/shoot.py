"""The task `shoot`: a wish in words to a clip, its camera and its actors' ways settled by fields where they are
given.

Notable: fields win over the prompt. A `layout`, a scene of the storybook such as a film's animatic has, is kept to
the pose: the model then paints it and plans nothing, and the prompt may be empty.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Annotated

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.graph.literal import shorten
from soundstage.media import Video
from soundstage.media.video import frame_rate
from soundstage.render.scene import MOVES, Camera, Scene
from soundstage.tasks.shoot_engines import ENGINES, Shooting, settled

LONGEST, LARGEST = 60.0, 1080
_SIZE = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", re.IGNORECASE)


@task(version=1)
def shoot(
    prompt: Annotated[str, Says('What is seen: "a golden dog runs through a sunlit meadow".')] = "",
    *,
    seconds: Annotated[float, Says("Length of the clip.")] = 4.0,
    fps: Annotated[float, Says("Frames a second.")] = 24,
    size: Annotated[str, Says("Width x height in pixels.")] = "256x256",
    camera: Annotated[
        str | None,
        Says(f"One of {', '.join(MOVES)}; 'slow' and 'fast' are understood. By default what the prompt says."),
    ] = None,
    direction: Annotated[
        str | None, Says("Where the first subject goes: left, right, up, down, toward, away or still.")
    ] = None,
    layout: Annotated[
        Scene | None, Says("A scene of the storybook, kept to the pose: place, hour, camera and actors.")
    ] = None,
    identity: Annotated[int, Says("Which individual: the same number gives the same look in every shot.")] = 0,
    steps: Annotated[int, Says("Looks at the place while it is drawn."), Between(1, 100)] = 10,
    guidance: Annotated[float, Says("How closely the place keeps to its words; 1 is none."), Between(0, 10)] = 1.0,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Video:
    """A clip of the prompt, round(seconds × fps) frames at exactly `fps`.

    Raises InputError naming the field for an empty prompt without a layout, a length, rate or size that cannot be
    drawn, an unknown camera move, and a direction that the subject cannot take.
    """
    rate, width, height = check(prompt, seconds, fps, size, layout)
    move = None if camera is None else camera_of(camera)
    with runtime.use(model, ENGINES) as engine:
        scene = layout if layout is not None else engine.read(prompt, seed)
        scene, falling = settled(scene, camera=move, direction=direction, seed=seed)
        how = Shooting(
            frames=max(1, round(seconds * rate)),
            fps=float(rate),
            height=height,
            width=width,
            seed=seed,
            identity=identity,
            steps=steps,
            guidance=guidance,
            exact=layout is not None,
        )
        return Video(engine.shoot(scene, falling, how), rate)


def check(
    prompt: str, seconds: float, fps: float | str | Fraction, size: str, layout: Scene | None
) -> tuple[Fraction, int, int]:
    """The frame rate, width and height, or the InputError that says what is wrong."""
    if not prompt.strip() and layout is None:
        raise InputError("prompt", "is empty", 'say what is seen, such as "a red fox runs through a snowy forest"')
    if not math.isfinite(seconds) or not 0 < seconds <= LONGEST:
        raise InputError(
            "seconds", f"is {seconds:g}", f"give a length above 0, at most {LONGEST:g}; join clips for more"
        )
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
    return frame_rate(fps), width, height


def camera_of(words: str) -> Camera:
    """The camera that the field asks for. Raises InputError listing the moves when it names none."""
    move = Camera.parse(words)
    plain = words.strip().lower()
    if move.move == "static" and not any(word in plain for word in ("static", "still", "fixed", "locked", "none")):
        raise InputError(
            "camera", f"{words!r} is no camera move", f"use one of: {', '.join(MOVES)}; slow and fast are understood"
        )
    return move
