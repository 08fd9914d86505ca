"""Tempo and beats of sound: the steady pulse that explains best what the ear hears as beats.

Notable: a pulse is scored by its likelihood, so a beat that it leaves out counts against it as much as one that nobody
hears. Of two pulses that explain as much the one nearer to a moderate pace is felt (van Noorden & Moelants, 1999). The
constants are fitted on training pieces. Figures are given with and without octaves, for people tap both ways.

T frames, fifty a second
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundstage.evaluate.ear import HOP, RATE, Heard
from soundstage.media.audio import Audio

OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3, 1.5, 2 / 3)
TOLERANCE = 0.04
SLOWEST, FASTEST = 40.0, 220.0
A_SECOND = RATE / HOP
DOUBT = 4.0  # nats that one frame may say for or against a beat
LEAN = 2.0  # nats for a beat, since the ear spreads what it is not sure of
MODERATE, PULL = 115.0, 5.0  # beats a minute that are felt first, and nats against those an octave away
HEARD = 0.12  # a sound whose likeliest beats are less likely has none


def tempo(heard: Heard) -> float:
    """Beats a minute, 40 to 220; 0 when no beat is heard."""
    return pulse(heard)[0]


def pulse(heard: Heard) -> tuple[float, float]:
    """The steady pulse that is heard: beats a minute, and the second of its first beat. (0, 0) without one."""
    near = nearness(heard.beats[:, 0])
    if len(near) < 2 * A_SECOND or np.quantile(near, 0.98) < HEARD:
        return 0.0, 0.0
    evidence = np.clip(np.log(near / (1 - near)), -DOUBT, DOUBT) + LEAN
    longest = 60 * A_SECOND / SLOWEST
    shortest = 60 * A_SECOND / FASTEST
    step = 0.5 / len(near)  # half a frame from the first beat to the last
    periods = shortest * np.exp(np.arange(0, np.log(longest / shortest), step))
    best = (-np.inf, 0.0, 0.0)
    for period in periods:
        score, phase = _phase(evidence, float(period))
        score -= PULL * float(np.log2(60 * A_SECOND / period / MODERATE)) ** 2
        best = max(best, (score, float(period), phase))
    _, period, phase = best
    return 60 * A_SECOND / period, phase / A_SECOND


def nearness(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance that a beat is within a frame, from those of every frame, which share it."""
    padded = np.pad(chances, 1)
    return np.clip((padded[:-2] + padded[1:-1] + padded[2:]) / 2, 1e-4, 1 - 1e-4)


def _phase(evidence: NDArray[np.float64], period: float) -> tuple[float, float]:
    """The best sum of evidence on a pulse of that period in frames, and where it begins."""
    starts = np.arange(0.0, period)
    counts = np.arange(int(len(evidence) / period) + 1)
    at = np.round(starts[:, None] + counts[None] * period).astype(int)
    sums = np.where(at < len(evidence), evidence[np.minimum(at, len(evidence) - 1)], 0.0).sum(axis=1)
    top = int(np.argmax(sums))
    return float(sums[top]), float(starts[top])


def agrees(found: float, true: float, *, octaves: bool = False) -> bool:
    """Whether two tempi are within 4%, or (with `octaves`) one simple ratio apart."""
    ratios = OCTAVES if octaves else (1.0,)
    return any(abs(found - true * ratio) <= TOLERANCE * true * ratio for ratio in ratios)


def beat_alignment(audio: Audio, beats: list[float]) -> float:
    """How much louder onsets are on the stated beats than off them: mean onset strength at beats over the mean
    anywhere."""
    onset = onset_strength(audio)
    at = np.round(np.array(beats) * 100).astype(int)
    near = np.stack([onset[np.clip(at + shift, 0, len(onset) - 1)] for shift in (-2, -1, 0, 1, 2, 3)]).max(axis=0)
    return float(near.mean() / max(onset.mean(), 1e-9))


def onset_strength(audio: Audio) -> NDArray[np.float64]:
    """Rise of the log spectrum, 100 frames a second."""
    wave = audio.mono().samples[0]
    hop, size = audio.rate // 100, 1024
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, (size // 2, size // 2)), size)[::hop]
    magnitude = np.log1p(200 * np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))[:, 2:400])
    rise = np.maximum(0, np.diff(magnitude, axis=0, prepend=magnitude[:1]))
    return np.asarray(rise.mean(axis=1))
