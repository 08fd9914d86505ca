"""How high a voice is, every 10 ms, and how sure that is.

Notable: every frame offers the lags at which it repeats itself best, by the normalised square difference (McLeod and
Wyvill, 2005), and silence of the voice; the path through all frames that is likely and leaps little is taken, so single
octave errors do not stand.

T frames of 10 ms · K candidates · L lags · N samples
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = 60.0, 450.0
"""Hz."""
RATE, HOP, SPAN = 12_000, 120, 480
"""Samples of a frame, of which half are compared with half."""
CANDIDATES = 6
PERIODIC = 0.55
"""How alike a frame's periods are, from which on it counts as voiced where nothing else speaks for either."""
LEAP, TURN = 1.2, 0.12
"""Cost of an octave's leap, and of beginning or ending to be voiced."""


@dataclass(frozen=True)
class Pitch:
    """`f0` [T] in Hz, 0 where there is no voice; `strength` [T], 1 for a sound that repeats itself exactly."""

    f0: NDArray[np.float32]
    strength: NDArray[np.float32]


def pitch(samples: NDArray[np.float32], rate: int) -> Pitch:
    """Of samples [N]; frame t is centred on 10 ms · t, and there are ceil(N / hop) of them."""
    from soundstage.media.audio import Audio

    sound = Audio(samples[None], rate).resampled(RATE).samples[0]
    count = -(-len(sound) // HOP)
    if not count:
        return Pitch(np.zeros(0, np.float32), np.zeros(0, np.float32))
    likeness = np.concatenate([_likeness(sound, at, min(at + 2000, count)) for at in range(0, count, 2000)])
    lags, worth = _candidates(likeness)
    path = _path(lags, worth)
    rows = np.arange(count)
    voiced = path < CANDIDATES
    chosen = np.where(voiced, path, 0)
    f0 = np.where(voiced, RATE / lags[rows, chosen], 0).astype(np.float32)
    return Pitch(f0, worth.max(1).astype(np.float32))


def _likeness(sound: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
    """[T, L] 1 where a frame is the same so many samples later."""
    longest = int(RATE / LOWEST) + 2
    size = SPAN + longest
    left = size // 2
    begin, end = first * HOP - left, (last - 1) * HOP - left + size
    cut = np.pad(sound[max(0, begin) : max(0, end)], (max(0, -begin), max(0, end - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(cut, size)[::HOP].astype(np.float64)
    frames = frames - frames.mean(1, keepdims=True)
    head = np.fft.rfft(frames[:, :SPAN], 2 * size)
    product = np.fft.irfft(np.conj(head) * np.fft.rfft(frames, 2 * size), 2 * size)[:, : longest + 1]
    total = np.pad(np.cumsum(frames**2, 1), ((0, 0), (1, 0)))
    energy = total[:, SPAN : SPAN + longest + 1] - total[:, : longest + 1]
    likeness: NDArray[np.float32] = (2 * product / (energy + energy[:, :1] + 1e-7 * SPAN)).astype(np.float32)
    return likeness


def _candidates(likeness: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lags [T, K] of the highest peaks, between samples, and their heights."""
    shortest = int(RATE / HIGHEST)
    here, before, after = (likeness[:, shortest + shift : likeness.shape[1] - 1 + shift] for shift in (0, -1, 1))
    peak = np.where((here >= before) & (here > after), here, -1.0)
    best = np.argsort(-peak, 1)[:, :CANDIDATES]
    a, b, c = (np.take_along_axis(part, best, 1).astype(np.float64) for part in (before, here, after))
    curve = np.minimum(a - 2 * b + c, -1e-6)
    shift = np.clip(0.5 * (a - c) / curve, -0.5, 0.5)
    found = np.take_along_axis(peak, best, 1) > -1
    return best + shortest + shift, np.where(found, b - 0.25 * (a - c) * shift, -1.0)


def _path(lags: NDArray[np.float64], worth: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which candidate [T] each frame takes; K for none."""
    count, many = lags.shape
    height = -np.log2(lags)
    short = 0.03 * np.log2(lags / lags.min())  # of two lags that fit alike, the shorter
    local = np.concatenate((1 - worth + short, np.full((count, 1), 1 - PERIODIC)), 1)
    back = np.zeros((count, many + 1), np.int64)
    cost = local[0]
    step = np.empty((many + 1, many + 1))
    step[many, :many] = step[:many, many] = TURN
    step[many, many] = 0
    for t in range(1, count):
        step[:many, :many] = LEAP * np.abs(height[t - 1][:, None] - height[t][None])
        total = cost[:, None] + step
        back[t] = total.argmin(0)
        cost = total[back[t], np.arange(many + 1)] + local[t]
    path = np.empty(count, np.int64)
    path[-1] = int(cost.argmin())
    for t in range(count - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
