"""The layered video model: its parts, and the making of frames from a plan.

Notable: a clip is never diffused as a whole. A place is drawn once, wider than the frame and in two depths; a subject
once per gait phase; both are enlarged once; frames are then these layers moved under the camera, with shadow, light
and weather joined in. So a character looks the same in every shot, long clips cost little more than short ones, and
camera and tracks are inputs.

F frames · D channels · H, W frame height and width
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.models.layered import compose
from soundstage.models.layered.compositor import MAPS, Compositor, Fall
from soundstage.models.layered.config import LayeredConfig
from soundstage.models.layered.places import COLUMNS, MARGIN, ROWS, Choice, Hour, Places
from soundstage.models.layered.reader import TEMPI, Reader
from soundstage.models.layered.seer import Seer
from soundstage.models.layered.subject import Painter
from soundstage.models.layered.tracker import Tracker
from soundstage.models.layered.upscaler import Upscaler
from soundstage.render.motion import overscan
from soundstage.render.tracks import Poses, Views, under_camera

FAR = 0.2  # parallax of the far layer; the near one goes with the ground
VARIANTS = 4  # slight mixtures of each colour, one to an identity
PHASES = 16  # of a gait, drawn apart
CLEAR = 0.06  # alpha under which nothing is seen
CHUNK = 24  # frames joined at once
SPARED = 12  # columns of a place beyond what the camera sees, for what the upscaler sees and waves swing
LOOKED = 32  # rows of a picture by which its place is recognised
FALLING = ("rain", "snow")
FALLS = {
    "rain": ((-0.28, 1.9), (-0.2, 1.35)),
    "snow": ((0.035, 0.20), (-0.02, 0.13)),
}  # frame heights a second, near and far
DROPS = {"rain": (15, 22), "snow": (20, 30)}  # points on a square tile, near and far
TILE = 128


class Cast(NamedTuple):
    """One actor of a plan: class numbers, which of the colour's variants, where its poses place it, whether it stands
    on the ground, its poses.
    """

    subject: int
    colour: int
    action: int
    variant: int
    anchor: tuple[float, float]
    grounded: bool
    poses: Poses


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A clip decided down to every pose: class numbers of the hour, the camera, the actors far to near, and what
    falls (a word of FALLING, or ""). Without a `choice` the place's layouts are drawn by lot.
    """

    place: int
    time: int
    weather: int
    falling: str
    views: Views
    cast: tuple[Cast, ...]
    choice: Choice | None = None


class Layered(nn.Module):
    """The parts, each trained by itself."""

    def __init__(self, config: LayeredConfig) -> None:
        super().__init__()
        self.config = config
        hour = (len(config.places), len(config.times), len(config.weathers))
        subjects, actions = len(config.subjects), len(config.actions)
        scene = {"place": hour[0], "time": hour[1], "weather": hour[2], "move": len(config.moves), "tempo": len(TEMPI)}
        role = {
            "subject": subjects + 1,
            "colour": len(config.colours),
            "action": actions,
            "direction": len(config.directions),
            "pace": len(TEMPI),
        }
        self.reader = Reader(config.buckets, config.reader_width, config.reader_depth, 4, scene, role)
        self.tracker = Tracker(
            config.tracker_width,
            config.tracker_depth,
            4,
            [hour[0], len(config.moves), len(TEMPI)],
            [subjects, actions, len(config.directions), len(TEMPI)],
        )
        self.painter = Painter(
            (subjects * actions, subjects, len(config.colours), hour[1], VARIANTS),
            config.painter_widths,
            config.painter_embed,
        )
        self.places = Places(hour, config.layouts, config.place_codes, config.place_blocks)
        self.compositor = Compositor(hour, config.compositor_width, config.compositor_depth)
        self.fall = Fall(len(FALLING), hour[1])
        self.upscaler = Upscaler(config.upscaler_width, config.upscaler_depth)
        self.seer = (
            Seer(config.sights, config.seer_widths, config.seer_crop_widths, config.seer_embed)
            if config.seer_widths
            else None
        )


def enlarge(model: Layered, layers_BDHW: Tensor, times: int) -> Tensor:
    """Premultiplied RGBA in −1…1 to 0…1, doubled `times` times.

    What is all but clear becomes clear, what is all but opaque opaque: no ghosts round a sprite, no holes in it.
    """
    for _ in range(times):
        layers_BDHW = model.upscaler(layers_BDHW).clamp(-1, 1)
    layers = (layers_BDHW + 1) / 2
    alpha = layers[:, 3:]
    firm = ((alpha - CLEAR) / (1 - 2 * CLEAR)).clamp(0, 1)
    return torch.cat((torch.minimum(layers[:, :3] * (firm / alpha.clamp_min(CLEAR)), firm), firm), 1)


def scenery(
    model: Layered, plan: Plan, aspect: float, generator: torch.Generator, doublings: int
) -> tuple[Tensor, Tensor]:
    """The far and near layer of the plan's place, [4, h, w] premultiplied 0…1, as wide as the camera's path needs.

    Same seed, same layout at any hour.
    """
    by_lot = model.places.choose(generator)
    far, near = model.places.draw(_hour(model, plan), plan.choice or by_lot)
    far = torch.cat((far, torch.ones_like(far[:, :1])), 1)
    layers = []
    for layer, parallax in ((far, FAR), (near, 1.0)):
        views = plan.views.at_parallax(parallax)
        reach = (2 * float(views.x.abs().max()) + 1 / float(views.scale.min())) * aspect
        spare = max(0, (COLUMNS - int(reach * ROWS)) // 2 - SPARED)
        layers.append(enlarge(model, layer[..., spare : COLUMNS - spare], doublings)[0])
    return layers[0], layers[1]


def _hour(model: Layered, plan: Plan, count: int = 1) -> Hour:
    """The plan's, `count` times."""
    device = model.compositor.head.weight.device
    return Hour(*(torch.tensor([number] * count, device=device) for number in (plan.place, plan.time, plan.weather)))


def alone(model: Layered, plan: Plan, height: int, width: int, frame: int, generator: torch.Generator) -> Tensor:
    """The plan's place without anybody, as its camera has it in a frame, [3, H, W] in 0…1."""
    far, near = scenery(model, plan, width / height, generator, 1 if height <= 320 else 2)
    view = plan.views.during(slice(frame, frame + 1))
    back, front = (
        compose.seen(layer, view.at_parallax(parallax), height, width, MARGIN / ROWS)[0]
        for layer, parallax in ((far, FAR), (near, 1.0))
    )
    return front[:3] + back[:3] * (1 - front[3:])


def recognised(model: Layered, plan: Plan, picture_HWD: Tensor, hidden_HW: Tensor, frame: int) -> tuple[Choice, float]:
    """The layouts of which a picture, uint8 [H, W, 3], is likeliest to show the plan's place as its camera has it in a
    frame: those whose colours differ least where nothing is `hidden` (0…1); and by how much, root mean square of 0…1.
    """
    height, width = picture_HWD.shape[:2]
    size = (LOOKED, max(1, round(LOOKED * width / height)))
    true, hidden = (
        F.interpolate(x.float()[None], size, mode="area")[0]
        for x in (picture_HWD.permute(2, 0, 1) / 255, hidden_HW[None])
    )
    view = plan.views.during(slice(frame, frame + 1)), *size, MARGIN / ROWS
    every = model.places.every()
    far, near = model.places.draw(_hour(model, plan, len(every.far)), every)
    fine = ROWS // (2 * LOOKED)
    backs, fronts = (
        torch.cat([compose.seen(F.avg_pool2d((each + 1) / 2, fine), view[0].at_parallax(p), *view[1:]) for each in x])
        for x, p in ((far, FAR), (near, 1.0))
    )
    shown = fronts[:, None, :3] + backs[None] * (1 - fronts[:, None, 3:])  # [near, far, 3, h, w]
    there = 1 - hidden.to(shown)
    off = ((shown - true.to(shown)).square().mean(2) * there).sum((2, 3)) / there.sum().clamp_min(1)
    number = int(off.argmin())
    at_near, at_far = (slice(n, n + 1) for n in divmod(number, len(backs)))
    choice = Choice(every.far[at_far], every.far_mirrored[at_far], every.near[at_near], every.near_mirrored[at_near])
    return choice, float(off.min().sqrt())


def figures(model: Layered, plan: Plan, cast: Cast, doublings: int) -> Tensor:
    """The actor's sprite in each frame [F, 4, S, S], premultiplied 0…1; each gait phase is drawn once."""
    steps = (cast.poses.phase * PHASES).round().long() % PHASES
    needed, which = torch.unique(steps, return_inverse=True)
    pair = cast.subject * len(model.config.actions) + cast.action
    classes = torch.tensor([[pair, cast.subject, cast.colour, plan.time, cast.variant]], device=steps.device).expand(
        len(needed), -1
    )
    sheet = model.painter(classes, needed.float() / PHASES).clamp(-1, 1)
    return enlarge(model, sheet, doublings)[which]


def frames(
    model: Layered,
    plan: Plan,
    *,
    height: int,
    width: int,
    fps: float,
    generator: torch.Generator,
    loop: bool = False,
    each: Callable[[int], object] = lambda done: None,
) -> Tensor:
    """The clip, uint8 [F, H, W, 3] on the CPU. `each` is told the number of frames done.

    In a `loop` swell, rain and snow come back to where they began.
    """
    doublings = 1 if height <= 320 else 2
    rolls, out = plan.views.roll, torch.empty(len(plan.views.x), height, width, 3, dtype=torch.uint8)
    size, tall, wide = 1.0, height, width
    if bool(rolls.any()):
        size = overscan(rolls.tolist(), width / height)
        tall, wide = round(height * size), round(width * size)
        plan = replace(plan, views=plan.views._replace(lens=plan.views.lens / size))
    far, near = scenery(model, plan, width / height, generator, doublings)
    actors = [(cast, figures(model, plan, cast, doublings)) for cast in plan.cast]
    tiles = fallen(model, plan, generator)
    margin = MARGIN / ROWS
    sways = model.config.places[plan.place] in model.config.front
    count = len(plan.views.x)
    lasting = count / fps if loop else 0.0
    for start in range(0, count, CHUNK):
        span = slice(start, min(count, start + CHUNK))
        views = plan.views.during(span)
        seconds = torch.arange(span.start, span.stop, device=far.device) / fps
        swell = (
            views._replace(x=views.x - 0.012 * torch.sin(2 * torch.pi * whole(0.22, lasting) * seconds))
            if sways
            else views
        )
        back = compose.seen(far, views.at_parallax(FAR), tall, wide, margin)[:, :3]
        front = compose.seen(near, swell, tall, wide, margin)
        picture = back if sways else front[:, :3] + back * (1 - front[:, 3:])
        for cast, sheet in actors:
            picture = joined(model, plan, cast, sheet[span], Poses(*(p[span] for p in cast.poses)), views, picture)
        if sways:
            picture = front[:, :3] + picture * (1 - front[:, 3:])
        picture = fallen_over(model, plan, tiles, picture, seconds, lasting)
        if size > 1:
            picture = compose.turned(picture, rolls[span], size, height, width)
        out[span] = (picture.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu()
        each(span.stop)
    return out


def joined(
    model: Layered, plan: Plan, cast: Cast, sheet_FDSS: Tensor, poses: Poses, views: Views, picture_FDHW: Tensor
) -> Tensor:
    """The picture with one actor standing in it."""
    height, width = picture_FDHW.shape[-2:]
    poses = under_camera(poses, views)
    where = compose.windows(poses, cast.anchor, height, width)
    if where.side > 3 * max(height, width):
        return picture_FDHW
    sprite = compose.placed(sheet_FDSS, poses, cast.anchor, where, height, width)
    touch = compose.contact(poses, where, height, width, MAPS)
    count = len(sheet_FDSS)
    hour = torch.tensor([[plan.place, plan.time, plan.weather]], device=sprite.device).expand(count, -1)
    grounded = torch.full((count,), float(cast.grounded), device=sprite.device)
    patch = model.compositor.join(compose.cut(picture_FDHW, where), sprite, touch, grounded, hour)
    picture = picture_FDHW.clone()
    compose.paste(picture, patch, where)
    return picture


def fallen(model: Layered, plan: Plan, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Two tiles of what falls, near and far, [1, TILE, TILE] each; none in clear weather."""
    if plan.falling not in FALLS:
        return ()
    kind = torch.tensor([FALLING.index(plan.falling)], device=generator.device)
    tiles = []
    for depth, drops in enumerate(DROPS[plan.falling]):
        points = torch.zeros(1, 1, TILE * TILE, device=generator.device)
        at = torch.randint(TILE * TILE, (drops,), generator=generator, device=generator.device)
        points[..., at] = 1.0 if depth == 0 else 0.68
        tiles.append(model.fall(points.view(1, 1, TILE, TILE).to(model.compositor.head.weight), kind)[0])
    return tuple(tiles)


def fallen_over(
    model: Layered,
    plan: Plan,
    tiles: tuple[Tensor, ...],
    picture_FDHW: Tensor,
    seconds_F: Tensor,
    lasting: float = 0.0,
) -> Tensor:
    """The picture behind what falls, in each frame; tiles repeat over the frame and scroll by whole pixels.

    Above 0, `lasting` is the length of a loop in seconds.
    """
    if not tiles:
        return picture_FDHW
    _count, _, height, width = picture_FDHW.shape
    colour = model.fall.colour(FALLING.index(plan.falling), plan.time).view(1, 3, 1, 1)
    rows, columns = torch.arange(height, device=picture_FDHW.device), torch.arange(width, device=picture_FDHW.device)
    for depth, (tile, (vx, vy)) in enumerate(zip(tiles, FALLS[plan.falling], strict=True)):
        vx, vy = whole(vx, lasting), whole(vy, lasting)
        large = F.interpolate(tile[None], (height, height), mode="bicubic", align_corners=False)[0, 0].clamp(0, 1)
        swing = (
            0.012 * torch.sin(2 * torch.pi * (whole(0.3, lasting) * seconds_F + 0.5 * depth))
            if plan.falling == "snow"
            else torch.zeros_like(seconds_F)
        )
        dx, dy = ((vx * seconds_F + swing) * height).round().long(), (vy * seconds_F * height).round().long()
        y, x = (rows - dy[:, None]) % height, (columns - dx[:, None]) % height
        mask = large[y[:, :, None], x[:, None, :]][:, None]
        picture_FDHW = picture_FDHW * (1 - mask) + colour * mask
    return picture_FDHW


def whole(rate: float, lasting: float) -> float:
    """The rate nearest to one that makes whole turns in so many seconds; as it is for 0 seconds."""
    return rate if lasting == 0 else round(rate * lasting) / lasting
