"""Does a clip hang together? Flicker, always beside how much moves; warping error where nothing is hidden; freezes;
streaks at the edges.

Notable: a frozen clip has no flicker and no warping error, so neither is ever quoted without the dynamic degree.
Motion is found by matching blocks, in plain numpy, so that the meter needs no other model.

T time · H height · W width · frames uint8 [T, H, W, 3] · flow [T − 1, H, W, 2], pixels (x, y) to the next frame
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from soundstage.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOVED = 6.0  # levels of 255 by which a blurred pixel must change to count as moving
PAIRS = 8  # neighbouring frames, spread over the clip, whose motion is searched
STILL = 0.35  # mean change of a frame, in levels, under which it repeats the one before
FROZEN = 0.002  # share of the picture that must ever change visibly, else the clip is frozen
STREAKED = 0.02  # streaks above which an edge is smeared: twice the worst of the real renders


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """What `judge` measures of one clip."""

    flicker: float  # (255 − mean change) / 255: 1 is still
    dynamic: float  # share of the picture that moves in an eighth of a second
    warping: float  # mean difference after undoing the motion, 0–1, hidden places left out
    freeze: float  # seconds of the longest stretch without change
    frozen: bool
    streaks: float  # how much more the edges are smeared than the middle, 0–1
    streaked: bool


def judge(frames: NDArray[np.uint8], fps: float) -> Steadiness:
    """All measures of a clip. Raises InputError for fewer than two frames or another shape."""
    _check(frames)
    streaks = streak_score(frames)
    return Steadiness(
        flicker=flicker(frames),
        dynamic=dynamic_degree(frames, fps),
        warping=warping_error(frames),
        freeze=longest_freeze(frames, fps),
        frozen=ever_changed(frames) < FROZEN,
        streaks=streaks,
        streaked=streaks > STREAKED,
    )


def _check(frames: NDArray[np.uint8]) -> None:
    if frames.ndim != 4 or frames.shape[-1] != 3 or len(frames) < 2 or min(frames.shape[1:3]) < 16:
        raise InputError(
            "frames",
            f"have shape {frames.shape}",
            "give at least two frames [time, height, width, 3] of 16 pixels or more",
        )


def flicker(frames: NDArray[np.uint8]) -> float:
    """(255 − MAE between neighbours) / 255 (VBench's temporal flickering). Quote it beside `dynamic_degree`."""
    _check(frames)
    change = [np.abs(a.astype(np.int16) - b).mean() for a, b in pairwise(frames)]
    return float(1 - np.mean(change) / 255)


def dynamic_degree(frames: NDArray[np.uint8], fps: float) -> float:
    """Share of the picture, lightly blurred against noise, that changes visibly in an eighth of a second."""
    _check(frames)
    gap = min(len(frames) - 1, max(1, round(fps / 8)))
    soft = _soft(frames)
    moved = [np.mean(np.abs(soft[t + gap] - soft[t]).max(-1) > MOVED) for t in range(len(frames) - gap)]
    return float(np.mean(moved))


def ever_changed(frames: NDArray[np.uint8]) -> float:
    """Share of the picture that at any time differs visibly from the first frame: all but nothing in a frozen clip."""
    _check(frames)
    soft = _soft(frames)
    return float(np.mean((np.abs(soft[1:] - soft[:1]).max(-1) > MOVED).any(0)))


def longest_freeze(frames: NDArray[np.uint8], fps: float) -> float:
    """Seconds of the longest run of frames that all but repeat the one before."""
    _check(frames)
    longest = run = 0
    for a, b in pairwise(frames):
        run = run + 1 if np.abs(a.astype(np.int16) - b).mean() < STILL else 0
        longest = max(longest, run)
    return longest / fps


def warping_error(
    frames: NDArray[np.uint8], flow: NDArray[np.floating] | None = None, mask: NDArray[np.bool_] | None = None
) -> float:
    """Mean difference (0–1) between a frame and the next one moved back along the flow.

    Without `flow` it is found by matching blocks there and back, and places where the two disagree (hidden or new) are
    left out; `mask` [T − 1, H, W] leaves out more (False is left out).
    """
    _check(frames)
    grey = frames.astype(np.float32).mean(-1)
    errors, pairs = [], np.arange(len(frames) - 1)
    if flow is None and len(pairs) > PAIRS:
        pairs = pairs[np.linspace(0, len(pairs) - 1, PAIRS).round().astype(int)]
    for t in pairs:
        if flow is None:
            motion, sure = block_flow(grey[t], grey[t + 1]), np.ones(grey.shape[1:], bool)
            back = block_flow(grey[t + 1], grey[t])
            sure = np.abs(motion + _fetch(back, motion)).max(-1) <= 1.5
        else:
            motion, sure = flow[t].astype(np.float32), np.ones(grey.shape[1:], bool)
        if mask is not None:
            sure = sure & mask[t]
        sure &= _inside(motion)
        if sure.any():
            errors.append(np.abs(_fetch(grey[t + 1][..., None], motion)[..., 0] - grey[t])[sure].mean() / 255)
    return float(np.mean(errors)) if errors else 1.0


def block_flow(
    a: NDArray[np.float32], b: NDArray[np.float32], *, block: int = 8, reach: int = 7
) -> NDArray[np.float32]:
    """Motion from grey frame `a` to `b`, [H, W, 2] in pixels, by the best whole-pixel match of each block; ties go to
    the smaller motion.
    """
    height, width = a.shape
    rows, columns = -(-height // block), -(-width // block)
    padded = np.pad(b, reach, mode="edge")
    best = np.full((rows, columns), np.inf, np.float32)
    motion = np.zeros((rows, columns, 2), np.float32)
    steps = sorted(
        ((dx, dy) for dx in range(-reach, reach + 1) for dy in range(-reach, reach + 1)),
        key=lambda s: s[0] ** 2 + s[1] ** 2,
    )
    for dx, dy in steps:
        cost = np.abs(padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width] - a)
        cost = np.pad(cost, ((0, rows * block - height), (0, columns * block - width)))
        cost = cost.reshape(rows, block, columns, block).sum((1, 3)) + 0.02 * block * block * (dx * dx + dy * dy) ** 0.5
        better = cost < best
        best[better] = cost[better]
        motion[better] = dx, dy
    return motion.repeat(block, 0).repeat(block, 1)[:height, :width]


def _fetch(picture: NDArray[np.floating], flow: NDArray[np.floating]) -> NDArray[np.float32]:
    """The picture [H, W, C] sampled where the flow leads, bilinear, edges repeated."""
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = np.clip(xs + flow[..., 0], 0, width - 1), np.clip(ys + flow[..., 1], 0, height - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    top = picture[y0, x0] * (1 - fx) + picture[y0, x1] * fx
    return np.asarray(top * (1 - fy) + (picture[y1, x0] * (1 - fx) + picture[y1, x1] * fx) * fy, np.float32)


def _inside(flow: NDArray[np.floating]) -> NDArray[np.bool_]:
    height, width = flow.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width]
    x, y = xs + flow[..., 0], ys + flow[..., 1]
    return np.asarray((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))


def streak_score(frames: NDArray[np.uint8]) -> float:
    """How much more the left and right edges are smeared sideways (top and bottom: lengthwise) than the middle; the
    worst edge of the worst frame.

    A smear repeats a pixel along the direction of the pan while its neighbours across differ: rows of constant colour,
    stacked.
    """
    _check(frames)
    chosen = frames[np.linspace(0, len(frames) - 1, min(6, len(frames))).round().astype(int)].astype(np.float32)
    return max(max(_streaks(frame), _streaks(frame.transpose(1, 0, 2))) for frame in chosen)


def _streaks(frame: NDArray[np.float32]) -> float:
    """Of one frame, for the left and right edges."""
    width = frame.shape[1]
    band = max(6, width // 10)
    along = np.abs(np.diff(frame, axis=1)).max(-1)[:-1]  # change along a row
    across = np.abs(np.diff(frame, axis=0)).max(-1)[:, :-1]  # change to the next row
    smear = (along < 3.0) & (across > 5.0)
    columns = smear.mean(0)
    whole = np.convolve(columns, np.ones(band) / band, mode="valid")  # smear of each band across the picture
    edge = max(_run(smear[:, :band]), _run(smear[:, -band:]))
    inner = float(np.quantile(whole[band:-band], 0.9)) if len(whole) > 2 * band else float(whole.mean())
    return max(0.0, edge - inner)


def _run(smear: NDArray[np.bool_]) -> float:
    """Share of rows smeared over (nearly) the whole band."""
    return float((smear.mean(1) > 0.85).mean())


def _soft(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A 3 × 3 mean of every frame."""
    padded = np.pad(frames.astype(np.float32), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 9, np.float32)
