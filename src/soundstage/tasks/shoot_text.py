"""Shooting with models that draw what a text says: the fields of `shoot` as a request, and what cannot be told.

Notable: such a model draws at its own pace and in its own lengths. As many frames are drawn as its grid needs for the
seconds asked for; the clip then shows at every moment the nearest of them, so that its length and rate are exact.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from soundstage.errors import InputError
from soundstage.media import Image, Video
from soundstage.render.scene import Camera
from soundstage.tasks.shoot_latent import LatentShooter, Request

SAID = {
    "pan left": "The camera pans to the left.",
    "pan right": "The camera pans to the right.",
    "tilt up": "The camera tilts up.",
    "tilt down": "The camera tilts down.",
    "zoom in": "The camera zooms in.",
    "zoom out": "The camera zooms out.",
    "follow": "The camera follows the subject.",
    "static": "The camera stands still.",
}


def said_of(camera: Camera | None) -> str:
    """A camera in words. Raises InputError for one in values, which words cannot keep."""
    if camera is None:
        return ""
    if camera.keys:
        raise InputError(
            "camera", "has values, and this model is told of it in words", f"use one of: {', '.join(SAID)}"
        )
    return SAID[camera.move]


def only_text(model: str, **given: Any) -> None:
    """Raises InputError for a field that has no meaning for a model that draws from text."""
    for name, value in given.items():
        if value:
            raise InputError(name, f"is nothing that {model} can be told", "say it in the prompt, or use starter/video")


def drawn(
    engine: LatentShooter, request: dict[str, Any], seconds: float, rate: Fraction | None, size: tuple[int, int] | None
) -> Video:
    """The clip that a request asks for, at `rate` (the model's own where None), round(seconds × rate) frames."""
    width, height = size or engine.size
    frames = engine.frames_for(max(1, round(seconds * engine.fps)))
    made = engine.shoot(Request(**request, frames=frames, width=width, height=height, fps=engine.fps))
    shown = rate or Fraction(engine.fps).limit_denominator(1001)
    count = max(1, round(seconds * shown))
    nearest = np.rint(np.arange(count) / float(shown) * engine.fps).astype(int).clip(0, len(made) - 1)
    return Video(np.ascontiguousarray(made[nearest]), shown)


def one_frame(engine: LatentShooter, request: dict[str, Any], size: tuple[int, int] | None) -> Image:
    """The picture that a request asks for: a video of one frame."""
    width, height = size or engine.size
    return Image(engine.shoot(Request(**request, frames=1, width=width, height=height, fps=engine.fps))[0])
