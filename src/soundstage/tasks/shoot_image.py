"""The layered model starting from a picture: what the picture shows becomes a scene, and the scene goes on from there.

Notable: the picture wins over the prompt in what is seen, the prompt over the picture in what happens. The camera and
the subject move by the same laws as everywhere, begun where the picture has them; a last picture is where they end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Image
from soundstage.models.layered.living import Shares, living, taken_apart
from soundstage.models.layered.model import Cast, Plan, alone, figures, recognised
from soundstage.models.layered.seer import Sight, box, seen
from soundstage.render.motion import View
from soundstage.render.scene import ABILITIES, Actor, Scene
from soundstage.render.tracks import Poses, Views
from soundstage.tasks.shoot_motion import Point, Way, assigned
from soundstage.tasks.shoot_scene import Shooting

if TYPE_CHECKING:
    from soundstage.tasks.shoot_layered import LayeredShooter

SAME = 0.06
"""Root mean square of 0…1 up to which a picture shows a place that is remembered."""
CUT_OUT = 0.35
"""Seconds in which the cut-out becomes what is painted."""


def look(engine: LayeredShooter, image: Image, height: int, width: int) -> tuple[Tensor, Sight]:
    """A picture at the clip's size, uint8 [H, W, 3], and what is seen in it. Raises InputError for a model that is
    blind.
    """
    if engine.model.config.seer_embed == 0:
        raise InputError("image", "is not seen by this model", "take starter/video as it is shipped now")
    assert engine.model.seer is not None
    picture = torch.from_numpy(resized(image, height, width)).to(engine.device)
    return picture, seen(engine.model.seer, picture)


def resized(image: Image, height: int, width: int) -> NDArray[np.uint8]:
    """Pixels [height, width, 3]: the middle of the picture at the clip's proportions, nothing stretched."""
    from PIL import Image as Picture
    from PIL import ImageOps

    picture = Picture.fromarray(image.pixels)
    if picture.size == (width, height):
        return np.array(picture)
    return np.array(ImageOps.fit(picture, (width, height), Picture.Resampling.LANCZOS))


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A plan that begins with a picture, uint8 [H, W, 3], and what is seen in it; `second` is the last one, if any."""

    first: Tensor
    sight: Sight
    second: tuple[Tensor, Sight] | None
    plan: Plan


def begun(engine: LayeredShooter, image: Image, last_image: Image | None, scene: Scene, how: Shooting) -> Begun:
    """The scene planned from where the picture has it, to where the last one has it where it is given.

    Raises InputError for a camera that turns or goes round: what lies beyond the picture is not known.
    """
    if any(key.roll or key.orbit for key in scene.camera.keys):
        raise InputError("camera", "rolls or orbits beyond what the image shows", "pan, tilt, zoom or dolly")
    aspect = how.width / how.height
    first, sight = look(engine, image, how.height, how.width)
    second = None if last_image is None else look(engine, last_image, how.height, how.width)
    if how.strokes and sight.box is not None:
        scene, drawn = assigned(scene, how.strokes, [_centre(sight)], how.frames / how.fps, aspect)
    else:
        drawn = {}
    views, paths = engine.moved(replace(scene, actors=scene.actors[:1]), how)
    views = _from_rest(views)
    plan = engine.plan(scene, "", views, paths)
    if plan.cast:
        cast = _begun(engine, plan.cast[0], sight, aspect, plan)
        if 0 in drawn:
            cast = cast._replace(poses=_drawn(engine, cast.poses, drawn, scene.actors[0], views, aspect))
        if second is not None and second[1].box is not None:
            cast = cast._replace(poses=_ended(engine, cast, second[1], views, aspect, plan))
        plan = replace(plan, cast=(cast,))
    return Begun(first=first, sight=sight, second=second, plan=plan)


def animated(
    engine: LayeredShooter, image: Image, last_image: Image | None, scene: Scene, how: Shooting
) -> NDArray[np.uint8]:
    """Frames [F, H, W, 3] that begin with the picture, and end with the last one where it is given; see `begun`."""
    start = begun(engine, image, last_image, scene, how)
    plan, second = start.plan, start.second
    u = torch.linspace(0, 1, how.frames, device=engine.device)
    ramp = (1 - u * (how.frames - 1) / max(1.0, CUT_OUT * how.fps)).clamp(0, 1)
    shares = Shares(ramp, ramp.flip(0) if second is not None else torch.zeros_like(ramp), u * u * (3 - 2 * u))
    meter, done = runtime.Meter("drawing frames", how.frames), 0

    def each(total: int) -> None:
        nonlocal done
        meter.advance(total - done)
        done = total

    last = how.frames - 1
    end = None if second is None else taken_apart(second[0], *_alphas(second[1], plan.cast),
                                                  _behind(engine, *second, plan, last))  # fmt: skip
    begin = taken_apart(
        start.first, *_alphas(start.sight, plan.cast), _behind(engine, start.first, start.sight, plan, 0)
    )
    made = living(engine.model, plan, begin, end, shares, each=each)
    meter.finish()
    return made.numpy()


def seen_there(engine: LayeredShooter, plan: Plan, sight: Sight) -> Plan:
    """The plan at the place, the hour and in the weather that a picture shows."""
    c = engine.model.config
    return replace(
        plan, place=c.places.index(sight.word("place")), time=c.times.index(sight.word("time")),
        weather=c.weathers.index(sight.word("weather")),
    )  # fmt: skip


def _behind(engine: LayeredShooter, picture: Tensor, sight: Sight, plan: Plan, frame: int) -> Tensor | None:
    """What is behind everybody in a picture that was taken with the camera at rest, [3, H, W] in 0…1, if its place is
    one that the model remembers.
    """
    rest = _from_rest(plan.views.during(slice(frame, frame + 1)))
    shown = replace(seen_there(engine, plan, sight), falling="", views=rest, cast=())
    choice, off = recognised(engine.model, shown, picture, torch.maximum(sight.alpha, sight.others), 0)
    if off > SAME:
        return None
    height, width = picture.shape[:2]
    lot = torch.Generator(engine.device)
    return alone(engine.model, replace(shown, choice=choice), height, width, 0, lot)


def _alphas(sight: Sight, cast: Sequence[Cast]) -> tuple[Tensor, Tensor]:
    """Of the subject, nothing where nobody is taken out of the picture; and of the others."""
    return sight.alpha if cast else torch.zeros_like(sight.alpha), sight.others


def _centre(sight: Sight) -> Point:
    assert sight.box is not None
    left, top, right, bottom = sight.box
    return (left + right) / 2, (top + bottom) / 2


def _from_rest(views: Views) -> Views:
    """The same way of the camera, begun with the frame at rest."""
    return views._replace(
        x=views.x - views.x[0],
        y=views.y - views.y[0],
        zoom=views.zoom / views.zoom[0],
        lens=views.lens / views.lens[0],
    )


def _placed(
    engine: LayeredShooter, cast: Cast, sight: Sight, frame: int, aspect: float, plan: Plan
) -> tuple[float, float, float]:
    """The pose (x, y, scale) that lays the painted subject over the one that was seen, as large as that would be if it
    did what it is seen to do.
    """
    c = engine.model.config
    seen_action = sight.word("action", tuple(ABILITIES[c.subjects[cast.subject]]))
    as_seen = cast._replace(action=c.actions.index(seen_action))
    (left, _, right, bottom), (_, high, _, low) = (
        box(figures(engine.model, plan, each, 0)[frame, 3].cpu()) for each in (cast, as_seen)
    )
    if bool(cast.poses.flip[frame]):
        left, right = 1 - right, 1 - left
    ax, ay = cast.anchor
    ax = 1 - ax if bool(cast.poses.flip[frame]) else ax
    assert sight.box is not None
    scale = (sight.box[3] - sight.box[1]) / max(low - high, 0.05)
    x, _ = _centre(sight)
    return x + (ax - (left + right) / 2) * scale / aspect, sight.box[3] + (ay - bottom) * scale, scale


def _begun(engine: LayeredShooter, cast: Cast, sight: Sight, aspect: float, plan: Plan) -> Cast:
    """The cast's first, its way begun where it is seen."""
    poses = cast.poses
    poses = poses._replace(lift=poses.lift - poses.lift[0], angle=poses.angle - poses.angle[0])
    x, y, scale = _placed(engine, cast, sight, 0, aspect, plan)
    ratio = scale / float(poses.scale[0])
    return cast._replace(
        poses=poses._replace(
            x=poses.x - poses.x[0] + x, y=(poses.y - poses.y[0]) * ratio + y, scale=poses.scale * ratio
        )
    )


def _ended(engine: LayeredShooter, cast: Cast, sight: Sight, views: Views, aspect: float, plan: Plan) -> Poses:
    """Poses that go from where they begin to where the last picture has the subject."""
    poses, last = cast.poses, len(cast.poses.x) - 1
    x, y, scale = _placed(engine, cast, sight, last, aspect, plan)
    view = View(**{name: float(getattr(views, name)[last]) for name in views._fields})
    x, y = view.to_picture(x, y)
    u = torch.linspace(0, 1, last + 1, device=poses.x.device)
    way = 1 if x >= float(poses.x[0]) else -1
    turned = torch.full_like(poses.flip, way < 0) if abs(x - float(poses.x[0])) > 0.08 else poses.flip
    return poses._replace(
        x=torch.lerp(poses.x[0], poses.x.new_tensor(x), u),
        y=torch.lerp(poses.y[0], poses.y.new_tensor(y), u),
        scale=poses.scale[0] * (poses.scale.new_tensor(scale / view.scale) / poses.scale[0]) ** u,
        angle=poses.angle * (1 - u), flip=turned, lift=poses.lift * (1 - u),
    )  # fmt: skip


def _drawn(
    engine: LayeredShooter,
    poses: Poses,
    drawn: Mapping[int, Way],
    actor: Actor,
    views: Views,
    aspect: float,
) -> Poses:
    path = [
        View(**{name: float(getattr(views, name)[frame]) for name in views._fields}) for frame in range(len(views.x))
    ]
    return engine.along(poses, drawn[0], actor, path, aspect)
