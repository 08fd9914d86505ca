"""The mix: dry stems to a stage (level, pan, room), their sum to a master (loudness, peaks, fades).

Notable: levels follow the loudness of what a stem plays (BS.1770, gated, so rests do not count), by role. The room
is one
fixed impulse response; every stem has its own share of it, so the placed stems sum to the unmastered mix exactly.

T samples · stereo [2, T]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from soundstage.ops.loudness import amplitude, limit
from soundstage.score.instruments import BY_NAME, PIECE_PANS

Sound = NDArray[np.float32]
ROLE_LEVEL = {"drums": -20.0, "bass": -21.0, "comp": -25.0, "arp": -25.0, "pad": -28.0, "lead": -20.5, "counter": -24.5}
LOUDNESS = -17.0  # LUFS of the master
CEILING = -1.5  # dBTP
NEAR, PASSES = 0.1, 8  # LU from the target, and tries to come so near, when a mix is brought to a loudness
SPAN = 64  # samples over which a limiter moves along a line
ROOM_SECONDS = 1.7
WIDE = frozenset({"piano", "harp", "marimba", "vibraphone", "electric piano", "music box"})


def pan_gains(pan: float) -> tuple[float, float]:
    """Left and right gains of constant power for a place in [−1, 1]."""
    angle = (min(max(pan, -1.0), 1.0) + 1) * np.pi / 4
    return float(np.cos(angle)), float(np.sin(angle))


def note_pan(instrument: str, pitch: int) -> float:
    """Where a note comes from: the player's place; across the keyboard or the kit for large instruments."""
    player = BY_NAME[instrument]
    if player.drums:
        return PIECE_PANS.get(pitch, 0.0)
    return player.pan + (0.3 * (pitch - 62) / 30 if instrument in WIDE else 0.0)


@lru_cache(maxsize=4)
def room(rate: int) -> Sound:
    """The room's impulse response [2, T]: twelve early reflections, then noise that dies away, treble first."""
    rng = np.random.default_rng(1912)
    size = int(ROOM_SECONDS * rate)
    t = np.arange(size) / rate
    noise = rng.standard_normal((2, size)) * np.minimum(1, t / 0.03)
    out = np.zeros((2, size))
    for top, life in ((900.0, 0.36), (3000.0, 0.26), (9000.0, 0.15)):
        sos = butter(1, min(top, 0.45 * rate) / (rate / 2), output="sos")
        out += sosfilt(sos, noise, axis=1) * np.exp(-t / life)
    for delay in np.sort(rng.uniform(0.007, 0.06, 12)):
        out[rng.integers(2), int(delay * rate)] += 2.2 * np.exp(-delay / 0.03) * rng.choice([-1, 1])
    out = sosfilt(butter(1, 180 / (rate / 2), "high", output="sos"), out, axis=1)
    out *= (1 - t / t[-1]) ** 0.5
    response: Sound = (out / np.sqrt((out**2).sum(axis=1, keepdims=True))).astype(np.float32)
    return response


def loudness(sound: Sound, rate: int) -> float:
    """Gated loudness in LUFS of [2, T]; −70 for what is silent or shorter than a block."""
    if sound.shape[1] < 0.41 * rate:
        sound = np.pad(sound, ((0, 0), (0, int(0.41 * rate) - sound.shape[1] + 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyloudnorm  # brings scipy.signal, which is slow to import

        value = float(pyloudnorm.Meter(rate).integrated_loudness(sound.T.astype(np.float64)))
    return max(value, -70.0) if np.isfinite(value) else -70.0


def staged(dry: Mapping[str, Sound], roles: Mapping[str, str], rate: int, *, wet: float = 1.0) -> dict[str, Sound]:
    """Stems on the stage: dry [2, T] by instrument → levelled by role, with their share of the room, [2, T]."""
    out = {}
    for name, sound in dry.items():
        level = loudness(sound, rate)
        gain = 10 ** ((ROLE_LEVEL[roles[name]] + BY_NAME[name].level - level) / 20) if level > -69 else 0.0
        placed = sound * np.float32(min(gain, 40.0))
        share = BY_NAME[name].wet * wet
        if share > 0:
            response = room(rate)
            feed = sosfilt(butter(1, 220 / (rate / 2), "high", output="sos"), placed, axis=1)
            echo = fftconvolve(feed, response, axes=1)[:, : placed.shape[1]]
            crossed = 0.75 * echo + 0.25 * echo[::-1]
            placed = placed + np.float32(share) * crossed.astype(np.float32)
        out[name] = placed.astype(np.float32)
    return out


def fades(length: int, rate: int, end_seconds: float) -> Sound:
    """A gain curve [T]: 2 ms in, `end_seconds` out (a raised cosine to exactly nothing)."""
    curve = np.ones(length, np.float32)
    rise, fall = min(int(0.002 * rate), length), min(int(end_seconds * rate), length)
    curve[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    if fall:
        curve[-fall:] *= (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fall))).astype(np.float32)
    return curve


def brought(
    sound: Sound, rate: int, *, target: float = -14.0, ceiling: float = -1.0, around: bool = False
) -> tuple[Sound, float]:
    """(master, decibels): a sum of stems brought to `target` LUFS under a true peak of `ceiling` dBTP, and its gain.

    The gain goes ahead of the limiter and makes up for what that takes away; stems that follow it still sum to what
    was limited. `around` limits, and measures, a loop that goes round. Silence stays silence, with a gain of 0.
    """
    gain, mix = 0.0, limit(sound, rate, ceiling=ceiling, around=around)
    for _ in range(PASSES):
        level = loudness(np.tile(mix, 3) if around else mix, rate)
        if level <= -70 or abs(target - level) < NEAR:
            break
        gain += float(np.clip(target - level, -60, 60))
        mix = limit(sound * np.float32(amplitude(gain)), rate, ceiling=ceiling, around=around)
    return mix, gain


def unlike(stems: Iterable[Sound], mix: Sound) -> float:
    """dB of the mix that is left by the sum of its stems under a gain that moves as a limiter's does; −∞ for none."""
    total = np.asarray(sum(stems), np.float64)
    length = mix.shape[1] // SPAN * SPAN
    x, y = (np.asarray(each[:, :length], np.float64).reshape(len(mix), -1, SPAN) for each in (total, mix))
    ramp = np.linspace(-1, 1, SPAN)
    xx, xr, rr = ((x * x * w).sum((0, 2)) for w in (1.0, ramp, ramp**2))  # y = (a + b · ramp) · x, block by block
    yx, yr = ((x * y * w).sum((0, 2)) for w in (1.0, ramp))
    det = np.maximum(xx * rr - xr**2, 1e-30)
    a, b = np.where(xx > 1e-12, ((rr * yx - xr * yr) / det, (xx * yr - xr * yx) / det), 0.0)
    left = y - (a[:, None] + b[:, None] * ramp) * x
    power = float(np.square(left).sum() / max(np.square(y).sum(), 1e-30))
    return 10 * np.log10(power) if power > 0 else float("-inf")


def mastered(stems: Mapping[str, Sound], rate: int, *, fade: float) -> tuple[Sound, dict[str, Sound]]:
    """(mix, stems): all stems brought by one gain to `LOUDNESS` and faded; the mix is their sum, limited."""
    length = next(iter(stems.values())).shape[1]
    curve = fades(length, rate, fade)
    total: Sound = np.asarray(sum(stems.values()), np.float32)
    level = loudness(total, rate)
    gain = np.float32(10 ** ((LOUDNESS - level) / 20) if level > -69 else 1.0)
    placed = {name: (sound * (gain * curve)).astype(np.float32) for name, sound in stems.items()}
    mix: Sound = np.asarray(sum(placed.values()), np.float32)
    return limit(mix, rate, ceiling=CEILING), placed
