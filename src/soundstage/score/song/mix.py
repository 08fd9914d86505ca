"""A voice on the stage: in front, in the middle, and the band a little back while it sings.

Notable: how far the band steps back follows from the score alone, so a bar that is played anew is as loud as the one
that it replaces.

T samples · stereo [2, T]
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from soundstage.media.score import Score
from soundstage.ops.loudness import amplitude, envelope
from soundstage.score.mix import loudness, room
from soundstage.score.song.band import sung_spans

Sound = NDArray[np.float32]
LOUDNESS, CEILING = -14.0, -1.1
"""LUFS of a song, and dBTP: a tenth under the −1 that is promised, for meters that oversample otherwise."""
LEVEL = -16.5
"""LUFS of the voice, beside `mix.ROLE_LEVEL`."""
BACK = {"drums": -1.5, "bass": -1.0, "comp": -3.0, "arp": -3.0, "pad": -2.0, "lead": -6.0, "counter": -6.0}
"""dB by which each role is softer while somebody sings."""
FORWARD = 1.5
"""dB by which all of them are louder in a song's other parts, so that its opening is no gap before the voice."""
BEFORE, BEHIND = 0.35, 0.6
"""Seconds in which the band steps back and comes forward again."""
WET = 0.13
LOWEST = 85.0
"""Hz below which no voice sounds."""
EVEN, ABOVE = 0.45, 0.08
"""How much of a level over the voice's mean is taken back, and the seconds over which it is heard."""


def behind_voice(stems: Mapping[str, Sound], roles: Mapping[str, str], score: Score, rate: int) -> dict[str, Sound]:
    """Staged stems of the band, softer where the score is sung; themselves in music that nobody sings."""
    spans = sung_spans(score)
    if not spans:
        return dict(stems)
    time = np.arange(next(iter(stems.values())).shape[1], dtype=np.float32) / np.float32(rate)
    share = np.zeros_like(time)
    for start, end in spans:
        rise = np.clip((time - start) / BEFORE + 1, 0, 1)
        np.maximum(share, np.minimum(rise, np.clip((end - time) / BEHIND + 1, 0, 1)), out=share)
    share = 0.5 - 0.5 * np.cos(np.pi * share)
    curves = {role: FORWARD + share * (BACK.get(role, -2.0) - FORWARD) for role in set(roles.values())}
    return {
        name: (sound * np.float32(10) ** (curves[roles[name]] / 20)).astype(np.float32) for name, sound in stems.items()
    }


def in_front(voice: Sound, rate: int) -> Sound:
    """A dry voice [T] on the stage [2, T]: its syllables of more even loudness, at its level, with a little room."""
    sos = butter(2, LOWEST / (rate / 2), "high", output="sos")
    clean = np.asarray(sosfilt(sos, voice), np.float32)
    level = envelope(clean, rate, ABOVE)
    mean = float(np.sqrt((level[level > 0.1 * level.max(initial=0.0)] ** 2).mean())) if level.any() else 1.0
    even = clean * (np.maximum(level, 0.25 * mean) / mean) ** -EVEN
    placed = np.repeat((even * np.sqrt(0.5))[None], 2, axis=0).astype(np.float32)
    measured = loudness(placed, rate)
    placed *= np.float32(amplitude(LEVEL - measured) if measured > -69 else 0.0)
    feed = sosfilt(butter(1, 300 / (rate / 2), "high", output="sos"), placed, axis=1)
    echo = fftconvolve(feed, room(rate), axes=1)[:, : placed.shape[1]]
    return (placed + np.float32(WET) * (0.75 * echo + 0.25 * echo[::-1])).astype(np.float32)
