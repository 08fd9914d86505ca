"""Shooting with models that draw what a text says: the fields of `shoot` as a request, and what cannot be told.

Notable: such a model draws at its own pace and in its own lengths. As many frames are drawn as its grid needs for the
seconds asked for; the clip then shows at every moment the nearest of them, so that its length and rate are exact.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media import Image, Video
from soundstage.render.scene import Camera
from soundstage.runtime import cache_folder
from soundstage.tasks.shoot_estimate import foretold
from soundstage.tasks.shoot_latent import Decoder, LatentShooter, Request

WITHOUT = ("image", "last_image", "on_step", "on_latents")
"""Fields of a request that a repr does not tell."""
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
    engine: LatentShooter,
    request: dict[str, Any],
    seconds: float,
    rate: Fraction | None,
    size: tuple[int, int] | None,
    model: str,
) -> Video:
    """The clip that a request asks for, at `rate` (the model's own where None), round(seconds × rate) frames."""
    width, height = size or engine.size
    frames = engine.frames_for(max(1, round(seconds * engine.fps)))
    wanted = Request(**request, frames=frames, width=width, height=height, fps=engine.fps)
    with foretold(engine, wanted):
        made = kept(engine, wanted, model)
    shown = rate or Fraction(engine.fps).limit_denominator(1001)
    count = max(1, round(seconds * shown))
    nearest = np.rint(np.arange(count) / float(shown) * engine.fps).astype(int).clip(0, len(made) - 1)
    return Video(np.ascontiguousarray(made[nearest]), shown)


def kept(engine: LatentShooter, request: Request, model: str) -> NDArray[np.uint8]:
    """Frames of a request, whose latents are kept in the cache's folder until they are decoded.

    Where decoding failed, for want of memory or because somebody stopped it, asking for the same again decodes only.
    """
    if not isinstance(engine, Decoder):
        return engine.shoot(request)
    from safetensors.torch import load_file, save_file

    path = cache_folder() / "latents" / f"{_digest(request, model)}.safetensors"
    if path.is_file():
        latents = load_file(path)["latents"]
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        latents = engine.draw(request)
        unfinished = path.with_suffix(".part")
        save_file({"latents": latents.contiguous()}, unfinished)
        unfinished.replace(path)
    frames = engine.decode(latents)
    path.unlink()
    return frames


def _digest(request: Request, model: str) -> str:
    """A name for what is asked for."""
    pixels = [b"" if image is None else image.pixels.tobytes() for image in (request.image, request.last_image)]
    plain = {each.name: getattr(request, each.name) for each in fields(request)}
    told = repr(sorted((name, value) for name, value in plain.items() if name not in WITHOUT))
    return hashlib.sha256(b"\0".join((model.encode(), told.encode(), *pixels))).hexdigest()[:32]


def one_frame(engine: LatentShooter, request: dict[str, Any], size: tuple[int, int] | None) -> Image:
    """The picture that a request asks for: a video of one frame."""
    width, height = size or engine.size
    return Image(engine.shoot(Request(**request, frames=1, width=width, height=height, fps=engine.fps))[0])
