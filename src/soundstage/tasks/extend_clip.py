"""The task `extend_clip`: a clip goes on from its last frame, to a minute and beyond.

Notable: a model of scenes makes all that follows in one piece: the place of the last frame stays the place, who is in
it goes on as fast as before and turns before it leaves, so nothing can drift. A model that draws from pictures makes
windows, each from the frame before it; every window's colours are brought back to those of the clip's own end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Image, Video
from soundstage.render.motion import PACE
from soundstage.render.scene import Camera, Scene
from soundstage.tasks.shoot import camera_of
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_latent import LatentShooter, Request
from soundstage.tasks.shoot_motion import Point, Stroke
from soundstage.tasks.shoot_scene import SceneEngine, Shooting, settled, told
from soundstage.tasks.shoot_text import said_of

LONGEST = 180.0
SURE = 0.4
"""A subject of the last frame less sure than this stays as it is, a part of the place."""
WINDOW = 5.0
"""Seconds that a model draws from one frame."""
BACK = 0.5
"""Seconds over which it is measured how fast somebody goes."""
INSIDE = (0.16, 0.84)
"""Frame widths between which somebody stays who goes on."""
STANDS = 0.02
"""Frame widths a second below which somebody stands."""


@task(version=1)
def extend_clip(
    video: Annotated[Video, Says("The clip that goes on.")],
    *,
    seconds: Annotated[float, Says("Length of the whole, the clip included."), Between(0.1, LONGEST)],
    prompt: Annotated[str, Says("What happens from there on; by default it goes on as it was.")] = "",
    camera: Annotated[str | None, Says("A move or values as in shoot; by default it stands still.")] = None,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Video:
    """The clip and what follows, at its own rate and size; its own frames stay as they are.

    Raises InputError for a length that is not above the clip's, and for a model that cannot begin with a picture.
    """
    frames = round(seconds * video.fps)
    if frames <= video.length:
        raise InputError("seconds", f"is {seconds:g} for a clip of {video.seconds:g}", "give the length of the whole")
    wanted = frames - video.length
    move = None if camera is None else camera_of(camera, wanted / float(video.fps))
    with runtime.use(model, ENGINES) as engine:
        if isinstance(engine, SceneEngine):
            made = _scene(engine, video, wanted, prompt, move, seed)
        else:
            made = _windows(engine, video, wanted, f"{prompt} {said_of(move)}".strip(), seed)
    return Video(np.concatenate((video.frames, made)), video.fps)


def _scene(
    engine: SceneEngine, video: Video, wanted: int, prompt: str, move: Camera | None, seed: int
) -> NDArray[np.uint8]:
    """What follows, in one piece."""
    last = video.frame(video.length - 1)
    sight = engine.look(last)
    wish = engine.read(prompt, seed) if prompt.strip() else None
    scene, _ = settled(told(sight, wish, seed, sure=SURE), camera=move or Camera(), direction=None, seed=seed)
    strokes: tuple[Stroke, ...] = ()
    fps, seconds = float(video.fps), wanted / float(video.fps)
    if scene.actors and sight.box is not None:
        back = min(video.length - 1, max(1, round(BACK * fps)))
        before = engine.look(video.frame(video.length - 1 - back)).box if video.length > 1 else None
        here = _centre(sight.box)
        speed = 0.0 if before is None or wish is not None else (here[0] - _centre(before)[0]) / (back / fps)
        scene, path = _on(scene, here, speed, seconds)
        strokes = (Stroke(path=path),) if path else ()
    how = Shooting(
        frames=wanted + 1, fps=fps, height=video.height, width=video.width, seed=seed, identity=0, steps=engine.steps,
        guidance=1.0, exact=True, strokes=strokes,
    )  # fmt: skip
    return engine.animate(last, None, scene, how)[1:]


def _centre(box: tuple[float, float, float, float]) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _on(scene: Scene, here: Point, speed: float, seconds: float) -> tuple[Scene, tuple[Point, ...]]:
    """The first actor going on from here at its speed (frame widths a second; its own pace where it is 0 and it goes
    somewhere), and its path, turning where the frame ends.
    """
    actor = scene.actors[0]
    if abs(speed) < STANDS:
        sign = {"left": -1.0, "right": 1.0}.get(actor.direction, 0.0)
        speed = sign * PACE.get(actor.action, 0.0) * actor.speed
    if abs(speed) < STANDS:
        return scene, ()
    way = "left" if speed < 0 else "right"
    if actor.direction in ("left", "right"):
        scene = replace(scene, actors=(replace(actor, direction=way, facing=way), *scene.actors[1:]))
    low, high = min(INSIDE[0], here[0]), max(INSIDE[1], here[0])
    span, count = high - low, max(2, round(seconds * 4) + 1)
    points = []
    for index in range(count):
        far = (here[0] - low + speed * seconds * index / (count - 1)) % (2 * span)
        points.append((low + (far if far <= span else 2 * span - far), here[1]))
    return scene, tuple(points)


def _windows(engine: LatentShooter, video: Video, wanted: int, prompt: str, seed: int) -> NDArray[np.uint8]:
    """What follows, window by window, at the model's own pace and shown at the clip's."""
    frames = [video.frames[-1]]
    ratio = engine.fps / float(video.fps)
    needed = int(np.ceil(wanted * ratio)) + 1
    count, window = engine.frames_for(round(WINDOW * engine.fps)), 0
    like = video.frames[-max(1, round(float(video.fps))) :]
    while len(frames) < needed:
        made = engine.shoot(
            Request(
                prompt=prompt or "It goes on as it was.", image=Image(frames[-1]), frames=count, height=video.height,
                width=video.width, fps=engine.fps, seed=runtime.derive(seed, "window", window),
            )
        )  # fmt: skip
        frames += list(recoloured(made[1:], like))
        window += 1
    at = np.rint(np.arange(1, wanted + 1) * ratio).astype(int).clip(0, len(frames) - 1)
    return np.stack([frames[index] for index in at])


def recoloured(frames: NDArray[np.uint8], like: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames [T, H, W, 3] with each channel's mean and spread, over all of them, brought to those of others.

    What a window adds is little, so the gains stay within 0.8 to 1.25: a sunset may come.
    """
    x, y = frames.astype(np.float32), like.astype(np.float32)
    gain = np.clip(y.std((0, 1, 2)) / np.maximum(x.std((0, 1, 2)), 1e-3), 0.8, 1.25)
    shift = np.clip(y.mean((0, 1, 2)) - x.mean((0, 1, 2)), -20, 20)
    middle = x.mean((0, 1, 2))
    made = (x - middle) * gain + middle + shift
    return np.asarray(np.clip(np.rint(made), 0, 255), np.uint8)
