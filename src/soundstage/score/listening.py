"""What a recording of music tells of itself: its tempo and its key.

Notable: nothing is learned here. A tempo is the comb of beats that the rises of the spectrum keep to for longest, the
nearer to a walk where two fit alike; a key is the profile nearest to the sum of the pitch classes.

T frames, a hundred a second
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.media.audio import Audio
from soundstage.ops.chroma import chroma
from soundstage.score.theory import Key
from soundstage.score.transcription import EASE, MAJOR, MINOR, WALK

Row = NDArray[np.float64]
RATE, SIZE, HOP = 22_050, 1024, 220
FRAMES = RATE / HOP
LONGEST = 60.0
"""Seconds, from the middle, that are listened to."""
SLOWEST, FASTEST = 50.0, 200.0
PULSED = 2.0
"""How much further than noise the rises must keep to a comb for a tempo; neighbouring frames share half their sound."""


def rises(audio: Audio) -> Row:
    """How much the spectrum rises [T] at each frame, on a logarithmic scale, less its own slow course."""
    wave = np.pad(audio.mono().resampled(RATE).samples[0], (SIZE // 2, SIZE))
    frames = np.lib.stride_tricks.sliding_window_view(wave, SIZE)[::HOP]
    window = np.hanning(SIZE).astype(np.float32)
    level = np.concatenate([
        np.log1p(200 * np.abs(np.fft.rfft(frames[at : at + 2000] * window, axis=1))[:, 2:380])
        for at in range(0, len(frames), 2000)
    ])  # fmt: skip
    rise = np.maximum(np.diff(level, axis=0, prepend=level[:1]), 0).mean(1)
    inside = np.ones(len(rise))
    inside[: SIZE // HOP + 1] = inside[-(SIZE // HOP) - 5 :] = 0  # that the sound begins and ends at all
    around = np.ones(101)
    slow = np.convolve(rise * inside, around, "same") / np.maximum(np.convolve(inside, around, "same"), 1)
    rise = rise * inside
    return np.asarray(np.maximum(rise - slow, 0), np.float64)


def tempo_heard(audio: Audio) -> float | None:
    """Beats a minute, 50 to 200; None where nothing beats or the sound is too short to say."""
    spare = audio.seconds - LONGEST
    sound = audio.cut(spare / 2, spare / 2 + LONGEST) if spare > 0 else audio
    rise = rises(sound) if sound.seconds >= 3 else np.zeros(0)
    if not rise.any():
        return None
    times, weights = np.arange(len(rise)) / FRAMES, rise / rise.sum()
    strong = np.flatnonzero(weights > 0)
    times, weights = times[strong], weights[strong]
    paces = np.exp(np.arange(np.log(SLOWEST), np.log(FASTEST), 0.05 / max(sound.seconds, 10)))
    combs = np.stack([_combed(times, weights, paces * k / 60) for k in (1, 2, 4)])
    chance = np.sqrt(np.log(combs.size) * np.square(weights).sum())  # how far as many frames of noise keep together
    if combs.max() < PULSED * chance:
        return None
    usual = np.exp(-0.5 * (np.log2(paces / WALK) / EASE) ** 2)
    fit = (0.35 * combs[0] + 0.45 * combs[1] + 0.2 * combs[2]) * (0.2 + 0.8 * usual)
    return float(paces[int(fit.argmax())])


def _combed(times: Row, weights: Row, hertz: Row) -> Row:
    """How far weights at some times keep together at each frequency."""
    out = np.empty(len(hertz))
    for at in range(0, len(hertz), 64):
        turns = np.exp(-2j * np.pi * hertz[at : at + 64, None] * times)
        out[at : at + 64] = np.abs(turns @ weights)
    return out


def key_heard(audio: Audio) -> Key | None:
    """The major or minor key; None for silence and for what has no pitches."""
    wave = torch.from_numpy(np.array(audio.mono().resampled(RATE).samples[0]))
    if float(wave.abs().max() if len(wave) else 0.0) < 1e-4:
        return None
    held = chroma(wave, RATE, size=8192, hop=4096).sum(0).double().numpy()
    fits = {
        Key(tonic, mode): float(np.corrcoef(held, np.roll(profile, tonic))[0, 1])
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    best = max(fits, key=lambda key: fits[key])
    return best if fits[best] > 0.4 else None
