"""Measures and masters of loudness: LUFS, true peak, speech over music, and the gain and limiter that meet a target.

Notable: everything is weighted as ears do (K-weighting, ITU-R BS.1770-4). The integrated loudness is pyloudnorm's,
gated; the levels of short spans are plain K-weighted powers over the moments in which somebody really speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.ops import loudness as gains

Span = tuple[float, float]

TARGET = -16.0
"""Integrated loudness of a film, LUFS."""
CEILING = -1.0
"""True peak of a film, dBTP."""
SILENCE = -70.0
"""LUFS below which there is nothing to measure: the absolute gate of BS.1770."""
BLOCK = 0.02
"""Seconds of the blocks in which speech is told from pauses."""
BREATH = 0.5
"""Seconds of the longest pause that still belongs to a span of speech."""


def loudness(audio: Audio) -> float:
    """Integrated loudness in LUFS; −inf for silence. What is no longer than a gating block (0.4 s) has no gates."""
    import pyloudnorm

    if not audio.length or not audio.samples.any():
        return float("-inf")
    if audio.seconds <= 0.4:
        return _lufs(float(_power(audio).mean()))
    with np.errstate(divide="ignore"):
        return float(pyloudnorm.Meter(audio.rate).integrated_loudness(audio.samples.T.astype(np.float64)))


def true_peak(audio: Audio) -> float:
    """The highest point between the samples, in dBTP (four-fold oversampled); −inf for silence."""
    return gains.decibels(gains.true_peak(audio.samples))


def gained(audio: Audio, decibels: float) -> Audio:
    """The sound, louder by `decibels`."""
    return audio if decibels == 0 else Audio(audio.samples * np.float32(gains.amplitude(decibels)), audio.rate)


def levelled(audio: Audio, target: float) -> Audio:
    """The sound at an integrated loudness of `target` LUFS, by gain alone; silence stays silence."""
    measured = loudness(audio)
    return audio if measured < SILENCE else gained(audio, target - measured)


def spoken(speech: Audio, *, breath: float = BREATH) -> tuple[Span, ...]:
    """The spans, in seconds, in which somebody speaks; pauses shorter than `breath` belong to them."""
    active = _active(speech)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    spans: list[Span] = []
    for first, last in edges.reshape(-1, 2):
        start, end = float(first * BLOCK), min(float(last * BLOCK), speech.seconds)
        if spans and start - spans[-1][1] < breath:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def over(speech: Audio, music: Audio, spans: Sequence[Span] | None = None) -> tuple[float, ...]:
    """How many LU the speech is over the music in each span (of `spoken`, if none are given).

    Both are tracks of one timeline. Only the moments of a span in which there is speech count; +inf where there is no
    music, or no speech.
    """
    if (speech.rate, speech.length) != (music.rate, music.length):
        raise InputError("music", f"is {music!r} beside {speech!r}", "give two tracks of one rate and length")
    active, voice, under = _active(speech), _blocks(speech), _blocks(music)
    found = []
    for start, end in spoken(speech) if spans is None else spans:
        part = slice(round(start / BLOCK), max(round(start / BLOCK) + 1, round(end / BLOCK)))
        chosen = active[part]
        music_power = float(under[part][chosen].mean()) if chosen.any() else 0.0
        heard = _lufs(float(voice[part][chosen].mean())) if chosen.any() else float("inf")
        found.append(heard - _lufs(music_power) if music_power else float("inf"))
    return tuple(found)


def speech_over_music(speech: Audio, music: Audio, spans: Sequence[Span] | None = None) -> float:
    """The least of `over`: by how many LU speech is over the music in its worst span; +inf without speech or music."""
    return min(over(speech, music, spans), default=float("inf"))


def mastered(audio: Audio, *, target: float = TARGET, ceiling: float = CEILING, tolerance: float = 0.05) -> Audio:
    """At `target` LUFS with no true peak over `ceiling` dBTP; the gain is sought again until both hold.

    Silence comes back as it is. Where the ceiling does not let the target be reached (a few clicks in silence), the
    ceiling wins.
    """
    measured = loudness(audio)
    if measured < SILENCE:
        return audio
    gain, best = target - measured, audio
    nearest = float("inf")
    for _ in range(6):
        louder = gained(audio, gain)
        held = Audio(gains.limit(louder.samples, audio.rate, ceiling=ceiling), audio.rate)
        error = target - loudness(held)
        if abs(error) < nearest:
            nearest, best = abs(error), held
        if nearest <= tolerance:
            break
        gain += min(error * 1.2, 6.0)
    return best


def _active(speech: Audio) -> NDArray[np.bool_]:
    """Which blocks hold speech: those within 30 LU of the loudest tenth, and over the absolute gate."""
    power = _blocks(speech)
    if not power.size or not power.any():
        return np.zeros(power.shape, bool)
    loud = float(np.quantile(power[power > power.max() * 1e-4], 0.9))
    return np.asarray(power > max(loud * 1e-3, 10 ** ((SILENCE + 0.691) / 10)))


def _blocks(audio: Audio) -> NDArray[np.float64]:
    """K-weighted power of every block, [blocks]."""
    power = _power(audio)
    size = max(1, round(BLOCK * audio.rate))
    count = -(-len(power) // size)
    return np.asarray(np.pad(power, (0, count * size - len(power))).reshape(count, size).mean(axis=1))


def _power(audio: Audio) -> NDArray[np.float64]:
    """K-weighted power at every sample, all channels together, [time]."""
    from scipy.signal import sosfilt

    weighted = sosfilt(_weighting(audio.rate), audio.samples.astype(np.float64), axis=1)
    return np.asarray((weighted**2).sum(axis=0))


@lru_cache(maxsize=8)
def _weighting(rate: int) -> NDArray[np.float64]:
    """The two filters of K-weighting, [sections, 6]."""
    from pyloudnorm.iirfilter import IIRfilter

    shelf = IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, rate, "high_shelf")
    cut = IIRfilter(0.0, 0.5, 38.0, rate, "high_pass")
    rows: list[Any] = [np.concatenate([part.b, part.a]) for part in (shelf, cut)]
    return np.stack(rows).astype(np.float64)


def _lufs(power: float) -> float:
    return -0.691 + 10 * float(np.log10(power)) if power > 0 else float("-inf")
