"""The film's sound: lines placed to the sample, music that makes way for them, one loudness, one ceiling.

Notable: ducking is not left to luck. Each span of speech gets the depth that puts it `margin` LU over the music
under it, the music is already down when the first word comes (it looks ahead), and close lines share one dip, so
that nothing pumps. All functions are pure.

Time in arrays is samples; positions are seconds (a Fraction stays exact).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.film.levels import (
    CEILING,
    SILENCE,
    TARGET,
    Span,
    gained,
    levelled,
    loudness,
    mastered,
    over,
    speech_over_music,
    spoken,
    true_peak,
)
from soundstage.media.audio import Audio
from soundstage.ops.loudness import amplitude, fade

__all__ = [
    "Mix",
    "Placed",
    "crossfade",
    "duck",
    "ducking",
    "levelled",
    "loudness",
    "mastered",
    "mixdown",
    "over",
    "place",
    "speech_over_music",
    "spoken",
    "true_peak",
]

RATE = 48_000
MARGIN = 9.0
"""LU that speech is over the music by design; 6 are promised."""
LEAST = 6.0
"""dB that music always yields to speech, even when it is soft already: the ear hears that someone begins to speak."""
MUSIC_BELOW = 3.0
"""LU of the music, where nobody speaks, below the speech."""
CODEC_ROOM = 0.5
"""dB that lossy sound may overshoot its source; the mix keeps it free under the ceiling."""


@dataclass(frozen=True)
class Placed:
    """A sound that starts at `start` seconds, `gain` dB louder, at `pan` from −1 (left) to 1 (right)."""

    audio: Audio
    start: float | Fraction
    gain: float = 0.0
    pan: float = 0.0

    def __post_init__(self) -> None:
        if self.start < 0:
            raise InputError("start", f"is {float(self.start)}", "give seconds from 0")
        if not -1 <= self.pan <= 1:
            raise InputError("pan", f"is {self.pan}", "give -1 (left) to 1 (right)")


@dataclass(frozen=True)
class Mix:
    """A finished mix and its parts, all of one length: `master` is the sum of `stems`, limited."""

    master: Audio
    stems: Mapping[str, Audio]


def place(clips: Sequence[Placed], length: int, rate: int = RATE) -> Audio:
    """A stereo track of `length` samples with every clip at its exact sample; overlapping clips add up.

    Raises InputError for a clip that goes on after the end of the track.
    """
    track = np.zeros((2, length), np.float32)
    for index, clip in enumerate(clips):
        samples = _stereo(clip, rate)
        first = round(clip.start * rate)
        if first + samples.shape[1] > length:
            late = (first + samples.shape[1] - length) / rate
            raise InputError(
                "clips", f"number {index} ends {late:.3f} s after the track", "lengthen the track or cut the clip"
            )
        track[:, first : first + samples.shape[1]] += samples
    return Audio(track, rate)


def crossfade(one: Audio, two: Audio, seconds: float) -> Audio:
    """`one`, then `two`, overlapping by `seconds` with constant power. Raises InputError when one is shorter."""
    count = round(seconds * one.rate)
    if one.rate != two.rate or one.channels != two.channels:
        raise InputError("two", f"is {two!r} after {one!r}", "give two sounds of one rate and number of channels")
    if not 0 <= count <= min(one.length, two.length):
        raise InputError("seconds", f"is {seconds}", f"give at most {min(one.seconds, two.seconds):g}")
    angle = (np.arange(count, dtype=np.float32) + 0.5) / max(1, count) * np.float32(np.pi / 2)
    middle = one.samples[:, one.length - count :] * np.cos(angle) + two.samples[:, :count] * np.sin(angle)
    parts = [one.samples[:, : one.length - count], middle, two.samples[:, count:]]
    return Audio(np.concatenate(parts, axis=1), one.rate)


def ducking(
    speech: Audio,
    music: Audio,
    *,
    spans: Sequence[Span] | None = None,
    margin: float = MARGIN,
    least: float = LEAST,
    look: float = 0.35,
    hold: float = 0.15,
    release: float = 0.8,
) -> NDArray[np.float32]:
    """The gain, as factors [time], that puts speech `margin` LU over the music in every span of speech.

    The music goes down over `look` seconds before a span, stays down `hold` after it and comes back over `release`.
    Spans nearer than that are one. Raises InputError for tracks of different rate or length.
    """
    spans = tuple(spoken(speech) if spans is None else spans)
    leads = dict(zip(spans, over(speech, music, spans), strict=True))
    decibels = np.zeros(music.length, np.float32)
    for start, end in _joined(spans, look + hold + release):
        lead = min(lead for (first, last), lead in leads.items() if start <= first and last <= end)
        if lead == float("inf"):
            continue
        depth = max(least, margin - lead)
        first, down, up, last = (
            round(time * music.rate) for time in (start - look, start, end + hold, end + hold + release)
        )
        curve = np.full(last - first, -depth, np.float32)
        curve[: down - first] *= _rise(down - first)
        curve[up - first :] *= _rise(last - up)[::-1]
        left, right = max(0, first), min(music.length, last)
        decibels[left:right] = np.minimum(decibels[left:right], curve[left - first : right - first])
    return np.asarray(10 ** (decibels / 20), np.float32)


def duck(music: Audio, speech: Audio, *, spans: Sequence[Span] | None = None, margin: float = MARGIN) -> Audio:
    """The music under the speech; see `ducking`."""
    return Audio(music.samples * ducking(speech, music, spans=spans, margin=margin), music.rate)


def mixdown(
    lines: Sequence[Placed],
    music: Sequence[Placed] = (),
    sounds: Sequence[Placed] = (),
    *,
    length: int,
    rate: int = RATE,
    target: float = TARGET,
    ceiling: float = CEILING - CODEC_ROOM,
    margin: float = MARGIN,
    close: float = 0.5,
) -> Mix:
    """The film's sound, `length` samples of stereo: every line at one loudness, music and sounds ducked under it.

    The sum is brought to `target` LUFS under `ceiling` dBTP. Over the last `close` seconds all but the speech fades
    out. The stems "speech", "music" and "sounds" (those that there are) carry the master's gain, without its
    limiter, so that their sum is the mix.
    """
    speech = place([_level(line, target, rate) for line in lines], length, rate)
    tracks = {"speech": speech} if lines else {}
    beds = {}
    if music:
        bed = place(music, length, rate)
        beds["music"] = levelled(bed, target - MUSIC_BELOW) if lines else bed
    if sounds:
        beds["sounds"] = place(sounds, length, rate)
    for name, bed in beds.items():
        under = duck(bed, speech, margin=margin) if lines else bed
        tracks[name] = Audio(fade(under.samples, rate, fall=close), rate)
    if not tracks:
        return Mix(Audio.silence(length / rate, rate, 2), {})
    total = Audio(np.sum([track.samples for track in tracks.values()], axis=0, dtype=np.float32), rate)
    master = mastered(total, target=target, ceiling=ceiling)
    measured = loudness(total)
    gain = 0.0 if measured < SILENCE else target - measured
    return Mix(master, {name: gained(track, gain) for name, track in tracks.items()})


def _level(line: Placed, target: float, rate: int) -> Placed:
    """A line at the loudness of speech, measured as the stereo that it becomes; its own gain stays on top."""
    return Placed(levelled(line.audio.resampled(rate).stereo(), target), line.start, line.gain, line.pan)


def _joined(spans: Sequence[Span], gap: float) -> list[Span]:
    """Spans in order, those nearer than `gap` made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _rise(count: int) -> NDArray[np.float32]:
    """From 0 to 1 along a raised cosine."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(1, count)), np.float32)


def _stereo(clip: Placed, rate: int) -> NDArray[np.float32]:
    """The clip's samples at `rate`, [2, time], with its gain and its place between left and right (constant power)."""
    samples = clip.audio.resampled(rate).stereo().samples
    angle = (clip.pan + 1) * np.pi / 4
    sides = np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]]) * amplitude(clip.gain)
    return np.asarray(samples * sides, np.float32)
