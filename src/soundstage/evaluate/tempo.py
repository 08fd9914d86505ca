"""Tempo and beat of sound, by librosa's beat tracker, which knows nothing of the score.

Notable: the tracker's own tempo is as coarse as its frames; a line through the times of the beats it found is not. A
beat
tracker may count twice as fast or half as fast and still be right, so figures are given with and without such octaves.
"""

from __future__ import annotations

import numpy as np

from soundstage.errors import MissingError
from soundstage.media.audio import Audio

OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3, 1.5, 2 / 3)
TOLERANCE = 0.04
RATE = 22_050


def tempo(audio: Audio, *, expect: float = 110.0) -> float:
    """Beats a minute; 0 when no beat is found. `expect` is where the tracker's prior lies. Raises MissingError
    without librosa."""
    try:
        from librosa.beat import beat_track
        from librosa.onset import onset_strength as librosa_onsets
    except ImportError:
        raise MissingError("librosa", "pip install soundstage[evaluate]") from None
    wave = audio.mono().resampled(RATE).samples[0]
    envelope = librosa_onsets(y=wave, sr=RATE, hop_length=256)
    _, beats = beat_track(onset_envelope=envelope, sr=RATE, hop_length=256, start_bpm=expect, trim=False)
    times = np.asarray(beats, np.float64) * 256 / RATE
    if len(times) < 4:
        return 0.0
    return 60.0 / steady_interval(times)


def steady_interval(times: np.ndarray) -> float:
    """The interval of beats that were tracked with slips and jitter: a line through times over their rounded counts."""
    step = float(np.median(np.diff(times)))
    counts = np.concatenate([[0.0], np.cumsum(np.maximum(1, np.round(np.diff(times) / step)))])
    slope = np.polyfit(counts, times, 1)[0]
    return float(slope)


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


def onset_strength(audio: Audio) -> np.ndarray:
    """Rise of the log spectrum, 100 frames a second."""
    wave = audio.mono().samples[0]
    hop, size = audio.rate // 100, 1024
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, (size // 2, size // 2)), size)[::hop]
    magnitude = np.log1p(200 * np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))[:, 2:400])
    rise = np.maximum(0, np.diff(magnitude, axis=0, prepend=magnitude[:1]))
    return np.asarray(rise.mean(axis=1))
