"""Sprites: any subject in any colour, action and phase, as one small picture with alpha.

Notable: drawings are cached by their 16 phases, so a sheet is drawn once and then only copied; light and hour are
graded on the pixels.

S side in pixels · sprites are uint8 [S, S, 4], straight alpha, facing right
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from soundstage.errors import InputError
from soundstage.render import animals, people, swimmers, vehicles
from soundstage.render.gait import BREEDS
from soundstage.render.palette import light_of, paint
from soundstage.render.scene import ABILITIES, ACTIONS, COLOURS, PEOPLE, SUBJECTS, one_of
from soundstage.render.svg import rasterise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PHASES = 16
FEET, MIDDLE, WATERLINE = (0.5, 0.92), (0.5, 0.5), (0.5, 0.62)
ANCHORS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"ground": FEET, "air": MIDDLE, "deep": MIDDLE, "surface": WATERLINE}
)
"""The point of the sprite's box (x, y from the top left, in box sides) that a pose places, by the level the subject is
drawn on.
"""


def drawing(subject: str, colour: str, action: str, phase: float, *, variant: int = 0) -> tuple[str, str]:
    """The SVG (defs, elements) of a subject in daylight."""
    coat = paint(colour, variant)
    if subject in BREEDS:
        return animals.four_legs(subject, coat, action, phase)
    if subject in PEOPLE:
        return people.person(subject, coat, action, phase)
    draw = {
        "rabbit": animals.rabbit,
        "bird": swimmers.bird,
        "fish": swimmers.fish,
        "whale": swimmers.whale,
        "robot": people.robot,
        "car": vehicles.car,
        "train": vehicles.train,
        "boat": vehicles.boat,
        "rocket": vehicles.rocket,
        "balloon": vehicles.balloon,
    }[subject]
    return draw(coat, action, phase)


def anchor_of(subject: str, action: str) -> tuple[float, float]:
    """The point of the box that poses place: feet, waterline or middle."""
    level = ABILITIES[subject].get(action) or next(iter(ABILITIES[subject].values()))
    return MIDDLE if action == "jump" and level == "surface" else ANCHORS[level]


def sprite(
    subject: str,
    colour: str,
    action: str,
    phase: float,
    time: str = "day",
    *,
    size: int = 64,
    seed: int = 0,
    weather: str = "clear",
    place: str = "meadow",
) -> NDArray[np.uint8]:
    """One subject: uint8 RGBA [size, size, 4], straight alpha, facing right, its anchor at `anchor_of(subject,
    action)`.

    `phase` 0–1 is the place in the gait cycle (16 steps are told apart); `seed` % 4 mixes the colour a little warmer,
    cooler or deeper. The result is a fresh array. Raises InputError for a word that the storybook does not know.
    """
    one_of("subject", subject, SUBJECTS)
    one_of("colour", colour, COLOURS)
    one_of("action", action, ACTIONS)
    if not 8 <= size <= 2048:
        raise InputError("size", f"{size} pixels is outside 8–2048", "give a side in that range")
    step = round(phase * PHASES) % PHASES
    return _graded(
        _drawn(subject, colour, action, step, size, seed % 4), subject, action, step, size, (time, weather, place)
    )


def _graded(
    day: NDArray[np.uint8], subject: str, action: str, step: int, size: int, hour: tuple[str, str, str]
) -> NDArray[np.uint8]:
    light = light_of(*hour)
    out = day.copy()
    out[..., :3] = light.apply(day[..., :3])
    lamp = _lamp(subject, action, step, size) if light.dark else None
    if lamp is not None:
        a, b = lamp[..., 3:].astype(np.float32) / 255, out[..., 3:].astype(np.float32) / 255
        alpha = a + b * (1 - a)
        rgb = (lamp[..., :3] * a + out[..., :3] * b * (1 - a)) / np.maximum(alpha, 1e-4)
        out = np.concatenate((rgb, alpha * 255), axis=-1).round().astype(np.uint8)
    return out


@lru_cache(maxsize=20_000)
def _drawn(subject: str, colour: str, action: str, step: int, size: int, variant: int) -> NDArray[np.uint8]:
    defs, body = drawing(subject, colour, action, step / PHASES, variant=variant)
    pixels = rasterise(body, size, size, view=(0, 0, 100, 100), defs=defs)
    pixels.setflags(write=False)
    return pixels


@lru_cache(maxsize=4_000)
def _lamp(subject: str, action: str, step: int, size: int) -> NDArray[np.uint8] | None:
    """The layer that shines by itself, None where nothing does."""
    draw = people.glow if subject in (*PEOPLE, "robot") else vehicles.glow
    defs, body = draw(subject, action, step / PHASES)
    if not body:
        return None
    return rasterise(body, size, size, view=(0, 0, 100, 100), defs=defs)


def forget_sprites() -> None:
    """Drop all cached drawings and free their memory."""
    _drawn.cache_clear()
    _lamp.cache_clear()
