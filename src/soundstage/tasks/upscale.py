"""The task `upscale`: twice or four times the width and height, up to 4K.

Notable: the video model's own network for its layers, run on whole frames. It looks at one frame at a time and a few
pixels around each, so what stands still stays still, and tiles join without a seam.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import ModelRef, Says, task
from soundstage.media import Video
from soundstage.tasks.shoot_layered import LayeredShooter

LARGEST = 4096
"""Pixels of a side."""


@task(version=1)
def upscale(
    video: Annotated[Video, Says("The clip.")],
    *,
    times: Annotated[Literal["2", "4"], Says("How many times as wide and as high.")] = "2",
    model: ModelRef = "starter/video",
) -> Video:
    """The clip enlarged; its frame rate and length stay.

    The starter's network knows the storybook's drawings: edges become crisp, and photographs look drawn. Raises
    InputError for a clip that would have more than 4096 pixels a side.
    """
    factor = int(times)
    if factor * max(video.width, video.height) > LARGEST:
        raise InputError(
            "times", f"would make {factor * video.width}x{factor * video.height}", f"sides of {LARGEST} are the most"
        )
    with runtime.use(model, {"layered": LayeredShooter}) as engine:
        made = [
            engine.enlarged(video.frames[index], factor)
            for index in runtime.progress(range(video.length), "enlarging", video.length)
        ]
    return Video(np.stack(made), video.fps)
