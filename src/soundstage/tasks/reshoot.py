"""The task `reshoot`: a clip taken again, its motion kept, what the prompt says changed; all of it or where a mask is.

Notable: a model of scenes looks at the clip, follows the subject and the camera, recognises the place among those that
it remembers, and draws the same with other words: the same run at night, a robot in the fox's place. A model that
draws over a clip begins from its noised latents instead, as far from it as `strength` says, and knows outside of a mask
what stays. There every pixel does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Image, Video
from soundstage.render.camera import Key
from soundstage.render.scene import ABILITIES, Actor, Camera, Scene, directions_of, possible
from soundstage.tasks.shoot_engines import ENGINES
from soundstage.tasks.shoot_latent import ClipShooter, Request
from soundstage.tasks.shoot_motion import Box, Stroke
from soundstage.tasks.shoot_scene import NOBODY, SceneEngine, Shooting, Sight, settled

RATE = 5.0
"""Looks a second."""
SMALL = 96
"""Pixels of a frame's shorter side where the camera's motion is measured."""
GROUND = 0.62
"""Frame heights below which the ground is that a camera's path is told for; what is far moves less."""
VOTED = 0.4
"""A subject that the looks together are less sure of is taken for a part of the place."""
STILL, UNZOOMED = 0.025, 0.04
"""Frame widths and relative size below which a camera stands."""


@task(version=2)
def reshoot(
    video: Annotated[Video, Says("The clip to take again.")],
    *,
    prompt: Annotated[str, Says("What is to be otherwise: place, hour, weather, subject, colour, action.")],
    mask: Annotated[Image | Video | None, Says("Bright where the clip is to change; by default everywhere.")] = None,
    strength: Annotated[float, Says("How far a model that draws over the clip may leave it."), Between(0.05, 1)] = 0.8,
    model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Video:
    """A clip of the same length, rate and size.

    Raises InputError for an empty prompt, a mask of another length, and a model that cannot take a clip again.
    """
    if not prompt.strip():
        raise InputError("prompt", "is empty", 'say what is to be otherwise, such as "at night in the snow"')
    where = None if mask is None else covered(mask, video)
    with runtime.use(model, ENGINES) as engine:
        if isinstance(engine, SceneEngine):
            made = _scene(engine, video, prompt, seed)
        elif isinstance(engine, ClipShooter):
            made = _over(engine, video, prompt, strength, where, seed)
        else:
            remedy = "use starter/video, or a Wan or CogVideoX folder"
            raise InputError("model", f"{model} does not draw over clips", remedy)
    if where is not None:
        made = np.where(where[..., None], made, video.frames)
    return Video(made, video.fps)


def covered(mask: Image | Video, video: Video) -> NDArray[np.bool_]:
    """Where a mask is bright, [F or 1, H, W] at the clip's size. Raises InputError for one of another length."""
    from PIL import Image as Picture

    frames = mask.pixels[None] if isinstance(mask, Image) else mask.frames
    if len(frames) not in (1, video.length):
        raise InputError("mask", f"has {len(frames)} frames for {video.length}", "give one picture, or one for each")
    size = (video.width, video.height)
    fitted = [np.asarray(Picture.fromarray(frame).resize(size, Picture.Resampling.BILINEAR)) for frame in frames]
    return np.asarray(np.stack(fitted).mean(-1) > 127)


def _over(
    engine: ClipShooter, video: Video, prompt: str, strength: float, where: NDArray[np.bool_] | None, seed: int
) -> NDArray[np.uint8]:
    """By a model that draws over clips: at its own pace, shown at the clip's."""
    count = engine.frames_for(max(1, round(video.length / float(video.fps) * engine.fps)))
    shown = np.rint(np.linspace(0, video.length - 1, count)).astype(int)
    request = Request(prompt=prompt, frames=count, height=video.height, width=video.width, fps=engine.fps, seed=seed)
    seen = where[shown] if where is not None and len(where) > 1 else where
    made = engine.reshoot(request, np.ascontiguousarray(video.frames[shown]), strength, seen)
    return np.asarray(made[np.rint(np.linspace(0, count - 1, video.length)).astype(int)])


def _scene(engine: SceneEngine, video: Video, prompt: str, seed: int) -> NDArray[np.uint8]:
    fps = float(video.fps)
    count = max(2, round((video.length - 1) / fps * RATE) + 1)
    at = np.rint(np.linspace(0, video.length - 1, count)).astype(int)
    sights = [engine.look(video.frame(int(index))) for index in at]
    scene, stroke = described(sights, engine.wishes(prompt), seed)
    keys = followed([video.frames[index] for index in at], [sight.box for sight in sights])
    scene, falling = settled(scene, camera=Camera(keys=keys), direction=None, seed=seed)
    middle = int(at[len(at) // 2])
    how = Shooting(
        frames=video.length, fps=fps, height=video.height, width=video.width, seed=seed, identity=0, steps=engine.steps,
        guidance=1.0, exact=True, strokes=() if stroke is None else (stroke,), like=(middle, video.frame(middle)),
    )  # fmt: skip
    return engine.shoot(scene, falling, how)


def described(sights: Sequence[Sight], said: dict[str, str], seed: int) -> tuple[Scene, Stroke | None]:
    """What a clip shows and a prompt says otherwise, as a scene, and the way of its subject through the frame."""
    total: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for sight in sights:
        for name, chances in sight.chances.items():
            if name in ("place", "time", "weather") or sight.box is not None:
                for word, chance in chances.items():
                    total[name][word] += chance / len(sights)
    seen = {name: max(words, key=lambda word: words[word]) for name, words in total.items()}
    place, time, weather = (said.get(name, seen[name]) for name in ("place", "time", "weather"))
    empty = Scene(place=place, time=time, weather=weather, seed=seed % 2**31)
    boxes = [sight.box for sight in sights]
    subject = seen.get("subject", NOBODY)
    sure = "subject" in said or (subject != NOBODY and total["subject"][subject] >= VOTED)
    known = sure and sum(box is not None for box in boxes) >= 2
    if not known:
        return empty, None
    subject = said.get("subject", subject)
    able = tuple(action for action in ABILITIES[subject] if possible(subject, action, place))
    able = able or tuple(ABILITIES[subject])
    words = total["action"]
    action = said["action"] if said.get("action") in able else max(able, key=lambda word: words.get(word, 0.0))
    index = [i for i, box in enumerate(boxes) if box is not None]
    found = np.array([boxes[i] for i in index])
    every = np.arange(len(boxes))
    left, top, right, bottom = (_steady(np.interp(every, index, found[:, k])) for k in range(4))
    points = tuple(zip(((left + right) / 2).tolist(), ((top + bottom) / 2).tolist(), strict=True))
    way = "left" if points[-1][0] < points[0][0] else "right"
    if abs(points[-1][0] - points[0][0]) < 0.04:
        way = max(("left", "right"), key=lambda word: total["facing"].get(word, 0.0))
    direction = way if way in directions_of(subject, action) else directions_of(subject, action)[0]
    actor = Actor(subject=subject, colour=said.get("colour", seen["colour"]), action=action, direction=direction,
                  facing=way)  # fmt: skip
    stroke = Stroke(subject=subject, path=points, heights=tuple((bottom - top).tolist()))
    return replace(empty, actors=(actor,)), stroke


def _steady(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A median of three, then a mean of three: one wrong look does not show."""
    padded = np.pad(values, 1, mode="edge")
    middle = np.median(np.stack((padded[:-2], padded[1:-1], padded[2:])), axis=0)
    padded = np.pad(middle, 1, mode="reflect", reflect_type="odd") if len(middle) > 1 else np.pad(middle, 1, "edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)


def followed(frames: Sequence[NDArray[np.uint8]], boxes: Sequence[Box | None]) -> tuple[Key, ...]:
    """The camera's path, from what moves around the subject: shifts and enlargements, summed from look to look."""
    import torch

    from soundstage.ops.optical_flow import optical_flow

    x = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).float() / 255
    scale = SMALL / min(x.shape[-2:])
    if scale < 1:
        x = torch.nn.functional.interpolate(x, scale_factor=scale, mode="bilinear", antialias=True)
    height, width = x.shape[-2:]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    across, down = columns.ravel() / width - 0.5, rows.ravel() / height - 0.56
    pan, tilt, lens, path = 0.0, 0.0, 1.0, [(0.0, 0.0, 1.0)]
    for index in range(len(x) - 1):
        flow = optical_flow(x[index : index + 1], x[index + 1 : index + 2])[0].double().numpy()
        near = _around(boxes[index], height, width).ravel() * _structure(x[index].double().numpy()).ravel()
        near *= np.where(down > GROUND - 0.56, 1.0, 0.04)
        weight = near
        dx, dy = flow[0].ravel() / width, flow[1].ravel() / height
        for _ in range(4):  # what does not move with the rest loses its say
            shift_x, shift_y, grown = _fit(across, down, dx, dy, weight)
            off = np.hypot(dx - shift_x - grown * across, dy - shift_y - grown * down)
            weight = near / (1 + (off / 0.01) ** 2)
        lens *= 1 + grown
        pan, tilt = pan - shift_x / lens, tilt - shift_y / lens
        path.append((pan, tilt, lens))
    values = np.array(path)
    values[:, :2] -= values[len(values) // 2, :2]
    if np.ptp(values[:, 0]) < STILL and np.ptp(values[:, 1]) < STILL and np.ptp(values[:, 2]) < UNZOOMED:
        return (Key(at=0.0),)
    values[:, 2] /= values[:, 2].min()
    shares = np.linspace(0, 1, len(values))
    return tuple(
        Key(at=float(at), pan=float(x), tilt=float(np.clip(y, -0.3, 0.3)), zoom=float(z))
        for at, (x, y, z) in zip(shares, values, strict=True)
    )


def _structure(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much there is at each pixel of [3, H, W] whose motion can be seen, 0…1."""
    across, down = np.gradient(picture, axis=2), np.gradient(picture, axis=1)
    slope = (across**2 + down**2).sum(0)
    return np.asarray(slope / (slope + 1e-3))


def _around(box: Box | None, height: int, width: int) -> NDArray[np.float64]:
    """1 around the subject, 0 on it."""
    weight = np.ones((height, width))
    if box is not None:
        left, top, right, bottom = box
        weight[int(top * height) : int(bottom * height) + 2, int(left * width) : int(right * width) + 2] = 0
    return weight


def _fit(
    across: NDArray[np.float64], down: NDArray[np.float64], dx: NDArray[np.float64], dy: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> tuple[float, float, float]:  # fmt: skip
    """A shift and a growth about the middle that fit the flow best, in frame widths and heights."""
    total = max(float(weight.sum()), 1e-9)
    x, y, u, v = (float((weight * value).sum()) / total for value in (across, down, dx, dy))
    spread = (weight * ((across - x) ** 2 + (down - y) ** 2)).sum()
    grown = float((weight * ((across - x) * (dx - u) + (down - y) * (dy - v))).sum() / max(spread, 1e-9))
    return u - grown * x, v - grown * y, grown
