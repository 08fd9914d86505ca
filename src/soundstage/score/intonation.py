"""The pitch and the loudness of a sung phrase: slides between notes, vibrato, the small unrest of a living voice.

Notable: a slide straddles the beat so that most of it is over when the vowel begins; it dips a little the other way
before it and shoots a little over behind it, as singers do (Saitou, Goto, Unoki and Akagi, 2007, measured both).
Vibrato waits, then grows, and its rate and depth wander. All values are at frames of 10 ms.

T frames
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from soundstage.score.articulation import Tone

FRAME = 0.01
"""Seconds."""
Curve = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a voice sings. Depths are in cents, times in seconds, rates in Hz, levels in dB."""

    vibrato: float
    rate: float
    delay: float
    longer_than: float
    """The shortest note with vibrato."""
    slide: float
    """How long a slide over a fifth takes; smaller ones are shorter."""
    overshoot: float
    """Of the interval."""
    scoop: float
    """How far under a phrase's first note the voice begins."""
    unrest: float
    """Slow wandering of the pitch."""
    breath: float
    """Level of breaths against the voice; below −60 there are none."""
    swell: float
    """How much a long note grows to its middle."""
    fall: float
    """How far the pitch sinks as a phrase ends."""
    spoken: float
    """How much of speech's own loudness from syllable to syllable is kept, 0…1."""


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "pop": Style(
            vibrato=32, rate=5.7, delay=0.28, longer_than=0.55, slide=0.07, overshoot=0.08, scoop=70, unrest=5,
            breath=-28, swell=0.8, fall=30, spoken=0.45,
        ),
        "ballad": Style(
            vibrato=45, rate=5.4, delay=0.25, longer_than=0.5, slide=0.08, overshoot=0.1, scoop=45, unrest=5,
            breath=-24, swell=2.0, fall=15, spoken=0.35,
        ),
        "plain": Style(
            vibrato=14, rate=5.5, delay=0.35, longer_than=0.9, slide=0.05, overshoot=0.04, scoop=0, unrest=4,
            breath=-80, swell=0.5, fall=0, spoken=0.3,
        ),
    }
)  # fmt: skip
"""Pop; a ballad's warm vibrato and breath; plain as in a choir."""


def melody(tones: Sequence[Tone], start: float, frames: int, style: Style, rng: np.random.Generator) -> Curve:
    """MIDI pitch [T] of a phrase's tones, frame t at `start` + 10 ms · t; before and behind them it stays."""
    time = _times(start, frames)
    pitch = np.full(frames, tones[0].pitch, np.float64)
    for before, tone in pairwise(tones):
        pitch += _slide(time, before, tone, style)
    for index, tone in enumerate(tones):
        later = tones[index + 1].start if index + 1 < len(tones) else tone.end + 0.05
        if tone.end - tone.start >= style.longer_than and style.vibrato:
            pitch += _vibrato(time, tone, min(tone.end, later), style, rng)
    first, last = tones[0], tones[-1]
    if style.scoop:
        pitch -= style.scoop / 100 * np.exp(-np.clip(time - first.start + 0.03, 0, None) / 0.035)
    if style.fall:
        pitch -= style.fall / 100 * np.clip((time - last.end + 0.08) / 0.1, 0, 1) ** 2
    return pitch + wandering(frames, style.unrest / 100, rng)


def _times(start: float, frames: int) -> Curve:
    """The middle [T] of every frame."""
    return np.asarray(start + FRAME * (np.arange(frames) + 0.5), np.float64)


def _slide(time: Curve, before: Tone, tone: Tone, style: Style) -> Curve:
    """From one tone to the next, with a small dip before and a little too far behind."""
    step = tone.pitch - before.pitch
    if not step:
        return np.zeros_like(time)
    length = min(style.slide * (0.6 + 0.4 * min(abs(step), 7) / 7), 0.4 * (tone.end - tone.start), 0.08)
    length = max(length, 0.03)
    begin = tone.start - 0.7 * length
    share = np.clip((time - begin) / length, 0, 1)
    curve: Curve = step * (0.5 - 0.5 * np.cos(np.pi * share))
    extra = np.sign(step) * min(style.overshoot * abs(step), 0.3)
    behind = np.clip((time - begin - length) / 0.16, 0, 1)
    ahead = np.clip((begin - time) / 0.09, 0, 1)
    room = min(1.0, (tone.end - tone.start) / 0.3)
    curve += room * extra * np.sin(np.pi * behind) * (1 - behind) * 1.7
    curve -= 0.5 * extra * np.sin(np.pi * ahead) * (1 - ahead) * 1.7
    return curve


def _vibrato(time: Curve, tone: Tone, end: float, style: Style, rng: np.random.Generator) -> Curve:
    """Its rate rises a little and its depth wanders; it begins upward and ends with the note."""
    begin = tone.start + style.delay
    rate = style.rate * (1 + 0.03 * rng.standard_normal())
    grown = np.clip((time - begin) / 0.25, 0, 1)
    gone = np.clip((end - 0.02 - time) / 0.08, 0, 1)
    depth = style.vibrato / 100 * (1 + 0.08 * rng.standard_normal())
    wander = 1 + 0.06 * np.sin(2 * np.pi * (0.9 * (time - begin) + rng.random()))
    inside = (time >= begin) & (time < end)
    phase = 2 * np.pi * rate * (time - begin) * (1 + 0.015 * (time - begin))
    curve: Curve = np.where(inside, depth * grown * gone * wander * np.sin(phase), 0.0)
    return curve


def wandering(frames: int, size: float, rng: np.random.Generator) -> Curve:
    """Slow wandering [T] of this size (one standard deviation), and a seventh of it fast."""
    drawn = rng.standard_normal((2, frames + 100))
    kernel = np.hanning(41)
    slow = np.convolve(drawn[0], kernel / np.sqrt((kernel**2).sum()), "same")[50 : 50 + frames]
    fast = np.convolve(drawn[1], np.ones(3) / np.sqrt(3), "same")[50 : 50 + frames]
    curve: Curve = size * (slow + 0.15 * fast)
    return curve


def loudness(tones: Sequence[Tone], start: float, frames: int, style: Style) -> Curve:
    """dB [T] that velocities, swelling notes and the arch of the phrase add."""
    time = _times(start, frames)
    middles = np.array([(tone.start + tone.end) / 2 for tone in tones])
    level = np.interp(time, middles, [velocity_db(tone.velocity) for tone in tones])
    for tone in tones:
        length = tone.end - tone.start
        if length > 0.5 and style.swell:
            place = np.clip((time - tone.start) / length, 0, 1)
            level += style.swell * min(1.0, length - 0.5) * np.sin(np.pi * place**0.8)
    whole = max(tones[-1].end - tones[0].start, FRAME)
    arch: Curve = np.sin(np.pi * np.clip((time - tones[0].start) / whole, 0, 1)) - 0.5
    return np.asarray(level + arch, np.float64)


def velocity_db(velocity: int) -> float:
    """MIDI velocity as dB around that of 80."""
    return float(np.clip(0.14 * (velocity - 80), -9, 6))


def octaves(tones: Sequence[Tone], low: float, high: float) -> int:
    """Semitones, a whole number of octaves, that bring a part best into a range of MIDI pitches.

    What lies outside costs most; within, the nearest to its middle is taken.
    """
    pitches = np.array([tone.pitch for tone in tones])
    weights = np.array([tone.end - tone.start for tone in tones])
    middle = (low + high) / 2

    def cost(shift: int) -> float:
        moved = pitches + shift
        outside = np.maximum(low - moved, 0) + np.maximum(moved - high, 0)
        return float((weights * (outside**2 + 0.02 * (moved - middle) ** 2)).sum())

    return min((12 * k for k in range(-8, 9)), key=lambda shift: (cost(shift), abs(shift)))
