"""Scenes as frames: a stream for a draft's animatic, and whole clips for training and tests.

Notable: a stream draws as it goes and keeps nothing, so a minute of film needs no more memory than one frame and its
planes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from soundstage.media.video import Video, frame_rate
from soundstage.render.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from numpy.typing import NDArray

    from soundstage.render.scene import Scene


def draw(
    scene: Scene, seconds: float, fps: Fraction | float = 24, size: tuple[int, int] = (512, 512)
) -> Iterator[NDArray[np.uint8]]:
    """The frames of a scene one after another, uint8 [height, width, 3]; round(seconds × fps) of them.

    `size` is (width, height) in pixels. Raises InputError (at once, not at the first frame) for an impossible length,
    rate or size.
    """
    return Stage(scene, seconds, float(frame_rate(fps)), size).frames()


def render_scene(scene: Scene, seconds: float, fps: Fraction | float = 24, size: tuple[int, int] = (256, 256)) -> Video:
    """The whole clip as a Video of `size` (width, height). Raises InputError as `draw` does."""
    rate = frame_rate(fps)
    return Video(frames=np.stack(list(draw(scene, seconds, rate, size))), fps=rate)
