"""The stage: planes, actors, shadows and weather joined into frames.

Notable: everything is drawn once and then moved. A static camera keeps its backdrop; a pan moves each plane by quarter
pixels (four copies of a plane are kept, shifted by quarters); a zoom resamples one flattened picture. Compositing is
PIL's, in place, on the visible rows only.

H frame height · W frame width · frames are uint8 RGB [H, W, 3]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from soundstage.errors import InputError
from soundstage.render.motion import CENTRE, View, camera_path, frame_count, overscan, track, turned_about
from soundstage.render.palette import light_of
from soundstage.render.places import Plane, planes
from soundstage.render.scene import level_of
from soundstage.render.sprites import PHASES, anchor_of, sprite
from soundstage.render.weather import fall_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from soundstage.render.scene import Actor, Pose, Scene

QUARTERS = 4
SHADOW = (24, 14, 48)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A sprite ready to be laid on the frame:

    its picture with premultiplied alpha and the pixel of its top left corner.
    """

    picture: Picture.Image
    left: int
    top: int


class Sheet:
    """One plane as pictures that can be laid down at any quarter pixel along one axis."""

    def __init__(self, plane: Plane, axis: int, moves: bool) -> None:
        self.plane = plane
        self.axis = axis
        self._moves = moves
        self._shifts: dict[int, tuple[Picture.Image, Picture.Image | None]] = {}
        rows = np.flatnonzero(plane.pixels[..., 3].any(axis=1))
        self.rows = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, 0)
        self.opaque = bool((plane.pixels[..., 3] == 255).all())

    def paste_on(self, frame: Picture.Image, x: float, y: float) -> None:
        """Lay the plane on a frame whose top left corner is at (x, y) pixels of the plane."""
        width, height = frame.size
        along = x if self.axis == 1 else y
        step = round((along - math.floor(along)) * QUARTERS) if self._moves else 0
        px = math.floor(x) if self.axis == 1 else round(x)
        py = math.floor(y) if self.axis == 0 else round(y)
        colour, mask = self._shift(step)
        top, bottom = max(self.rows[0], py), min(self.rows[1], py + height)
        if top >= bottom:
            return
        window = (px, top, px + width, bottom)
        frame.paste(colour.crop(window), (0, top - py), None if mask is None else mask.crop(window))

    def _shift(self, step: int) -> tuple[Picture.Image, Picture.Image | None]:
        """Colour and mask, moved back by `step` quarter pixels along the axis."""
        if step not in self._shifts:
            pixels = self.plane.pixels
            if step:
                share = step / QUARTERS
                alpha = pixels[..., 3:].astype(np.float32)
                both: NDArray[np.float32] = np.concatenate((pixels[..., :3] * (alpha / 255), alpha), axis=-1)
                last = both.shape[self.axis] - 1
                ahead = both.take(np.minimum(np.arange(last + 1) + 1, last), axis=self.axis)
                both = both * (1 - share) + ahead * share
                both[..., :3] /= np.maximum(both[..., 3:], 1e-3) / np.float32(255)
                pixels = np.clip(both + 0.5, 0, 255).astype(np.uint8)
            mask = None if self.opaque else Picture.fromarray(np.ascontiguousarray(pixels[..., 3]))
            self._shifts[step] = (Picture.fromarray(np.ascontiguousarray(pixels[..., :3])), mask)
        return self._shifts[step]


class Stage:
    """A scene prepared for drawing: `frame(i)` gives any of its frames.

    Raises InputError for a length, rate or size that cannot be drawn (frames of 16 to 4096 pixels a side).
    """

    def __init__(self, scene: Scene, seconds: float, fps: float, size: tuple[int, int] = (256, 256)) -> None:
        self.scene, self.fps = scene, float(fps)
        self.shown = size
        if not (min(size) >= 16 and max(size) <= 4096):
            raise InputError(
                "size", f"{size[0]}x{size[1]} cannot be drawn", "give a width and height of 16 to 4096 pixels"
            )
        self.count = frame_count(seconds, fps)
        lead = scene.actors[0] if scene.actors else None
        self.views = camera_path(scene.camera, self.count, seconds=seconds, lead=lead)
        self.rolls = [view.roll for view in self.views]
        self.over = overscan(self.rolls, size[0] / size[1]) if any(self.rolls) else 1.0
        self.width, self.height = (round(side * self.over) for side in size)
        if self.over > 1:
            self.views = tuple(replace(view, lens=view.lens / self.over) for view in self.views)
        order = sorted(range(len(scene.actors)), key=lambda i: -scene.actors[i].depth)
        self.order = tuple(order)  # far actors first
        self.poses = tuple(
            track(a, scene.camera, seconds, fps, place=scene.place, views=self.views) for a in scene.actors
        )
        self._finest = {
            actor: min(1024, max(16, math.ceil(max(p.scale for p in poses) * self.height / 16) * 16))
            for actor, poses in zip(scene.actors, self.poses, strict=True)
        }
        self.light = light_of(scene.time, scene.weather, scene.place)
        self.zooms = any(v.scale != 1 for v in self.views)
        self._lay_planes()

    def _lay_planes(self) -> None:
        """Draw the planes wide and tall enough for the camera's whole path."""
        back = max(0.0, 1 / min(v.scale for v in self.views) - 1)  # a camera that sees more than the frame at rest
        reach = max(1.3 * (2 * max(abs(v.x) + abs(v.orbit) for v in self.views) + back), 0.02)
        tall = (max(abs(v.y) for v in self.views) + 0.56 * back) * 1.3
        self.detail = 1.35 if self.zooms else 1.0  # zooms look closer, so they need finer planes
        height = round(self.height * self.detail)
        aspect = self.width / self.height
        drifts = 0.012 * self.count / self.fps * 2 + 0.1  # clouds sail, waves swing
        self.margin = math.ceil(height * math.ceil(10 * tall) / 10) if tall else 0
        wide = round(
            height * math.ceil(4 * (aspect * (1 + reach) + drifts)) / 4
        )  # in quarters, so that scenes share drawn planes
        layers = planes(
            self.scene.place,
            self.scene.time,
            self.scene.weather,
            self.scene.seed,
            height=height,
            width=wide,
            margin=self.margin / height,
        )
        axis = 0 if tall else 1
        moving = bool(self.scene.camera.keys) or self.scene.camera.move not in ("static", "zoom in", "zoom out")
        self.sheets = tuple(Sheet(p, axis, moving or p.drift != 0 or p.sway != 0) for p in layers)
        self._still: tuple[Picture.Image, Picture.Image] | None = None

    def _paste(self, canvas: Picture.Image, sheet: Sheet, view: View, seconds: float) -> None:
        plane = sheet.plane
        seen = view.at_parallax(plane.parallax)
        swing = plane.sway * math.sin(2 * math.pi * 0.22 * seconds)
        x = (
            (plane.pixels.shape[1] - canvas.width) / 2
            + seen.x * canvas.width
            - (plane.drift * seconds + swing) * canvas.height
        )
        sheet.paste_on(canvas, x, self.margin + seen.y * canvas.height)

    def backdrop(self, index: int, *, front: bool = False, under: Picture.Image | None = None) -> Picture.Image:
        """The planes behind the actors (or those in front, over `under`), as the camera sees them in this frame."""
        if self.zooms:
            return self._zoomed(self.views[index], under if front else None)
        canvas = under if front and under is not None else Picture.new("RGB", (self.width, self.height))
        for sheet in self.sheets:
            if sheet.plane.front == front:
                self._paste(canvas, sheet, self.views[index], index / self.fps)
        return canvas

    def _zoomed(self, view: View, under: Picture.Image | None) -> Picture.Image:
        """A zoom looks closer at one flattened picture, without parallax: the back, or the front over `under`."""
        if self._still is None:
            self._still = self._flat(front=False), self._flat(front=True)
        back, front = self._still
        window = self._window(view, back.size)
        if under is None:
            return back.resize((self.width, self.height), Picture.Resampling.BILINEAR, window)
        if front.getchannel("A").getbbox() is not None:
            top = front.resize((self.width, self.height), Picture.Resampling.BILINEAR, window)
            under.paste(top, (0, 0), top)
        return under

    def _flat(self, *, front: bool) -> Picture.Image:
        """All planes behind (or in front of) the actors as one picture: the frame at rest, and what is around it."""
        width, height = self.sheets[0].plane.pixels.shape[1::-1]
        if not self.scene.camera.keys:
            width = round(self.width * self.detail)
        flat = Picture.new("RGBA", (width, height))
        for sheet in self.sheets:
            if sheet.plane.front == front:
                left = (sheet.plane.pixels.shape[1] - width) // 2
                flat.alpha_composite(Picture.fromarray(sheet.plane.pixels[:, left : left + width]))
        return flat if front else flat.convert("RGB")

    def _window(self, view: View, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """The part of a picture that a zoomed view sees."""
        width, height = self.width * self.detail, self.height * self.detail  # of the frame at rest, in its pixels
        left = (size[0] - width) / 2 + (view.x + CENTRE[0] * (1 - 1 / view.scale)) * width
        top = (size[1] - height) / 2 + (view.y + CENTRE[1] * (1 - 1 / view.scale)) * height
        right, bottom = left + width / view.scale, top + height / view.scale
        left, top = max(0.0, left), max(0.0, top)  # rounding may reach a pixel beyond
        return left, top, min(size[0], right), min(size[1], bottom)

    def placed(self, actor: Actor, pose: Pose) -> Placed | None:
        """The actor's sprite as it lies on the frame, or None when it is out of sight."""
        side = pose.scale * self.height
        x, y = pose.x * self.width, pose.y * self.height
        if side < 2 or not (-side < x < self.width + side and -side < y < self.height + side):
            return None
        drawn = self._finest[actor]
        while drawn >= 2 * max(side, 8):  # few sizes are drawn, halves of one another; the rest is resampling
            drawn //= 2
        source = _premultiplied(
            actor.subject, actor.colour, actor.action, round(pose.phase * PHASES) % PHASES, drawn, self._hour()
        )
        ax, ay = anchor_of(actor.subject, actor.action)
        if pose.flip:
            ax = 1 - ax
        # Inverse map: a pixel of the patch back to a pixel of the drawn sprite.
        angle, k = math.radians(pose.angle), drawn / side
        reach = side * (0.75 if pose.angle else 0.5) + 2
        middle_x = x + ((0.5 - ax) * math.cos(angle) - (0.5 - ay) * math.sin(angle)) * side
        middle_y = y + ((0.5 - ax) * math.sin(angle) + (0.5 - ay) * math.cos(angle)) * side
        left, top = math.floor(middle_x - reach), math.floor(middle_y - reach)
        n = math.ceil(2 * reach) + 1
        c, s = math.cos(angle) * k, math.sin(angle) * k
        mirror = -1.0 if pose.flip else 1.0
        ox, oy = left - middle_x, top - middle_y  # PIL adds half a pixel to both sides itself
        matrix = (mirror * c, mirror * s, mirror * (c * ox + s * oy) + drawn / 2, -s, c, -s * ox + c * oy + drawn / 2)
        return Placed(
            picture=source.transform((n, n), Picture.Transform.AFFINE, matrix, Picture.Resampling.BILINEAR),
            left=left,
            top=top,
        )

    def _hour(self) -> tuple[str, str, str]:
        return self.scene.time, self.scene.weather, self.scene.place

    def _cast_shadow(self, frame: Picture.Image, actor: Actor, pose: Pose) -> None:
        if level_of(actor.subject, actor.action, self.scene.place) != "ground":
            return
        side = pose.scale * self.height
        wide = {"train": 0.98, "car": 0.96, "whale": 0.95, "horse": 0.74}.get(
            actor.subject, 0.66 if actor.subject in ("dog", "cat", "fox", "rabbit") else 0.42
        )
        near = max(0.25, 1 - 2.2 * pose.lift / max(pose.scale, 0.01))
        w, h = max(2, round(wide * side * (0.75 + 0.25 * near))), max(2, round(0.11 * side))
        soft = (
            _soft_disc()
            .resize((w, h), Picture.Resampling.BILINEAR)
            .point([round(v * self.light.shadow * 1.5 * near) for v in range(256)])
        )
        x, y = round(pose.x * self.width - w / 2), round((pose.y + pose.lift) * self.height - h * 0.55)
        frame.paste(SHADOW, (x, y), soft)

    def frame(self, index: int, *, falls: bool = True) -> Picture.Image:
        """Draw one frame, RGB; rain and snow fall in it unless they are to be laid over it later."""
        frame = self.backdrop(index)
        for i in self.order:
            actor, pose = self.scene.actors[i], self.poses[i][index]
            self._cast_shadow(frame, actor, pose)
            placed = self.placed(actor, pose)
            if placed is not None:
                _lay(frame, placed)
        frame = self.backdrop(index, front=True, under=frame)
        if falls:
            fall_over(frame, self.scene.weather, self.scene.time, index / self.fps, self.scene.seed, self.scene.place)
        return self._turned(frame, self.rolls[index]) if self.over > 1 else frame

    def _turned(self, frame: Picture.Image, roll: float) -> Picture.Image:
        """A frame drawn too large, as a camera sees it that is turned clockwise by so many degrees."""
        middle, (width, height), turn = turned_about(self.over), self.shown, math.radians(roll)
        x, y, c, s = middle[0] * self.width, middle[1] * self.height, math.cos(turn), math.sin(turn)
        matrix = (c, -s, x - c * width / 2 + s * height / 2, s, c, y - s * width / 2 - c * height / 2)
        return frame.transform(self.shown, Picture.Transform.AFFINE, matrix, Picture.Resampling.BILINEAR)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """All frames in order, uint8 [H, W, 3], drawn as they are asked for."""
        for index in range(self.count):
            yield np.array(self.frame(index))


def _lay(frame: Picture.Image, placed: Placed) -> None:
    """Lay a premultiplied patch over the frame, in place."""
    picture = placed.picture
    visible = picture.getbbox()
    if visible is None:
        return
    straight = picture.crop(visible).convert("RGBA")
    frame.paste(straight, (placed.left + visible[0], placed.top + visible[1]), straight)


@lru_cache(maxsize=256)
def _premultiplied(
    subject: str, colour: str, action: str, step: int, size: int, hour: tuple[str, str, str]
) -> Picture.Image:
    """The graded sprite with premultiplied alpha, which resamples without dark edges, and a clear border."""
    time, weather, place = hour
    pixels = sprite(subject, colour, action, step / PHASES, time, size=size, weather=weather, place=place)
    return Picture.fromarray(pixels, "RGBA").convert("RGBa")


@lru_cache(maxsize=1)
def _soft_disc() -> Picture.Image:
    """A disc that fades to its edge, 96 pixels wide."""
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    return Picture.fromarray((170 * np.clip(1 - (x * x + y * y), 0, 1) ** 0.8).astype(np.uint8))
