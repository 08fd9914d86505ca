"""The notes of one voice that hums, sings, whistles or plays alone: when each begins and ends, and how high it is.

Notable: the path through all notes that is likely and changes little is taken, so vibrato, slides and breaks of the
voice do not become notes; a note struck again is told by the dip of level before it. How far the whole recording is out
of tune is found first and taken away. Heights beyond a speaking voice's are met by hearing the sound slowed down.

T frames of 10 ms · K semitones
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.pitch import RATE, pitch

Row = NDArray[np.float64]
FRAME = 0.01
FASTER = (1, 2, 4, 8)
"""By how many times the sound may be slowed down: 60 to 450 Hz, and up to 480 to 3600 Hz."""
HALVED, FAINTEST = 0.1, 0.01
"""The share of frames without odd harmonics from which on the voice is an octave higher than was heard, and their part
of the strongest at the least."""
SILENT, QUIET = 1e-4, 40.0
"""The peak of nothing at all, and dB under the loudest frames at which nobody sings any more."""
SPREAD, FAR, CHANGE, UNSUNG = 0.4, 4.0, 12.0, 2.0
"""Semitones by which a voice strays; the cost of any other pitch, of a change of note, of a voice in a rest, or none in
a note."""
SHORTEST = 0.07
STRUCK, RISING, BELOW = 7.0, 16, 4.0
"""dB by which the level rises within so many frames where a note is struck again, and dB under its peak where it is
struck."""
SPOKEN = 11
"""Frames that a consonant may be ahead of the change of pitch that it belongs to."""
SCOOP = 0.2
"""Seconds of a slide up or down into a first note, at the most."""
BAND, FAINT = (600.0, 4000.0), 35.0
"""Hz between which a tongue or lips that close are heard best, and dB under the whole where that band is only noise."""
STEADY = 0.3
"""The least share of what is heard that must be notes; noise has less."""


@dataclass(frozen=True)
class Tone:
    """A note as it was sung: `start` and `length` in seconds, the MIDI `pitch`, and how loud, in dB."""

    start: float
    length: float
    pitch: int
    level: float

    @property
    def end(self) -> float:
        """When it ends, in seconds."""
        return self.start + self.length


@dataclass(frozen=True)
class Hummed:
    """The notes of a recording in order, and how many semitones it stands above concert pitch (−0.5 to 0.5)."""

    tones: tuple[Tone, ...]
    tuning: float


def hummed(audio: Audio, field: str = "audio") -> Hummed:
    """The notes of one voice. Raises InputError, naming `field`, for silence, noise, and less than two notes."""
    if not audio.length or float(np.abs(audio.samples).max()) < SILENT:
        raise InputError(field, "is silent", "give a recording of one voice that hums, sings or whistles")
    f0 = _height(audio)
    level = _level(audio.mono(), len(f0))
    edges = np.maximum(_level(_banded(audio.mono()), len(f0)), level - FAINT)
    heard = level > level.max() - QUIET
    voiced = (f0 > 0) & heard
    remedy = "give one voice that hums, sings or whistles, with nothing else beside it"
    if voiced.sum() < STEADY * heard.sum() or voiced.sum() * FRAME < 2 * SHORTEST:
        raise InputError(field, "holds no melody", remedy)
    height = np.where(voiced, 69 + 12 * np.log2(np.maximum(f0, 1) / 440), 0.0)
    turns = np.exp(2j * np.pi * height[voiced])
    tuning = float(np.angle(turns.sum()) / (2 * np.pi))
    found = _tones(_path(height - tuning, voiced), height - tuning, voiced, level, edges)
    if len(found) < 2 or sum(tone.length for tone in found) < STEADY * heard.sum() * FRAME:
        raise InputError(field, "holds no melody" if len(found) != 1 else "holds a single note", remedy)
    return Hummed(found, tuning)


def _height(audio: Audio) -> NDArray[np.float32]:
    """F0 [T] in Hz, 0 where there is none."""
    mono = audio.mono()
    best = np.zeros(0, np.float32)
    for factor in FASTER:
        sound = mono.resampled(RATE * factor).samples[0]
        f0 = pitch(sound, RATE).f0[::factor] * np.float32(factor)
        if len(best) and (f0 > 0).sum() < 0.8 * (best > 0).sum():
            return best
        best = f0
        if _halved(sound, f0, RATE * factor) < HALVED:
            break
    return best


def _halved(sound: NDArray[np.float32], f0: NDArray[np.float32], rate: int) -> float:
    """The share of voiced frames [T] in which nothing sounds at the odd multiples of `f0`."""
    size = 1 << round(np.log2(0.09 * rate))
    at = np.flatnonzero(f0)[::3]
    if not len(at):
        return 0.0
    padded = np.pad(sound, (size // 2, size))
    frames = np.stack([padded[start : start + size] for start in np.round(at * FRAME * rate).astype(int)])
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    rows = np.arange(len(at))
    odd = np.zeros(len(at))
    for order in (1, 3, 5, 7, 9):
        place = np.clip(np.round(f0[at] * order * size / rate).astype(int), 1, power.shape[1] - 2)
        odd += np.maximum(power[rows, place - 1], np.maximum(power[rows, place], power[rows, place + 1]))
    return float(np.mean(odd < FAINTEST * power.max(1)))


def _level(audio: Audio, count: int) -> Row:
    """dB [T] of every frame, over 30 ms."""
    power = np.square(audio.samples[0], dtype=np.float64)
    total = np.concatenate(([0.0], np.cumsum(power)))
    centre = np.arange(count) * FRAME * audio.rate
    reach = max(1, round(0.015 * audio.rate))
    low, high = (np.clip(np.round(centre + side * reach).astype(int), 0, len(power)) for side in (-1, 1))
    return np.asarray(10 * np.log10((total[high] - total[low]) / np.maximum(high - low, 1) + 1e-12))


def _banded(audio: Audio) -> Audio:
    """The sound within `BAND`."""
    from scipy.signal import butter, sosfilt

    edges = [BAND[0], min(BAND[1], 0.45 * audio.rate)]
    sos = butter(2, edges, "band", fs=audio.rate, output="sos")
    return Audio(sosfilt(sos, audio.samples, axis=1).astype(np.float32), audio.rate)


def _path(height: Row, voiced: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The note [T] that sounds in every frame, as a MIDI pitch; −1 for a rest."""
    low, high = int(np.floor(height[voiced].min())) - 1, int(np.ceil(height[voiced].max())) + 1
    pitches = np.arange(low, high + 1)
    away = np.minimum((height[:, None] - pitches) ** 2 / (2 * SPREAD**2), FAR)
    local = np.concatenate((np.where(voiced[:, None], away, UNSUNG), np.where(voiced, UNSUNG, 0.0)[:, None]), 1)
    cost, back = local[0], np.zeros(local.shape, np.int64)
    states = np.arange(local.shape[1])
    leave = np.where(states == states[-1], CHANGE / 3, CHANGE)  # a rest is cheap to enter and to leave
    for t in range(1, len(local)):
        best = int(cost.argmin())
        other = cost[best] + (np.full(len(states), CHANGE / 3) if best == states[-1] else leave)
        moved = other < cost
        back[t] = np.where(moved, best, states)
        cost = np.where(moved, other, cost) + local[t]
    path = np.empty(len(local), np.int64)
    path[-1] = int(cost.argmin())
    for t in range(len(local) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return np.where(path == states[-1], -1, path + low)


def _tones(path: NDArray[np.int64], height: Row, voiced: NDArray[np.bool_], level: Row, edge: Row) -> tuple[Tone, ...]:
    """Stretches of one note as tones, parted where they are struck again."""
    turns = np.flatnonzero(np.diff(path)) + 1
    out: list[Tone] = []
    for first, stop in zip([0, *turns], [*turns, len(path)], strict=True):
        if path[first] < 0:
            continue
        cuts = _strokes(edge[first:stop], voiced[first:stop])
        for a, b in zip([0, *cuts], [*cuts, stop - first], strict=True):
            sung = voiced[first + a : first + b]
            if sung.sum() * FRAME >= SHORTEST:
                places = np.flatnonzero(sung)
                start, end = first + a + places[0], first + a + places[-1] + 1
                middle = np.median(height[start:end][voiced[start:end]])
                loud = float(level[start:end].max())
                out.append(Tone(float(start * FRAME), float((end - start) * FRAME), round(float(middle)), loud))
    return tuple(tone for tone, after in zip(out, [*out[1:], None], strict=True) if not _scooped(tone, after, out))


def _scooped(tone: Tone, after: Tone | None, tones: list[Tone]) -> bool:
    """Whether a tone is only the slide into the next: short, near it, and out of a rest."""
    if after is None or tone.length > min(SCOOP, 0.4 * after.length) or not 0 < abs(tone.pitch - after.pitch) <= 2:
        return False
    rested = all(other.end < tone.start - 2 * FRAME or other.start >= tone.start for other in tones)
    return rested and after.start - tone.end < 3 * FRAME


def _strokes(edge: Row, voiced: NDArray[np.bool_]) -> list[int]:
    """Where within a note it is struck again: behind a gap in the voice, or where the level rises from a dip."""
    apart = round(SHORTEST / FRAME)
    gaps = np.flatnonzero(voiced[1:] & ~voiced[:-1]) + 1
    cuts = [int(gap) for gap in gaps if voiced[:gap].any() and not voiced[max(0, gap - 4) : gap].any()]
    at = apart
    while at < len(edge) - 4:
        ahead = edge[at : at + RISING + 1]
        peak = int(ahead.argmax())
        lowest = edge[at] <= edge[max(0, at - 5) : at + 6].min()
        dipped = edge[at - apart : at].max() - edge[at] > 0.3 * STRUCK
        if lowest and dipped and ahead[peak] - edge[at] > STRUCK:
            cuts.append(at + int(np.argmax(ahead > ahead[peak] - BELOW)))
            at += max(peak, 1)
        else:
            at += 1
    kept: list[int] = []
    for cut in sorted(cuts):
        if cut - (kept[-1] if kept else 0) >= apart and len(edge) - cut >= SPOKEN:
            kept.append(cut)
    return kept
