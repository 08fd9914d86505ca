"""Clips with what is known of them: who is where, how far, and how every pixel moves.

Notable: the truth comes from the same poses and views that draw the frames, not from looking at them.

T time · H frame height · W frame width · depth 0 nearest, 1 infinitely far · flow in pixels from a frame to the next,
(x, y)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundstage.media.video import Video, frame_rate
from soundstage.render.stage import Stage

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from soundstage.render.motion import View
    from soundstage.render.places import Plane
    from soundstage.render.scene import Pose, Scene


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A clip and its ground truth."""

    video: Video
    poses: tuple[tuple[Pose, ...], ...]  # [actors][time]
    views: tuple[View, ...]  # [time]
    actors: NDArray[np.uint8]  # [T, H, W]: 0 the place, n the n-th actor of the scene
    depth: NDArray[np.float16]  # [T, H, W]
    flow: NDArray[np.float16]  # [T − 1, H, W, 2]


def render_truth(scene: Scene, seconds: float, fps: Fraction | float = 24, size: tuple[int, int] = (128, 128)) -> Truth:
    """A clip with masks, depth and flow; weather and cast shadows are no part of the truth.

    Raises InputError as `draw` does.
    """
    rate = frame_rate(fps)
    stage = Stage(scene, seconds, float(rate), size)
    frames, masks, depths, flows = [], [], [], []
    for i in range(stage.count):
        frames.append(np.array(stage.frame(i)))
        mask = actor_mask(stage, i)
        layer = _layers(stage, i)
        depth = np.take(np.array([1 - s.plane.parallax / 1.3 for s in stage.sheets], np.float32), layer)
        for n, actor in enumerate(scene.actors):
            depth = np.where(mask == n + 1, 1 - (1.0 - 0.3 * actor.depth) / 1.3, depth)
        if i + 1 < stage.count:
            flows.append(_flow(stage, i, mask, layer))
        masks.append(mask)
        depths.append(depth.astype(np.float16))
    flow = np.stack(flows) if flows else np.zeros((0, stage.height, stage.width, 2), np.float16)
    return Truth(
        video=Video(frames=np.stack(frames), fps=rate),
        poses=stage.poses,
        views=stage.views,
        actors=np.stack(masks),
        depth=np.stack(depths),
        flow=flow,
    )


def actor_mask(stage: Stage, index: int) -> NDArray[np.uint8]:
    """Which actor is seen at each pixel of the frame, nearest on top; planes before the actors hide them."""
    mask = np.zeros((stage.height, stage.width), np.uint8)
    for i in stage.order:
        placed = stage.placed(stage.scene.actors[i], stage.poses[i][index])
        if placed is None:
            continue
        alpha = np.asarray(placed.picture)[..., 3] > 127
        top, left = max(0, placed.top), max(0, placed.left)
        bottom, right = min(stage.height, placed.top + alpha.shape[0]), min(stage.width, placed.left + alpha.shape[1])
        if top < bottom and left < right:
            seen = alpha[top - placed.top : bottom - placed.top, left - placed.left : right - placed.left]
            mask[top:bottom, left:right][seen] = i + 1
    return mask * _behind_front(stage, index)


def _seen_alpha(stage: Stage, plane: Plane, index: int) -> NDArray[np.bool_]:
    """Where a plane covers the frame, by nearest pixel."""
    view, seconds = stage.views[index], index / stage.fps
    if stage.zooms:
        k = stage.detail / view.zoom
        ox = (plane.pixels.shape[1] - stage.width * stage.detail) / 2 + 0.5 * stage.width * stage.detail * (
            1 - 1 / view.zoom
        )
        oy = 0.56 * stage.height * stage.detail * (1 - 1 / view.zoom)
    else:
        seen, k = view.at_parallax(plane.parallax), 1.0
        swing = plane.sway * math.sin(2 * math.pi * 0.22 * seconds)
        ox = (
            (plane.pixels.shape[1] - stage.width) / 2
            + seen.x * stage.width
            - (plane.drift * seconds + swing) * stage.height
        )
        oy = stage.margin + seen.y * stage.height
    ys = np.clip((np.arange(stage.height) * k + oy).round().astype(int), 0, plane.pixels.shape[0] - 1)
    xs = np.clip((np.arange(stage.width) * k + ox).round().astype(int), 0, plane.pixels.shape[1] - 1)
    return plane.pixels[np.ix_(ys, xs)][..., 3] > 127


def _behind_front(stage: Stage, index: int) -> NDArray[np.uint8]:
    clear = np.ones((stage.height, stage.width), np.uint8)
    for sheet in stage.sheets:
        if sheet.plane.front:
            clear[_seen_alpha(stage, sheet.plane, index)] = 0
    return clear


def _layers(stage: Stage, index: int) -> NDArray[np.intp]:
    """The index of the plane seen at each pixel, actors left out."""
    layer = np.zeros((stage.height, stage.width), np.intp)
    for n, sheet in enumerate(stage.sheets):
        layer[_seen_alpha(stage, sheet.plane, index)] = n
    return layer


def _flow(stage: Stage, index: int, mask: NDArray[np.uint8], layer: NDArray[np.intp]) -> NDArray[np.float16]:
    """Motion of every pixel to the next frame, in pixels."""
    w, h = stage.width, stage.height
    now, after = stage.views[index], stage.views[index + 1]
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32) + 0.5
    flow = np.zeros((h, w, 2), np.float32)
    if stage.zooms:
        ratio = after.zoom / now.zoom - 1
        flow[..., 0], flow[..., 1] = (xs - 0.5 * w) * ratio, (ys - 0.56 * h) * ratio
    else:
        t0, t1 = index / stage.fps, (index + 1) / stage.fps
        for n, sheet in enumerate(stage.sheets):
            p, own = sheet.plane, layer == n
            swing = p.sway * (math.sin(2 * math.pi * 0.22 * t1) - math.sin(2 * math.pi * 0.22 * t0))
            flow[own] = (
                (now.x - after.x) * p.parallax * w + (p.drift * (t1 - t0) + swing) * h,
                (now.y - after.y) * p.parallax * h,
            )
    for n, poses in enumerate(stage.poses):
        a, b, own = poses[index], poses[index + 1], mask == n + 1
        if not own.any():
            continue
        turn, scale = math.radians(b.angle - a.angle), b.scale / a.scale
        dx, dy = xs[own] - a.x * w, ys[own] - a.y * h
        c, s = math.cos(turn) * scale, math.sin(turn) * scale
        flow[own] = np.stack((c * dx - s * dy + b.x * w - xs[own], s * dx + c * dy + b.y * h - ys[own]), axis=-1)
    return flow.astype(np.float16)
