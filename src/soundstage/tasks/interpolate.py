"""The task `interpolate`: more frames a second, the new ones where things are then.

Notable: motion is found between neighbours both ways and both frames are moved to the moment between them; no weights,
so it serves every model's clips and any file. A cut stays a cut.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, Says, task
from soundstage.media import Video
from soundstage.media.video import frame_rate

CUT = 0.13
"""Mean difference of neighbours, 0 to 1, with the motion found taken out, above which they are two shots."""
MOST = 16
"""Times as many frames, at most."""


@task(version=1)
def interpolate(
    video: Annotated[Video, Says("The clip.")],
    *,
    times: Annotated[int, Says("How many times as many frames."), Between(2, MOST)] = 2,
    fps: Annotated[float | None, Says("Frames a second instead, any rate above the clip's own.")] = None,
) -> Video:
    """The clip as long as before, at `times` its frame rate or at `fps`; its own frames stay as they are.

    Behind the last frame nothing is known, so it stands until the end. Raises InputError for a rate that is not above
    the clip's, or more than 16 times it.
    """
    rate = video.fps * times if fps is None else frame_rate(fps)
    if not video.fps < rate <= MOST * video.fps:
        raise InputError(
            "fps", f"is {float(rate):g} for a clip of {float(video.fps):g}", f"give more, up to {MOST} times as many"
        )
    count = round(video.length * rate / video.fps)
    return Video(filled(video.frames, [Fraction(index) * video.fps / rate for index in range(count)]), rate)


def filled(frames: NDArray[np.uint8], places: list[Fraction]) -> NDArray[np.uint8]:
    """Frames at increasing places, counted in frames: whole ones are copied, others made between their neighbours."""
    import torch

    from soundstage.ops.optical_flow import between, moved, optical_flow

    def tensor(index: int) -> torch.Tensor:
        return torch.from_numpy(np.array(frames[index])).permute(2, 0, 1)[None].float() / 255

    out = np.empty((len(places), *frames.shape[1:]), np.uint8)
    known, pair = -1, None
    with torch.inference_mode():
        for index, place in runtime.progress(list(enumerate(places)), "interpolating", len(places)):
            at = min(int(place), len(frames) - 1)
            share = float(place - at)
            if share == 0 or at == len(frames) - 1:
                out[index] = frames[at]
                continue
            if at != known:
                a, b = tensor(at), tensor(at + 1)
                there, back = optical_flow(a, b), optical_flow(b, a)
                left = float((moved(b, there) - a).abs().mean())
                known, pair = at, None if left > CUT else (a, b, there, back)
            if pair is None:
                out[index] = frames[at + (share >= 0.5)]
            else:
                made = between(*pair, share)[0].clamp(0, 1)
                out[index] = (made * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return out
